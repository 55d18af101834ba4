"""Annotation files: read and write by suffix.

| suffix | format | kept |
| --- | --- | --- |
| `.npz` | TAP-Vid's `points`, `occluded`, `query_points`, the native `positions`, and `states` | everything |
| `.json` | `annotation_document`, with provenance | everything |
| `.coco.json` | COCO keypoints, one image a frame | everything but confidence |
| `.csv` | long: one line a point and frame | cells, segments, times, spacing, beats, annotator |

Read only: CVAT's `.xml` and COCO, also in its `.zip` (`imports.cvat`, `coco`), EchoNet-Dynamic's `VolumeTracings.csv`
(`imports.echonet`), DeepLabCut and SLEAP (`tracks.imports`), whose points without a score were placed by a person.

Frames are 0-based in every file. Files of tracks (`files.read_tracks`) are read too: as a set from a tracker. No format
holds patient data: a clip is named by its short name, the annotator as typed.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..files import complete_file
from ..i18n import tr as _
from ..npz import read_npz
from ..tracks import tapvid
from ..tracks.files import PICKLE_SUFFIXES, named, npz_arrays, read_tracks, tracks_from_arrays
from ..tracks.imports.reading import read_scored
from ..tracks.known import NOTHING_KNOWN, Known
from ..tracks.sheet import TEXT_COLUMNS, cell_text, read_sheet
from ..tracks.table import beat_columns, read_table
from ..tracks.tracks import Tracks
from .annotation import STATE_NAMES, Annotation, State, from_scored, from_tracks, to_tracks
from .coco import annotation_from_coco, coco_text
from .document import annotation_from_document, document_text
from .imports.archive import read_exported
from .imports.cvat import annotation_from_cvat
from .imports.echonet import annotation_from_echonet, is_echonet

COLUMNS = (
    "frame", "time_s", "label", "segment", "x_px", "y_px", "x_mm", "y_mm", "visible", "state", "confidence", "annotator"
)  # fmt: skip
# What a network may learn from: a tracker's positions only after a person accepted them.
TRUSTED = (State.PLACED, State.INTERPOLATED)
_FACTS = ("annotator", "schema", "clip", "source", "created", "modified")
READABLE_SUFFIXES = (".npz", ".json", ".csv", ".CSV", ".xml", ".zip", ".h5", ".hdf5", ".pkl", ".pickle")
READABLE = (
    "Readable are .npz, .csv, .json, .coco.json, CVAT's .xml and .zip, DeepLabCut's .csv, SLEAP's .csv and .h5, "
    "EchoNet's VolumeTracings.csv, TAP-Vid's .npz and .pkl."
)


def read_annotation(path: Path, known: Known = NOTHING_KNOWN) -> Annotation:
    """Read an annotation file, or a track file as an annotation that begins with a tracker's positions.

    Args:
        path: see the table above.
        known: of the clip, for files that do not say it.

    Raises:
        BadInput: not there, damaged, or neither kind of file.
        MissingDependency: HDF5 without h5py.
    """
    found = read_any(path, known)
    return found if isinstance(found, Annotation) else replace(from_tracks(found), source=Path(path).name)


def read_any(path: Path, known: Known = NOTHING_KNOWN) -> Union[Annotation, Tracks]:
    """Read an annotation file as an annotation, a track file as tracks; arguments and errors as `read_annotation`."""
    path = Path(path)
    if not path.is_file():
        raise BadInput(_("{name}: there is no such annotation file. Check the path.").format(name=path.name))
    with named(path, "an annotation file"):
        found: Union[Annotation, Tracks, None] = _read(path, known)
    found = read_tracks(path, known) if found is None else found
    return found if found.size is not None or known.size is None else replace(found, size=known.size)


def write_annotation(path: Path, annotation: Annotation) -> None:
    """Write an annotation file in the format of its suffix; the file appears only when complete.

    Raises:
        BadInput: unknown suffix, folder not writable, or COCO asked for without a known image size.
    """
    path = Path(path)
    if path.suffix.lower() == ".npz":
        arrays: dict[str, Any] = annotation_arrays(annotation)
        with complete_file(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **arrays)
        return
    if path.suffix.lower() == ".csv":
        with complete_file(path) as partial:
            _write_csv(partial, annotation)
        return
    if path.suffix != ".json":
        raise BadInput(
            _("{name}: unknown annotation format. Use .npz, .csv, .json or .coco.json.").format(name=path.name)
        )
    text = coco_text(annotation) if path.name.endswith(".coco.json") else document_text(annotation)
    with complete_file(path) as partial:
        partial.write_text(text, encoding="utf-8")


def write_training_clip(
    folder: Path, cine: Cine, annotation: Annotation, name: str, trusted: tuple[State, ...] = TRUSTED
) -> Path:
    """Write `name`.npz with `frames`, `tracks`, `visible` into a folder that `train --data` reads; return its path.

    Args:
        folder: of any number of clips.
        cine: the clip that was annotated.
        annotation: as many frames as the clip.
        name: of the file, without suffix.
        trusted: states that count as true.

    Raises:
        BadInput: other frames than the clip's, or no point is known on half of them (training needs that).
    """
    if annotation.n_frames != cine.n_frames:
        raise BadInput(
            _("The annotation has {n_frames} frames, the clip {n_frames2}.").format(
                n_frames=annotation.n_frames, n_frames2=cine.n_frames
            )
        )
    visible = np.isin(annotation.states, trusted)
    if not (visible.mean(axis=1) >= 0.5).any():
        raise BadInput(
            _(
                "No point is placed, interpolated or accepted on at least half of the frames; there is "
                "nothing to train on."
            )
        )
    path = Path(folder) / f"{name}.npz"
    tracks = np.where(visible[..., None], annotation.positions, 0).astype(np.float32)
    with complete_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(
            file, frames=cine.frames, tracks=tracks, visible=visible, provenance=np.array(_facts_text(annotation))
        )
    return path


def annotation_arrays(annotation: Annotation) -> dict[str, np.ndarray]:
    """Return the arrays of an npz file.

    Those of `files.npz_arrays`, `states` uint8 [N, T], `segments` str [N], `facts_json`, and with a known image size
    TAP-Vid's `points`, `occluded` (also where nothing is annotated) and `query_points` (t, y, x) on each point's first
    annotated frame.
    """
    tracks = replace(to_tracks(annotation), confidence=annotation.confidence)
    arrays = npz_arrays(tracks)
    if annotation.size is not None:
        seen = annotation.annotated
        arrays.update({key: tapvid.tapvid_arrays(tracks)[key] for key in ("points", "occluded")})
        arrays["points"] = np.nan_to_num(arrays["points"])
        first = np.argmax(seen, axis=1)
        start = annotation.positions[np.arange(len(first)), first] + 0.5
        arrays["query_points"] = np.concatenate([first[:, None], start[:, ::-1]], axis=1).astype(np.float32)
    arrays["states"] = annotation.states
    arrays["segments"] = np.array(annotation.segments, dtype=np.str_)
    arrays["facts_json"] = np.array(_facts_text(annotation))
    return arrays


def annotation_from_arrays(arrays: dict[str, np.ndarray]) -> Annotation:
    """Return the annotation of an npz file's arrays."""
    tracks = tracks_from_arrays(arrays)
    facts = json.loads(str(arrays["facts_json"]))
    shape = tracks.visible.shape
    return replace(
        from_tracks(tracks),
        states=arrays["states"].astype(np.uint8),
        positions=tracks.positions,
        confidence=np.full(shape, np.nan, dtype=np.float32) if tracks.confidence is None else tracks.confidence,
        segments=tuple(str(s) for s in arrays["segments"]),
        **_texts(facts),
    )


