"""Track files: read and write by suffix, npz as the native format; those of other programs are read.

| suffix | format | kept |
| --- | --- | --- |
| `.npz` | native, see `npz_arrays` | everything |
| `.json` | `document` | everything |
| `.csv` | `table`, long: one line a point and frame | positions, visibility, confidence, times, spacing, R waves |
| `.tapvid.npz` | `tapvid`, normalised `points` and `occluded` as in TAP-Vid | everything but quality and options |
| `.csv` of DeepLabCut or SLEAP, `.h5` of SLEAP | `imports`, read only | positions, visibility, scores |
| `.pkl`, `.pickle` of TAP-Vid | `imports.pickles`, read only; no code of theirs runs | positions, visibility |

Frames are 0-based in every file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..cine.times import UNKNOWN, need_avc_s, rising
from ..errors import BadInput
from ..files import complete_file
from ..i18n import tr as _
from ..npz import read_npz
from .decisions import Review, review_document, review_from_document
from .known import NOTHING_KNOWN, Known
from .tracks import Tracks

_QUALITY = "quality_"
SOURCES = ("time_source", "spacing_source")
PICKLE_SUFFIXES = (".pkl", ".pickle")
READABLE = "Use .npz, .csv or .json, .h5 of SLEAP, or .pkl of TAP-Vid."


def read_tracks(path: Path, known: Known = NOTHING_KNOWN) -> Tracks:
    """Read a track file of any known format.

    Args:
        path: see the table above; formats of one suffix are told apart by their content.
        known: of the clip, for files that do not say it.

    Raises:
        BadInput: not there, damaged, or not a track file.
        MissingDependency: HDF5 without h5py.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(_("{name}: there is no such track file. Check the path.").format(name=path.name))
    with named(path, "a track file"):
        tracks = _read(path, known)
    return tracks if tracks.size is not None or known.size is None else replace(tracks, size=known.size)


