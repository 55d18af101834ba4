"""What lies on the clip stays on it: below its parent transform, and the trajectories on points that were edited."""

from __future__ import annotations

from typing import Any, Optional

from ...scene import results as study
from ...scene import trajectories
from ...scene.editing import read_change
from ...scene.tracks import read_tracks, write_options
from ...tracking.matching.sector import note_outside
from ..session import Session


class ClipFollower:
    """Watches the chosen clip's volume and its tracks on screen.

    Tracks are locked; a user who unlocks them in Slicer's Markups module and drags a point gets new trajectories and,
    where strain was measured, new strain.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._volume: Any = None
        self._points: Any = None
        self._tags: list[tuple[Any, int]] = []
        self._transform: Optional[str] = None
        session.changed.connect(self.refresh)
        session.results_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Watch the nodes of the clip that is chosen now."""
        volume, points = self._session.proxy, self._tracks_on_screen()
        if volume is self._volume and points is self._points:
            return
        self.close()
        self._volume, self._points = volume, points
        if volume is not None:
            self._transform = volume.GetTransformNodeID()
            self._observe(volume, volume.TransformModifiedEvent, self._on_transform)
            self._follow()  # it may have been moved while another clip was chosen
        if points is not None:
            self._observe(points, points.PointEndInteractionEvent, self._on_edit)

    def close(self) -> None:
        """Forget all nodes."""
        for node, tag in self._tags:
            node.RemoveObserver(tag)
        self._volume = self._points = self._transform = None
        self._tags = []

    def _observe(self, node: Any, event: Any, slot: Any) -> None:
        self._tags.append((node, node.AddObserver(event, slot)))

    def _tracks_on_screen(self) -> Any:
        if not self._session.is_clip:
            return None
        tracks = study.find_results(self._session.scene, self._session.browser).tracks
        return tracks.proxy if tracks is not None else None

    def _on_transform(self, *_arguments: Any) -> None:
        if self._volume is not None and self._volume.GetTransformNodeID() != self._transform:
            before, self._transform = self._transform, self._volume.GetTransformNodeID()
            parameters = self._session.parameters
            for node in (self._session.points, parameters.wallCurve if parameters is not None else None):
                if node is not None and node.GetTransformNodeID() == before:  # else it was put elsewhere on purpose
                    node.SetAndObserveTransformNodeID(self._transform)
            self._follow()

    def _follow(self) -> None:
        if self._session.is_clip:
            study.follow_clip(self._session.scene, self._session.browser)

    def _on_edit(self, *_arguments: Any) -> None:
        session = self._session
        found = study.find_results(session.scene, session.browser)
        if found.tracks is None or found.trajectories is None:
            return
        count = found.tracks.proxy.GetNumberOfControlPoints()
        changes = [read_change(session.browser, found.tracks.sequence, n, session.frame) for n in range(count)]
        trajectories.follow_changes(session.browser, found.trajectories, changes)
        self._look_at_sector(found.tracks.sequence)
        session.tracks_edited.emit()

    def _look_at_sector(self, sequence: Any) -> None:
        """Note anew which points leave the sector: that of tracking does not hold for points that were dragged."""
        cine, tracks = self._session.cine(), read_tracks(self._session.scene, sequence)
        renewed = tracks if cine is None else note_outside(cine, tracks)
        if renewed.options != tracks.options:
            write_options(sequence, renewed.options)
