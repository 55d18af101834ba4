"""All results of one clip in one place."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

from ..cine.cine import Cine
from ..tracks.tracks import Tracks
from .cine import CineNodes, add_cine
from .tracks import TracksNodes, add_tracks


class StudyNodes(NamedTuple):
    """What `add_study` made."""

    cine: CineNodes
    tracks: Optional[TracksNodes]


def add_study(scene: Any, cine: Cine, tracks: Optional[Tracks] = None, strain: Optional[Any] = None) -> StudyNodes:
    """Add a clip and its results to the scene."""
    clip = add_cine(scene, cine)
    return StudyNodes(clip, None if tracks is None else add_tracks(scene, clip.browser, tracks))
