"""A result done again from what it says about itself, and compared to the last bit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..cine.cine import Cine
from ..cine.reading import read_cine
from ..errors import BadInput
from ..progress import Progress
from ..tracking.request import Request
from ..tracks.files import npz_arrays, read_tracks
from ..tracks.tracks import APEX, Tracks
from .clip import StrainOptions, track_to_folder
from .result_folder import SUMMARY, Summary, points_sha256
from .store import digest
from .tracked import PointsOnClip

_STRAIN = "strain.csv"


@dataclass(frozen=True)
class Compared:
    """One thing compared: what it is, whether it is identical, and how far it is off otherwise."""

    name: str
    identical: bool
    difference: str = ""


def read_summary(folder: Path) -> dict[str, Any]:
    """Return what a folder of `track` or of a clip of `batch` says about itself.

    Raises:
        BadInput: it is no such folder, or one from before such facts were kept.
    """
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(
            f"{path}: cannot be read. Name a folder that track, batch, benchmark or clinical wrote."
        ) from error
    if not isinstance(summary, dict) or not {"request", "queries", "clip", "query_frame"} <= set(summary):
        raise BadInput(f"{path}: does not say how it was made; only results of this version and later can be rerun.")
    return summary


def track_again(folder: Path, summary: dict[str, Any], clip: Optional[Path], accepted: bool, made: Path,
                progress: Progress) -> list[Compared]:  # fmt: skip
    """Track the clip of a result folder again into the empty folder `made`, and compare.

    Args:
        folder: the result.
        summary: what `read_summary` gave.
        clip: the clip, or None for where it was.
        accepted: whether the user accepts the license of a tracker by other authors.
        made: for the new results.
        progress: of all stages.

    Raises:
        BadInput: the clip is not there or is another one.
        EchoTrackerError: as the tracker does.
    """
    path = clip or Path(summary["clip"].get("path", ""))
    if not path.name or not path.exists():
        raise BadInput(f"The clip {path} is not there. Say where it is with --clip FILE.")
    if digest(path) != summary["clip"].get("sha256"):
        raise BadInput(
            f"{path}: is not the clip of this result (its SHA-256 is another one). Give the right one with --clip."
        )
    facts = dict(summary["request"])
    for name in ("weights", "code"):
        facts[name] = Path(facts[name]) if facts.get(name) else None
    request = Request(**{**facts, "accept_licence": accepted})
    points = _points(read_cine(path, progress), summary, digest(path))
    report = Summary()
    parts = [part for part, name in (("tracks", "tracks.npz"), ("strain", _STRAIN)) if (folder / name).is_file()]
    tracks, _strain, _void = track_to_folder(
        made, points, request, _no_scene, report, parts, StrainOptions(**summary["measurement"]), progress=progress
    )
    found = [Compared("weights", tracks.weights_sha256 == summary["weights_sha256"], "another file")]
    if "tracks" in parts:
        found += compared_arrays(read_tracks(folder / "tracks.npz"), read_tracks(made / "tracks.npz"))
    if "strain" in parts:
        found.append(compare_files(folder / _STRAIN, made / _STRAIN))
    return found


def compared_arrays(before: Tracks, now: Tracks) -> list[Compared]:
    """Return how each array of two sets of tracks compares."""
    found = []
    a, b = npz_arrays(before), npz_arrays(now)
    for name in ("positions", "visible", "confidence"):
        same = a[name].shape == b[name].shape and a[name].tobytes() == b[name].tobytes()
        text = ""
        if not same and a[name].shape == b[name].shape:
            text = f"up to {np.nanmax(np.abs(a[name].astype(np.float64) - b[name].astype(np.float64))):.3g}"
            text += " px" if name == "positions" else ""
        found.append(Compared(name, same, text or "another shape" if not same else ""))
    return found


def compare_files(before: Path, now: Path) -> Compared:
    """Return whether two files hold the same bytes."""
    same = now.is_file() and before.read_bytes() == now.read_bytes()
    return Compared(before.name, same, "" if same else "other bytes" if now.is_file() else "not made again")


def changed_versions(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return which versions differ, e.g. "numpy 1.26.4 -> 2.4.6"."""
    names: Sequence[str] = list(dict.fromkeys([*before, *now]))
    return [f"{n} {before.get(n, '-')} -> {now.get(n, '-')}" for n in names if before.get(n) != now.get(n)]


def _points(cine: Cine, summary: dict[str, Any], clip_digest: str) -> PointsOnClip:
    spacing = summary["clip"].get("spacing_mm")
    if spacing is not None:
        cine = replace(cine, spacing_mm=(float(spacing[0]), float(spacing[1])))
    queries = summary["queries"]
    xy_px = np.array([[np.nan if v is None else v for v in point] for point in queries["xy_px"]], dtype=np.float32)
    if points_sha256(xy_px) != queries["sha256"]:
        raise BadInput("summary.json: the points were changed (their SHA-256 does not fit).")
    frame, apex = int(summary["query_frame"]), summary["options"].get(APEX)
    return PointsOnClip(cine, clip_digest, tuple(queries["labels"]), xy_px, frame, apex)


def _no_scene(path: Path, cine: Cine, tracks: Tracks, strain: object) -> None:
    """Write none: scenes hold dates."""
