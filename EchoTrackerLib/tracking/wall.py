"""Points in order along the wall belong together: is that what the user set, and tracks made to agree with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..cine.cine import Cine
from ..tracks.tracks import Tracks
from .checks import inside_image
from .classical.settings import Settings
from .matching.links import wall_coupling
from .matching.measurement import Measurement
from .matching.pyramid import working_scale
from .matching.solve import expected_acceleration, solve

MIN_POINTS = 6
STEP_RATIO = 2.5  # of the longest to the median and of the median to the shortest step
MAX_TURN_DEG = 60.0
TRACK_SIGMA_PX = 0.7  # error of a single tracked position, at the classical tracker's scale


def looks_like_wall(points: np.ndarray) -> bool:
    """Return whether points [N, 2] seem to be set in order along one smooth open line with even steps.

    At least six points; no step more than 2.5 times or less than 1 / 2.5 times the median step; no turn above
    60 degrees; no two points that are not neighbors nearer than the median step; the ends apart.
    """
    points = np.asarray(points, dtype=np.float64)
    if len(points) < MIN_POINTS:
        return False
    steps = np.diff(points, axis=0)
    length = np.linalg.norm(steps, axis=1)
    median = float(np.median(length))
    if median <= 0 or length.max() > STEP_RATIO * median or length.min() < median / STEP_RATIO:
        return False
    directions = steps / length[:, None]
    if (directions[1:] * directions[:-1]).sum(axis=1).min() < np.cos(np.deg2rad(MAX_TURN_DEG)):
        return False
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    i, j = np.triu_indices(len(points), 2)
    return bool(apart[i, j].min() >= median and apart[0, -1] > STEP_RATIO * median)


def regularised(tracks: Tracks, cine: Cine) -> Tracks:
    """Return tracks of a wall whose points move together: robust smoothing along the wall and in time.

    Every tracked displacement counts as one measurement (weighted by `confidence` where there is one) against the
    same expectations of strain, change of strain and acceleration as in the classical tracker. For any tracker; the
    result names it in `options["wall"]`. The query frame's positions stay.
    """
    scale = working_scale(cine.size)
    settings = Settings()
    positions = tracks.positions.astype(np.float64).transpose(1, 0, 2) * scale
    others = np.flatnonzero(np.arange(tracks.n_frames) != tracks.query_frame)
    trust = np.ones(tracks.positions.shape[:2]) if tracks.confidence is None else np.clip(tracks.confidence, 0.02, 1)
    precision = (trust.T[others] / TRACK_SIGMA_PX**2)[..., None, None] * np.eye(2)
    measured = Measurement(
        np.full(len(others), tracks.query_frame), others, positions[others] - positions[tracks.query_frame], precision
    )
    coupling = wall_coupling(positions[tracks.query_frame], settings.strain, settings.bend)
    acceleration = max(settings.acceleration_px, expected_acceleration(positions))
    found = solve(positions, [tracks.query_frame], [measured], coupling, acceleration, settings.cauchy)
    smooth = (found / scale).transpose(1, 0, 2).astype(np.float32)
    smooth[:, tracks.query_frame] = tracks.positions[:, tracks.query_frame]
    return replace(
        tracks,
        positions=smooth,
        visible=tracks.visible & inside_image(cine, smooth),
        options={**tracks.options, "wall": "regularized afterwards"},
    )
