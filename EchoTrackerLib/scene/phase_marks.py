"""ED and ES of every beat as points of the strain chart, in a small table of their own, which the user may move."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ..strain.marks import Mark, phase_marks
from ..strain.strain import Strain
from .mrml import nodes

PHASES_ROLE = "strain phases"
TIME, HEIGHT = "time (s)", "strain (%)"  # column names are stored in scenes: never translate


def add_phase_table(scene: Any, clip: Any, strain: Strain) -> Any:
    """Add the table with a row for each of `phase_marks`, on the shown beat's global curve."""
    import slicer

    table = nodes.add_helper(scene, "vtkMRMLTableNode", nodes.unique_name(scene, f"{clip.GetName()} {PHASES_ROLE}"))
    nodes.mark(table, PHASES_ROLE, clip)
    slicer.util.updateTableFromArray(table, list(_places(strain)), [TIME, HEIGHT])
    table.SetUseColumnTitleAsColumnHeader(True)
    return table


def has_marks(scene: Any, browser: Any) -> bool:
    """Return whether the clip's chart has phases that can be moved; charts of earlier versions have none."""
    return bool(nodes.results_of(scene, browser.GetMasterSequenceNode(), PHASES_ROLE, "vtkMRMLTableNode"))


def take_move(scene: Any, browser: Any, strain: Strain, curves: Any) -> Optional[tuple[Mark, int]]:
    """Return (the phase that was moved in the chart, the frame nearest to where it is now); None where none was.

    Every point of the chart is put back, the moved phase too: it is drawn anew when the strain is measured again.
    Points of curves and the line at the current frame cannot be moved.
    """
    tables = nodes.results_of(scene, browser.GetMasterSequenceNode(), PHASES_ROLE, "vtkMRMLTableNode")
    moved = None
    if tables:
        times, heights = _places(strain)
        here = _column(tables[0], TIME)
        if len(here) == len(times):
            row = int(np.abs(here - times).argmax())  # tables read from a file have six digits
            mark, frame = phase_marks(strain)[row], int(np.abs(strain.times_s - here[row]).argmin())
            moved = (mark, frame) if frame != mark.frame else None
        _put_back(tables[0], ((TIME, times), (HEIGHT, heights)))
    _put_back(curves, ((TIME, strain.times_s),))
    return moved


def _places(strain: Strain) -> tuple[np.ndarray, np.ndarray]:
    """Return (times [P] s, heights [P] %) of the marks."""
    frames = np.array([mark.frame for mark in phase_marks(strain)], dtype=int)
    return strain.times_s[frames], np.nan_to_num(strain.curve.percent[frames])


def _column(node: Any, name: str) -> np.ndarray:
    column = node.GetTable().GetColumnByName(name)
    return np.array([column.GetTuple1(row) for row in range(column.GetNumberOfTuples())])


def _put_back(node: Any, columns: Any) -> None:
    for name, values in columns:
        if np.array_equal(_column(node, name), values):
            continue
        column = node.GetTable().GetColumnByName(name)
        for row, value in enumerate(values):
            column.SetTuple1(row, value)
        column.Modified()
        node.GetTable().Modified()
