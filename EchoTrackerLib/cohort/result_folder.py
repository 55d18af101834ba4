"""One clip's results as files: what `track`, `demo`, the panel's Export and each clip of `batch` write."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, Callable, Optional

import numpy as np

from .. import __version__
from ..cine.cine import Cine
from ..errors import MissingDependency
from ..i18n import tr as _
from ..strain.strain import Strain
from ..tracking.request import Request
from ..tracks.decisions import rejected
from ..tracks.files import write_tracks
from ..tracks.tracks import Tracks

PARTS = ("tracks", "overlay", "scene", "strain")
SUMMARY = "summary.json"
# (what is being done, share of the whole that is done)
Step = tuple[str, float]
SceneWriter = Callable[[Path, Cine, Tracks, Optional[Strain]], None]
_REPORTED_PACKAGES = ("numpy", "scipy", "torch", "opencv-python-headless", "pydicom", "av", "slicer-core")
_VIDEO_SHARE = (0.05, 0.80)


@dataclass
class Summary:
    """What `summary.json` tells: run time by stage in seconds, warnings, files that were left out, facts by name."""

    seconds: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

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
            "warnings": list(dict.fromkeys([*self.warnings, *self.left_out])),
            "note": "Research use only.",
        }
        text = json.dumps(_plain(summary), indent=2, ensure_ascii=False, allow_nan=False)
        path.write_text(text + "\n", encoding="utf-8")


@lru_cache(maxsize=1)
def versions() -> Mapping[str, str]:
    """Return the versions of this program, Python and the packages that matter for the numbers."""
    found = {"echotracker": __version__, "python": platform.python_version()}
    for package in _REPORTED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return MappingProxyType(found)


def write_steps(
    folder: Path,
    cine: Cine,
    tracks: Tracks,
    strain: Optional[Strain],
    report: Summary,
    write_scene: SceneWriter,
    parts: Collection[str] = PARTS,
) -> Iterator[Step]:
    """Write a clip's results into an existing, empty folder, in small steps so that no window freezes.

    tracks: `tracks.npz`, `tracks.csv`; overlay: `overlay.mp4`; strain: `strain.csv`, `.json`, `.png`; scene:
    `scene.mrb`; and always, last, `summary.json`: a folder that has it is complete. A missing optional package leaves
    out its file, and `report` says so.

    Args:
        folder: for the files.
        cine, tracks, strain: what is written; without strain that part is left out.
        report: gets facts, warnings and times.
        write_scene: writes the scene, e.g. `scene.archive.write_scene`.
        parts: which of `PARTS`.
    """
    describe(report, cine, tracks)
    if "tracks" in parts:
        yield _("Writing tracks"), 0.0
        with report.stage("write tracks"):
            write_tracks(folder / "tracks.npz", tracks)
            write_tracks(folder / "tracks.csv", tracks)
    if "overlay" in parts:
        yield from _write_overlay(folder / "overlay.mp4", cine, tracks, strain, report)
    if "strain" in parts and strain is not None:
        yield _("Writing strain"), _VIDEO_SHARE[1]
        from ..strain.files import write_strain

        with report.stage("write strain"), _left_out(report, "strain.png"):
            write_strain(folder, strain, ecg=cine.ecg)  # the picture, which needs matplotlib, last
    if "scene" in parts:
        yield _("Writing scene"), 0.85
        with report.stage("scene"), _left_out(report, "scene.mrb"):
            write_scene(folder / "scene.mrb", cine, tracks, strain)
    report.write(folder / SUMMARY)


def asked(request: Request) -> dict[str, Any]:
    """Return a request as JSON keeps it; the consent to a license is not kept: it is given anew each time."""
    facts = {f.name: getattr(request, f.name) for f in fields(Request) if f.name != "accept_licence"}
    return {name: str(value.absolute()) if isinstance(value, Path) else value for name, value in facts.items()}


def describe(report: Summary, cine: Cine, tracks: Tracks) -> None:
    """Put into the report what the numbers come from: clip, points, tracker, options, each with its hash."""
    start = tracks.positions[:, tracks.query_frame]
    report.facts.update(
        tracker=tracks.tracker,
        weights_sha256=tracks.weights_sha256,
        device=tracks.options.get("device", "cpu"),
        options=dict(tracks.options),
        query_frame=tracks.query_frame,
        points=tracks.n_points,
        queries={
            "labels": list(tracks.labels),
            "xy_px": start,
            "sha256": points_sha256(start),
        },
        clip={**report.facts.get("clip", {}), **clip_facts(cine), **_scale_facts(tracks)},
    )
    report.warnings += [*tracks.warnings, *cine.warnings]
    if tracks.spacing_mm is None:
        report.warnings.append(f"{cine.source}: the pixel spacing is unknown; positions are in px only.")


def _scale_facts(tracks: Tracks) -> Mapping[str, object]:
    """Return the scale that the points are measured by: that of the region that holds them."""
    return {"spacing_mm": tracks.spacing_mm, "spacing": tracks.spacing_source} if tracks.spacing_source else {}


def clip_facts(cine: Cine) -> Mapping[str, object]:
    """Return the clip's facts for reports."""
    return {
        "frames": cine.n_frames,
        "size_px": list(cine.size),
        "fps": cine.known_fps,
        "times": cine.time_source,
        "spacing_mm": cine.spacing_mm,
        "spacing": cine.spacing_source,
        "source": cine.source,
        "frames_sha256": hashlib.sha256(np.ascontiguousarray(cine.frames).tobytes()).hexdigest(),
    }


def points_sha256(xy_px: np.ndarray) -> str:
    """Return the SHA-256 of points [N, 2] px as little-endian float32 in their order."""
    return hashlib.sha256(np.ascontiguousarray(xy_px, dtype="<f4").tobytes()).hexdigest()


def _write_overlay(path: Path, cine: Cine, tracks: Tracks, strain: Optional[Strain], report: Summary) -> Iterator[Step]:
    out = {*rejected(tracks.review, tracks.labels, ("",) * tracks.n_points), *(strain.excluded if strain else ())}
    crossed = np.array([label in out for label in tracks.labels], dtype=bool)
    with report.stage("overlay"), _left_out(report, path.name):
        from ..cine.export import VideoWriter
        from ..cine.overlay import draw_overlay

        first, last = _VIDEO_SHARE
        with VideoWriter(path, cine.times_s) as writer:
            for frame in range(cine.n_frames):
                yield _("Writing overlay video"), first + (last - first) * frame / cine.n_frames
                writer.add(draw_overlay(cine, tracks.positions, frame, tracks.visible, crossed=crossed))


@contextmanager
def _left_out(report: Summary, name: str) -> Iterator[None]:
    """Say in the report that a file was left out because a package is missing."""
    try:
        yield
    except (MissingDependency, ImportError) as error:
        report.left_out.append(_("{name} was not written: {reason}").format(name=name, reason=error))


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold: unknown numbers are null, other things text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.generic, np.ndarray)):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
