"""Clicks and drags in the strain chart: the time under the mouse.

A plot view reports selected points only in its selection mode and only on a point; a click anywhere is read from the
view's interactor and the chart's axes instead.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

_STILL_PX = 3  # a press and a release this near to each other are a click, farther apart they are a drag
_BEFORE_THE_CHART = 10.0  # priority: the chart's own interaction keeps what it used from later observers


class PlotClicks:
    """Calls `clicked(time)` for every left click between the axes of a plot view, `dragged()` after every left drag."""

    def __init__(self, clicked: Callable[[float], None], dragged: Callable[[], None]) -> None:
        self._clicked, self._dragged = clicked, dragged
        self._view: Any = None
        self._interactor: Any = None
        self._tags: list[int] = []
        self._pressed: Optional[tuple[int, int]] = None

    def start(self, view: Any) -> None:
        """Listen to this plot view (qMRMLPlotView)."""
        if view is self._view:
            return
        self.stop()
        if chart_of(view) is None:
            return
        self._view, self._interactor = view, view.renderWindow().GetInteractor()
        for event, slot in (("LeftButtonPressEvent", self._on_press), ("LeftButtonReleaseEvent", self._on_release)):
            self._tags.append(self._interactor.AddObserver(event, slot, _BEFORE_THE_CHART))

    def stop(self) -> None:
        """Stop listening; safe to call at any time."""
        if self._view is not None:
            for tag in self._tags:
                self._interactor.RemoveObserver(tag)
        self._view = self._interactor = self._pressed = None
        self._tags = []

    def _on_press(self, interactor: Any, _event: str) -> None:
        self._pressed = interactor.GetEventPosition()

    def _on_release(self, interactor: Any, _event: str) -> None:
        pressed, self._pressed = self._pressed, None
        x, y = interactor.GetEventPosition()
        if pressed is None:
            return
        if max(abs(x - pressed[0]), abs(y - pressed[1])) > _STILL_PX:
            self._dragged()
            return
        time = time_at(chart_of(self._view), x, y)
        if time is not None:
            self._clicked(time)


def chart_of(view: Any) -> Any:
    """Return the vtkChartXY of a plot view, or None where this Slicer does not hand it out."""
    import vtkmodules.vtkChartsCore  # noqa: F401 - without these classes Slicer hands out a bare vtkContextItem

    chart = view.chart() if hasattr(view, "chart") else None
    return chart if hasattr(chart, "GetAxis") else None


def time_at(chart: Any, x: float, y: float) -> Optional[float]:
    """Return the value of the bottom axis under a position of the window in px, None beside the axes."""
    import vtk

    bottom, left = chart.GetAxis(vtk.vtkAxis.BOTTOM), chart.GetAxis(vtk.vtkAxis.LEFT)
    (x0, _y0), (x1, _y1) = bottom.GetPoint1(), bottom.GetPoint2()
    (_x0, y0), (_x1, y1) = left.GetPoint1(), left.GetPoint2()
    if not (x0 < x1 and x0 <= x <= x1 and y0 <= y <= y1):
        return None
    share = (x - x0) / (x1 - x0)
    return float(bottom.GetMinimum() + share * (bottom.GetMaximum() - bottom.GetMinimum()))
