"""Query points from files: CSV, NPY/NPZ, Slicer markups."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import frame_number
from ..i18n import tr as _
from ..npz import read_npy, read_npz
from .files import labels_from, named
from .imports.markups import read_markups
from .sheet import cell_text, read_sheet


class NotOnFrame(BadInput):
    """Points are set on other frames than the query frame.

    Attributes:
        frames: on which they are, from 0.
    """

    def __init__(self, name: str, frames: tuple[int, ...], given: Optional[int]) -> None:
        listed = ", ".join(str(frame_number(frame)) for frame in frames[:5]) + (", ..." if len(frames) > 5 else "")
        if given is None:
            text = _("{name}: its points are set on several frames ({frames}); one of them must be the query frame.")
        elif len(frames) == 1:
            text = _(
                "{name}: its points are set on frame {frames}, not on the query frame {given} (the first is {first}). "
                "Make that the query frame."
            )
        else:
            text = _(
                "{name}: its points are set on several frames ({frames}), not on the query frame {given} (the first is "
                "{first}). Make one of them the query frame."
            )
        shown = {} if given is None else {"given": frame_number(given), "first": frame_number(0)}
        super().__init__(text.format(name=name, frames=listed, **shown), "--query-frame K")
        self.frames = frames


def query_frame_of(path: Path) -> Optional[int]:
    """Return the frame (from 0) that the `frame` column of a CSV of points names, None without one.

    Raises:
        BadInput: it names several frames, or no number.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".txt") or not path.is_file():
        return None
    with named(path, "points"):
        _names, rows = read_sheet(path)
    found = sorted({row["frame"] for row in rows if row.get("frame")})
    if not found:
        return None
    if len(found) > 1:
        raise BadInput(
            _(
                "{name}: its points lie on several frames ({names}); all points to track start on one frame. "
                "Keep the rows of one."
            ).format(name=path.name, names=", ".join(found[:5]))
        )
    try:
        return int(found[0])
    except ValueError:
        raise BadInput(
            _("{name}: the frame '{value}' is no whole number.").format(name=path.name, value=cell_text(found[0]))
        ) from None


def start_frame(path: Path, given: Optional[int]) -> int:
    """Return the query frame (from 0): the one that was given, else that of the file's `frame` column, else 0.

    Raises:
        NotOnFrame: the two differ.
        BadInput: as `query_frame_of`.
    """
    found = query_frame_of(path)
    if given is not None and found is not None and given != found:
        raise NotOnFrame(Path(path).name, (found,), given)
    return given if given is not None else (found or 0)


def read_queries(path: Path, cine: Cine) -> tuple[tuple[str, ...], np.ndarray]:
    """Read the points to track, in the file's order.

    Args:
        path: CSV with the columns label, x_px, y_px (label may be missing); NPY [N, 2] or NPZ with `points` [N, 2],
            (x, y) px; Slicer markups `.mrk.json` and `.fcsv` in the coordinates of the clip's volume.
        cine: the clip the points lie on.

    Returns:
        (labels, points float32 [N, 2] px).

    Raises:
        BadInput: unreadable, no points, a label twice, a point that is not a number or outside the image.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(_("{name}: there is no such point file. Check the path.").format(name=path.name))
    try:
        if path.suffix.lower() in (".json", ".fcsv"):
            labels, points = read_markups(path, cine)
        elif path.suffix.lower() in (".npy", ".npz"):
            labels, points = _from_arrays(path)
        elif path.suffix.lower() in (".csv", ".txt"):
            labels, points = _from_table(path)
        else:
            raise BadInput(_("unknown point format. Use .csv (label,x_px,y_px), .npy, .npz, .mrk.json or .fcsv."))
        check_queries(labels, points, cine)
    except BadInput as error:
        raise BadInput(_("{name}: {error}").format(name=path.name, error=error)) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(_("{name}: cannot be read as points ({error}).").format(name=path.name, error=error)) from error
    return labels, points.astype(np.float32)


def check_queries(labels: tuple[str, ...], points: np.ndarray, cine: Cine) -> None:
    """Check that there are points [N, 2] px, each named once, finite and inside the image.

    Raises:
        BadInput: otherwise; the sentence begins without the file's name.
    """
    if not labels:
        raise BadInput(_("holds no points."))
    double = sorted({label for label in labels if labels.count(label) > 1})
    if double:
        raise BadInput(
            _("the label(s) {names} appear more than once; give each point its own.").format(names=", ".join(double))
        )
    width, height = cine.size
    for label, (x, y) in zip(labels, points):
        if not np.isfinite([x, y]).all():
            raise BadInput(_("point '{label}' has no valid position ({x}, {y}).").format(label=label, x=x, y=y))
        if not (-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5):
            raise BadInput(
                _(
                    "point '{label}' at ({x:.1f}, {y:.1f}) px is outside the image of {width} x {height} px of "
                    "{source}; move or remove it."
                ).format(label=label, x=x, y=y, width=width, height=height, source=cine.source)
            )


def _from_table(path: Path) -> tuple[tuple[str, ...], np.ndarray]:
    """Read a CSV of any dialect that `read_sheet` knows."""
    names, rows = read_sheet(path)
    if "x_px" not in names or "y_px" not in names:
        raise BadInput(
            _("the first line must name the columns label,x_px,y_px; it names {value}.").format(
                value=", ".join(names)[:80]
            )
        )
    labels, points = [], []
    for line, row in enumerate(rows, start=2):
        cells = [row.get(name, "") for name in ("x_px", "y_px")]
        try:
            points.append([float(cell) for cell in cells])
        except ValueError:
            raise BadInput(
                _("line {line}: '{value}', '{value2}' are not two numbers.").format(
                    line=line, value=cell_text(cells[0]), value2=cell_text(cells[1])
                )
            ) from None
        labels.append(row.get("label") or f"P{len(points)}")
    return tuple(labels), np.array(points, dtype=np.float64).reshape(-1, 2)


def _from_arrays(path: Path) -> tuple[tuple[str, ...], np.ndarray]:
    """Read NPY, or NPZ with `points` (or its only array) and optional `labels`."""
    labels = None
    if path.suffix.lower() == ".npz":
        arrays = read_npz(path)
        labels = arrays.pop("labels", None)
        if "points" not in arrays and len(arrays) != 1:
            raise BadInput(
                _("must hold 'points' [N, 2]; its keys are {value}.").format(value=", ".join(sorted(arrays)) or "none")
            )
        points = arrays["points"] if "points" in arrays else next(iter(arrays.values()))
    else:
        points = read_npy(path)
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind not in "fiu":
        raise BadInput(
            _("points must be numbers [N, 2] (x, y) px, not {dtype} {value}.").format(
                dtype=points.dtype, value=list(points.shape)
            )
        )
    names = labels_from(labels, len(points))
    if len(names) != len(points):
        raise BadInput(_("{count} points but {count2} labels.").format(count=len(points), count2=len(names)))
    return names, points.astype(np.float64)
