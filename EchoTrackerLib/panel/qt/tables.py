"""Tables of points: cells that sort as numbers, rows that know their point, bars over time, selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

import numpy as np

from ...review.report_charts import light_runs

STRIP_WIDTH, STRIP_HEIGHT = 110, 14
_STRIP_MARGIN = 3  # px, of Qt's item views


def cell(value: Any, point: int, tool_tip: str = "", number: bool = False) -> Any:
    """Return a cell of the row of a point; numbers sort as numbers, None is empty."""
    import qt

    item = qt.QTableWidgetItem()
    if value is not None:
        item.setData(qt.Qt.DisplayRole, value)
    item.setData(qt.Qt.UserRole, point)
    if tool_tip:
        item.setToolTip(tool_tip)
    if number:
        item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
    return item


def strip_cell(
    classes: np.ndarray, heights: Mapping[int, int], colours: Mapping[int, str], point: int, tool_tip: str
) -> Any:
    """Return a cell with a bar for each frame's class [T], told apart by height as well as by color."""
    import qt

    pixmap = qt.QPixmap(STRIP_WIDTH, STRIP_HEIGHT)
    pixmap.fill(qt.QColor("#202020"))
    painter = qt.QPainter(pixmap)
    step = STRIP_WIDTH / max(len(classes), 1)
    for kind, first, stop in light_runs(classes):
        x, end, height = round(first * step), round(stop * step), heights[kind]
        painter.fillRect(x, STRIP_HEIGHT - height, max(end - x, 1), height, qt.QColor(colours[kind]))
    painter.end()
    item = cell(None, point, tool_tip)
    item.setData(qt.Qt.DecorationRole, pixmap)
    return item


def point_of(table: Any, row: int) -> int:
    """Return the number of the point in a row."""
    import qt

    return int(table.item(row, 0).data(qt.Qt.UserRole))


def selected_points(table: Any) -> list[int]:
    """Return the points of the selected rows, from above."""
    return [point_of(table, row) for row in sorted({item.row() for item in table.selectedItems()})]


def select_rows(table: Any, points: Sequence[int]) -> None:
    """Select the rows of these points and show them."""
    import qt

    table.clearSelection()
    model = table.selectionModel()
    flags = qt.QItemSelectionModel.Select | qt.QItemSelectionModel.Rows
    for row in range(table.rowCount):
        if point_of(table, row) in points:
            model.select(table.model().index(row, 0), flags)
            table.scrollToItem(table.item(row, 0))


def clicked_frame(table: Any, column: int, n_frames: int) -> Optional[int]:
    """Return the frame (0-based) under the mouse in a column of bars over time; None without frames."""
    import qt

    if not n_frames:
        return None
    x = table.viewport().mapFromGlobal(qt.QCursor.pos()).x() - table.columnViewportPosition(column) - _STRIP_MARGIN
    return int(min(max(x * n_frames // STRIP_WIDTH, 0), n_frames - 1))


def selected_row(table: Any) -> int:
    """Return the selected row, -1 for none; the current one follows only after the selection when keys are used."""
    rows = {item.row() for item in table.selectedItems()}
    return min(rows) if rows else -1


def fill_table(table: Any, rows: Sequence[Sequence[Any]]) -> None:
    """Fill a table with texts and numbers, numbers right-aligned, None empty."""
    import qt

    table.setRowCount(0)
    table.setRowCount(len(rows))
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            item = qt.QTableWidgetItem()
            if value is not None:
                item.setText(f"{value:.2f}" if isinstance(value, float) else str(value))
            if not isinstance(value, str):
                item.setTextAlignment(qt.Qt.AlignRight | qt.Qt.AlignVCenter)
            table.setItem(r, c, item)
    table.resizeColumnsToContents()
