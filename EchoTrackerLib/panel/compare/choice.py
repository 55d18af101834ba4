"""Which two sets of the clip are compared, and the sets that are kept to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...errors import BadInput
from ...i18n import tr as _
from ...review.comparison import read_reference
from ...scene import results as study
from ...scene.compare import compared
from ...scene.compare.compared import Candidate
from ...scene.tracks import find_tracks, read_tracks
from ...tracks.known import known_of
from ..session import Session


class SetChoice:
    """The choice, which follows what the clip has.

    Attributes:
        first, second: IDs of sequence nodes, "" for none.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.first = self.second = ""

    def put_back(self) -> list[str]:
        """Make point lists of kept sets again that somebody deleted, e.g. by Slicer's menu; return their names."""
        session = self._session
        if session.browser is None or not session.is_clip:
            return []
        back = compared.keep_on_screen(session.scene, session.browser)
        return [str(session.browser.GetProxyNode(sequence).GetName()) for sequence in back]

    def follow(self) -> list[Candidate]:
        """Choose others in place of sets that are gone; return what the clip has."""
        found = compared.candidates(self._session.scene, self._session.browser) if self._session.is_clip else []
        ids = [candidate.id for candidate in found]
        if self.first not in ids:
            self.first = ids[0] if ids else ""
        if self.second not in ids or self.second == self.first:
            self.second = next((i for i in ids if i != self.first), "")
        return found

    def choose(self, first: str, second: str) -> None:
        """Choose two sets; where both are the same, the one that was not touched gives way."""
        if first == second:
            first, second = (self.second, second) if second != self.second else (first, self.first)
        self.first, self.second = first, second

    def nodes(self) -> tuple[Any, Any]:
        """Return both sequence nodes, None for one that is gone."""
        return self._node(self.first), self._node(self.second)

    def need_nodes(self) -> tuple[Any, Any]:
        """Return both sequence nodes.

        Raises:
            BadInput: there are not two sets, or one is gone.
        """
        if not self.second:
            raise BadInput(_("Keep these tracks, load a file, or make an annotation set to compare with first."))
        first, second = self.nodes()
        if first is None or second is None:
            raise BadInput(_("These tracks are no longer in the scene. Choose others."))
        return first, second

    def has_tracks(self) -> bool:
        """Return whether the clip has tracks of its own."""
        return self._session.is_clip and bool(find_tracks(self._session.scene, self._session.browser))

    def is_second_kept(self) -> bool:
        """Return whether the second set was kept or loaded."""
        return self._session.is_clip and self.second in {node.GetID() for node in self._kept()}

    def keep(self, name: str) -> Any:
        """Keep a copy of the clip's tracks under a name ("": the tracker's); return its nodes.

        Raises:
            BadInput: there are no tracks.
        """
        session = self._session
        if not self.has_tracks():
            raise BadInput(_("Track points first."))
        tracks = read_tracks(session.scene, find_tracks(session.scene, session.browser)[0])
        return compared.keep_tracks(session.scene, session.browser, tracks, name.strip() or tracks.tracker)

    def load(self, path: Path) -> Any:
        """Keep what is in a file of tracks or annotations; return its nodes.

        Raises:
            BadInput: it cannot be read, or does not fit the clip.
        """
        tracks = read_reference(path, known_of(self._session.need_cine()))
        return compared.keep_tracks(self._session.scene, self._session.browser, tracks, path.name.split(".")[0])

    def second_name(self) -> str:
        """Return the name of the second set."""
        return str(self._session.browser.GetProxyNode(self._node(self.second)).GetName())

    def remove_second(self) -> None:
        """Remove the second set from the scene."""
        study.remove_sequence(self._session.scene, self._session.browser, self._node(self.second))

    def close(self) -> None:
        """The scene is closing."""
        self.first = self.second = ""

    def _kept(self) -> list[Any]:
        return compared.find_kept(self._session.scene, self._session.browser)

    def _node(self, identifier: str) -> Any:
        return self._session.scene.GetNodeByID(identifier) if identifier else None
