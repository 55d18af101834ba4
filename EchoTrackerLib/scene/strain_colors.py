"""Strain as a colour of the trajectories: every point takes the strain of the segment it lies on."""

from __future__ import annotations

import numpy as np

from ..strain.segments import segment_of_points
from ..strain.strain import Strain
from ..tracks.tracks import Tracks
from .trajectories import STRAIN

SCALAR = STRAIN


def point_strain(tracks: Tracks, strain: Strain) -> np.ndarray:
    """Return the strain [N, T] in percent of the segment that each point lies on, of the wall without segments.

    Points that were not measured themselves (other layers) take that of the nearest measured one at end-diastole;
    points that were left out of the measurement are NaN.
    """
    measured = [n for n, label in enumerate(tracks.labels) if label in strain.labels]
    row, col = tracks.spacing_mm or (1.0, 1.0)
    line = np.nan_to_num(tracks.positions[measured].astype(np.float64)) * (col, row)
    curves = np.stack([curve.percent for curve in (strain.segments or (strain.curve,))])
    segment = np.zeros(len(measured), dtype=int) if not strain.segments else segment_of_points(line, strain.phases.ed)
    here = tracks.positions[:, strain.phases.ed].astype(np.float64) * (col, row)
    nearest = np.linalg.norm(here[:, None] - line[None, :, strain.phases.ed], axis=-1).argmin(axis=1)
    result = curves[segment[nearest]]
    result[[label in strain.excluded for label in tracks.labels]] = np.nan
    return np.asarray(result)
