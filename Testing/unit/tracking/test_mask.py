"""What lies beyond the sector is no tissue; what is burned in over the tissue stays in."""

from __future__ import annotations

import numpy as np

from EchoTrackerLib.tracking.matching.mask import FEW_FRAMES, tissue_mask


def test_beyond_the_sector_is_no_tissue() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:120, 0:160]
    sector = np.abs(x - 80) < 0.6 * y + 6
    frames = np.where(sector, rng.integers(20, 200, (FEW_FRAMES, 120, 160)), 0).astype(np.uint8)
    frames[:, 70:74, 60:64] = 255  # a mark
    frames[:, 90:96, 80:86] = 3  # a small dark place inside
    mask = tissue_mask(frames)
    assert mask[70:74, 60:64].all() and mask[90:96, 80:86].all()
    assert (mask == sector).mean() > 0.97
    assert tissue_mask(frames[: FEW_FRAMES - 1]).all()
