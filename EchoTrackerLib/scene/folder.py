"""The clip's folder in the subject hierarchy: deleted by the user, it takes with it what was in it.

Slicer deletes what the tree shows, points on screen among it. The sequences behind them are not in the tree, and Slicer
would make their points anew with the next frame.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from .annotation.sequence import find_annotations
from .annotation.sets import remove_set
from .results import folder_of, is_folder, remove_results


class _Seen(NamedTuple):
    """A folder as it was: its item, the IDs of the trajectories and of each annotation set's points on screen."""

    item: int
    trajectories: str
    sets: dict[str, str]  # sequence's ID -> ID of its points on screen


class ClipFolder:
    """Remembers the folders of the clips in a scene."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._seen: dict[str, _Seen] = {}

    def look(self, browser: Any, trajectories: Any) -> bool:
        """Look at a clip's folder; when it was deleted, remove what was in it and return True.

        Args:
            browser: the clip's sequence browser.
            trajectories: the model of the clip's results, or None.
        """
        scene, key = self._scene, browser.GetID()
        item = folder_of(scene, browser)
        if item:
            sets = {s.GetID(): s for s in find_annotations(scene, browser)}
            proxies = {name: browser.GetProxyNode(s) for name, s in sets.items()}
            shown = {name: proxy.GetID() for name, proxy in proxies.items() if proxy is not None}
            self._seen[key] = _Seen(item, trajectories.GetID() if trajectories is not None else "", shown)
            return False
        before = self._seen.get(key)
        if before is None or is_folder(scene, before.item):
            return False
        del self._seen[key]
        if before.trajectories and scene.GetNodeByID(before.trajectories) is None:
            remove_results(scene, browser)
        for sequence in find_annotations(scene, browser):
            proxy = before.sets.get(sequence.GetID())
            if proxy is not None and scene.GetNodeByID(proxy) is None:
                remove_set(scene, sequence)
        return True

    def close(self) -> None:
        """Forget the folders; the scene is closing."""
        self._seen.clear()
