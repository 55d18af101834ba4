"""Editing one annotation set: edits and undo, re-tracking, finding one's way. What a panel or a script calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...annotation import edits
from ...annotation.annotation import Edit, State, next_frame, uncertain
from ...errors import BadInput
from ...history import History
from ...i18n import tr as _
from ...tracking.matching.pyramid import Pyramid
from ...tracking.retrack import clip_features, retrack_steps
from ..clip.cine import read_cine
from ..mrml.frames import current_frame, go_to_frame, stop_playback
from . import sequence as scene_annotation
from .record import MOVED_PX, AnnotationRecord


class AnnotationEditor(AnnotationRecord):
    """Edits the set of one sequence node; every edit is kept as `AnnotationRecord` says.

    Attributes:
        point: number of the chosen point.
        features: of the clip, for `retrack`; made on first use when nobody has set them.
    """

    def __init__(self, scene: Any, sequence: Any, journal_folders: Iterable[Path], annotator: str = "") -> None:
        """See `AnnotationRecord`."""
        super().__init__(scene, sequence, journal_folders, annotator)
        self.point = 0
        self.features: Optional[Pyramid] = None
        self._history: History[Edit] = History()

    @property
    def frame(self) -> int:
        """The 0-based frame on screen."""
        return current_frame(self._browser)

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return self._history.can_redo

    # -- edits -------------------------------------------------------------------------------
    def place(self, position: tuple[float, float]) -> None:
        """Put the chosen point at (x, y) px of the frame on screen."""
        self._do(edits.place(self.annotation, self.point, self.frame, position))

    def occlude(self, points: Optional[list[int]] = None) -> None:
        """Say that the chosen point, or these, cannot be seen on the frame on screen."""
        self._do(edits.occlude(self.annotation, self._chosen(points), self.frame))

    def accept(self, whole_track: bool = False, points: Optional[list[int]] = None) -> None:
        """Take the chosen point, or these, as if placed by hand, on the frame on screen or on all frames."""
        frames = list(range(self.annotation.n_frames)) if whole_track else [self.frame]
        self._do(edits.accept(self.annotation, self._chosen(points), frames, self.frame))

    def clear(self, points: Optional[list[int]] = None) -> None:
        """Forget the chosen point, or these, on the frame on screen."""
        self._do(edits.clear(self.annotation, self._chosen(points), [self.frame], self.frame))

    def interpolate(self, points: Optional[list[int]] = None) -> None:
        """Fill the frames between keyframes by a spline in time; the chosen point, or these."""
        self._do(edits.interpolate(self.annotation, self._chosen(points), self.frame))

    def propagate(self, start: int, end: int, points: Optional[list[int]] = None) -> None:
        """Copy the cycle start..end-1 to the next one; the chosen point, or these."""
        self._do(edits.propagate(self.annotation, self._chosen(points), start, end, self.frame))

    def retrack(self, neighbours: int = 0) -> None:
        """Track the chosen point again between the keyframes around the frame on screen; one undo step.

        Args:
            neighbours: so many points on each side in the order of the set are tracked as well.

        Raises:
            BadInput: no chosen point is placed by hand on any frame.
        """
        for _share in self.retrack_steps(neighbours):
            pass

    def retrack_steps(self, neighbours: int = 0, every: bool = False) -> Iterator[Optional[float]]:
        """Do what `retrack` does in short steps; nothing changes before the last.

        Yields the share of points that is done after each of them, None within one.

        Args:
            neighbours: as there.
            every: track all points, and on all frames that were not placed by hand.

        Raises:
            BadInput: no point is placed by hand on any frame, or the set was edited between two steps.
        """
        if self.features is None:
            self.features = clip_features(read_cine(self._browser))
        begun, frame, count = self.annotation, self.frame, self.annotation.n_points
        near = range(max(self.point - neighbours, 0), min(self.point + neighbours + 1, count))
        chosen = range(count) if every else near
        parts = []
        for number, point in enumerate(chosen):
            keys = np.flatnonzero(begun.keyframes[point])
            if len(keys):
                low, high = (0, begun.n_frames) if every else edits.surrounding(keys, frame, begun.n_frames)
                path, trust = yield from retrack_steps(self.features, keys, begun.positions[point, keys])
                piece = slice(low, high + 1)
                parts.append(edits.track(begun, point, low, path[piece], trust[piece], frame))
            yield (number + 1) / len(chosen)
            if self.annotation is not begun:
                raise BadInput(_("The set was edited while it was tracked again; the edit stays. Track again."))
        if not parts:
            raise BadInput(_("Place the point by hand on at least one frame."))
        self._do(edits.joined(parts))

    def add_point(self, label: str, segment: str = "") -> None:
        """Add a point that is placed nowhere yet, and choose it.

        Raises:
            BadInput: there is a point of this name.
        """
        super().add_point(label, segment)
        self.point = self.annotation.n_points - 1

    def take_drag(self) -> int:
        """Call after the user moved points on screen; return how many were moved: an edit is made when it is one.

        Moving one point places it. Moving several at once is dragging the whole list, an accident in Slicer that has
        no undo: it is put back.
        """
        stop_playback(self._browser)
        labels, _cells = scene_annotation.read_item(self._browser, self._sequence, self.frame)
        self._refuse_other_points(self.frame, labels)
        seen = scene_annotation.read_screen(self._browser, self._sequence)
        moved = self._moved(self.frame, seen)
        if len(moved) != 1:
            if len(moved):
                self._put_back(self.frame)
            return len(moved)
        self.point = moved[0]
        x, y = seen.positions[self.point].tolist()
        try:
            self.place((x, y))
        except BadInput:
            self._put_back(self.frame)
            raise
        return 1

    def take_menu(self, frame: int) -> str:
        """Call after Slicer's menu or its module Markups may have changed points on a frame; return what was done.

        "Clear control point position" clears points, "Rename" names them on all frames, new coordinates of one point
        place it: all as if done here. New places of several at once, another order or number of points are put back.

        Raises:
            BadInput: what the set cannot have; the frame is put back as it was.
        """
        labels, cells = scene_annotation.read_item(self._browser, self._sequence, frame)
        self._refuse_other_points(frame, labels)
        if labels != self.annotation.labels:
            return self._take_names(frame, labels)
        known = np.isin(self.annotation.states[:, frame], (State.PLACED, State.INTERPOLATED, State.TRACKER))
        gone = np.flatnonzero(known & (cells.states == State.NOT_ANNOTATED)).tolist()
        if not gone:
            return self._take_coordinates(frame, cells)
        self.point = gone[0]
        self._do(edits.clear(self.annotation, gone, [frame], frame))
        if len(gone) > 1:
            return _("{n} points were cleared on frame {k}.").format(n=len(gone), k=frame + 1)
        return _("{label} was cleared on frame {k}.").format(label=self.annotation.labels[gone[0]], k=frame + 1)

    def _take_names(self, frame: int, labels: tuple[str, ...]) -> str:
        ours, renamed, refused = self.annotation.labels, [], None
        for point in np.flatnonzero(np.array(labels) != np.array(ours)).tolist():
            try:
                if self.annotation.schema:
                    text = _("The points of this set follow the schema '{name}' and keep their names.")
                    raise BadInput(text.format(name=self.annotation.schema))
                self.name_point(point, labels[point].strip(), self.annotation.segments[point])
                renamed.append(_("{old} is now {new}.").format(old=ours[point], new=self.annotation.labels[point]))
                self.point = point
            except BadInput as error:
                refused = error
        if refused is not None:
            self._put_back(frame)
            raise refused
        return " ".join(renamed)

    def _refuse_other_points(self, frame: int, labels: tuple[str, ...]) -> None:
        """Put back what has another number or order of points: the `labels` stored for a frame, or what is shown."""
        ours = self.annotation.labels
        shown = scene_annotation.count_on_screen(self._browser, self._sequence)
        reordered = labels != ours and sorted(labels) == sorted(ours)
        if reordered or {len(labels), shown} != {len(ours)}:
            self._put_back(frame)
            raise BadInput(_("The points of a set are the same, in the same order, on all frames; they were put back."))

    def _take_coordinates(self, frame: int, cells: scene_annotation.Cells) -> str:
        moved = self._moved(frame, cells)
        if not moved:
            return ""
        try:
            if len(moved) > 1:
                raise BadInput(_("Only one point at a time can be moved; the others were put back."))
            x, y = cells.positions[moved[0]].tolist()
            edit = edits.place(self.annotation, moved[0], frame, (x, y))
        except BadInput:
            self._put_back(frame)
            raise
        self.point = moved[0]
        self._do(edit)
        return _("{label} was moved on frame {k}.").format(label=self.annotation.labels[moved[0]], k=frame + 1)

    def undo(self) -> bool:
        """Take back the last edit and show its frame; return whether there was one."""
        edit = self._history.undo()
        return self._replay(edit.inverse() if edit is not None else None)

    def redo(self) -> bool:
        """Do again what was taken back and show its frame; return whether there was something."""
        return self._replay(self._history.redo())

    # -- finding one's way -------------------------------------------------------------------
    def step_keyframe(self, direction: int) -> bool:
        """Show the next (1) or previous (-1) keyframe of the chosen point; return whether there is one."""
        (point,) = self._chosen()
        return self._show(next_frame(self.annotation.keyframes[point], self.frame, direction))

    def step_uncertain(self, direction: int) -> bool:
        """Show the next (1) or previous (-1) frame on which any point deserves a look, and choose that point."""
        doubtful = uncertain(self.annotation)
        frame = next_frame(doubtful, self.frame, direction)
        if frame is not None and not doubtful[self.point, frame]:
            self.point = int(np.argmax(doubtful[:, frame]))
        return self._show(frame)

    def step_point(self, direction: int) -> None:
        """Choose the next (1) or previous (-1) point; after the last comes the first."""
        self.point = (self.point + direction) % max(self.annotation.n_points, 1)

    # -- inside ------------------------------------------------------------------------------
    def _chosen(self, points: Optional[list[int]] = None) -> list[int]:
        """Return the points that are given, or the chosen one.

        Raises:
            BadInput: the set has no points yet.
        """
        if not self.annotation.n_points:
            raise BadInput(_("The set has no points yet: place them first."))
        return points or [self.point]

    def _moved(self, frame: int, cells: scene_annotation.Cells) -> list[int]:
        """Return the points that have another place on a frame than the set says."""
        known = self.annotation.annotated[:, frame]
        now = np.isin(cells.states, (State.PLACED, State.INTERPOLATED, State.TRACKER))
        apart = np.linalg.norm(cells.positions - self.annotation.positions[:, frame], axis=-1)
        return [int(point) for point in np.flatnonzero(now & (~known | (apart > MOVED_PX)))]

    def _do(self, edit: Edit) -> None:
        if edit.is_empty:
            return
        self.carry_out(edit)
        self._history.add(edit)

    def _replay(self, edit: Optional[Edit]) -> bool:
        if edit is None:
            return False
        self.carry_out(edit)  # before its frame is shown: that shows the points as they are then, once
        self._show(edit.frame)
        return True

    def _put_back(self, frame: int) -> None:
        scene_annotation.write_frame(self._browser, self._sequence, self.annotation, frame)

    def _show(self, frame: Optional[int]) -> bool:
        if frame is None:
            return False
        stop_playback(self._browser)
        go_to_frame(self._browser, frame)
        return True
