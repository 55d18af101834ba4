"""What a comparison changes outside its section: layout, linked views, drawn differences; and all of it taken back."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ...review.comparison import TracksComparison
from ...scene.annotation.sequence import EDITED
from ...scene.compare import compared as compare
from ...scene.compare.marks import add_differences, remove_differences, show_differences
from ...scene.compare.views import LinkedViews, show_volume, slice_node
from ...scene.mrml import layout
from ...scene.mrml.frames import current_frame
from ..point_size import MEDIUM, size_points
from ..session import Session


class CompareLayout:
    """Shows two sets of tracks side by side until `close`."""

    def __init__(self, session: Session, layout_node: Any) -> None:
        self._session, self._layout_node = session, layout_node
        self._observed: list[tuple[Any, int]] = []
        self._followed: list[tuple[Any, int]] = []
        self._edited: Callable[[], None] = lambda: None
        self._link: Optional[LinkedViews] = None
        self._before: Optional[int] = None
        self._model = ""
        self._frame = -1

    @property
    def shown(self) -> bool:
        """Whether the layout with both views is on screen."""
        return bool(self._layout_node.GetViewArrangement() == layout.SIDE_BY_SIDE)

    def open(self, left: Callable[[], None], edited: Callable[[], None]) -> None:
        """Show the layout and add the model of the differences.

        Args:
            left: called when another layout is shown.
            edited: called after points of a shown set were edited, or when the clip's browser reports something that is
                neither another frame nor playback, such as a new point.
        """
        shown = int(self._layout_node.GetViewArrangement())
        before = layout.show_layout(self._layout_node, layout.SIDE_BY_SIDE)
        self._before = before if shown == layout.SIDE_BY_SIDE else shown  # of a loaded scene
        self._model = add_differences(self._session.scene, self._session.browser).GetID()
        self._frame = self._session.frame

        def on_layout(*_arguments: Any) -> None:
            if not self.shown:
                left()

        def on_browser(browser: Any, _event: str) -> None:
            same, self._frame = current_frame(browser) == self._frame, current_frame(browser)
            if same and not browser.GetPlaybackActive():
                edited()

        pairs = ((self._layout_node, on_layout), (self._session.browser, on_browser))
        self._observed = [(node, node.AddObserver("ModifiedEvent", slot)) for node, slot in pairs]
        self._edited = edited

    def show(self, first: Any, second: Any) -> None:
        """Show two candidates (sequence nodes), each in its view, and link the views."""
        session = self._session
        left, right = (slice_node(session.scene, name) for name in (layout.CLIP_VIEW, layout.COMPARISON_VIEW))
        self._unlink()
        self._follow(first, second)
        if left is not None and right is not None:  # without Slicer's window there are none
            show_volume(session.scene, session.proxy)
            compare.show_apart(session.scene, session.browser, first, second, (left.GetID(), right.GetID()))
            self._link = LinkedViews(left, right)
        for sequence in (first, second):
            if not compare.is_ground_truth(sequence):
                size_points(session.browser.GetProxyNode(sequence).GetDisplayNode(), session, MEDIUM)

    def draw(self, comparison: TracksComparison, frame: int, selected: Optional[int]) -> None:
        """Draw the differences on a frame (0-based)."""
        model = self._session.scene.GetNodeByID(self._model)
        if model is not None:
            show_differences(self._session.browser, model, comparison, frame, selected)

    def close(self) -> None:
        """Take everything back; a layout that the user chose meanwhile stays."""
        for node, tag in self._observed:
            node.RemoveObserver(tag)
        self._observed = []
        self._follow()
        self._unlink()
        scene = self._session.scene
        remove_differences(scene)
        compare.show_together(scene)
        show_volume(scene, None)
        if self._before is not None and self.shown:
            self._layout_node.SetViewArrangement(self._before)
        self._before = None

    def tidy(self) -> None:
        """Undo what a scene that was saved during a comparison brought along."""
        compare.show_together(self._session.scene)
        if self.shown:
            layout.show_layout(self._layout_node)

    def _follow(self, *sequences: Any) -> None:
        """Tell of edits of these sets, and of no others."""
        for sequence, tag in self._followed:
            sequence.RemoveObserver(tag)
        self._followed = [(sequence, sequence.AddObserver(EDITED, self._on_edit)) for sequence in sequences]

    def _on_edit(self, *_arguments: Any) -> None:
        self._edited()

    def _unlink(self) -> None:
        if self._link is not None:
            self._link.stop()
            self._link = None
