"""The section "Annotation": edit the points of the chosen ground-truth set on the frame that is shown."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..scene.annotation_editor import AnnotationEditor
from ..scene.frames import Later, go_to_frame, stop_playback
from ..scene.strain import read_strain
from ..tracks.annotation import Annotation
from .annotate_clicks import Clicks
from .annotate_desk import Desk, changes
from .annotate_features import Preparation
from .annotate_rows import AnnotateView, shown_point
from .annotate_screen import Screen
from .dialogs import Dialogs, guarded
from .track import Ticker

_TOUCHED = "Markups.MovingMarkupIndex"


class AnnotatePresenter:
    """Fills the section and acts on its widgets, the mouse in the view and the shortcuts."""

    def __init__(self, desk: Desk, view: AnnotateView, dialogs: Dialogs, ticker: Ticker, later: Later) -> None:
        self._desk, self._view, self._dialogs, self._session = desk, view, dialogs, desk.session
        self._clicks = Clicks(desk.session.scene, self._on_click, self._on_placing_ended, later)
        self._preparation = Preparation(ticker)
        self._editor: Any = None  # an `AnnotationEditor`; see `changes`
        self._shown: Optional[Annotation] = None
        self._observed: Any = None
        self._tags: list[int] = []
        self._screen = Screen(desk.session)
        self._said = ""
        desk.changed.connect(self.refresh)
        self._session.frameChanged.connect(self._on_frame)

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show the set that is edited."""
        # Slicer makes another point list on screen when somebody removes it.
        proxy = self._desk.proxy(self._desk.chosen) if self._desk.editor is not None else None
        editor = self._desk.editor if proxy is not None else None
        if editor is not self._editor or proxy is not self._observed:
            self._change_editor(editor, proxy)
        elif self._editor is not None and self._shown is not self._editor.annotation:
            self._show_edit()
        self._show_status()

    def _change_editor(self, editor: Optional[AnnotationEditor], proxy: Any) -> None:
        self._let_go()
        self._editor = editor
        self._said = ""
        if editor is None:
            if self._session.edited is self:
                self._session.edited = None
            self._shown = None
            self._view.showPoints([])
            self._hide_points(False)
            return
        self._session.edited = self
        self._observe(proxy)
        self._screen.begin(editor.annotation)
        self._propose_cycle()
        self._show_all()
        self._hide_points(True)
        self._preparation.start(self._session.need_cine())

    def _hide_points(self, hidden: bool) -> None:
        """Hide the points to track: where they lie on points of the set, they would take the drags."""
        if self._session.annotating != hidden:
            self._session.annotating = hidden
            self._session.frameChanged.emit(self._session.frame)

    def _show_all(self) -> None:
        annotation = self._editor.annotation
        self._shown = annotation
        self._view.showPoints([shown_point(annotation, i) for i in range(annotation.n_points)])
        self._show_frame(self._session.frame)
        self._view.choosePoint(self._editor.point)

    def _show_edit(self) -> None:
        """Show what an edit changed: the rows of its points, and the frame."""
        old, new = self._shown, self._editor.annotation
        if old is None or old.states.shape != new.states.shape:
            self._show_all()
            return
        self._shown = new
        for point in np.flatnonzero((old.states != new.states).any(axis=1)).tolist():
            self._view.showPoint(point, shown_point(new, point))
        self._show_frame(self._session.frame)

    def _show_frame(self, frame: int) -> None:
        annotation = self._editor.annotation
        self._screen.show(annotation, self._editor.point)
        self._view.showStates(annotation.states[:, frame].tolist())

    def _show_status(self) -> None:
        editor = self._editor
        self._view.setEditing(editor is not None, bool(editor and editor.can_undo), bool(editor and editor.can_redo))
        self._view.setPlacing(self._clicks.active)
        self._view.setZoomed(self._screen.is_zoomed)
        self._view.showMessage(self._desk.problem if editor is None else self._status())

    def _status(self) -> str:
        editor, frame = self._editor, self._session.frame
        if not editor.annotation.n_points:
            return self._said or _("No points yet. Place them by mouse.")
        where = _("Frame {k} of {n}, {label}.").format(
            k=frame + 1, n=editor.annotation.n_frames, label=editor.annotation.labels[editor.point]
        )
        count = self._desk.unsaved
        unsaved = _("Not in a saved scene yet: {n} changes.").format(n=count) if count else ""
        return " ".join(part for part in (self._said, where, unsaved) if part)

    # -- the view and the mouse --------------------------------------------------------------
    def _observe(self, proxy: Any) -> None:
        self._observed = proxy
        if proxy is not None:
            self._tags = [
                proxy.AddObserver(proxy.PointStartInteractionEvent, self._on_touch),
                proxy.AddObserver(proxy.PointEndInteractionEvent, self._on_drag),
            ]

    def _on_touch(self, proxy: Any, _event: str) -> None:
        """Stop playback and choose the point that is touched; Slicer notes its number on the list."""
        if self._session.browser is not None:
            stop_playback(self._session.browser)
        touched = proxy.GetAttribute(_TOUCHED) or ""
        if touched.isdigit():
            self.choose(int(touched))

    @guarded(_("The point could not be moved."))
    def _on_drag(self, *_arguments: Any) -> None:
        if not self._is_alive():
            return
        self._session.edited = self
        try:
            moved = self._editor.take_drag()
            said = _("Only one point at a time can be moved; the others were put back.") if moved > 1 else ""
        except BadInput as error:  # no dialog while Slicer handles the mouse
            said = str(error)
        self._after(said)

    @guarded(_("The point could not be placed."))
    def _on_click(self, world: np.ndarray) -> None:
        """Put the chosen point where the user clicked, and go on to the next one without a place on this frame."""
        if not self._is_alive():
            self._clicks.stop()
            return
        self._session.edited = self
        stop_playback(self._session.browser)
        try:
            self._clicks.place(self._editor, world, self._session.proxy)
        except BadInput as error:  # no dialog while Slicer handles the mouse
            self._after(str(error))
            return
        if self._editor.annotation.states[:, self._session.frame].all() and self._editor.annotation.schema:
            self._clicks.stop()
            self._editor.point = 0  # the next frame begins with the first point again
            self._after(_("All points are placed on this frame."))
        else:
            self._after(self._clicks.instruction(self._editor))

    def _on_placing_ended(self) -> None:
        self._after("")

    def _on_frame(self, frame: int) -> None:
        if self._is_alive():
            self._said = self._clicks.instruction(self._editor) if self._clicks.active else ""
            self._show_frame(frame)
            self._show_status()

    def _is_alive(self) -> bool:
        """Whether there is an editor whose nodes are still in the scene; others may remove them at any moment."""
        observed = self._observed
        return self._editor is not None and observed.GetScene() is not None and self._desk.chosen is not None

    # -- choosing ----------------------------------------------------------------------------
    def choose(self, point: int) -> None:
        """The user chose a point in the table."""
        if self._editor is not None and 0 <= point < self._editor.annotation.n_points:
            self._editor.point = point
            self._after(self._clicks.instruction(self._editor) if self._clicks.active else "")

    def goTo(self, label: str, frame: int) -> None:
        """Show a frame and choose a point, e.g. from the list of the worst frames."""
        stop_playback(self._session.browser)
        go_to_frame(self._session.browser, frame)
        if self._editor is not None and label in self._editor.annotation.labels:
            self.choose(self._editor.annotation.labels.index(label))

    def stepPoint(self, direction: int) -> None:
        """Choose the next (1) or previous (-1) point."""
        self._desk.need_editor().step_point(direction)
        self._after(self._clicks.instruction(self._editor) if self._clicks.active else "")

    def stepKeyframe(self, direction: int) -> None:
        """Show the next (1) or previous (-1) frame on which the chosen point was placed by hand."""
        found = self._desk.need_editor().step_keyframe(direction)
        self._after("" if found else _("This point is placed on no further frame in this direction."))

    def stepUncertain(self, direction: int) -> None:
        """Show the next (1) or previous (-1) frame on which a point deserves a look, and choose that point."""
        found = self._desk.need_editor().step_uncertain(direction)
        self._after("" if found else _("No uncertain frame in this direction."))

    # -- editing -----------------------------------------------------------------------------
    @changes
    def place(self, on: bool) -> None:
        """Start or stop placing points by mouse, in the order of the set."""
        self._clicks.stop()
        if on:
            stop_playback(self._session.browser)
            self._clicks.start(self._editor, self._session)
        self._after(self._clicks.instruction(self._editor) if on else "")

    @changes
    def occlude(self, every: bool = False) -> None:
        """Say that the chosen point, or every point, cannot be seen on this frame."""
        self._do(self._editor.occlude, points=self._points(every))

    @changes
    def accept(self, every: bool = False, whole_track: bool = False) -> None:
        """Take the chosen point, or every point, as if placed by hand, on this frame or on all frames."""
        self._do(self._editor.accept, whole_track=whole_track, points=self._points(every))

    @changes
    def clear(self, every: bool = False) -> None:
        """Forget the chosen point, or every point, on this frame."""
        self._do(self._editor.clear, points=self._points(every))

    @changes
    def interpolate(self, every: bool = False) -> None:
        """Fill the frames between hand-placed ones by a spline."""
        self._do(self._editor.interpolate, points=self._points(every))

    @changes
    def propagate(self, first: int, following: int, every: bool = False) -> None:
        """Copy the cycle that begins on frame `first` to the one that begins on `following`, both from 1."""
        self._do(self._editor.propagate, first - 1, following - 1, points=self._points(every))

    @changes
    def retrack(self, neighbours: int) -> None:
        """Track the chosen point, and so many on each side, again between the hand-placed frames around this one."""
        begun = time.perf_counter()
        with self._dialogs.waiting():
            self._editor.features = self._preparation.finish(self._session.need_cine())
            self._do(self._editor.retrack, neighbours)
        self._after(_("Tracked again in {t:.1f} s.").format(t=time.perf_counter() - begun))

    @changes
    def undo(self) -> None:
        """Take back the last edit and show its frame."""
        self._replay(self._editor.undo, _("Nothing to undo in this set."))

    @changes
    def redo(self) -> None:
        """Repeat the edit that was taken back and show its frame."""
        self._replay(self._editor.redo, _("Nothing to redo in this set."))

    # -- looking -----------------------------------------------------------------------------
    def zoom(self, on: bool) -> None:
        """Zoom the view to the chosen point, or show again what was shown before."""
        self._screen.zoom(on and self._editor is not None)
        if self._is_alive():
            self._show_frame(self._session.frame)
        self._show_status()

    def setTrail(self, count: int) -> None:
        """Show where the points were on so many frames before."""
        self._screen.trail = count
        if self._is_alive():
            self._show_frame(self._session.frame)

    def stop(self) -> None:
        """Leave place mode and zoom, e.g. because the module is left."""
        self._clicks.stop()
        self._screen.zoom(False)

    def close(self) -> None:
        """The scene is closing: forget the nodes, and the prepared clip."""
        self._let_go()
        self._preparation.stop()

    # -- inside ------------------------------------------------------------------------------
    def _points(self, every: bool) -> Optional[list[int]]:
        return list(range(self._editor.annotation.n_points)) if every else None

    def _do(self, edit: Callable[..., Any], *arguments: Any, **keywords: Any) -> None:
        stop_playback(self._session.browser)
        edit(*arguments, **keywords)
        self._after("")

    def _replay(self, step: Callable[[], bool], nothing: str) -> None:
        self._clicks.stop()
        self._after("" if step() else nothing)

    def _after(self, said: str) -> None:
        """Show everything again after the editor did something."""
        self._said = said
        if self._editor is not None:
            self._view.choosePoint(self._editor.point)
            if self._shown is not self._editor.annotation:
                self._show_edit()
            elif self._screen.point != self._editor.point:
                self._show_frame(self._session.frame)
        self._show_status()

    def _propose_cycle(self) -> None:
        count = self._editor.annotation.n_frames
        strain = read_strain(self._session.scene, self._session.browser)
        end = strain.phases.cycle_end if strain is not None else None
        first, following = (0, count - 1) if strain is None or end is None else (strain.phases.ed, end)
        self._view.setCycle(first + 1, following + 1, count)

    def _let_go(self) -> None:
        self.stop()
        self._preparation.pause()
        self._screen.end()
        for tag in self._tags:
            self._observed.RemoveObserver(tag)
        self._observed, self._tags = None, []
        self._editor, self._shown = None, None
