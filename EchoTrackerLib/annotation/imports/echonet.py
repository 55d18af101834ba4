"""EchoNet-Dynamic's VolumeTracings.csv: the left ventricle, traced on two frames of each clip.

The columns are FileName, X1, Y1, X2, Y2, Frame (from 0). Of a frame's lines the first is the long axis; the others are
chords across the cavity, side by side along it, whose ends X1, Y1 and X2, Y2 lie on the wall's two sides. Pixel centers
lie at whole numbers.

Source: https://github.com/echonet/dynamic (echonet/datasets/echo.py), which fills the polygon of the first ends there
and the second ends back.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...cine.geometry import resample_line
from ...cine.names import clip_name
from ...cine.times import UNKNOWN
from ...errors import BadInput
from ...i18n import frame_number
from ...i18n import tr as _
from ...tracks.imports.series import frame_of, number
from ...tracks.known import Known
from ..annotation import Annotation, State, empty_annotation

_LOGGER = logging.getLogger("EchoTracker")
_ENDS = ("x1", "y1", "x2", "y2")
COLUMNS = {"filename", *_ENDS, "frame"}


def is_echonet(names: Sequence[str]) -> bool:
    """Return whether a table has the columns (in small letters) of EchoNet's tracings."""
    return set(names) >= COLUMNS


def annotation_from_echonet(rows: list[dict[str, str]], known: Known) -> Annotation:
    """Return the contours of a clip, placed by hand: from the left end of the base over the apex to its right end.

    Args:
        rows: the table as `read_sheet` reads it.
        known: of the clip; its name chooses the rows.

    Raises:
        BadInput: tracings of several clips without the clip's name, or none of this clip.
    """
    clip = _chosen([clip_name(Path(row["filename"])) for row in rows], known.clip)
    lines: dict[int, list[list[float]]] = {}
    for line, row in enumerate(rows, start=2):
        if clip_name(Path(row["filename"])) == clip:
            ends = [number(row.get(name, ""), f"line {line}: {name}") for name in _ENDS]
            lines.setdefault(frame_of(row.get("frame", ""), f"line {line}: frame"), []).append(ends)
    contours = {frame: _contour(np.array(ends), frame) for frame, ends in lines.items()}
    count = max(len(contour) for contour in contours.values())
    if any(len(contour) != count for contour in contours.values()):
        _LOGGER.warning("The tracings of '%s' differ in their number of points; they are spaced evenly.", clip)
        contours = {frame: resample_line(contour, count) for frame, contour in contours.items()}
    n_frames = known.frame_count(max(contours))
    width = len(str(count))
    labels = tuple(f"P{k + 1:0{width}d}" for k in range(count))
    made = empty_annotation(labels, np.arange(n_frames, dtype=np.float64), size=known.size)
    for frame, contour in contours.items():
        made.positions[:, frame], made.states[:, frame] = contour, State.PLACED
    return Annotation(**{**vars(made), "clip": clip, "schema": "EchoNet-Dynamic", "time_source": UNKNOWN})


def _chosen(clips: list[str], wanted: str) -> str:
    found = list(dict.fromkeys(clips))
    if not found:
        raise BadInput(_("has no lines below the header."))
    if wanted in found:
        return wanted
    names = ", ".join(found[:3]) + (" ..." if len(found) > 3 else "")
    if wanted:
        raise BadInput(
            _("holds no tracing of '{wanted}', but of {count} other clip(s): {names}.").format(
                wanted=wanted, count=len(found), names=names
            )
        )
    if len(found) > 1:
        text = _("holds the tracings of {count} clips ({names}); the clip's name must tell which.")
        raise BadInput(text.format(count=len(found), names=names), "--clip NAME")
    return found[0]


def _contour(ends: np.ndarray, frame: int) -> np.ndarray:
    """Return the contour [2 M + 1, 2] of a frame's long axis and M chords [M + 1, 4]."""
    if len(ends) < 3 or not np.isfinite(ends).all():
        raise BadInput(
            _("the tracing on frame {frame} lacks its long axis, chords or numbers.").format(frame=frame_number(frame))
        )
    axis, chords = ends[0].reshape(2, 2), ends[1:].reshape(-1, 2, 2)
    apex = axis[np.argmin(axis[:, 1])]  # the probe is at the top of an apical view
    if np.linalg.norm(chords[0].mean(axis=0) - apex) > np.linalg.norm(chords[-1].mean(axis=0) - apex):
        chords = chords[::-1]
    sides = sorted((chords[:, 0], chords[:, 1]), key=lambda side: float(side[:, 0].mean()))
    return np.concatenate([sides[0][::-1], apex[np.newaxis], sides[1]])
