"""Clips as NumPy arrays: NPY, and NPZ with `frames`, `times_s` and `spacing_mm`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..npz import read_npy, read_npz
from ..progress import Progress, no_progress
from .cine import Cine
from .ecg import Ecg, usable_ecg
from .names import clip_name
from .pixels import colour_warnings, display_pixels
from .regions import Region, is_not_square, regions_from_json
from .times import UNKNOWN, Evidence, Times, assumed_times, noted_beats, rising_times, settle_times


def read_arrays(path: Path, progress: Progress = no_progress) -> Cine:
    """Read an NPY file (frames) or an NPZ file.

    `frames` is [T, rows, cols] gray or [T, rows, cols, 3] RGB, uint8 (other types are mapped to uint8 with a warning);
    `times_s` [T] seconds, `spacing_mm` (row, col; NaN: unknown), `r_times_s` [K] seconds, `heart_rate_bpm` and
    `avc_s` (aortic valve closure, s after the R wave), `ecg` [2, K] (times in s, values) with `ecg_unit` are optional.
    `colour` (as `write_npz` writes it) is kept for display.

    Raises:
        BadInput: damaged, no `frames`, wrong shapes, times that do not rise, or spacing that is not positive.
    """
    stored = _load(path)
    if "frames" not in stored:
        raise BadInput(
            _(
                "{name}: has no array 'frames' (it holds: {value}). "
                "Save the clip as uint8 [T, rows, cols] under that name."
            ).format(name=path.name, value=", ".join(sorted(stored)) or "nothing")
        )
    grey, colour, said = display_pixels(stored["frames"], path.name)
    if colour is None and "colour" in stored:
        colour = stored["colour"]
    times = _times(path, stored, len(grey))
    spacing = _spacing(path, stored.get("spacing_mm"))
    progress("Reading clip", 1.0)
    return Cine(
        frames=grey,
        times_s=times.times_s,
        spacing_mm=spacing,
        name=clip_name(path),
        source=path.name,
        spacing_source=_spacing_source(stored, spacing),
        time_source=times.source,
        colour=colour,
        regions=_regions(stored),
        warnings=(*said, *times.warnings, *colour_warnings(colour)),
        **noted_beats(stored),
        ecg=_ecg(stored),
    )


def _ecg(stored: dict[str, np.ndarray]) -> Optional[Ecg]:
    pair = stored.get("ecg")
    if pair is None or pair.ndim != 2 or len(pair) != 2:
        return None
    return usable_ecg(pair[0], pair[1], str(stored.get("ecg_unit", "")) or None)


def _spacing_source(stored: dict[str, np.ndarray], spacing: Optional[tuple[float, float]]) -> str:
    told = str(stored.get("spacing_source", ""))
    if spacing is None:
        return told if is_not_square(told) else UNKNOWN
    return told or "spacing_mm in the file"


def _load(path: Path) -> dict[str, np.ndarray]:
    try:
        return {"frames": read_npy(path)} if path.suffix.lower() == ".npy" else read_npz(path)
    except BadInput as error:
        raise BadInput(_("{name}: {error}").format(name=path.name, error=error)) from error


def _times(path: Path, arrays: dict[str, np.ndarray], n_frames: int) -> Times:
    stored, source = arrays.get("times_s"), str(arrays.get("time_source", "times_s in the file"))
    if stored is None or source == UNKNOWN:
        return assumed_times(n_frames)
    if stored.dtype.kind not in "uif" or stored.size != n_frames:
        raise BadInput(
            _("{name}: {n_frames} frames but {size} values in 'times_s'; one each is needed.").format(
                name=path.name, n_frames=n_frames, size=stored.size
            )
        )
    times = rising_times(stored)
    if times is None:
        raise BadInput(
            _("{name}: 'times_s' does not rise from frame to frame; give seconds, earliest first.").format(
                name=path.name
            )
        )
    return settle_times(times, source, Evidence(noted_beats(arrays)["heart_rate_bpm"]))


def _regions(stored: dict[str, np.ndarray]) -> tuple[Region, ...]:
    try:
        return regions_from_json(json.loads(str(stored.get("regions_json", "[]"))))
    except ValueError:
        return ()


def _spacing(path: Path, stored: Optional[np.ndarray]) -> Optional[tuple[float, float]]:
    if stored is None:
        return None
    values = np.atleast_1d(stored).ravel()
    if values.dtype.kind in "uif" and values.size == 2:
        if np.all(np.isnan(values)):
            return None
        if np.all(np.isfinite(values)) and np.all(values > 0):
            return float(values[0]), float(values[1])
    raise BadInput(
        _("{name}: 'spacing_mm' must be two positive numbers (row, col), or NaN when unknown.").format(name=path.name)
    )
