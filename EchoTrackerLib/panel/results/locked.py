"""Tracked points are locked: what Slicer's context menu or its module Markups does to them all the same is put back."""

from __future__ import annotations

from typing import Any, Callable, Optional

from ...i18n import tr as _
from ...scene import results as study
from ...scene.clip.cine import cine_nodes
from ...scene.editing import Stored, read_stored, stored_item, write_stored
from ...scene.mrml.frames import Later, before_menu, stop_playback
from ...scene.mrml.nodes import show_current_frame
from ...scene.tracks import play_again
from ..session import Session


class LockedTracks:
    """Knows the points of the frame on screen, and puts them back when they change while they are locked."""

    def __init__(self, session: Session, say: Callable[[str], None], later: Later) -> None:
        """Begin without tracks.

        Args:
            session: whose clip's tracks are watched.
            say: told what the user is to read after something was put back.
            later: calls a function once Slicer is done with the event.
        """
        self._session, self._say, self._later = session, say, later
        self._sequence: Any = None
        self._proxy: Any = None
        self._display: Any = None
        self._tags: list[int] = []
        self._menu_tag = 0
        self._known: Optional[tuple[int, Stored]] = None
        self._dragging = False
        session.frame_changed.connect(self._note)

    def refresh(self, sequence: Any) -> bool:
        """Watch these tracks, None for none; return whether their point list was deleted and is made again."""
        browser = self._session.browser if self._session.is_clip else None
        if browser is None or sequence is None:
            self.close()
            return False
        again = play_again(self._session.scene, browser, sequence, "tracks")
        proxy = browser.GetProxyNode(sequence)
        if proxy is not self._proxy:
            self.close()
            self._sequence, self._proxy = sequence, proxy
            for event, slot in (
                (proxy.PointModifiedEvent, self._on_modified),
                (proxy.PointRemovedEvent, self._on_modified),
                (proxy.PointStartInteractionEvent, self._on_start),
                (proxy.PointEndInteractionEvent, self._on_end),
            ):
                self._tags.append(proxy.AddObserver(event, slot))
            self._display = proxy.GetDisplayNode()
            self._menu_tag = before_menu(self._display, self._on_menu)
            self._note(self._session.frame)
        if again:
            study.put_in_folder(self._session.scene, browser, [proxy])
            self._say(_("The tracked points were put back; hide them with Points, or delete the clip's folder."))
        return again

    def close(self) -> None:
        """Forget the nodes."""
        for tag in self._tags:
            self._proxy.RemoveObserver(tag)
        if self._display is not None:
            self._display.RemoveObserver(self._menu_tag)
        self._sequence = self._proxy = self._known = self._display = None
        self._tags, self._dragging = [], False

    def _note(self, frame: int) -> None:
        """Know the points of a frame."""
        session, self._known = self._session, None
        if self._sequence is not None and session.is_clip:
            self._known = frame, read_stored(self._item(frame))

    def _item(self, frame: int) -> Any:
        return stored_item(cine_nodes(self._session.browser), self._sequence, frame)

    def _on_menu(self, *_arguments: Any) -> None:
        """Stop playback: while a clip plays Slicer drops by itself what its menu does, and nobody says so."""
        if self._session.browser is not None:
            stop_playback(self._session.browser)

    def _on_start(self, *_arguments: Any) -> None:
        self._dragging = True

    def _on_end(self, *_arguments: Any) -> None:
        """Points can be dragged where the user unlocked them: that is an edit."""
        self._dragging = False
        self._note(self._session.frame)

    def _on_modified(self, *_arguments: Any) -> None:
        if self._known is not None and not self._dragging and not self._session.browser.GetPlaybackActive():
            self._later(self._put_back)

    def _put_back(self) -> None:
        known, proxy = self._known, self._proxy
        if known is None or proxy.GetScene() is None or not self._session.is_clip or not proxy.GetLocked():
            return
        frame, stored = known
        item = self._item(frame)
        if read_stored(item) == stored and proxy.GetNumberOfControlPoints() == len(stored.labels):
            return
        write_stored(item, stored)
        show_current_frame(self._session.browser)
        self._say(_("Tracked points are locked and were put back: reject them in Review, or track again."))
