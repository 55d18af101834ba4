"""The ring around the point that is being looked at."""

from __future__ import annotations

import numpy as np

from ..scene.review import hide_ring, show_ring
from .session import Session


def ring_point(session: Session, position: np.ndarray, label: str) -> None:
    """Ring a tracked point at (x, y) px of the frame on screen; not while annotating, when tracks are hidden."""
    if session.annotating:
        hide_ring(session.scene)
    else:
        show_ring(session.scene, session.proxy, position, label)
