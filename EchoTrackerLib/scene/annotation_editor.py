"""Editing one annotation set: scene, undo, journal and re-tracking kept together. What a panel or a script calls.

Every edit is in the journal before it is in the scene, so that a crash loses at most the edit in flight.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..tracking.retrack import ClipFeatures, clip_features, retrack
from ..tracks import annotation_edits as edits
from ..tracks.annotation import Annotation, Cells, Edit, State, apply, next_frame, uncertain, with_point
from ..tracks.history import History
from ..tracks.journal import Journal, Recovered
from . import annotation as scene_annotation
from .annotation_sets import rename_set, set_name
from .cine import read_cine
from .frames import current_frame, go_to_frame, stop_playback
from .nodes import browser_of

_MOVED_PX = 1e-3  # a stored position passes through RAS; a bigger difference is a drag


class AnnotationEditor:
    """Edits the set of one sequence node; one editor a set, `close` it before the scene closes.

    Attributes:
        annotation: the set as it is now.
        point: number of the chosen point.
        features: of the clip, for `retrack`; made on first use when nobody has set them.
    """

    def __init__(self, scene: Any, sequence: Any, journal_folders: Iterable[Path], annotator: str = "") -> None:
        """Unlock the set and begin its journal.

        Raises:
            BadInput: the set is not played with a clip, or no journal can be written.
        """
        self._scene, self._sequence = scene, sequence
        self._browser = browser_of(scene, sequence)
        self.annotation: Annotation = scene_annotation.read_annotation(scene, sequence)
        self.point = 0
        self._folders = tuple(journal_folders)
        self._history = History()
        self.features: Optional[ClipFeatures] = None
        if annotator:
            self.annotation = replace(self.annotation, annotator=annotator)
        self._journal: Optional[Journal] = self._new_journal()
        self._edited = _now()
        scene_annotation.set_editable(self._browser, sequence, True)

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

    @property
    def unsaved(self) -> int:
        """Number of edits that are in the journal but in no file of the set."""
        return 0 if self.is_saved() else self.journalled

    @property
    def journalled(self) -> int:
        """Number of edits in the journal."""
        return self._journal.count if self._journal is not None else 0

    # -- edits -------------------------------------------------------------------------------
    def place(self, position: tuple[float, float]) -> None:
        """Put the chosen point at (x, y) px of the frame on screen."""
        self._do(edits.place(self.annotation, self.point, self.frame, position))

    def occlude(self, points: Optional[list[int]] = None) -> None:
        """Say that the chosen point, or these, cannot be seen on the frame on screen."""
        self._do(edits.occlude(self.annotation, points or [self.point], self.frame))

    def accept(self, whole_track: bool = False, points: Optional[list[int]] = None) -> None:
        """Take the chosen point, or these, as if placed by hand, on the frame on screen or on all frames."""
        frames = list(range(self.annotation.n_frames)) if whole_track else [self.frame]
        self._do(edits.accept(self.annotation, points or [self.point], frames, self.frame))

    def clear(self, points: Optional[list[int]] = None) -> None:
        """Forget the chosen point, or these, on the frame on screen."""
        self._do(edits.clear(self.annotation, points or [self.point], [self.frame], self.frame))

    def interpolate(self, points: Optional[list[int]] = None) -> None:
        """Fill the frames between keyframes by a spline in time; the chosen point, or these."""
        self._do(edits.interpolate(self.annotation, points or [self.point], self.frame))

    def propagate(self, start: int, end: int, points: Optional[list[int]] = None) -> None:
        """Copy the cycle start..end-1 to the next one; all points, or these."""
        every = list(range(self.annotation.n_points))
        self._do(edits.propagate(self.annotation, points or every, start, end, self.frame))

    def retrack(self, neighbours: int = 0) -> None:
        """Track the chosen point again between the keyframes around the frame on screen; one undo step.

        Args:
            neighbours: so many points on each side in the order of the set are tracked as well.

        Raises:
            BadInput: no chosen point is placed by hand on any frame.
        """
        if self.features is None:
            self.features = clip_features(read_cine(self._browser))
        first, last = max(self.point - neighbours, 0), min(self.point + neighbours + 1, self.annotation.n_points)
        parts = []
        for point in range(first, last):
            keys = np.flatnonzero(self.annotation.keyframes[point])
            if len(keys):
                low, high = _surrounding(keys, self.frame, self.annotation.n_frames)
                path, trust = retrack(self.features, keys, self.annotation.positions[point, keys])
                piece = slice(low, high + 1)
                parts.append(edits.track(self.annotation, point, low, path[piece], trust[piece], self.frame))
        if not parts:
            raise BadInput(_("Place the point by hand on at least one frame."))
        self._do(_joined(parts))

    def add_point(self, label: str, segment: str = "") -> None:
        """Add a point that is placed nowhere yet, and choose it.

        Raises:
            BadInput: there is a point of this name.
        """
        annotation = with_point(self.annotation, label, segment)
        self._writing().add_point(label, segment)
        self.annotation = annotation
        scene_annotation.write_point(self._browser, self._sequence, label)
        scene_annotation.write_facts(self._sequence, annotation)
        self._edited = _now()
        self.point = annotation.n_points - 1

    def sign(self, annotator: str) -> None:
        """Note who annotates, also in the journal."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self._writing().note(annotator, now)
        self.annotation = replace(self.annotation, annotator=annotator, modified=now)
        scene_annotation.write_facts(self._sequence, self.annotation)
        self._edited = _now()

    def take_drag(self) -> int:
        """Call after the user moved points on screen; return how many were moved: an edit is made when it is one.

        Moving one point places it. Moving several at once is dragging the whole list, an accident in Slicer that has
        no undo: it is put back.
        """
        stop_playback(self._browser)
        seen = scene_annotation.read_screen(self._browser, self._sequence)
        known = self.annotation.annotated[:, self.frame]
        now = np.isin(seen.states, (State.PLACED, State.INTERPOLATED, State.TRACKER))
        apart = np.linalg.norm(seen.positions - self.annotation.positions[:, self.frame], axis=-1)
        moved = np.flatnonzero(now & (~known | (apart > _MOVED_PX)))
        if len(moved) != 1:
            if len(moved):
                self._put_back()
            return len(moved)
        self.point = int(moved[0])
        x, y = seen.positions[self.point].tolist()
        try:
            self.place((x, y))
        except BadInput:
            self._put_back()
            raise
        return 1

    def undo(self) -> bool:
        """Take back the last edit and show its frame; return whether there was one."""
        return self._replay(self._history.undo())

    def redo(self) -> bool:
        """Do again what was taken back and show its frame; return whether there was something."""
        return self._replay(self._history.redo())

    def rename(self, name: str) -> str:
        """Rename the set, also in the journal; return its name, which has a number when another node is called so."""
        name = rename_set(self._scene, self._sequence, name)
        self._writing().rename(name)
        return name

    # -- finding one's way -------------------------------------------------------------------
    def step_keyframe(self, direction: int) -> bool:
        """Show the next (1) or previous (-1) keyframe of the chosen point; return whether there is one."""
        return self._show(next_frame(self.annotation.keyframes[self.point], self.frame, direction))

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

    # -- end ---------------------------------------------------------------------------------
    def is_saved(self) -> bool:
        """Return whether the set was written to a file, with the scene or alone, after the last edit.

        Slicer's flag "modified since read" does not say it: writing an .mrb sets it again.
        """
        storage = self._sequence.GetStorageNode()
        return storage is not None and storage.GetStoredTime().GetMTime() > self._edited

    def agrees_with_scene(self) -> bool:
        """Return whether nobody else changed the set, e.g. Slicer's own markups panel."""
        try:
            stored = scene_annotation.read_annotation(self._scene, self._sequence)
        except BadInput:
            return False
        ours = self.annotation
        if stored.labels != ours.labels or not np.array_equal(stored.states, ours.states):
            return False
        return bool(np.nanmax(np.abs(stored.positions - ours.positions), initial=0.0) < _MOVED_PX)

    def set_editable(self, editable: bool) -> None:
        """Unlock or lock the points; the journal goes on."""
        scene_annotation.set_editable(self._browser, self._sequence, editable)

    def saved(self, journal_folders: Optional[Iterable[Path]] = None) -> None:
        """The scene was saved: what the journal holds is not needed any more; a new one begins, in these folders."""
        if journal_folders is not None:
            self._folders = tuple(journal_folders)
        old, self._journal = self._journal, self._new_journal()
        if old is not None:
            old.discard()

    def close(self) -> None:
        """Lock the set and remove the journal; the set stays in the scene."""
        if self._journal is not None:
            self._journal.discard()
            self._journal = None
            scene_annotation.set_editable(self._browser, self._sequence, False)

    def leave(self) -> None:
        """Stop, because the scene or the set goes away; a journal of what is in no file stays, to be restored."""
        if self._journal is None:
            return
        if self.unsaved:
            self._journal.close()
        else:
            self._journal.discard()
        self._journal = None

    def _new_journal(self) -> Journal:
        return Journal(self.annotation, self._folders, set_name(self._scene, self._sequence))

    def _do(self, edit: Edit) -> None:
        if edit.is_empty:
            return
        self._carry_out(edit)
        self._history.add(edit)

    def _replay(self, edit: Optional[Edit]) -> bool:
        if edit is None:
            return False
        self._show(edit.frame)
        self._carry_out(edit)
        return True

    def _carry_out(self, edit: Edit) -> None:
        self._writing().add(edit)
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        self.annotation = replace(apply(self.annotation, edit), modified=now)
        scene_annotation.write_edit(self._browser, self._sequence, edit)
        scene_annotation.write_facts(self._sequence, self.annotation)
        self._edited = _now()

    def _writing(self) -> Journal:
        if self._journal is None:
            raise BadInput(_("Editing of this set has ended."))
        return self._journal

    def _put_back(self) -> None:
        scene_annotation.write_frame(self._browser, self._sequence, self.annotation, self.frame)

    def _show(self, frame: Optional[int]) -> bool:
        if frame is None:
            return False
        stop_playback(self._browser)
        go_to_frame(self._browser, frame)
        return True


