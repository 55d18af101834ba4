"""Gray and color frames from whatever a file holds."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _

# Lossy compression leaves small differences between the channels of a gray clip.
COLOUR_TOLERANCE = 12
_REPEATED = 0.05  # share of repeated frames from which on it is worth a warning
_SAME_LEVELS = 0.02  # mean difference of gray levels below which a frame is a copy; live speckle differs by several


def luma(rgb: np.ndarray) -> np.ndarray:
    """Return the Rec. 601 luma, uint8 [..., rows, cols], of RGB uint8 [..., rows, cols, 3].

    In fixed point (weights of 1/256), so that equal channels v, v, v give exactly v.
    """
    wide = rgb.astype(np.uint16)
    return ((77 * wide[..., 0] + 150 * wide[..., 1] + 29 * wide[..., 2] + 128) >> 8).astype(np.uint8)


def coloured(rgb: np.ndarray) -> np.ndarray:
    """Return where the channels of RGB uint8 [..., rows, cols, 3] differ by more than compression noise (bool)."""
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    high = np.maximum(np.maximum(red, green), blue)
    low = np.minimum(np.minimum(red, green), blue)
    return high - low > COLOUR_TOLERANCE


def to_uint8(values: np.ndarray) -> tuple[np.ndarray, Optional[str]]:
    """Return any real intensities as uint8, and a warning when that needed a guess (None: values are unchanged).

    uint8, other types whose values are whole numbers in 0..255 and bool (0 and 255) keep their values; fractions in
    0..1 are multiplied by 255; anything else is mapped linearly from its minimum..maximum to 0..255.

    Raises:
        BadInput: not numbers, or not finite.
    """
    if values.dtype == np.uint8:
        return values, None
    if values.dtype == bool:
        return values.astype(np.uint8) * np.uint8(255), None
    if values.dtype.kind not in "uif":
        raise BadInput(_("the pixels are of type {dtype}; numbers are needed.").format(dtype=values.dtype))
    if values.size == 0:
        return values.astype(np.uint8), None
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise BadInput(_("the pixels hold NaN or infinite values; replace them first."))
    whole = values.dtype.kind in "ui"
    if low >= 0 and high <= 255 and (whole or high > 1):
        return np.rint(values).astype(np.uint8), None
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    scaled = np.empty(values.shape, dtype=np.uint8)
    factor = 255.0 / (high - low) if high > low else 0.0
    for index in range(len(values)):  # frame by frame: no float copy of the whole clip
        scaled[index] = np.rint((values[index].astype(np.float64) - low) * factor)
    return scaled, _("Gray values {low:g} to {high:g} ({dtype}) were mapped linearly to 0 to 255.").format(
        low=low, high=high, dtype=values.dtype
    )


class FrameCollector:
    """Collects frames one by one; keeps color only when a frame has any, so that gray clips need no RGB memory."""

    def __init__(self, capacity: int, source: str) -> None:
        self._capacity = max(int(capacity), 1)
        self._source = source
        self._grey: Optional[np.ndarray] = None
        self._colour: Optional[np.ndarray] = None
        self.count = 0

    def add(self, image: np.ndarray) -> None:
        """Append a frame: uint8 [rows, cols] gray or [rows, cols, 3] RGB.

        Raises:
            BadInput: its size differs from the first frame's.
        """
        rows, cols = image.shape[:2]
        if self._grey is None:
            self._grey = np.empty((self._capacity, rows, cols), dtype=np.uint8)
        if self._grey.shape[1:] != (rows, cols):
            raise BadInput(
                _(
                    "{source}: frame {count} is {cols} x {rows} pixels, the first "
                    "{size} x {size2}. All frames of a clip must have one size."
                ).format(
                    source=self._source,
                    count=self.count + 1,
                    cols=cols,
                    rows=rows,
                    size=self._grey.shape[2],
                    size2=self._grey.shape[1],
                )
            )
        if self.count == len(self._grey):
            self._grow()
        if image.ndim == 2:
            self._grey[self.count] = image
            if self._colour is not None:
                self._colour[self.count] = image[..., np.newaxis]
        else:
            self._grey[self.count] = luma(image)
            if self._colour is None and coloured(image).any():
                self._colour = np.empty((*self._grey.shape, 3), dtype=np.uint8)
                self._colour[: self.count] = self._grey[: self.count, ..., np.newaxis]
            if self._colour is not None:
                self._colour[self.count] = image
        self.count += 1

    def finish(self) -> tuple[np.ndarray, Optional[np.ndarray]]:
        """Return gray uint8 [T, rows, cols] and color uint8 [T, rows, cols, 3] or None.

        Raises:
            BadInput: there is no frame.
        """
        if self._grey is None:
            raise BadInput(_("{source}: holds no frames.").format(source=self._source))
        colour = None if self._colour is None else self._colour[: self.count]
        return self._grey[: self.count], colour

    def _grow(self) -> None:
        assert self._grey is not None
        more = max(self.count // 2, 16)
        self._grey = np.concatenate([self._grey, np.empty((more, *self._grey.shape[1:]), np.uint8)])
        if self._colour is not None:
            self._colour = np.concatenate([self._colour, np.empty((more, *self._colour.shape[1:]), np.uint8)])


def display_pixels(values: np.ndarray, name: str) -> tuple[np.ndarray, Optional[np.ndarray], tuple[str, ...]]:
    """Return stored frames as gray uint8 [T, rows, cols], their color [T, rows, cols, 3] or None, and warnings.

    Args:
        values: [T, rows, cols] gray or [T, rows, cols, 3] RGB of any real type.
        name: of the file, for messages.

    Raises:
        BadInput: as `to_uint8` and `split_colour`.
    """
    try:
        frames, scaled = to_uint8(values)
    except BadInput as error:
        raise BadInput(_("{name}: {error}").format(name=name, error=error)) from error
    return (*split_colour(frames, name), (scaled,) if scaled else ())


def split_colour(frames: np.ndarray, source: str) -> tuple[np.ndarray, Optional[np.ndarray]]:
    """Return gray and color of uint8 [T, rows, cols], [T, rows, cols, 1], [..., 3] RGB or [..., 4] RGBA frames.

    Raises:
        BadInput: the array has another shape, or is empty.
    """
    if frames.ndim == 4 and frames.shape[3] == 1:
        frames = frames[..., 0]
    channels = frames.shape[3] if frames.ndim == 4 else 1
    if frames.ndim not in (3, 4) or channels not in (1, 3, 4) or 0 in frames.shape:
        raise BadInput(
            _(
                "{source}: the frames are {value}; a clip is [T, rows, cols] gray or "
                "[T, rows, cols, 3] RGB, and not empty."
            ).format(source=source, value=list(frames.shape))
        )
    if frames.ndim == 3:
        return np.ascontiguousarray(frames), None
    collector = FrameCollector(len(frames), source)
    for frame in frames:
        collector.add(frame[..., :3])
    return collector.finish()


def colour_warnings(colour: Optional[np.ndarray]) -> tuple[str, ...]:
    """Return what a user should know about tracking a color clip (color uint8 [T, rows, cols, 3] or None)."""
    if colour is None:
        return ()
    share = 100.0 * float(coloured(colour[len(colour) // 2]).mean())
    return (
        _(
            "The clip has colored pixels ({share:.1f} % of the middle frame): color flow, a tint or burned-in marks. "
            "Tracking uses their brightness (Rec. 601 luma); do not put points on marks."
        ).format(share=share),
    )


def repeat_warnings(frames: np.ndarray) -> list[str]:
    """Return a warning when frames repeat the one before, as after conversion to a higher frame rate."""
    if len(frames) < 3:
        return []
    copies = [float(np.abs(a.astype(np.int16) - b).mean()) < _SAME_LEVELS for a, b in zip(frames[1:], frames)]
    share = float(np.mean(copies))
    if share < _REPEATED or share == 1.0:
        return []
    return [
        _(
            "{sum} of {n} frames repeat the frame before: the clip was probably stored at a higher "
            "frame rate than it was acquired at. Velocities and rates made from it are not measurements."
        ).format(sum=sum(copies), n=len(frames))
    ]
