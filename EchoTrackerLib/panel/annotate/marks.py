"""What the view shows of the set that is edited: shapes of states, trails, the chosen point, a zoom to it."""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ...annotation.annotation import Annotation
from ...scene.annotation.marks import ONION_FRAMES, add_marks, show_marks
from ...scene.mrml.layout import CLIP_VIEW
from ...scene.mrml.nodes import remove_with_display
from ...scene.mrml.plane import pixels_to_world
from ...scene.mrml.zoom import Zoom
from ..session import Session

_ZOOMED_MARKS = 0.4  # of their size


class SetMarks:
    """Draws beside Slicer's own points; everything it adds to the scene goes with `end`.

    Attributes:
        point: number of the chosen point as it is drawn, or None.
        trail: so many frames of previous positions are drawn.
        partner: another set of the same points; lines lead to where they are in it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._marks: Any = None
        self._zoom: Optional[Zoom] = None
        self.point: Optional[int] = None
        self.trail = ONION_FRAMES
        self.partner: Optional[Annotation] = None

    @property
    def is_zoomed(self) -> bool:
        """Whether the view is zoomed to the chosen point."""
        return self._zoom is not None

    def begin(self, annotation: Annotation) -> None:
        """Draw a set from now on."""
        self._marks = add_marks(self._session.scene, self._session.browser, annotation, "Annotation marks")

    def show(self, annotation: Annotation, point: int) -> None:
        """Draw the set on the current frame, follow the chosen point when zoomed."""
        session, frame = self._session, self._session.frame
        self.point = point if annotation.n_points else None
        if self._marks is not None and self._marks.GetScene() is not None:
            scale = _ZOOMED_MARKS if self.is_zoomed else 1.0
            partners = _partners(annotation, self.partner, frame)
            show_marks(session.browser, self._marks, annotation, frame, self.trail, self.point, scale, partners)
        if self._zoom is not None and self.point is not None and session.proxy is not None:
            position = annotation.positions[point, frame].astype(np.float64)
            if np.isfinite(position).all():
                edges = np.array([[0.0, 0.0], [session.need_cine().size[0], 0.0]])
                left, right, here = pixels_to_world(np.stack([*edges, position]), session.proxy)
                self._zoom.show(here, float(np.linalg.norm(right - left)))

    def zoom(self, on: bool) -> None:
        """Zoom with the next `show`, or bring back what the view showed before."""
        if on and self._zoom is None:
            node = self._session.scene.GetSingletonNode(CLIP_VIEW, "vtkMRMLSliceNode")
            self._zoom = Zoom(node) if node is not None else None
        elif not on and self._zoom is not None:
            self._zoom.off()
            self._zoom = None

    def end(self) -> None:
        """Draw no more."""
        self.zoom(False)
        marks, self._marks, self.point = self._marks, None, None
        if marks is not None:
            remove_with_display(self._session.scene, marks)


def _partners(annotation: Annotation, other: Optional[Annotation], frame: int) -> Optional[np.ndarray]:
    """Return (x, y) px [N, 2] of the points in the other set by their names, NaN where it has none."""
    if other is None:
        return None
    found = np.full((annotation.n_points, 2), np.nan)
    place = {label: i for i, label in enumerate(other.labels)}
    for i, label in enumerate(annotation.labels):
        if label in place and other.annotated[place[label], frame]:
            found[i] = other.positions[place[label], frame]
    return found
