"""Strain as a color of the trajectories: every point takes the strain of the segment it lies on."""

from __future__ import annotations

import numpy as np

from ..strain.strain import Strain
from ..tracks.tracks import Tracks


def point_strain(tracks: Tracks, strain: Strain) -> np.ndarray:
    """Return the strain [N, T] in percent of the segment that each point lies on, of the wall without segments.

    Points that were not measured themselves (other layers) take that of the nearest measured one at end-diastole;
    points that were left out of the measurement are NaN.
    """
    index = {label: n for n, label in enumerate(tracks.labels)}
    scale = (tracks.spacing_mm or (1.0, 1.0))[::-1]
    here = tracks.positions[:, strain.ed].astype(np.float64) * scale
    line = np.nan_to_num(here[[index[label] for label in strain.line]])
    nearest = np.nan_to_num(np.linalg.norm(here[:, None] - line[None], axis=-1), nan=np.inf).argmin(axis=1)
    own = {label: k for k, label in enumerate(strain.line)}
    places = [own.get(label, n) for label, n in zip(tracks.labels, nearest)]
    curves = np.stack([curve.percent for curve in (strain.segments or (strain.curve,))])
    result = curves[np.array(strain.point_segments)[places] if strain.segments else np.zeros(len(places), dtype=int)]
    result[[label in strain.excluded for label in tracks.labels]] = np.nan
    return np.asarray(result)
