"""Tables of points: cells that sort as numbers, rows that know their point, bars over time, selection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Optional

import numpy as np

from ...i18n import tr as _
from ...review.report_charts import light_runs
from .widgets import on

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


@dataclass(frozen=True)
class StripRow:
    """One row of a table of points with a bar over time.

    Attributes:
        point: its number.
        cells: texts and numbers of all columns but that of the bar, None where nothing is known.
        classes: of the point on each frame [T].
        tool_tip: of the cells.
    """

    point: int
    cells: tuple[Any, ...]
    classes: np.ndarray
    tool_tip: str = ""


class StripTable:
    """A sorted table of points; in one column each has a bar over time, into which the user clicks to see a frame."""

    def __init__(
        self, table: Any, strip: int, numbers: range, heights: Mapping[int, int], colours: Mapping[int, str]
    ) -> None:
        """Begin empty.

        Args:
            table: the widget.
            strip: column of the bar.
            numbers: which of `StripRow.cells` are numbers.
            heights, colours: px and color of the bar for each class.
        """
        self._table, self._strip, self._numbers = table, strip, numbers
        self._heights, self._colours = heights, colours
        self._filling = False
        self._frames = 0

    def connect(self, select: Callable[[list[int]], None], seek: Callable[[int, int], None]) -> None:
        """Tell `select` of the points that the user selects, `seek` of the frame and the point that are clicked."""

        def selected() -> None:
            if not self._filling:
                select(selected_points(self._table))

        def clicked(row: int, column: int) -> None:
            frame = clicked_frame(self._table, column, self._frames)
            if column == self._strip and frame is not None:
                seek(frame, point_of(self._table, row))

        on("itemSelectionChanged()", (self._table, selected, _("The points could not be selected.")))
        on("cellClicked(int,int)", (self._table, clicked, _("The frame could not be shown.")))

    def column(self, number: int) -> int:
        """Return the column of one of `StripRow.cells`."""
        return number + (number >= self._strip)

    def fill(self, rows: Sequence[StripRow], titles: Sequence[str], tool_tips: Sequence[str]) -> None:
        """Show rows; titles and tool tips are those of the columns."""
        table = self._table
        self._frames = len(rows[0].classes) if rows else 0
        table.setHorizontalHeaderLabels(list(titles))
        for column, text in enumerate(tool_tips):
            table.horizontalHeaderItem(column).setToolTip(text)
        with self._changing():
            table.setRowCount(len(rows))
            for r, row in enumerate(rows):
                for c, value in enumerate(row.cells):
                    table.setItem(r, self.column(c), cell(value, row.point, row.tool_tip, c in self._numbers))
                bar = strip_cell(row.classes, self._heights, self._colours, row.point, tool_tips[self._strip])
                table.setItem(r, self._strip, bar)
        table.resizeColumnsToContents()

    def set_cells(self, number: int, values: Mapping[int, Any], tool_tips: Optional[Mapping[int, str]] = None) -> None:
        """Show other values in one of `StripRow.cells`, and other tool tips in all, by the number of the point."""
        import qt

        table = self._table
        with self._changing():
            for r in range(table.rowCount):
                point = point_of(table, r)
                if point in values:
                    table.item(r, self.column(number)).setData(qt.Qt.DisplayRole, values[point])
                if tool_tips is not None and point in tool_tips:
                    for c in range(table.columnCount):
                        if c != self._strip:
                            table.item(r, c).setToolTip(tool_tips[point])

    def select(self, points: Sequence[int]) -> None:
        """Select the rows of these points, without telling anybody."""
        self._filling = True
        select_rows(self._table, points)
        self._filling = False

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change cells without telling anybody; a row that is sorted at once would move away under the loop."""
        self._filling = True
        self._table.setSortingEnabled(False)
        try:
            yield
        finally:
            self._table.setSortingEnabled(True)
            self._filling = False
