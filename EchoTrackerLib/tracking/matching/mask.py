"""What of a clip is no image of tissue: what lies beyond the sector.

Its edge never moves: a window that reaches over it would be held by it. Marks burned in over the tissue are left in:
with them taken out as well, strain over consecutive beats of real clips repeated a little less well in both views,
forward-backward distance was better in one and worse in the other, and synthetic clips gained nothing.
"""

from __future__ import annotations

import numpy as np

DARK = 6  # gray that nothing beyond the sector exceeds, in any frame
LEAST_OUTSIDE = 0.005  # of the image: smaller dark places at its border are not taken for its surroundings
THIN_PX = 5  # dark strips narrower than this are tissue that is hardly seen
FEW_FRAMES = 8  # in fewer, tissue may be dark by chance


def tissue_mask(frames: np.ndarray) -> np.ndarray:
    """Return bool [rows, cols]: where the frames uint8 [T, rows, cols] may show tissue."""
    from scipy import ndimage

    if len(frames) < FEW_FRAMES:
        return np.ones(frames.shape[1:], bool)
    dark = ndimage.binary_opening(frames.max(axis=0) <= DARK, iterations=THIN_PX // 2, border_value=1)
    parts, count = ndimage.label(dark)
    edge = np.unique([*parts[0], *parts[-1], *parts[:, 0], *parts[:, -1]])
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    outside = np.isin(parts, [k for k in edge if k and sizes[k] > LEAST_OUTSIDE * dark.size])
    return ~outside
