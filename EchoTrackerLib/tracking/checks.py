"""What all trackers share: what they refuse, with the same words, how they report, how they hand over tracks."""

from __future__ import annotations

from typing import Callable

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import frame_number
from ..i18n import tr as _
from ..progress import IsCancelled, Progress, raise_if_cancelled
from ..tracks.tracks import Tracks


def check_request(cine: Cine, queries: np.ndarray, query_frame: int) -> np.ndarray:
    """Return the queries as float64 [N, 2] px if `cine` can be tracked from them.

    Raises:
        BadInput: fewer than two frames, no point, a point that is not finite or outside the image, a query frame
            outside the clip.
    """
    points = np.asarray(queries, dtype=np.float64)
    width, height = cine.size
    if cine.n_frames < 2:
        raise BadInput(_("{source}: has one frame; tracking needs a clip of at least two.").format(source=cine.source))
    if not 0 <= query_frame < cine.n_frames:
        raise BadInput(
            _("{source}: query frame {query_frame} is outside the clip; choose {first} to {last}.").format(
                source=cine.source,
                query_frame=frame_number(query_frame),
                first=frame_number(0),
                last=frame_number(cine.n_frames - 1),
            )
        )
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise BadInput(
            _("Queries must be [N, 2] (x, y) with at least one point, not {value}.").format(value=list(points.shape))
        )
    inside = (points >= -0.5).all(axis=1) & (points <= np.array([width - 0.5, height - 0.5])).all(axis=1)
    if not inside.all():
        number = int(np.flatnonzero(~inside)[0])
        raise BadInput(
            _(
                "{source}: point {number} at {tolist} is outside the image of {width} x {height} px; move or remove it."
            ).format(source=cine.source, number=number + 1, tolist=points[number].tolist(), width=width, height=height)
        )
    return points


def inside_image(cine: Cine, positions: np.ndarray) -> np.ndarray:
    """Return bool [N, T]: which positions [N, T, 2] px lie on a pixel of the image."""
    limits = np.array(cine.size) - 0.5
    return np.asarray((positions >= -0.5).all(axis=-1) & (positions <= limits).all(axis=-1))


def stoppable(progress: Progress, cancelled: IsCancelled) -> Callable[[float], None]:
    """Return a function that reports a fraction of the tracking done, or raises `Cancelled`."""

    def report(fraction: float) -> None:
        raise_if_cancelled(cancelled)
        progress(_("Tracking"), fraction)

    return report


def tracked_both_ways(run: Callable[[np.ndarray, str], np.ndarray], frames: np.ndarray, query_frame: int) -> np.ndarray:
    """Return positions [N, T, 2] by a tracker that starts on the first frame, joined at `query_frame`.

    `run` takes frames [t, rows, cols] in the order in which they are tracked and what to put before the names of its
    stages, and returns positions [N, t, 2].
    """
    last = len(frames) - 1
    if query_frame == 0:
        return run(frames, "")
    backwards = run(frames[query_frame::-1], _("Backwards: "))[:, ::-1]
    if query_frame == last:
        return backwards
    forwards = run(frames[query_frame:], _("Forwards: "))
    return np.concatenate([backwards[:, :-1], forwards], axis=1)


def make_tracks(
    cine: Cine,
    positions: np.ndarray,
    query_frame: int,
    tracker: str,
    options: dict[str, object],
    weights_sha256: str = "",
) -> Tracks:
    """Return `Tracks` of positions [N, T, 2] px with default labels, visible where they lie inside the image."""
    positions = np.asarray(positions, dtype=np.float32)
    return Tracks(
        positions=positions,
        visible=inside_image(cine, positions),
        labels=tuple(f"P-{i + 1}" for i in range(len(positions))),
        times_s=cine.times_s,
        spacing_mm=cine.spacing_mm,
        query_frame=query_frame,
        tracker=tracker,
        weights_sha256=weights_sha256,
        options={"wall": False, **options},
        size=cine.size,
        r_times_s=cine.r_times_s,
        heart_rate_bpm=cine.heart_rate_bpm,
        avc_s=cine.avc_s,
        time_source=cine.time_source,
        spacing_source=cine.spacing_source,
    )
