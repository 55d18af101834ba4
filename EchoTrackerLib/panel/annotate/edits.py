"""What the buttons and shortcuts of the section "Annotation" do to the points of the set that is edited."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from ...annotation.annotation import Annotation
from ...errors import BadInput
from ...i18n import tr as _
from ...scene.annotation.editor import AnnotationEditor
from ...scene.mrml.frames import stop_playback
from .editors import SetEditors
from .mouse import MouseEdits
from .retracking import Retracking
from .rows import shown_point
from .view import AnnotateSection


class AnnotationEdits:
    """The edits; each raises BadInput without a set, and lets the shortcuts for undo act here."""

    def __init__(
        self,
        editors: SetEditors,
        view: AnnotateSection,
        mouse: MouseEdits,
        retracking: Retracking,
        said: Callable[[str], None],
    ) -> None:
        self._editors, self._session, self._view = editors, editors.session, view
        self._mouse, self._retracking, self._said = mouse, retracking, said

    def place(self, on: bool) -> None:
        """Start or stop placing points by mouse, in the order of the set."""
        self._begin()
        self._mouse.place(on)

    def occlude(self, every: bool = False) -> None:
        """Say that the chosen point, or every point, cannot be seen on this frame."""
        self._do(AnnotationEditor.occlude, every)

    def accept(self, every: bool = False, whole_track: bool = False) -> None:
        """Take the chosen point, or every point, as if placed by hand, on this frame or on all frames."""
        self._do(AnnotationEditor.accept, every, whole_track=whole_track)

    def clear(self, every: bool = False) -> None:
        """Forget the chosen point, or every point, on this frame."""
        self._do(AnnotationEditor.clear, every)

    def interpolate(self, every: bool = False) -> None:
        """Fill the frames between hand-placed ones by a spline."""
        self._do(AnnotationEditor.interpolate, every)

    def propagate(self, first: int, following: int, every: bool = False) -> None:
        """Copy the cycle that begins on frame `first` to the one that begins on `following`, both from 1."""
        self._do(AnnotationEditor.propagate, every, first - 1, following - 1)

    def retrack(self, neighbors: int, every: bool = False) -> None:
        """Track the chosen point, and so many on each side, again between the hand-placed frames around this one.

        With `every` all points, between all their hand-placed frames. It runs beside the window; an edit meanwhile ends
        it, and so does asking again.
        """
        editor = self._begin()
        if self._retracking.running:
            self._retracking.cancel()
            return
        stop_playback(self._session.browser)
        self._retracking.start(editor, self._session.need_cine(), neighbors, every)

    def name(self, point: int, label: str, segment: str) -> None:
        """Give a point another name and wall segment; the points of a schema keep theirs.

        Raises:
            BadInput: the set follows a schema, no name, or that of another point.
        """
        editor = self._begin()
        try:
            if editor.annotation.schema:
                text = _("The points of this set follow the schema '{name}' and keep their names.")
                raise BadInput(text.format(name=editor.annotation.schema))
            editor.name_point(point, label, segment)
        finally:  # what was typed may have been refused
            self._view.show_point(point, shown_point(editor.annotation, point))
        self._said("")

    def undo(self) -> None:
        """Take back the last edit and show its frame."""
        self._replay(AnnotationEditor.undo, _("Nothing to undo in this set."))

    def redo(self) -> None:
        """Repeat the edit that was taken back and show its frame."""
        self._replay(AnnotationEditor.redo, _("Nothing to redo in this set."))

    def _begin(self) -> AnnotationEditor:
        editor = self._editors.need_editor()
        self._editors.claim_undo()
        return editor

    def _do(self, edit: Callable[..., Any], every: bool, *arguments: Any, **keywords: Any) -> None:
        editor = self._begin()
        stop_playback(self._session.browser)
        edit(editor, *arguments, points=list(range(editor.annotation.n_points)) if every else None, **keywords)
        self._said("")

    def _replay(self, step: Callable[[AnnotationEditor], bool], nothing: str) -> None:
        editor = self._begin()
        self._mouse.clicks.stop()
        before = editor.annotation
        done = step(editor)
        point = _changed_point(before, editor.annotation, editor.point)
        if done and point is not None:
            editor.point = point
        self._said("" if done else nothing)


def _changed_point(before: Annotation, now: Annotation, chosen: int) -> Optional[int]:
    """Return a point that differs, the chosen one if it does; None where points came, went or nothing differs."""
    if before.labels != now.labels:
        return None
    same = (before.states == now.states) & (
        np.isclose(before.positions, now.positions, equal_nan=True).all(axis=-1) | (now.states == 0)
    )
    changed = np.flatnonzero(~same.all(axis=1)).tolist()
    return chosen if chosen in changed or not changed else changed[0]
