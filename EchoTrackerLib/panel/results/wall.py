"""The segments of the measured wall on the image, in the colors of their curves, wherever a result is shown."""

from __future__ import annotations

from typing import Any, Optional

from ...scene import results
from ...scene.mrml import layout
from ...scene.strain import read_strain
from ...scene.study.wall import add_wall, light_curve, remove_wall, show_wall
from ...scene.tracks import read_tracks
from ...strain.strain import Strain
from ...tracks.tracks import Tracks
from ..session import Session


class SegmentWall:
    """Draws the wall of the chosen clip; drawn anew for each measurement, moved with each frame."""

    def __init__(self, session: Session, layout_node: Any) -> None:
        self._session, self._layout_node = session, layout_node
        self._drawn: Optional[tuple[str, Strain, Tracks]] = None  # ID of the model, what it draws
        self._key: Any = None
        session.changed.connect(self.refresh)
        session.results_changed.connect(self.refresh)
        session.frame_changed.connect(self._on_frame)

    def refresh(self) -> None:
        """Draw or remove the wall, if something is other than before."""
        session, found = self._session, self._found()
        key = None if found is None else (session.browser.GetID(), found.strain.curves.GetID(), session.lit)
        if key == self._key:
            return
        self.remove()
        self._key = key
        strain = None if found is None else read_strain(session.scene, session.browser)
        if found is None or strain is None or not strain.segments:
            return
        light_curve(session.scene, session.browser, session.lit)
        tracks = read_tracks(session.scene, found.tracks.sequence)
        self._drawn = (add_wall(session.scene, session.browser, strain).GetID(), strain, tracks)
        self._on_frame(session.frame)

    def remove(self) -> None:
        """Take the drawing out of the scene."""
        if self._drawn is not None:
            remove_wall(self._session.scene)
        self._drawn = self._key = None

    def _found(self) -> Any:
        """Return the results of the chosen clip whose wall is to be seen, or None."""
        session = self._session
        if session.parameters is None or session.browser is None or not session.is_clip or session.annotating:
            return None
        side_by_side = self._layout_node.GetViewArrangement() == layout.SIDE_BY_SIDE  # with tracks of another run
        if side_by_side or not session.parameters.showSegments:
            return None
        found = results.find_results(session.scene, session.browser)
        return None if found.strain is None or found.tracks is None else found

    def _on_frame(self, frame: int) -> None:
        session = self._session
        model = None if self._drawn is None else session.scene.GetNodeByID(self._drawn[0])
        if self._drawn is not None and model is not None and session.is_clip:
            show_wall(session.browser, model, self._drawn[1], self._drawn[2], frame, session.lit)
