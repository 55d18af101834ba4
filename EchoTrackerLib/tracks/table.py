"""Tracks as a long CSV table: one line a point and frame.

Columns: frame (0-based), time_s, label, x_px, y_px, x_mm, y_mm (empty when the spacing is unknown), visible (1 or 0),
confidence (empty when not computed). Where they are known, three columns say the same on every
line: heart_rate_bpm, avc_s (aortic valve closure, s after the R wave), and r_times_s, the times of the R waves with
spaces; time_source is there only where it is "unknown", spacing_source only where pixels are not square and of unknown
spacing. Query frame and tracker are not in the table: use npz or json to keep them.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Optional

import numpy as np

from ..cine.times import UNKNOWN, need_avc_s, rising
from ..errors import BadInput
from ..i18n import tr as _
from .known import NOTHING_KNOWN, Known
from .sheet import cell_text, read_sheet
from .tracks import Tracks

COLUMNS = ("frame", "time_s", "label", "x_px", "y_px", "x_mm", "y_mm", "visible", "confidence")
_REQUIRED = ("frame", "label", "x_px", "y_px")


def write_table(path: Path, tracks: Tracks) -> None:
    """Write the table, ordered by frame, then point. mm are px times spacing, with the same origin as px."""
    row, col = tracks.spacing_mm or (np.nan, np.nan)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        beats = beat_columns(tracks)
        writer.writerow([*COLUMNS, *beats])
        for t in range(tracks.n_frames):
            time_s = repr(float(tracks.times_s[t]))
            for i, label in enumerate(tracks.labels):
                x, y = tracks.positions[i, t]
                mm = [_number(np.float64(x) * col), _number(np.float64(y) * row)]
                confidence = "" if tracks.confidence is None else _number(tracks.confidence[i, t])
                visible = int(tracks.visible[i, t])
                writer.writerow([t, time_s, label, _number(x), _number(y), *mm, visible, confidence, *beats.values()])


def read_table(path: Path, known: Known = NOTHING_KNOWN) -> Tracks:
    """Read the table; a (frame, label) pair without a line is a position that is not known (NaN, not visible).

    Raises:
        BadInput: columns missing, a cell that is not a number, a pair that appears twice, or frames that the clip
            does not have.
    """
    names, rows = read_sheet(path)
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise BadInput(
            _("lacks the column(s) {names}; the first line must name them.").format(names=", ".join(missing))
        )
    if not rows:
        raise BadInput(_("has no lines below the header."))
    for line, row in enumerate(rows, start=2):
        if not row.get("label") or row.get("frame") is None:
            raise BadInput(_("line {line}: label and frame are needed.").format(line=line))
    labels = tuple(dict.fromkeys(row["label"] for row in rows))
    index = {label: i for i, label in enumerate(labels)}
    frames = [_frame(row["frame"], line) for line, row in enumerate(rows, start=2)]
    n, t = len(labels), known.frame_count(max(frames))
    cells = {name: np.full((n, t), np.nan) for name in ("x_px", "y_px", "x_mm", "y_mm", "visible", "confidence")}
    times = np.full(t, np.nan)
    seen = np.zeros((n, t), dtype=bool)
    for line, (row, frame) in enumerate(zip(rows, frames), start=2):
        i = index[row["label"]]
        if seen[i, frame]:
            raise BadInput(
                _("line {line}: '{value}' appears twice on frame {frame}.").format(
                    line=line, value=cell_text(row["label"]), frame=frame
                )
            )
        seen[i, frame] = True
        for name, values in cells.items():
            values[i, frame] = _cell(row, name, line)
        times[frame] = _cell(row, "time_s", line)
    positions = np.stack([cells["x_px"], cells["y_px"]], axis=2)
    known = np.isfinite(positions).all(axis=2)
    rate, avc_s = _cell(rows[0], "heart_rate_bpm", 2), _cell(rows[0], "avc_s", 2)
    visible = np.where(np.isnan(cells["visible"]), seen, cells["visible"] > 0) & known
    return Tracks(
        positions=positions.astype(np.float32),
        visible=visible,
        labels=labels,
        times_s=times if np.isfinite(times).all() else np.arange(t, dtype=np.float64),
        spacing_mm=_spacing(cells),
        confidence=None if np.isnan(cells["confidence"]).all() else cells["confidence"].astype(np.float32),
        r_times_s=_r_times(rows[0].get("r_times_s") or ""),
        heart_rate_bpm=None if np.isnan(rate) else rate,
        avc_s=need_avc_s(avc_s),
        time_source=(rows[0].get("time_source") or "") if np.isfinite(times).all() else UNKNOWN,
        spacing_source=rows[0].get("spacing_source") or "",
    )


def beat_columns(tracks: Tracks) -> dict[str, str]:
    """Return the columns about the whole clip and what stands in each of their cells."""
    beats = {}
    if tracks.heart_rate_bpm is not None:
        beats["heart_rate_bpm"] = repr(float(tracks.heart_rate_bpm))
    if tracks.avc_s is not None:
        beats["avc_s"] = repr(float(tracks.avc_s))
    if tracks.r_times_s is not None:
        beats["r_times_s"] = " ".join(repr(float(time)) for time in tracks.r_times_s)
    if tracks.time_source == UNKNOWN:
        beats["time_source"] = UNKNOWN
    if tracks.void_scale:
        beats["spacing_source"] = tracks.spacing_source
    return beats


def _r_times(text: str) -> Optional[np.ndarray]:
    try:
        return rising([float(part) for part in text.split()])
    except ValueError:
        raise BadInput(
            _("r_times_s is '{text}', not numbers with spaces between them.").format(text=cell_text(text))
        ) from None


def _number(value: np.floating) -> str:
    """Return the shortest decimal that reads back as the same number; empty for NaN."""
    return str(value) if np.isfinite(value) else ""


def _frame(text: str, line: int) -> int:
    """Return a frame number."""
    try:
        frame = int(text)
    except (TypeError, ValueError):
        frame = -1
    if not 0 <= frame < 1_000_000:
        raise BadInput(
            _("line {line}: frame '{text}' is not a frame number (0, 1, 2, ...).").format(
                line=line, text=cell_text(text)
            )
        )
    return frame


def _cell(row: dict[str, str], name: str, line: int) -> float:
    """Return the number in a cell; NaN when empty."""
    text = (row.get(name) or "").strip()
    if name == "visible" and text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    try:
        return float(text) if text else float("nan")
    except ValueError:
        raise BadInput(
            _("line {line}: {name} is '{text}', not a number.").format(line=line, name=name, text=cell_text(text))
        ) from None


def _spacing(cells: dict[str, np.ndarray]) -> Optional[tuple[float, float]]:
    """Return (row, col) mm per px from the largest coordinates, or None without mm columns."""
    found = []
    for axis in ("y", "x"):
        px, mm = cells[f"{axis}_px"], cells[f"{axis}_mm"]
        usable = np.isfinite(px) & np.isfinite(mm) & (np.abs(px) > 1e-6)
        if not usable.any():
            return None
        largest = np.argmax(np.where(usable, np.abs(px), 0))
        found.append(float(mm.flat[largest] / px.flat[largest]))
    return (found[0], found[1]) if min(found) > 0 else None
