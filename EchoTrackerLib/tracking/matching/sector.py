"""Points that leave the ultrasound sector: there is no tissue that could be followed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...cine.cine import Cine
from ...tracks.tracks import OUTSIDE_SECTOR, Tracks
from .mask import tissue_mask

_MARGIN_PX = 3  # the border of the sector is not known better


def note_outside(cine: Cine, tracks: Tracks) -> Tracks:
    """Return the tracks with the labels of points outside the sector on any frame in their options, none where none is.

    Outside is what no frame lights up and what surrounds the sector (by at least 3 px), and what lies beyond the
    calibrated region of tissue that holds most of the points at their start.
    """
    beyond = ~tissue_mask(cine.frames)
    depth = _depth(beyond)
    cell = np.rint(np.nan_to_num(tracks.positions)).astype(int)
    inside = ((cell >= 0) & (cell < np.array(cine.size))).all(axis=-1)
    cell = np.clip(cell, 0, np.array(cine.size) - 1)
    known = np.isfinite(tracks.positions).all(axis=-1)
    out = ~inside | (depth[cell[..., 1], cell[..., 0]] > _MARGIN_PX) | _beyond_region(cine, tracks)
    names = [label for label, left in zip(tracks.labels, (out & known).any(axis=1)) if left]
    options = {name: value for name, value in tracks.options.items() if name != OUTSIDE_SECTOR}
    return replace(tracks, options={**options, OUTSIDE_SECTOR: names} if names else options)


def _depth(beyond: np.ndarray) -> np.ndarray:
    """Return how far each pixel lies from the sector, px."""
    from scipy.ndimage import distance_transform_edt

    return np.asarray(distance_transform_edt(beyond)) if not beyond.all() else np.zeros(beyond.shape)


def _beyond_region(cine: Cine, tracks: Tracks) -> np.ndarray:
    """Return bool [N, T]: which points lie beyond the region that holds most of them on the query frame."""
    regions = [region for region in cine.regions if region.is_scaled]
    start = tracks.positions[:, tracks.query_frame]
    held = [int(region.holds(start).sum()) for region in regions]
    if not held or 2 * max(held) <= tracks.n_points:
        return np.zeros(tracks.positions.shape[:2], dtype=bool)
    return ~regions[int(np.argmax(held))].holds(tracks.positions)
