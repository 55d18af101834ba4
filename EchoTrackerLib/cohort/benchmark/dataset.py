"""Clips with their true tracks: a manifest, a folder, or one file of one or many clips.

| what | truth |
| --- | --- |
| manifest (CSV, Parquet) | column `truth`: a track or annotation file; empty: the clip's own file holds it |
| folder of `echotracker phantom` | `truth.npz` beside `phantom.npz`, the wall's mid-line |
| `.npz` with `frames`, `tracks` [N, T, 2] px, maybe `visible`, `labels`, `ed_frame` | its own |
| TAP-Vid `.npz` or `.pkl` with `video`, `points` (shares of the size), `occluded`; pickles run no code | its own |
| any clip | a track or annotation file of its name: `NAME.npz`, `NAME-truth.json`, `NAME.xml` ... |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...annotation.files import read_annotation
from ...cine.cine import Cine
from ...cine.names import clip_name
from ...cine.pixels import colour_warnings, split_colour, to_uint8
from ...cine.reading import read_cine
from ...cine.times import assumed_times
from ...errors import BadInput
from ...npz import npz_names, read_npz
from ...review.comparison import read_reference
from ...tracks.files import labels_from
from ...tracks.imports.pickles import decoded_video, tapvid_clips
from ...tracks.known import Known, known_of
from ...tracks.tapvid import tracks_from_tapvid
from ...tracks.tracks import Tracks
from ..manifest import Row, read_manifest
from ..store import digest, key_of

_MANIFESTS = (".csv", ".parquet", ".pq")
_PICKLES = (".pkl", ".pickle")
_TRUTH_ENDS = ("-truth", "_truth", ".truth", "-annotation", "_annotation", ".annotation", "")
_TRUTH_SUFFIXES = (".npz", ".json", ".coco.json", ".csv", ".xml", ".h5")
_CLIP_SUFFIXES = (
    ".dcm", ".avi", ".mp4", ".mov", ".m4v", ".mkv", ".webm", ".wmv", ".nrrd", ".mha", ".mhd", ".nhdr", ".npy", ".npz"
)  # fmt: skip


@dataclass(frozen=True)
class Truthed:
    """A clip and its truth.

    Attributes:
        cine: the clip.
        truth: true positions; those that are not visible are not judged.
        segments: N names of wall segments, "" where unknown.
        ed: 0-based frame of end-diastole, or None where it is not said.
        view: "" where it is not said.
    """

    cine: Cine
    truth: Tracks
    segments: tuple[str, ...]
    ed: Optional[int]
    view: str


def rows(path: Path) -> Iterator[Row]:
    """Yield a row a clip with truth; in a pickle of many clips the column `entry` names the clip.

    Raises:
        BadInput: nothing with truth is there.
    """
    if path.suffix.lower() in _MANIFESTS:
        yield from read_manifest(path)
        return
    if not path.exists():
        raise BadInput(f"{path}: does not exist. Check the path.")
    found = 0
    for values in _entries(path) if path.is_file() else _in_folder(path):
        found += 1
        yield Row(values["id"], f"{path.name}, clip {found}", Path(), values)
    if not found:
        raise BadInput(
            f"{path}: holds no clip with truth. Expected are phantom folders, .npz with frames and tracks, TAP-Vid "
            "files, or clips with a track or annotation file of the same name."
        )


def read_truthed(row: Row) -> Truthed:
    """Read a row's clip and its truth.

    Raises:
        BadInput: one of them cannot be read, or they do not fit.
    """
    clip, truth_path = row.path("clip"), row.path("truth")
    assert clip is not None
    if truth_path is not None:
        cine = read_cine(clip)
        truth = read_reference(truth_path, known_of(cine))
        segments = _segments(truth_path, truth, cine.name)
        stored: Mapping[str, Any] = _arrays(clip) if clip.suffix.lower() == ".npz" else {}
    else:
        stored = _pickled(clip, row.text("entry")) if clip.suffix.lower() in _PICKLES else _arrays(clip)
        cine, truth = _embedded(clip, stored, row.id)
        segments = ("",) * truth.n_points
    spacing = row.spacing_mm()
    if spacing is not None:
        cine = replace(cine, spacing_mm=spacing, spacing_source="given in the manifest")
    if truth.n_frames != cine.n_frames:
        raise BadInput(f"{row.line}: the clip has {cine.n_frames} frames and its truth {truth.n_frames}.")
    if truth.size is not None and truth.size != cine.size:
        raise BadInput(f"{row.line}: the clip is of {cine.size} px and its truth of {truth.size} px.")
    ed = row.frame("ed")
    if ed is None and "ed_frame" in stored:
        ed = int(stored["ed_frame"])
    view = row.text("view") or str(stored.get("view", ""))
    return Truthed(cine, replace(truth, size=cine.size, spacing_mm=cine.spacing_mm), segments, ed, view)


def inputs_digest(row: Row) -> str:
    """Return the digest of the files of a row and of what it says about them."""
    files = {column: digest(path) for column in ("clip", "truth") if (path := row.path(column)) is not None}
    facts = ("entry", "ed", "view", "spacing_row_mm", "spacing_col_mm")
    return key_of(files=files, facts={name: row.text(name) for name in facts})


def clip_digest(row: Row) -> str:
    """Return the digest of a row's clip alone."""
    clip = row.path("clip")
    assert clip is not None
    return key_of(clip=digest(clip), entry=row.text("entry"))