def restore(scene: Any, browser: Any, recovered: Recovered, name: str) -> Any:
    """Put a set that a crash left in a journal beside the clip; return its sequence node.

    Raises:
        BadInput: it was made on a clip of another number of frames.
    """
    return scene_annotation.add_annotation(scene, browser, recovered.annotation, name).sequence


def _now() -> int:
    """Return a moment that compares with the stored time of a storage node."""
    import vtk

    stamp = vtk.vtkTimeStamp()
    stamp.Modified()
    return int(stamp.GetMTime())


def _surrounding(keys: np.ndarray, frame: int, count: int) -> tuple[int, int]:
    """Return the first and the last frame to track: from the keyframe before `frame` to the one after it."""
    before, after = keys[keys < frame], keys[keys > frame]
    return (int(before[-1]) if len(before) else 0), (int(after[0]) if len(after) else count - 1)


def _joined(parts: list[Edit]) -> Edit:
    """Return several edits as one."""
    old, new = (
        Cells(*(np.concatenate(arrays) for arrays in zip(*sides)))
        for sides in ([part.old for part in parts], [part.new for part in parts])
    )
    points, frames = (np.concatenate([getattr(part, name) for part in parts]) for name in ("points", "frames"))
    return replace(parts[0], points=points, frames=frames, old=old, new=new)