@contextmanager
def named(path: Path, what: str) -> Iterator[None]:
    """Let errors while a file is read name it: sentences of ours as they are, others as damage of `what`.

    Raises:
        BadInput: instead of what the block raised.
    """
    try:
        yield
    except BadInput as error:
        text = str(error) if str(error).startswith(path.name) else f"{path.name}: {error}"
        raise BadInput(text, error.command_line) from error
    except (OSError, ValueError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise BadInput(
            _("{name}: cannot be read as {what} ({error}). Write it again.").format(
                name=path.name, what=what, error=error
            )
        ) from error


def write_tracks(path: Path, tracks: Tracks) -> None:
    """Write a track file in the format of its suffix; the file appears only when complete.

    Raises:
        BadInput: unknown suffix, folder not writable, or TAP-Vid asked for without a known image size.
    """
    path = Path(path)
    if path.name.endswith(".tapvid.npz"):
        from .tapvid import tapvid_arrays

        _write_npz(path, tapvid_arrays(tracks))
    elif path.suffix.lower() == ".npz":
        _write_npz(path, npz_arrays(tracks))
    elif path.suffix.lower() == ".json":
        from .document import document_text

        with complete_file(path) as partial:
            partial.write_text(document_text(tracks), encoding="utf-8")
    elif path.suffix.lower() == ".csv":
        from .table import write_table

        with complete_file(path) as partial:
            write_table(partial, tracks)
    else:
        raise BadInput(_("{name}: unknown track format. Use .npz, .tapvid.npz, .csv or .json.").format(name=path.name))


def npz_arrays(tracks: Tracks) -> dict[str, np.ndarray]:
    """Return the arrays of a native file.

    `positions` float32 [N, T, 2] (x, y) px, `visible` bool [N, T], `confidence` float32 [N, T] (NaN: not computed),
    `labels` str [N], `times_s` float64 [T], `spacing_mm` float64 (row, col; NaN: unknown), `query_frame` int,
    `tracker` str, `weights_sha256` str, `size` int (width, height; 0: unknown), `options_json` str, and only where
        there are any: `r_times_s` float64 [K], `heart_rate_bpm` and `avc_s` float64, `time_source` and
        `spacing_source` str, `review_json` str, `quality_NAME` float32 [N, T].
    """
    shape = tracks.positions.shape[:2]
    confidence = np.full(shape, np.nan) if tracks.confidence is None else tracks.confidence
    arrays = {
        "positions": tracks.positions.astype(np.float32),
        "visible": tracks.visible.astype(bool),
        "confidence": confidence.astype(np.float32),
        **fact_arrays(tracks),
        "options_json": np.array(json.dumps(dict(tracks.options), default=str, ensure_ascii=False), dtype=np.str_),
    }
    if tracks.review:
        text = json.dumps(review_document(tracks.review), ensure_ascii=False)
        arrays["review_json"] = np.array(text, dtype=np.str_)
    arrays.update({_QUALITY + name: values.astype(np.float32) for name, values in tracks.quality.items()})
    return arrays


def fact_arrays(tracks: Tracks) -> dict[str, np.ndarray]:
    """Return the arrays that say everything but where the points are, as native and TAP-Vid files share them."""
    arrays = {
        "labels": np.array(tracks.labels, dtype=np.str_),
        "times_s": tracks.times_s.astype(np.float64),
        "spacing_mm": np.array(tracks.spacing_mm or (np.nan, np.nan), dtype=np.float64),
        "query_frame": np.array(tracks.query_frame, dtype=np.int64),
        "tracker": np.array(tracks.tracker, dtype=np.str_),
        "weights_sha256": np.array(tracks.weights_sha256, dtype=np.str_),
        "size": np.array(tracks.size or (0, 0), dtype=np.int64),
    }
    arrays.update({name: np.array(getattr(tracks, name), dtype=np.str_) for name in SOURCES if getattr(tracks, name)})
    if tracks.r_times_s is not None:
        arrays["r_times_s"] = tracks.r_times_s.astype(np.float64)
    if tracks.heart_rate_bpm is not None:
        arrays["heart_rate_bpm"] = np.array(tracks.heart_rate_bpm, dtype=np.float64)
    if tracks.avc_s is not None:
        arrays["avc_s"] = np.array(tracks.avc_s, dtype=np.float64)
    return arrays


def facts_from_arrays(arrays: Mapping[str, np.ndarray], n: int, t: int) -> dict[str, Any]:
    """Return the fields of `Tracks` of N points on T frames that `fact_arrays` wrote; each may be missing."""
    return {
        "labels": labels_from(arrays.get("labels"), n),
        "times_s": np.asarray(arrays["times_s"] if "times_s" in arrays else np.arange(t), dtype=np.float64),
        "spacing_mm": spacing_from(arrays.get("spacing_mm")),
        "query_frame": int(arrays["query_frame"]) if "query_frame" in arrays else 0,
        "tracker": str(arrays["tracker"]) if "tracker" in arrays else "unknown",
        "weights_sha256": str(arrays["weights_sha256"]) if "weights_sha256" in arrays else "",
        "size": size_from(arrays.get("size")),
        "r_times_s": rising(arrays["r_times_s"]) if "r_times_s" in arrays else None,
        "heart_rate_bpm": float(arrays["heart_rate_bpm"]) if "heart_rate_bpm" in arrays else None,
        "avc_s": need_avc_s(arrays.get("avc_s")),
        "time_source": str(arrays.get("time_source", "" if "times_s" in arrays else UNKNOWN)),
        "spacing_source": str(arrays.get("spacing_source", "")),
    }


def tracks_from_arrays(arrays: Mapping[str, np.ndarray]) -> Tracks:
    """Return the tracks of a native file's arrays; all but `positions` may be missing.

    Raises:
        BadInput: shapes that do not fit, or positions that are not numbers.
    """
    positions = np.asarray(arrays["positions"])
    if positions.ndim != 3 or positions.shape[2] != 2 or positions.dtype.kind not in "fiu":
        raise BadInput(
            _("'positions' must be numbers [N, T, 2], not {dtype} {value}.").format(
                dtype=positions.dtype, value=list(positions.shape)
            )
        )
    n, t = positions.shape[:2]
    visible = np.asarray(arrays["visible"]) if "visible" in arrays else np.isfinite(positions).all(axis=2)
    confidence = np.asarray(arrays["confidence"], dtype=np.float32) if "confidence" in arrays else None
    if confidence is not None and np.isnan(confidence).all():
        confidence = None
    options = json.loads(str(arrays["options_json"])) if "options_json" in arrays else {}
    return Tracks(
        positions=positions.astype(np.float32),
        visible=visible.astype(bool),
        confidence=confidence,
        quality={
            key[len(_QUALITY) :]: np.asarray(arrays[key], dtype=np.float32)
            for key in arrays
            if key.startswith(_QUALITY)
        },
        options=options,
        review=review_from_document(json.loads(str(arrays["review_json"]))) if "review_json" in arrays else Review(),
        **facts_from_arrays(arrays, n, t),
    )


def labels_from(labels: Optional[Any], n: int) -> tuple[str, ...]:
    """Return N labels; P1, P2, ... where a file has none."""
    if labels is None:
        return tuple(f"P{i + 1}" for i in range(n))
    return tuple(str(label) for label in np.asarray(labels).reshape(-1))


def spacing_from(spacing: Optional[Any]) -> Optional[tuple[float, float]]:
    """Return (row, col) mm, or None where a file has none, NaN or numbers that cannot be a spacing."""
    if spacing is None:
        return None
    row, col = (float(s) for s in np.asarray(spacing, dtype=np.float64).reshape(2))
    return (row, col) if np.isfinite([row, col]).all() and row > 0 and col > 0 else None


def size_from(size: Optional[Any]) -> Optional[tuple[int, int]]:
    """Return (width, height) px, or None where a file has none."""
    if size is None:
        return None
    width, height = (int(s) for s in np.asarray(size).reshape(2))
    return (width, height) if width > 0 and height > 0 else None


def _write_npz(path: Path, arrays: dict[str, Any]) -> None:
    """Write an npz archive that appears only when complete."""
    with complete_file(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _read(path: Path, known: Known) -> Tracks:
    """Dispatch on suffix and, where several programs use one, on content."""
    from .imports.reading import read_scored

    suffix = path.suffix.lower()
    if suffix == ".npz":
        arrays = read_npz(path)
        if "positions" in arrays:
            return tracks_from_arrays(arrays)
        from .tapvid import is_tapvid, tracks_from_tapvid

        if is_tapvid(arrays):
            return tracks_from_tapvid(arrays, known.size)
        raise BadInput(
            _("has neither 'positions' nor 'points'; its keys are {value}.").format(
                value=", ".join(sorted(arrays)) or "none"
            )
        )
    if suffix in PICKLE_SUFFIXES:
        from .tapvid import tracks_from_pickle

        return tracks_from_pickle(path, known)
    if suffix == ".json":
        from .document import tracks_from_document

        return tracks_from_document(path.read_text(encoding="utf-8"))
    scored = read_scored(path, known)
    if scored is not None:
        return scored
    if suffix == ".csv":
        from .table import read_table

        return read_table(path, known)
    raise BadInput(_("unknown track format. {READABLE}").format(READABLE=READABLE))
