"""The section "Annotation": shows the chosen ground-truth set on the frame on screen, goes from point to point."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ...i18n import tr as _
from ...scene.annotation.editor import AnnotationEditor
from ...scene.mrml.frames import Later, go_to_frame, stop_playback
from ...scene.strain import read_strain
from ..qt.timers import Ticker
from .display import SetDisplay
from .editors import SetEditors
from .edits import AnnotationEdits
from .mouse import MouseEdits
from .retracking import Retracking
from .view import AnnotateSection


class AnnotatePresenter:
    """Fills the section and follows the set that is edited.

    Attributes:
        edits: what the buttons do.
        mouse: what the mouse does.
        retracking: tracking again beside the window.
    """

    def __init__(self, editors: SetEditors, view: AnnotateSection, ticker: Callable[[], Ticker], later: Later) -> None:
        self._editors, self._view, self._session = editors, view, editors.session
        self.mouse = MouseEdits(editors, self.choose, self._after, later)
        self.retracking = Retracking(ticker, lambda: self.mouse.is_alive, self._after)
        self.edits = AnnotationEdits(editors, view, self.mouse, self.retracking, self._after)
        editors.undoable = self.edits
        self._display = SetDisplay(editors.session, view)
        self._editor: Optional[AnnotationEditor] = None
        self._partner: Any = None  # the `Annotation` that lines lead to
        self._said = ""
        editors.changed.connect(self.refresh)
        self._session.frame_changed.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the set that is edited."""
        # Slicer makes another point list on screen when somebody removes it.
        proxy = self._editors.proxy(self._editors.chosen) if self._editors.editor is not None else None
        editor = self._editors.editor if proxy is not None else None
        if editor is not self._editor or proxy is not self.mouse.node:
            self._change_editor(editor, proxy)
        elif editor is not None:
            self._display.update(editor.annotation, editor.point)
        if self._partner is not self._editors.partner:
            self._partner = self._editors.partner
            self._display.compare_with(self._partner)
            self._show_frame()
        if self._editors.notice:
            self._said, self._editors.notice = self._editors.notice, ""
        self._show_status()

    def _change_editor(self, editor: Optional[AnnotationEditor], proxy: Any) -> None:
        self._let_go()
        self._editor = editor
        self._said = ""
        if editor is None:
            self._editors.give_up_undo()
            self._view.show_points([])
            self._hide_points(False)
            return
        self._editors.claim_undo()
        self.mouse.observe(editor, proxy)
        self._propose_cycle(editor.annotation.n_frames)
        self._display.begin(editor.annotation, editor.point)
        self._hide_points(True)
        self.retracking.preparation.start(self._session.need_cine())

    def _hide_points(self, hidden: bool) -> None:
        """Hide the points to track: where they lie on points of the set, they would take the drags."""
        if self._session.annotating != hidden:
            self._session.annotating = hidden
            self._session.frame_changed.emit(self._session.frame)
            self._session.annotating_changed.emit()

    def _propose_cycle(self, count: int) -> None:
        strain = read_strain(self._session.scene, self._session.browser)
        end = strain.phases.cycle_end if strain is not None else None
        first, following = (0, count - 1) if strain is None or end is None else (strain.phases.ed, end)
        self._view.set_cycle(first + 1, following + 1, count)

    def _show_frame(self) -> None:
        if self._editor is not None and self.mouse.is_alive:
            self._display.show_frame(self._editor.annotation, self._editor.point)

    def _on_frame(self, _frame: int) -> None:
        if self._editor is None or not self.mouse.is_alive:
            return
        self._said = ""
        self.mouse.begin_frame()
        self._show_frame()
        self._show_status()

    def _after(self, said: str) -> None:
        """Show everything again after the editor did something."""
        self._said = said
        if self._editor is not None:
            self._display.update(self._editor.annotation, self._editor.point)
        self._show_status()

    def _show_status(self) -> None:
        editor = self._editor
        self._view.set_editing(editor is not None, bool(editor and editor.can_undo), bool(editor and editor.can_redo))
        self._view.set_placing(self.mouse.clicks.active)
        self._view.set_retracking(self.retracking.running)
        self._view.set_zoomed(self._display.is_zoomed)
        self._view.show_message(self._editors.problem if editor is None else self._status(editor))

    def _status(self, editor: AnnotationEditor) -> str:
        if not editor.annotation.n_points:
            return self._said or _("No points yet. Place them by mouse.")
        where = _("Frame {k} of {n}, {label}.").format(
            k=self._session.frame + 1, n=editor.annotation.n_frames, label=editor.annotation.labels[editor.point]
        )
        count = self._editors.opened.unsaved
        unsaved = _("Not in a saved scene yet: {n} changes.").format(n=count) if count else ""
        return " ".join(part for part in (self._said, where, unsaved) if part)

    # -- from point to point -----------------------------------------------------------------
    def choose(self, point: int) -> None:
        """The user chose a point in the table."""
        if self._editor is not None and 0 <= point < self._editor.annotation.n_points:
            self._editor.point = point
            self._after(self.mouse.instruction())

    def go_to(self, label: str, frame: int) -> None:
        """Show a frame and choose a point, e.g. from the list of the worst frames."""
        stop_playback(self._session.browser)
        go_to_frame(self._session.browser, frame)
        if self._editor is not None and label in self._editor.annotation.labels:
            self.choose(self._editor.annotation.labels.index(label))

    def step_point(self, direction: int) -> None:
        """Choose the next (1) or previous (-1) point."""
        self._editors.need_editor().step_point(direction)
        self._after(self.mouse.instruction())

    def step_keyframe(self, direction: int) -> None:
        """Show the next (1) or previous (-1) frame on which the chosen point was placed by hand."""
        found = self._editors.need_editor().step_keyframe(direction)
        self._after("" if found else _("This point is placed on no further frame in this direction."))

    def step_uncertain(self, direction: int) -> None:
        """Show the next (1) or previous (-1) frame on which a point deserves a look, and choose that point."""
        found = self._editors.need_editor().step_uncertain(direction)
        self._after("" if found else _("No uncertain frame in this direction."))

    def zoom(self, on: bool) -> None:
        """Zoom the view to the chosen point, or show again what was shown before."""
        self._display.zoom(on and self._editor is not None)
        self._show_frame()
        self._show_status()

    def set_trail(self, count: int) -> None:
        """Show where the points were on so many frames before."""
        self._display.set_trail(count)
        self._show_frame()

    # -- the end -----------------------------------------------------------------------------
    def stop(self) -> None:
        """Leave place mode and zoom, e.g. because the module is left."""
        self.mouse.clicks.stop()
        self._display.zoom(False)

    def close(self) -> None:
        """The scene is closing: forget the nodes, and the prepared clip."""
        self._let_go()
        self.retracking.preparation.stop()

    def _let_go(self) -> None:
        self.stop()
        self.retracking.stop()
        self.retracking.preparation.pause()
        self._display.end()
        self.mouse.observe(None, None)
        self._editor = None