def _in_folder(folder: Path) -> Iterator[dict[str, str]]:
    taken: set[Path] = set()
    for path in sorted(folder.rglob("*")):
        if path.name.startswith(".") or path.parent in taken or not path.is_file():
            continue
        name = clip_name(path.relative_to(folder)) if path.parent == folder else path.relative_to(folder).as_posix()
        if path.name == "phantom.npz" and (path.parent / "truth.npz").is_file():
            taken.add(path.parent)
            name = path.parent.relative_to(folder).as_posix().replace("/", "_")
            yield {
                "id": name,
                "clip": str(path),
                "truth": str(path.parent / "truth.npz"),
                **_phantom_facts(path.parent),
            }
            continue
        if (path.parent / "phantom.npz").is_file() and (path.parent / "truth.npz").is_file():
            continue
        yield from _entries(path, name.replace("/", "_"))


def _entries(path: Path, name: str = "") -> Iterator[dict[str, str]]:
    """Yield what one file holds: the clips with truth that are in it, or it and its truth beside it."""
    suffix = path.suffix.lower()
    name = name or clip_name(path)
    if suffix in _PICKLES:
        for entry in _clips(path, path.stat().st_mtime_ns):
            yield {"id": f"{Path(name).stem}-{entry}".replace("/", "_"), "clip": str(path), "entry": entry}
    elif suffix == ".npz" and _holds_truth(path):
        yield {"id": clip_name(Path(name)), "clip": str(path)}
    elif suffix in _CLIP_SUFFIXES and (truth := _beside(path)) is not None:
        yield {"id": clip_name(Path(name)), "clip": str(path), "truth": str(truth)}


def _holds_truth(path: Path) -> bool:
    try:
        stored = set(npz_names(path))
    except (OSError, BadInput):
        return False
    return {"frames", "tracks"} <= stored or {"video", "points"} <= stored


def _beside(clip: Path) -> Optional[Path]:
    """Return the truth of a clip by its name, or None."""
    stem = clip_name(clip)
    for end in _TRUTH_ENDS:
        for suffix in _TRUTH_SUFFIXES:
            path = clip.with_name(f"{stem}{end}{suffix}")
            if path != clip and path.is_file():
                return path
    return None


def _phantom_facts(folder: Path) -> dict[str, str]:
    import json

    try:
        facts = json.loads((folder / "parameters.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {"view": str(facts.get("view", ""))}


def _segments(path: Path, truth: Tracks, clip: str) -> tuple[str, ...]:
    """Return the segments that an annotation file names, in the truth's order."""
    try:
        annotation = read_annotation(path, Known(truth.size, truth.n_frames, clip))
    except BadInput:
        return ("",) * truth.n_points
    named = dict(zip(annotation.labels, annotation.segments))
    return tuple(named.get(label, "") for label in truth.labels)


def _embedded(path: Path, stored: Mapping[str, Any], name: str) -> tuple[Cine, Tracks]:
    """Return the clip and the truth of one file's arrays."""
    if {"frames", "tracks"} <= set(stored):
        cine = read_cine(path)
        positions = np.asarray(stored["tracks"], dtype=np.float32)
        if positions.ndim != 3 or positions.shape[1:] != (cine.n_frames, 2):
            raise BadInput(f"{path.name}: 'tracks' must be [N, {cine.n_frames}, 2], not {list(positions.shape)}.")
        known = np.isfinite(positions).all(axis=2)
        visible = np.asarray(known & stored["visible"].astype(bool) if "visible" in stored else known)
        labels = labels_from(stored.get("labels"), len(positions))
        return cine, Tracks(positions, visible, labels, cine.times_s, cine.spacing_mm, tracker="truth")
    if not {"video", "points"} <= set(stored):
        raise BadInput(f"{path.name}: holds no truth ('frames' and 'tracks', or TAP-Vid's 'video' and 'points').")
    video = np.asarray(decoded_video(stored["video"]))
    grey, colour = split_colour(to_uint8(video)[0], path.name)
    times, source, warnings = assumed_times(len(grey))
    cine = Cine(grey, times, name=name, source=path.name, time_source=source, colour=colour, warnings=warnings)
    cine = replace(cine, warnings=(*warnings, *colour_warnings(colour)))
    return cine, replace(tracks_from_tapvid({**stored, "video": video}), tracker="truth")


def _arrays(path: Path) -> Mapping[str, Any]:
    try:
        return read_npz(path)
    except (OSError, BadInput) as error:
        raise BadInput(f"{path.name}: {error}") from error


def _pickled(path: Path, entry: str) -> Mapping[str, Any]:
    clips = _clips(path, path.stat().st_mtime_ns)
    if entry not in clips:
        raise BadInput(f"{path.name}: holds no clip called '{entry}'.")
    return clips[entry]


@lru_cache(maxsize=1)
def _clips(path: Path, changed_ns: int) -> Mapping[str, Mapping[str, Any]]:
    """Return a pickle's clips, kept until another file is asked for."""
    return tapvid_clips(path)