def _texts(facts: dict[str, Any]) -> dict[str, Any]:
    return {key: str(facts.get(key, "")) for key in _FACTS}


def _facts_text(annotation: Annotation) -> str:
    from .. import __version__

    facts = {key: getattr(annotation, key) for key in _FACTS}
    return json.dumps({**facts, "tool": f"EchoTracker {__version__}"}, ensure_ascii=False)


def _read(path: Path, known: Known) -> Optional[Annotation]:
    """Return the annotation, None for a file that holds only tracks."""
    suffix = path.suffix.lower()
    if suffix == ".npz":
        arrays = read_npz(path)
        return annotation_from_arrays(arrays) if "states" in arrays else None
    if suffix in (".json", ".xml"):
        return _parsed(path.name, path.read_bytes(), known)
    if suffix == ".zip":
        return _parsed(*read_exported(path), known)
    if suffix in PICKLE_SUFFIXES:
        return None
    scored = read_scored(path, known)
    if scored is not None:
        annotation = from_scored(scored)
        return annotation if annotation.keyframes.any() else None
    if suffix == ".csv":
        names, rows = read_sheet(path, (*TEXT_COLUMNS, "filename"))
        if is_echonet(names):
            return annotation_from_echonet(rows, known)
        return _from_csv(path, rows, known) if "state" in names else None
    raise BadInput(_("unknown annotation format. {READABLE}").format(READABLE=READABLE))


def _parsed(name: str, content: bytes, known: Known) -> Optional[Annotation]:
    """Return the annotation of the content of a JSON or XML file."""
    if name.lower().endswith(".xml"):
        return annotation_from_cvat(content, known)
    document = json.loads(content.decode("utf-8-sig"))
    if isinstance(document, dict) and "categories" in document:
        return annotation_from_coco(document, known)
    if isinstance(document, dict) and str(document.get("format", "")) == "echotracker-tracks":
        return None
    return annotation_from_document(document)


def _write_csv(path: Path, annotation: Annotation) -> None:
    row, col = annotation.spacing_mm or (np.nan, np.nan)
    seen = annotation.annotated
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        beats = beat_columns(to_tracks(annotation))
        writer.writerow([*COLUMNS, *beats])
        for t in range(annotation.n_frames):
            time_s = repr(float(annotation.times_s[t]))
            for i, label in enumerate(annotation.labels):
                x, y = annotation.positions[i, t]
                numbers = [_number(v) for v in (x, y, np.float64(x) * col, np.float64(y) * row)]
                state = STATE_NAMES[annotation.states[i, t]]
                trust = _number(annotation.confidence[i, t])
                facts = (label, annotation.segments[i])
                cells = [t, time_s, *facts, *numbers, int(seen[i, t]), state, trust, annotation.annotator]
                writer.writerow([*cells, *beats.values()])


def _number(value: np.floating) -> str:
    return str(value) if np.isfinite(value) else ""


def _from_csv(path: Path, rows: list[dict[str, str]], known: Known) -> Annotation:
    tracks = read_table(path, known)
    index = {label: i for i, label in enumerate(tracks.labels)}
    states = np.zeros(tracks.visible.shape, dtype=np.uint8)
    segments = [""] * len(index)
    for line, row in enumerate(rows, start=2):
        if row.get("state") not in STATE_NAMES:
            raise BadInput(
                _("line {line}: '{value}' is no state; use one of {names}.").format(
                    line=line, value=cell_text(row["state"]), names=", ".join(STATE_NAMES)
                )
            )
        states[index[row["label"]], int(row["frame"])] = STATE_NAMES.index(row["state"])
        segments[index[row["label"]]] = row.get("segment") or ""
    started = from_tracks(tracks)
    return replace(
        started, states=states, segments=tuple(segments), source="", annotator=rows[0].get("annotator") or ""
    )
