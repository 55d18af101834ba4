"""The widgets of the section "Compare", loaded from their own .ui file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from ...i18n import tr as _
from ...scene.compare.compared import Candidate
from ...scene.mrml.layout import CLIP_VIEW, COMPARISON_VIEW
from ..qt.clicks import ClipClicks
from ..qt.tables import StripRow, StripTable
from ..qt.widgets import add_section, explain, on_choice, on_click, on_toggle, set_quietly
from .rows import BAR_HEIGHTS, NOW, NUMBERS, bar_colours, legend_html, length_unit

_STRIP_COLUMN = 1


class CompareSection:
    """Widgets of "Compare"."""

    def __init__(self, panel_widget: Any) -> None:
        self.widget, self.ui = add_section(panel_widget, "EchoTrackerCompare")
        self.presenter: Any = None
        self._session: Any = None
        self._clicks = ClipClicks(lambda: self._session.proxy)
        self._filling = False
        self._table = StripTable(self.ui.compareTable, _STRIP_COLUMN, NUMBERS, BAR_HEIGHTS, bar_colours())
        self.show_rows([], "")

    def connect(self, presenter: Any, session: Any) -> None:
        """Connect the widgets to the presenter."""
        self.presenter, self._session = presenter, session
        self._table.connect(lambda points: presenter.select(points[0] if points else None), presenter.seek)
        ui, not_chosen = self.ui, _("The tracks could not be chosen.")
        combos = ui.firstComboBox, ui.secondComboBox

        def choose(_value: str) -> None:
            if not self._filling:
                presenter.choose(*(combo.itemData(combo.currentIndex) or "" for combo in combos))

        def keep() -> None:
            presenter.keep(ui.keepLineEdit.text)
            ui.keepLineEdit.text = ""

        on_choice(*((combo, choose, not_chosen) for combo in combos))
        on_click(
            (ui.keepButton, keep, _("The tracks could not be kept.")),
            (ui.loadCompareButton, presenter.load, _("The file could not be loaded.")),
            (ui.removeKeptButton, presenter.remove, _("The tracks could not be removed.")),
            (ui.nextDifferenceButton, presenter.next_difference, _("The difference could not be shown.")),
        )
        failed = _("The tracks could not be compared.")
        on_toggle((ui.compareButton, lambda on: presenter.start() if on else presenter.stop(), failed))

    # -- what the presenter says -------------------------------------------------------------
    def show_candidates(self, candidates: Sequence[Candidate], first: str, second: str) -> None:
        """Fill both lists and choose an entry in each; without telling the presenter."""
        self._filling = True
        for combo, current in ((self.ui.firstComboBox, first), (self.ui.secondComboBox, second)):
            shown = [(combo.itemData(i), combo.itemText(i)) for i in range(combo.count)]
            if shown != [tuple(candidate) for candidate in candidates]:
                combo.clear()
                for candidate in candidates:
                    combo.addItem(candidate.title, candidate.id)
            combo.setCurrentIndex(combo.findData(current))
        self._filling = False

    def set_enabled(self, clip: bool, tracks: bool, comparable: bool, kept: bool) -> None:
        """Enable what needs a clip, its tracks, two different sets, and a kept set as the second."""
        for name in ("firstComboBox", "secondComboBox", "loadCompareButton"):
            explain("" if clip else _("Select or load a clip first."), getattr(self.ui, name))
        explain("" if tracks else _("Track points first."), self.ui.keepButton, self.ui.keepLineEdit)
        two = _("There is nothing to compare with yet: keep a copy of the tracks, load a file, or annotate the clip.")
        explain("" if comparable else two, self.ui.compareButton)
        explain("" if kept else _("Choose kept or loaded tracks on the right."), self.ui.removeKeptButton)

    def set_active(self, active: bool) -> None:
        """Show whether two sets are being compared."""
        set_quietly(self.ui.compareButton, active)
        for name in ("nextDifferenceButton", "compareTable"):
            explain("" if active else _("Press 'Compare side by side' first."), getattr(self.ui, name))
        self.ui.compareLegendLabel.text = legend_html() if active else ""
        if not active:
            self._clicks.unwatch()
        elif not self._clicks.watching:
            self._clicks.watch(CLIP_VIEW, lambda x, y: self.presenter.pick(x, y, False))
            self._clicks.watch(COMPARISON_VIEW, lambda x, y: self.presenter.pick(x, y, True))

    def fit_views(self) -> None:
        """Show the whole clip in both views, as soon as they have their size."""
        import qt

        qt.QTimer.singleShot(0, self._fit)  # the new views get their size first

    def _fit(self) -> None:
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(CLIP_VIEW) if manager is not None else None
        if widget is None or self._session.proxy is None or not self.presenter.active:
            return
        widget.mrmlSliceNode().RotateToVolumePlane(self._session.proxy)
        widget.sliceLogic().FitSliceToBackground()
        widget.sliceLogic().SnapSliceOffsetToIJK()

    def show_rows(self, rows: Sequence[StripRow], unit: str) -> None:
        """Fill the table."""
        titles = [_("Point"), _("Over time"), _("Now"), _("Median"), _("Worst"), _("Worst ({unit})"), _("At frame")]
        titles = [title.format(unit=length_unit(unit or "mm")) for title in [*titles, _("Missing")]]
        self._table.fill(rows, titles, _tool_tips())

    def show_now(self, distances: Sequence[Optional[float]]) -> None:
        """Show each point's distance on the current frame."""
        self._table.set_cells(NOW, dict(enumerate(distances)))

    def show_figures(self, html: str) -> None:
        """Show the figures; an empty text hides them."""
        self.ui.figuresLabel.text = html

    def select(self, point: Optional[int]) -> None:
        """Select the row of a point, without telling the presenter."""
        self._table.select([] if point is None else [point])

    def show_message(self, text: str) -> None:
        """Show one line; an empty text hides it."""
        self.ui.compareMessageLabel.text = text


def _tool_tips() -> tuple[str, ...]:
    """Return what each column means."""
    grid = _("px of a 256 x 256 grid")
    return (
        _("Name of the point"),
        _("The higher the bar, the larger the difference. Click to go to that frame."),
        _("Difference on the frame shown, {grid}").format(grid=grid),
        _("Median difference over time, {grid}").format(grid=grid),
        _("Largest difference, {grid}").format(grid=grid),
        _("The same as a length in the image"),
        _("The frame of the largest difference"),
        _("Frames on which the left set has no position though the right one has"),
    )
