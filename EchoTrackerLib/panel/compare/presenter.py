"""The section "Compare": two sets of tracks of the clip, or tracks and ground truth, side by side."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from ...annotation.files import READABLE_SUFFIXES
from ...cine.geometry import nearest_point
from ...errors import BadInput
from ...i18n import tr as _
from ...review.comparison import (
    ComparedPoint,
    Figures,
    TracksComparison,
    clip_figures,
    compare_tracks,
    compared_points,
    frame_figures,
    same_comparison,
)
from ...scene.compare.compared import is_ground_truth, read_compared
from ...scene.mrml.frames import go_to_frame, stop_playback
from ...scene.review import hide_ring
from ..qt.clicks import PICK_SHARE
from ..qt.dialogs import Dialogs
from ..qt.packages import with_packages
from ..session import Session
from .choice import SetChoice
from .layout import CompareLayout
from .rows import compared_row, figures_html, known
from .view import CompareSection

_SUFFIXES = " ".join(f"*{suffix}" for suffix in READABLE_SUFFIXES)
_FILTERS = _("Tracks and annotations") + f" ({_SUFFIXES});;" + _("All files") + " (*)"


class ComparePresenter:
    """Fills the section and acts on its widgets; everything it changes in views and layout is taken back by `stop`."""

    def __init__(
        self,
        session: Session,
        view: CompareSection,
        dialogs: Dialogs,
        layout_node: Any,
        later: Callable[[Callable[[], None]], None],
    ) -> None:
        self._session, self._view, self._dialogs = session, view, dialogs
        self._layout, self._later = CompareLayout(session, layout_node), later
        self.sets = SetChoice(session)
        self._comparison: Optional[TracksComparison] = None
        self._points: list[ComparedPoint] = []
        self._clip_figures: Optional[Figures] = None
        self._waiting = self._rereading = False
        self.selected: Optional[int] = None
        session.changed.connect(self.refresh)
        session.results_changed.connect(self.reload)
        session.frame_changed.connect(self._on_frame)

    @property
    def active(self) -> bool:
        """Whether two sets are being compared."""
        return self._comparison is not None

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Offer what the clip has; end a comparison whose sets or views are gone."""
        sets = self.sets
        back = sets.put_back()
        compared = sets.first, sets.second
        found = sets.follow()
        if self.active and compared != (sets.first, sets.second):
            self.stop()
        self._view.show_candidates(found, sets.first, sets.second)
        self._view.set_enabled(self._session.is_clip, sets.has_tracks(), bool(sets.second), sets.is_second_kept())
        self._view.set_active(self.active)
        if back:
            if self.active:
                self._layout.show(*sets.need_nodes())
            text = _("The point list of {names} was put back; remove a kept set here.")
            self._view.show_message(text.format(names=", ".join(back)))

    def reload(self) -> None:
        """Tracks or strain are new, or a scene was loaded: compare again, or undo what a saved comparison left."""
        if self.active:
            self.refresh()
        if self.active:
            self._compute()
            self._show()
        else:
            self._layout.tidy()
            self.refresh()

    def choose(self, first: str, second: str) -> None:
        """The user chose other sets (IDs of their sequences)."""
        self.sets.choose(first, second)
        if self.active:
            try:
                self._compute()
            except BadInput:
                self.stop()
                raise
            self._show()
        self.refresh()

    # -- sets to compare with ----------------------------------------------------------------
    def keep(self, name: str) -> None:
        """Keep a copy of the clip's tracks under a name ("": the tracker's), so that the next run leaves it alone."""
        self._add(self.sets.keep(name), _("Kept as '{name}'. Track again with another tracker, then compare."))

    def load(self) -> None:
        """Ask for a file of tracks or annotations and keep what is in it."""
        self._session.need_cine()
        path = self._dialogs.open_file(_("Compare with a file"), _FILTERS)
        if path is not None:
            self._add(with_packages(lambda: self.sets.load(path), self._dialogs), _("Loaded as '{name}'."))

    def _add(self, kept: Any, message: str) -> None:
        if not self.active:
            self.sets.second = kept.sequence.GetID()
        self._session.changed.emit()
        self._view.show_message(message.format(name=kept.proxy.GetName()))

    def remove(self) -> None:
        """Remove the second set, if it was kept or loaded, after asking."""
        if not self.sets.is_second_kept():
            return
        if self._dialogs.confirm(_("Remove '{name}' from the scene?").format(name=self.sets.second_name())):
            self.stop()
            self.sets.remove_second()
            self._session.changed.emit()

    # -- side by side ------------------------------------------------------------------------
    def start(self) -> None:
        """Show both sets side by side with their differences.

        Raises:
            BadInput: there are not two sets, or they cannot be compared; nothing was changed.
        """
        session = self._session
        session.need_cine()
        try:
            self._compute()
        except BadInput:
            self._view.set_active(False)
            raise
        stop_playback(session.browser)
        self._layout.open(lambda: self._later(self._left_layout), self._on_edit)
        self._show()
        self._view.fit_views()
        self.refresh()

    def stop(self) -> None:
        """Go back to one view of the clip; safe to call at any time."""
        if not self.active:
            return
        self._comparison, self._clip_figures, self._points, self.selected = None, None, [], None
        if self._session.pointing is self:
            self._session.pointing = None
        self._layout.close()
        self._view.show_rows([], "")
        self._view.show_figures("")
        self._view.set_active(False)

    def close(self) -> None:
        """The scene is closing."""
        self.stop()
        self.sets.close()
        self._view.show_message("")

    def _left_layout(self) -> None:
        if not self._layout.shown:
            self.stop()

    def _on_edit(self) -> None:
        """Ground truth may have been edited: compare again soon."""
        if not self._rereading:
            self._rereading = True
            self._later(self._reread)

    def _reread(self) -> None:
        self._rereading = False
        nodes = self.sets.nodes()
        if not self.active or None in nodes or not any(is_ground_truth(node) for node in nodes):
            return
        before, selected = self._comparison, self.selected
        try:
            self._compute()
        except BadInput as error:  # the last placed point was taken away
            self.stop()
            self._view.show_message(str(error))
            return
        if before is not None and self._comparison is not None and same_comparison(before, self._comparison):
            self.selected = selected
            return
        self._show_table()
        if selected is not None and selected < len(self._points):
            self._choose(selected)

    def _compute(self) -> None:
        session = self._session
        tracks, reference = (read_compared(session.scene, node) for node in self.sets.need_nodes())
        self._comparison = compare_tracks(tracks, reference, session.need_cine().size)
        self._points = compared_points(self._comparison)
        self._clip_figures = clip_figures(self._comparison)
        self.selected = None

    def _show(self) -> None:
        """Show the comparison in both views and in the table."""
        if self.active:
            self._layout.show(*self.sets.need_nodes())
            self._show_table()

    def _show_table(self) -> None:
        comparison, session = self._comparison, self._session
        if comparison is None:
            return
        rows = [compared_row(i, row, comparison, session.frame) for i, row in enumerate(self._points)]
        self._view.show_rows(rows, comparison.unit)
        self._view.show_message(self._notes(comparison))
        self._on_frame(session.frame)
        self._show_numbers()

    def _notes(self, comparison: TracksComparison) -> str:
        notes = []
        if comparison.by_order:
            notes.append(_("The points have no name in common and were paired in their order."))
        if comparison.left_out:
            names = ", ".join(comparison.left_out[:6]) + (" ..." if len(comparison.left_out) > 6 else "")
            notes.append(_("Only in one of the two, left out: {names}.").format(names=names))
        if self._clip_figures is None:
            notes.append(_("The two sets have no frame in common on which a point is seen."))
        return "<br>".join(notes)

    def _on_frame(self, frame: int) -> None:
        comparison, session = self._comparison, self._session
        if comparison is None or not session.is_clip:
            return
        self._layout.draw(comparison, frame, self.selected)
        if not self._waiting:  # numbers that nobody can read while the clip plays must not slow it down
            self._waiting = True
            self._later(self._show_numbers)

    def _show_numbers(self) -> None:
        self._waiting = False
        comparison, frame = self._comparison, self._session.frame
        if comparison is None or frame >= comparison.grid_px.shape[1]:
            return
        self._view.show_now([known(value) for value in comparison.grid_px[:, frame]])
        now = frame_figures(comparison, frame)
        self._view.show_figures(figures_html(frame, now, self._clip_figures, comparison.unit))

    # -- points ------------------------------------------------------------------------------
    def select(self, point: Optional[int]) -> None:
        """The user selected a row: ring its point in both views, and only that."""
        self.selected = point
        if point is not None:
            self._session.pointing = self
            hide_ring(self._session.scene)
        self._on_frame(self._session.frame)

    def pick(self, x: float, y: float, second: bool) -> None:
        """The user clicked at (x, y) px of the clip in one of the two views: select the nearest point there."""
        if self._comparison is None or not self._points:
            return
        positions = self._comparison.reference if second else self._comparison.tracks
        width = self._session.need_cine().size[0]
        nearest = nearest_point(positions[:, self._session.frame], np.array([x, y]), PICK_SHARE * width)
        if nearest is not None:
            self._choose(nearest)

    def seek(self, frame: int, point: int) -> None:
        """The user clicked into a point's bars over time: show that frame."""
        stop_playback(self._session.browser)
        go_to_frame(self._session.browser, frame)
        self._choose(point)

    def next_difference(self) -> None:
        """Go to the point with the next smaller difference on its worst frame; after the last, to the largest."""
        known_points = [i for i, row in enumerate(self._points) if row.worst_frame is not None]
        if not known_points:
            raise BadInput(_("There are no differences to show."))
        order = sorted(known_points, key=lambda i: (-self._points[i].worst_px, i))
        place = order.index(self.selected) + 1 if self.selected in order else 0
        point = order[place % len(order)]
        self.seek(int(self._points[point].worst_frame or 0), point)

    def _choose(self, point: int) -> None:
        self._view.select(point)
        self.select(point)
