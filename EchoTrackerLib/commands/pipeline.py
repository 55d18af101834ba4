"""From a clip and points to the files of `track` and `demo`, stage by stage, with the time each took."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Optional

import numpy as np

from .. import __version__
from ..cine.cine import Cine
from ..errors import MissingDependency
from ..progress import Progress
from ..tracking.request import Request, make_job, run_job
from ..tracks.tracks import Tracks

_REPORTED_PACKAGES = ("numpy", "scipy", "torch", "pydicom", "av", "slicer-core")


@dataclass
class Report:
    """What `summary.json` tells: run time by stage in seconds, warnings, and facts by name."""

    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    facts: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to `seconds[name]`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start

    def write(self, path: Path) -> None:
        """Write `summary.json`."""
        summary = {
            "versions": versions(),
            "platform": platform.platform(terse=True),
            **self.facts,
            "seconds": {name: round(value, 3) for name, value in self.seconds.items()},
            "warnings": self.warnings,
            "note": "Research use only.",
        }
        path.write_text(json.dumps(summary, indent=2, default=_as_json) + "\n", encoding="utf-8")


def versions() -> dict[str, str]:
    """Return the versions of this program, Python and the packages that matter for the numbers."""
    found = {"echotracker": __version__, "python": platform.python_version()}
    for package in _REPORTED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def track_points(
    cine: Cine,
    labels: tuple[str, ...],
    points: np.ndarray,
    query_frame: int,
    request: Request,
    report: Report,
    progress: Progress,
) -> Tracks:
    """Track `points` [N, 2] px as asked for; note device, options, what was done to a wall and warnings in `report`."""
    job = make_job(cine, labels, points, query_frame, request)
    tracks = run_job(job, progress, stage=report.stage)
    report.warnings.extend(tracks.warnings)
    report.facts.update(
        tracker=tracks.tracker,
        weights_sha256=tracks.weights_sha256,
        device=tracks.options.get("device", "cpu"),
        options=dict(tracks.options),
        wall={"asked": request.wall, "used": tracks.options["wall"]},
        query_frame=query_frame,
        points=len(points),
    )
    return tracks


def write_outputs(
    folder: Path, cine: Cine, tracks: Tracks, report: Report, progress: Progress, strain: Optional[object] = None
) -> None:
    """Write `tracks.npz`, `tracks.csv`, `overlay.mp4`, `scene.mrb` and, last, `summary.json` into `folder`.

    A missing optional package leaves out its file, and `summary.json` says so.
    """
    from ..cine.overlay import write_overlay
    from ..tracks.files import write_tracks

    report.facts["clip"] = clip_facts(cine)
    report.warnings.extend(cine.warnings)
    if cine.spacing_mm is None:
        report.warnings.append(f"{cine.source}: the pixel spacing is unknown; positions are in px only.")
    with report.stage("write tracks"):
        write_tracks(folder / "tracks.npz", tracks)
        write_tracks(folder / "tracks.csv", tracks)
    with report.stage("overlay"):
        try:
            write_overlay(folder / "overlay.mp4", cine, tracks.positions, tracks.visible, progress=progress)
        except MissingDependency as error:
            report.warnings.append(f"overlay.mp4 was not written: {error}")
    with report.stage("scene"):
        progress("Writing scene", 0.0)
        try:
            from ..scene.archive import write_scene

            write_scene(folder / "scene.mrb", cine, tracks, strain)
        except MissingDependency as error:
            report.warnings.append(f"scene.mrb was not written: {error}")
        progress("Writing scene", 1.0)
    report.write(folder / "summary.json")


def clip_facts(cine: Cine) -> dict[str, object]:
    """Return the clip's facts for reports."""
    return {
        "frames": cine.n_frames,
        "size_px": list(cine.size),
        "fps": cine.fps,
        "times": cine.time_source,
        "spacing_mm": cine.spacing_mm,
        "spacing": cine.spacing_source,
        "source": cine.source,
    }


def _as_json(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    return str(value)
