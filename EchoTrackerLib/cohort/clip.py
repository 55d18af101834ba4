"""From a clip and points to a folder of results: what `track` does once and `batch` for every clip."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Optional

from ..errors import BadInput
from ..progress import Progress, no_progress
from ..strain.strain import Strain, measure_strain
from ..tracking.request import Request
from ..tracks.tracks import Tracks
from .result_folder import PARTS, SceneWriter, Summary, asked, write_steps
from .store import Store
from .tracked import PointsOnClip, track_once


@dataclass(frozen=True)
class StrainOptions:
    """How strain is measured where it is written: see `strain.measure_strain`."""

    ed: Optional[int] = None
    es: Optional[int] = None
    view: str = ""


def track_to_folder(
    folder: Path,
    points: PointsOnClip,
    request: Request,
    write_scene: SceneWriter,
    report: Summary,
    parts: Collection[str] = PARTS,
    measurement: StrainOptions = StrainOptions(),
    store: Optional[Store] = None,
    progress: Progress = no_progress,
) -> tuple[Tracks, Optional[Strain], str]:
    """Track points through their clip and write the results into an empty folder.

    Args:
        folder: an existing, empty one.
        points: what to follow.
        request: how.
        write_scene: see `result_folder.write_steps`.
        report: gets facts, times and warnings.
        parts: which of `result_folder.PARTS` to write.
        measurement: of strain, where it is one of the parts.
        store: where tracks are kept, or None to track anew.
        progress: of all stages.

    Returns:
        Tracks, strain, and why there is no strain ("" where there is, or where it is not asked for).

    Raises:
        EchoTrackerError: as the tracker does.
    """
    tracks, cost = track_once(points, request, store, progress, report.stage)
    wall = {"asked": request.wall, "used": tracks.options.get("wall", False)}
    report.facts.update(request=asked(request), measurement=asdict(measurement), wall=wall, cost=asdict(cost))
    clip = report.facts.get("clip", {})
    report.facts["clip"] = {**clip, "sha256": points.clip_digest} if points.clip_digest else clip
    strain, void = (None, "") if "strain" not in parts else _measured(tracks, measurement)
    report.warnings += [void] if void else [] if strain is None else strain.warnings
    for stage, fraction in write_steps(folder, points.cine, tracks, strain, report, write_scene, parts):
        progress(stage, fraction)
    return tracks, strain, void


def _measured(tracks: Tracks, measurement: StrainOptions) -> tuple[Optional[Strain], str]:
    try:
        return measure_strain(tracks, **asdict(measurement)), ""
    except BadInput as error:
        return None, f"No strain: {error}"
