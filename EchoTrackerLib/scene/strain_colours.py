"""Strain as a colour of the trajectories: every point takes the strain of the segment it lies on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..strain.segments import segment_of_points
from ..strain.strain import Strain
from ..tracks.tracks import Tracks

SCALAR = "strain_percent"


def point_strain(tracks: Tracks, strain: Strain) -> np.ndarray:
    """Return the strain [N, T] in percent of the segment that each point lies on, of the wall without segments.

    Points that were not measured themselves (other layers) take that of the nearest measured one at end-diastole.
    """
    measured = [tracks.labels.index(label) for label in strain.labels]
    row, col = tracks.spacing_mm or (1.0, 1.0)
    line = tracks.positions[measured].astype(np.float64) * (col, row)
    curves = np.stack([curve.percent for curve in (strain.segments or (strain.curve,))])
    segment = np.zeros(len(measured), dtype=int) if not strain.segments else segment_of_points(line, strain.ed)
    here = tracks.positions[:, strain.ed].astype(np.float64) * (col, row)
    nearest = np.linalg.norm(here[:, None] - line[None, :, strain.ed], axis=-1).argmin(axis=1)
    return np.asarray(curves[segment[nearest]])


def add_strain_scalar(model: Any, tracks: Tracks, strain: Strain) -> None:
    """Let the trajectories be coloured by `SCALAR`; the values follow the model's points, track by track."""
    from vtk.util.numpy_support import numpy_to_vtk

    array = numpy_to_vtk(point_strain(tracks, strain).astype(np.float32).ravel(), deep=True)
    array.SetName(SCALAR)
    model.GetPolyData().GetPointData().AddArray(array)
    model.GetPolyData().Modified()
