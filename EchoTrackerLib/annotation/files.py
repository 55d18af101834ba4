"""Annotation files: read and write by suffix.

| suffix | format | kept |
| --- | --- | --- |
| `.npz` | TAP-Vid's `points`, `occluded`, `query_points`, the native `positions`, and `states` | everything |
| `.json` | `annotation_document`, with provenance | everything |
| `.coco.json` | COCO keypoints, one image a frame | everything but confidence |
| `.csv` | long: one line a point and frame | cells, segments, times, spacing, annotator |

Frames are 0-based in every file. Files of tracks (`files.read_tracks`) are read too: as a set from a tracker. No format
holds patient data: a clip is named by its short name, the annotator as typed.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..files import complete_file
from ..i18n import tr as _
from ..npz import read_npz
from ..tracks import tapvid
from ..tracks.files import npz_arrays, read_tracks, tracks_from_arrays
from ..tracks.sheet import read_sheet
from ..tracks.table import read_table
from .annotation import STATE_NAMES, Annotation, State, from_tracks, to_tracks
from .document import annotation_from_coco, annotation_from_document, coco_text, document_text

COLUMNS = (
    "frame", "time_s", "label", "segment", "x_px", "y_px", "x_mm", "y_mm", "visible", "state", "confidence", "annotator"
)  # fmt: skip
# What a network may learn from: a tracker's positions only after a person accepted them.
TRUSTED = (State.PLACED, State.INTERPOLATED)
_FACTS = ("annotator", "schema", "clip", "source", "created", "modified")


def read_annotation(path: Path, size: Optional[tuple[int, int]] = None) -> Annotation:
    """Read an annotation file, or a track file as an annotation that begins with a tracker's positions.

    Args:
        path: see the table above.
        size: (width, height) px of the clip, for files that do not say it.

    Raises:
        BadInput: not there, damaged, or neither kind of file.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(_("{name}: there is no such annotation file. Check the path.").format(name=path.name))
    try:
        annotation = _read(path)
    except BadInput as error:
        raise BadInput(_("{name}: {error}").format(name=path.name, error=error)) from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise BadInput(
            _("{name}: cannot be read as an annotation file ({error}). Write it again.").format(
                name=path.name, error=error
            )
        ) from error
    if annotation is None:
        annotation = replace(from_tracks(read_tracks(path, size)), source=path.name)
    return annotation if annotation.size is not None or size is None else replace(annotation, size=size)


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
                "No point is placed, interpolated or accepted on at least half of the frames; "
                "there is nothing to train on."
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


def _read(path: Path) -> Optional[Annotation]:
    """Return the annotation, None for a file that holds only tracks."""
    if path.suffix.lower() == ".npz":
        arrays = read_npz(path)
        return annotation_from_arrays(arrays) if "states" in arrays else None
    if path.suffix.lower() == ".json":
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        if isinstance(document, dict) and "categories" in document:
            return annotation_from_coco(document)
        if isinstance(document, dict) and str(document.get("format", "")) == "echotracker-tracks":
            return None
        return annotation_from_document(document)
    if path.suffix.lower() == ".csv":
        names, rows = read_sheet(path)
        return _from_csv(path, rows) if "state" in names else None
    raise BadInput(_("unknown annotation format. Use .npz, .csv, .json or .coco.json."))


def _write_csv(path: Path, annotation: Annotation) -> None:
    row, col = annotation.spacing_mm or (np.nan, np.nan)
    seen = annotation.annotated
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for t in range(annotation.n_frames):
            time_s = repr(float(annotation.times_s[t]))
            for i, label in enumerate(annotation.labels):
                x, y = annotation.positions[i, t]
                numbers = [_number(v) for v in (x, y, np.float64(x) * col, np.float64(y) * row)]
                state = STATE_NAMES[annotation.states[i, t]]
                trust = _number(annotation.confidence[i, t])
                facts = (label, annotation.segments[i])
                writer.writerow([t, time_s, *facts, *numbers, int(seen[i, t]), state, trust, annotation.annotator])


def _number(value: np.floating) -> str:
    return str(value) if np.isfinite(value) else ""


def _from_csv(path: Path, rows: list[dict[str, str]]) -> Annotation:
    tracks = read_table(path)
    index = {label: i for i, label in enumerate(tracks.labels)}
    states = np.zeros(tracks.visible.shape, dtype=np.uint8)
    segments = [""] * len(index)
    for line, row in enumerate(rows, start=2):
        if row.get("state") not in STATE_NAMES:
            raise BadInput(
                _("line {line}: '{state}' is no state; use one of {names}.").format(
                    line=line, state=row["state"], names=", ".join(STATE_NAMES)
                )
            )
        states[index[row["label"]], int(row["frame"])] = STATE_NAMES.index(row["state"])
        segments[index[row["label"]]] = row.get("segment") or ""
    started = from_tracks(tracks)
    return replace(
        started, states=states, segments=tuple(segments), source="", annotator=rows[0].get("annotator") or ""
    )
