"""Pixels of any type as the uint8 that trackers work on."""

from __future__ import annotations

from typing import Optional

import numpy as np

_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601, the Y of DICOM's YBR_FULL


def colour_to_grey(colour: np.ndarray) -> np.ndarray:
    """Return uint8 [T, rows, cols] for RGB uint8 [T, rows, cols, 3]; grey pixels keep their value exactly."""
    result = np.empty(colour.shape[:3], dtype=np.uint8)
    for frame, grey in zip(colour, result):
        grey[:] = np.rint(frame @ np.array(_LUMINANCE)).astype(np.uint8)
    return result


def to_uint8(stack: np.ndarray, window: Optional[tuple[float, float]]) -> np.ndarray:
    """Return the stack as uint8: unchanged when it is, else scaled from `window` (low, high) or its own range."""
    if stack.dtype == np.uint8:
        return stack
    low, high = window if window is not None else (float(np.nanmin(stack)), float(np.nanmax(stack)))
    if not np.isfinite(high - low) or high <= low:
        return np.zeros(stack.shape, dtype=np.uint8)
    scaled = (np.nan_to_num(stack.astype(np.float64), nan=low) - low) * (255.0 / (high - low))
    return np.rint(np.clip(scaled, 0, 255)).astype(np.uint8)
