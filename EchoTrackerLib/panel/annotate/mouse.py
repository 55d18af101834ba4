"""What the user does to the points of a set on screen: drags, clicks, Slicer's context menu, its module Markups."""

from __future__ import annotations

from typing import Any, Callable, Optional

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _
from ...scene.annotation.editor import AnnotationEditor
from ...scene.mrml.frames import Later, before_menu, stop_playback
from ..qt.dialogs import guarded
from .clicks import Clicks
from .editors import SetEditors

_TOUCHED = "Markups.MovingMarkupIndex"  # Slicer notes the number of the point on the list


class MouseEdits:
    """Makes edits of it. Slicer is handling the mouse: what is refused is said in a line, no dialog opens.

    Attributes:
        node: the point list on screen, or None.
        clicks: placing of points one after the other.
    """

    def __init__(
        self, editors: SetEditors, choose: Callable[[int], None], said: Callable[[str], None], later: Later
    ) -> None:
        """Begin without a set.

        Args:
            editors: of the section.
            choose: told the number of the point that is touched, -1 when it is not known.
            said: told after each edit what the user is to read.
            later: calls a function once Slicer is done with the event.
        """
        self._editors, self._session = editors, editors.session
        self._choose, self._said, self._later = choose, said, later
        self.clicks = Clicks(editors.session.scene, self._on_click, lambda: said(""), later)
        self.node: Any = None
        self._editor: Optional[AnnotationEditor] = None
        self._tags: list[int] = []
        self._display: Any = None
        self._menu_tag = 0
        self._dragging = False
        self._changed_frames: set[int] = set()

    @property
    def is_alive(self) -> bool:
        """Whether there is an editor whose nodes are still in the scene; others may remove them at any moment."""
        return self._editor is not None and self.node.GetScene() is not None and self._editors.chosen is not None

    def observe(self, editor: Optional[AnnotationEditor], node: Any) -> None:
        """Make edits of this set, whose point list on screen is `node`, from now on; None: of none."""
        for tag in self._tags:
            self.node.RemoveObserver(tag)
        if self._display is not None:
            self._display.RemoveObserver(self._menu_tag)
        self._editor, self.node, self._tags, self._dragging = editor, node, [], False
        self._display = None if node is None else node.GetDisplayNode()
        if self._display is not None:
            self._menu_tag = before_menu(self._display, self._on_menu)
        if node is not None:
            self._tags = [
                node.AddObserver(node.PointStartInteractionEvent, self._on_touch),
                node.AddObserver(node.PointEndInteractionEvent, self._on_drag),
                node.AddObserver(node.PointModifiedEvent, self._on_change),
                node.AddObserver(node.PointRemovedEvent, self._on_change),
            ]

    def place(self, on: bool) -> None:
        """Start or stop placing points by clicks."""
        self.clicks.stop()
        if on and self._editor is not None:
            stop_playback(self._session.browser)
            self.clicks.start(self._editor, self._session)
        self._said(self.instruction())

    def instruction(self) -> str:
        """Return what the next click does, "" when no points are being placed."""
        return self.clicks.instruction(self._editor) if self.clicks.active and self._editor is not None else ""

    def begin_frame(self) -> None:
        """Placing goes on with the first point that is not placed on this frame, and ends where there is none."""
        if not self.clicks.active or self._editor is None:
            return
        self.clicks.begin(self._editor)
        if self._editor.annotation.n_points and self._editor.annotation.states[:, self._session.frame].all():
            self._end_placing()
        else:
            self._said(self.instruction())

    def _on_menu(self, *_arguments: Any) -> None:
        """Stop playback: Slicer drops what its menu does while a clip plays."""
        if self._session.browser is not None:
            stop_playback(self._session.browser)

    def _on_touch(self, node: Any, _event: str) -> None:
        """Stop playback and choose the point that is touched."""
        self._dragging = True
        if self._session.browser is not None:
            stop_playback(self._session.browser)
        number = node.GetAttribute(_TOUCHED) or ""
        self._choose(int(number) if number.isdigit() else -1)

    def _on_drag(self, *_arguments: Any) -> None:
        self._dragging = False
        self._take_drag()
        self._on_change()  # what else changed meanwhile

    @guarded(_("The point could not be moved."))
    def _take_drag(self) -> None:
        if self._editor is None or not self.is_alive:
            return
        self._editors.claim_undo()
        try:
            moved = self._editor.take_drag()
            said = _("Only one point at a time can be moved; the others were put back.") if moved > 1 else ""
        except BadInput as error:
            said = str(error)
        self._said(said)

    def _on_change(self, *_arguments: Any) -> None:
        """Points on screen changed, by our own edits or by Slicer: look when the change is complete.

        Slicer's context menu clears and renames points, its module Markups takes coordinates as numbers.
        """
        if self._dragging:  # the end of the drag is one edit
            return
        if not self._changed_frames:
            self._later(self._take_menu)
        self._changed_frames.add(self._session.frame)

    @guarded(_("What was changed in Slicer's menu could not be taken over."))
    def _take_menu(self) -> None:
        """Make edits of what Slicer's context menu did to the set, or put it back."""
        frames, self._changed_frames = self._changed_frames, set()
        for frame in sorted(frames):
            if self._editor is None or not self.is_alive or self._dragging:
                return
            try:
                said = self._editor.take_menu(frame)
            except BadInput as error:
                said = str(error)
            if said:
                self._editors.claim_undo()
                self._said(said)

    @guarded(_("The point could not be placed."))
    def _on_click(self, world: np.ndarray) -> None:
        """Put the chosen point where the user clicked, and go on to the next one without a place on this frame."""
        if self._editor is None or not self.is_alive:
            self.clicks.stop()
            return
        self._editors.claim_undo()
        stop_playback(self._session.browser)
        try:
            self.clicks.place(self._editor, world, self._session.proxy)
        except BadInput as error:
            self._said(str(error))
            return
        if self.clicks.is_done(self._editor):
            self._end_placing()
        else:
            self._said(self.instruction())

    def _end_placing(self) -> None:
        self.clicks.stop()
        self._said(_("All points are placed on this frame."))
