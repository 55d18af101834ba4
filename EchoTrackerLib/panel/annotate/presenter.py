"""The section "Annotation": edit the points of the chosen ground-truth set on the frame that is shown."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any, Callable, Optional

import numpy as np

from ...annotation.annotation import Annotation
from ...errors import BadInput
from ...i18n import tr as _
from ...scene.annotation.editor import AnnotationEditor
from ...scene.mrml.frames import Later, go_to_frame, stop_playback
from ...scene.strain import read_strain
from ..qt.dialogs import Dialogs, guarded
from ..qt.timers import Ticker
from .clicks import Clicks
from .display import SetDisplay
from .drag import PointDrag
from .editors import SetEditors, changes
from .preparation import Preparation
from .rows import shown_point
from .view import AnnotateSection


class AnnotatePresenter:
    """Fills the section and acts on its widgets, the mouse in the view and the shortcuts."""

    def __init__(
        self, editors: SetEditors, view: AnnotateSection, dialogs: Dialogs, ticker: Callable[[], Ticker], later: Later
    ) -> None:
        self._editors, self._view, self._dialogs, self._session = editors, view, dialogs, editors.session
        self._clicks = Clicks(editors.session.scene, self._on_click, self._on_placing_ended, later)
        self._preparation, self._ticker = Preparation(ticker()), ticker()
        self._retracking: Optional[Iterator[float]] = None
        self._begun = 0.0
        self._touch = PointDrag(self._on_touch, self._on_drag, self._on_change)
        self._later = later
        self._changed_frames: set[int] = set()
        self._shown = SetDisplay(editors.session, view)
        self._editor: Any = None  # an `AnnotationEditor`; see `changes`
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
        if editor is not self._editor or proxy is not self._touch.node:
            self._change_editor(editor, proxy)
        elif editor is not None:
            self._shown.update(editor.annotation, editor.point)
        if self._partner is not self._editors.partner:
            self._partner = self._editors.partner
            self._shown.compare_with(self._partner)
            self._show_frame()
        if self._editors.notice:
            self._said, self._editors.notice = self._editors.notice, ""
        self._show_status()

    def _change_editor(self, editor: Optional[AnnotationEditor], proxy: Any) -> None:
        self._let_go()
        self._editor = editor
        self._said = ""
        if editor is None:
            if self._session.edited is self:
                self._session.edited = None
            self._view.show_points([])
            self._hide_points(False)
            return
        self._session.edited = self
        self._touch.observe(proxy)
        self._propose_cycle()
        self._shown.begin(editor.annotation, editor.point)
        self._hide_points(True)
        self._preparation.start(self._session.need_cine())

    def _hide_points(self, hidden: bool) -> None:
        """Hide the points to track: where they lie on points of the set, they would take the drags."""
        if self._session.annotating != hidden:
            self._session.annotating = hidden
            self._session.frame_changed.emit(self._session.frame)
            self._session.annotating_changed.emit()

    def _show_frame(self) -> None:
        if self._is_alive():
            self._shown.show_frame(self._editor.annotation, self._editor.point)

    def _show_status(self) -> None:
        editor = self._editor
        self._view.set_editing(editor is not None, bool(editor and editor.can_undo), bool(editor and editor.can_redo))
        self._view.set_placing(self._clicks.active)
        self._view.set_zoomed(self._shown.is_zoomed)
        self._view.show_message(self._editors.problem if editor is None else self._status())

    def _status(self) -> str:
        editor, frame = self._editor, self._session.frame
        if not editor.annotation.n_points:
            return self._said or _("No points yet. Place them by mouse.")
        where = _("Frame {k} of {n}, {label}.").format(
            k=frame + 1, n=editor.annotation.n_frames, label=editor.annotation.labels[editor.point]
        )
        count = self._editors.unsaved
        unsaved = _("Not in a saved scene yet: {n} changes.").format(n=count) if count else ""
        return " ".join(part for part in (self._said, where, unsaved) if part)

    # -- the view and the mouse --------------------------------------------------------------
    def _on_touch(self, point: int) -> None:
        """Stop playback and choose the point that is touched."""
        if self._session.browser is not None:
            stop_playback(self._session.browser)
        self.choose(point)

    @guarded(_("The point could not be moved."))
    def _on_drag(self) -> None:
        if not self._is_alive():
            return
        self._session.edited = self
        try:
            moved = self._editor.take_drag()
            said = _("Only one point at a time can be moved; the others were put back.") if moved > 1 else ""
        except BadInput as error:  # no dialog while Slicer handles the mouse
            said = str(error)
        self._after(said)

    def _on_change(self) -> None:
        """Points on screen changed, by our own edits or by Slicer's context menu: look when the change is complete."""
        if not self._changed_frames:
            self._later(self._take_menu)
        self._changed_frames.add(self._session.frame)

    @guarded(_("What the menu did could not be noted."))
    def _take_menu(self) -> None:
        """Make edits of what Slicer's context menu did to the set, or put it back."""
        frames, self._changed_frames = self._changed_frames, set()
        is_still = self._is_alive() and not self._touch.is_dragging  # the end of a drag is an edit of its own
        for frame in sorted(frames) if is_still else ():
            try:
                said = self._editor.take_menu(frame)
            except BadInput as error:
                said = str(error)
            if said:
                self._session.edited = self
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
        if self._clicks.is_done(self._editor):
            self._end_placing()
        else:
            self._after(self._clicks.instruction(self._editor))

    def _end_placing(self) -> None:
        self._clicks.stop()
        self._after(_("All points are placed on this frame."))

    def _on_placing_ended(self) -> None:
        self._after("")

    def _on_frame(self, _frame: int) -> None:
        if self._is_alive():
            self._said = ""
            if self._clicks.active:
                self._begin_frame()
            self._show_frame()
            self._show_status()

    def _begin_frame(self) -> None:
        """Placing goes on with the first point that is not placed on this frame, and ends where there is none."""
        self._clicks.begin(self._editor)
        if self._editor.annotation.n_points and self._editor.annotation.states[:, self._session.frame].all():
            self._end_placing()
        else:
            self._said = self._clicks.instruction(self._editor)
            self._view.choose_point(self._editor.point)

    def _is_alive(self) -> bool:
        """Whether there is an editor whose nodes are still in the scene; others may remove them at any moment."""
        proxy = self._touch.node
        return self._editor is not None and proxy.GetScene() is not None and self._editors.chosen is not None

    # -- choosing ----------------------------------------------------------------------------
    def choose(self, point: int) -> None:
        """The user chose a point in the table."""
        if self._editor is not None and 0 <= point < self._editor.annotation.n_points:
            self._editor.point = point
            self._after(self._clicks.instruction(self._editor) if self._clicks.active else "")

    def go_to(self, label: str, frame: int) -> None:
        """Show a frame and choose a point, e.g. from the list of the worst frames."""
        stop_playback(self._session.browser)
        go_to_frame(self._session.browser, frame)
        if self._editor is not None and label in self._editor.annotation.labels:
            self.choose(self._editor.annotation.labels.index(label))

    def step_point(self, direction: int) -> None:
        """Choose the next (1) or previous (-1) point."""
        self._editors.need_editor().step_point(direction)
        self._after(self._clicks.instruction(self._editor) if self._clicks.active else "")

    def step_keyframe(self, direction: int) -> None:
        """Show the next (1) or previous (-1) frame on which the chosen point was placed by hand."""
        found = self._editors.need_editor().step_keyframe(direction)
        self._after("" if found else _("This point is placed on no further frame in this direction."))

    def step_uncertain(self, direction: int) -> None:
        """Show the next (1) or previous (-1) frame on which a point deserves a look, and choose that point."""
        found = self._editors.need_editor().step_uncertain(direction)
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
    def retrack(self, neighbours: int, every: bool = False) -> None:
        """Track the chosen point, and so many on each side, again between the hand-placed frames around this one.

        With `every` all points, between all their hand-placed frames. It runs beside the window, a point at a time; an
        edit meanwhile ends it.
        """
        stop_playback(self._session.browser)
        self._retracking = self._retrack_steps(self._editor, neighbours, every)
        self._begun = time.perf_counter()
        self._ticker.start(0, self._retrack_step)
        self._after(_("Tracking again."))

    def _retrack_steps(self, editor: AnnotationEditor, neighbours: int, every: bool) -> Iterator[float]:
        editor.features = yield from self._preparation.steps(self._session.need_cine())
        yield from editor.retrack_steps(neighbours, every)

    def _retrack_step(self) -> None:
        steps, said = self._retracking, ""
        if steps is None or not self._is_alive():
            self._stop_retracking()
            return
        try:
            share = next(steps, None)
            if share is None:
                said = _("Tracked again in {t:.1f} s.").format(t=time.perf_counter() - self._begun)
            else:
                said = _("Tracking again, {p:.0f} %.").format(p=100 * share)
        except BadInput as error:
            share, said = None, str(error)
        if share is None:
            self._stop_retracking()
        self._after(said)

    def _stop_retracking(self) -> None:
        self._retracking = None
        self._ticker.stop()

    @changes
    def name(self, point: int, label: str, segment: str) -> None:
        """Give a point another name and wall segment; the points of a schema keep theirs.

        Raises:
            BadInput: the set follows a schema, no name, or that of another point.
        """
        try:
            if self._editor.annotation.schema:
                text = _("The points of this set follow the schema '{name}' and keep their names.")
                raise BadInput(text.format(name=self._editor.annotation.schema))
            self._editor.name_point(point, label, segment)
        finally:  # what was typed may have been refused
            self._view.show_point(point, shown_point(self._editor.annotation, point))
        self._after("")

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
        self._shown.zoom(on and self._editor is not None)
        self._show_frame()
        self._show_status()

    def set_trail(self, count: int) -> None:
        """Show where the points were on so many frames before."""
        self._shown.set_trail(count)
        self._show_frame()

    def stop(self) -> None:
        """Leave place mode and zoom, e.g. because the module is left."""
        self._clicks.stop()
        self._shown.zoom(False)

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
        before = self._editor.annotation
        done = step()
        point = _changed_point(before, self._editor.annotation, self._editor.point)
        if done and point is not None:
            self._editor.point = point
        self._after("" if done else nothing)

    def _after(self, said: str) -> None:
        """Show everything again after the editor did something."""
        self._said = said
        if self._editor is not None:
            self._shown.update(self._editor.annotation, self._editor.point)
        self._show_status()

    def _propose_cycle(self) -> None:
        count = self._editor.annotation.n_frames
        strain = read_strain(self._session.scene, self._session.browser)
        end = strain.phases.cycle_end if strain is not None else None
        first, following = (0, count - 1) if strain is None or end is None else (strain.phases.ed, end)
        self._view.set_cycle(first + 1, following + 1, count)

    def _let_go(self) -> None:
        self.stop()
        self._stop_retracking()
        self._preparation.pause()
        self._shown.end()
        self._touch.observe(None)
        self._editor = None


def _changed_point(before: Annotation, now: Annotation, chosen: int) -> Optional[int]:
    """Return a point that differs, the chosen one if it does; None where points came, went or nothing differs."""
    if before.labels != now.labels:
        return None
    same = (before.states == now.states) & (
        np.isclose(before.positions, now.positions, equal_nan=True).all(axis=-1) | (now.states == 0)
    )
    changed = np.flatnonzero(~same.all(axis=1)).tolist()
    return chosen if chosen in changed or not changed else changed[0]
