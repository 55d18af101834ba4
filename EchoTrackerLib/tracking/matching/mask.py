"""What of a clip is no image of tissue: beyond the sector, and marks, text and scales burned in.

Such edges never move: a window that reaches over one would be held by it.
"""

from __future__ import annotations

import numpy as np

DARK = 6  # gray that nothing beyond the sector exceeds, in any frame
LEAST_OUTSIDE = 0.005  # of the image: smaller dark places at its border are not taken for its surroundings
THIN_PX = 5  # dark strips narrower than this are tissue that is hardly seen
STEADY = 24  # gray levels by which a mark varies at most, compression included
BRIGHT = 50  # gray of a mark, always at least
RAISED = 25  # gray levels by which a mark stands out from what is around it
AROUND_PX = 11
MOST_MARKS = 0.02  # of what is not beyond the sector
FEW_FRAMES = 8  # in fewer, tissue may stay by chance


def beyond_sector(frames: np.ndarray) -> np.ndarray:
    """Return bool [rows, cols]: what is never lit in uint8 [T, rows, cols] and surrounds what is."""
    from scipy import ndimage

    most = frames.max(axis=0)
    dark = ndimage.binary_opening(most <= DARK, iterations=THIN_PX // 2, border_value=1)
    parts, count = ndimage.label(dark)
    edge = np.unique([*parts[0], *parts[-1], *parts[:, 0], *parts[:, -1]])
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    return np.asarray(np.isin(parts, [k for k in edge if k and sizes[k] > LEAST_OUTSIDE * dark.size]))


def tissue_mask(frames: np.ndarray) -> np.ndarray:
    """Return bool [rows, cols]: where the frames uint8 [T, rows, cols] may show tissue."""
    from scipy import ndimage

    if len(frames) < FEW_FRAMES:
        return np.ones(frames.shape[1:], bool)
    most, least = frames.max(axis=0), frames.min(axis=0)
    outside = beyond_sector(frames)
    mean = frames.mean(axis=0, dtype=np.float32)
    steady = (most.astype(int) - least < STEADY) & (least > BRIGHT)
    marks = steady & (mean - ndimage.uniform_filter(mean, AROUND_PX) > RAISED)
    if marks.sum() > MOST_MARKS * (~outside).sum():  # tissue that hardly moves
        return ~outside
    return ~(outside | ndimage.binary_dilation(marks, iterations=2))
