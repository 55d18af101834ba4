"""The set that is edited as the user sees it: the table of points and the drawn states, kept in step with the edits."""

from __future__ import annotations

from typing import Optional

import numpy as np

from ...annotation.annotation import Annotation
from ..session import Session
from .marks import SetMarks
from .rows import shown_point
from .view import AnnotateSection


class SetDisplay:
    """Shows an annotation, afterwards only what changed."""

    def __init__(self, session: Session, view: AnnotateSection) -> None:
        self._session, self._view = session, view
        self._marks = SetMarks(session)
        self._annotation: Optional[Annotation] = None

    @property
    def is_zoomed(self) -> bool:
        """Whether the view is zoomed to the chosen point."""
        return self._marks.is_zoomed

    def begin(self, annotation: Annotation, point: int) -> None:
        """Show this set, with its chosen point, from now on."""
        self._marks.begin(annotation)
        self._show_all(annotation, point)

    def update(self, annotation: Annotation, point: int) -> None:
        """Show what an edit changed, and the chosen point."""
        old = self._annotation
        if old is None or old.states.shape != annotation.states.shape:
            self._show_all(annotation, point)
            return
        self._view.choose_point(point)
        if old is not annotation:
            self._annotation = annotation
            changed = (old.states != annotation.states).any(axis=1)
            changed |= np.array(old.labels) != np.array(annotation.labels)
            changed |= np.array(old.segments) != np.array(annotation.segments)
            for row in np.flatnonzero(changed).tolist():
                self._view.show_point(row, shown_point(annotation, row))
        if old is not annotation or self._marks.point != point:
            self.show_frame(annotation, point)

    def show_frame(self, annotation: Annotation, point: int) -> None:
        """Show the set on the frame on screen."""
        if self._annotation is not annotation:  # an edit that is undone shows its frame
            self.update(annotation, point)
            return
        self._marks.show(annotation, point)
        self._view.show_states(annotation.states[:, self._session.frame].tolist())

    def zoom(self, on: bool) -> None:
        """Zoom the view to the chosen point with the next frame shown, or bring back what it showed before."""
        self._marks.zoom(on)

    def compare_with(self, partner: Optional[Annotation]) -> None:
        """Lead lines to where the points are in another set, with the next frame shown; None: no lines."""
        self._marks.partner = partner

    def set_trail(self, count: int) -> None:
        """Show where the points were on so many frames before, with the next frame shown."""
        self._marks.trail = count

    def end(self) -> None:
        """Draw no more."""
        self._marks.end()
        self._annotation = None

    def _show_all(self, annotation: Annotation, point: int) -> None:
        self._annotation = annotation
        self._view.show_points([shown_point(annotation, i) for i in range(annotation.n_points)])
        self.show_frame(annotation, point)
        self._view.choose_point(point)
