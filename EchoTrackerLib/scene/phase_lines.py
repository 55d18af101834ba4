"""Vertical lines in the strain chart at ED and ES or AVC of every beat, and at MVO where it is given.

The lines of a series are one curve that goes from line to line beyond the chart's edges, where nothing of it is seen
and no mouse reaches its points.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..strain.marks import opening_times_s, phase_marks
from ..strain.pictures.chart import es_name
from ..strain.strain import Strain
from .mrml import nodes

LINES_ROLE = "strain lines"
MVO = "MVO"
LINES_HEIGHT = "line (%)"  # column names are stored in scenes: never translate


def add_phase_lines(scene: Any, clip: Any, strain: Strain, height: tuple[float, float]) -> tuple[Any, list[str]]:
    """Add the table of the lines across a chart of this height; return it and the names of its columns of times.

    A column is named as what stands there ("ED, ES" or "ED, AVC"; "MVO"); there is none of what is not in the clip.
    """
    import slicer

    phases = [float(strain.times_s[mark.frame]) for mark in phase_marks(strain)]
    kinds = {f"ED, {es_name(strain)}": phases, MVO: opening_times_s(strain)}
    kinds = {name: times for name, times in kinds.items() if times}
    count = max((len(times) for times in kinds.values()), default=0)
    beyond = height[1] - height[0]
    ends = np.array([height[0] - beyond, height[1] + beyond])
    columns = {name: np.repeat(np.pad(times, (0, count - len(times)), mode="edge"), 2) for name, times in kinds.items()}
    columns[LINES_HEIGHT] = np.concatenate([ends[:: (-1) ** k] for k in range(count)] or [ends[:0]])
    table = nodes.add_helper(scene, "vtkMRMLTableNode", nodes.unique_name(scene, f"{clip.GetName()} {LINES_ROLE}"))
    nodes.mark(table, LINES_ROLE, clip)
    slicer.util.updateTableFromArray(table, list(columns.values()), list(columns))
    table.SetUseColumnTitleAsColumnHeader(True)
    return table, list(kinds)
