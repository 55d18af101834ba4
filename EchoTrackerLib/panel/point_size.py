"""How points look: sized to the image, whatever its pixel size."""

from __future__ import annotations

from typing import Any

from ..scene.mrml import plane
from .session import Session

SMALL, MEDIUM = 0.012, 0.015  # of the image's width


def size_points(display: Any, session: Session, share: float, labels: bool = False) -> None:
    """Size the points of a markups display node to a share of the image's width, with or without their labels."""
    row, column = plane.spacing_of(plane.pixel_matrix(session.proxy))
    display.SetUseGlyphScale(False)
    display.SetGlyphSize(share * session.need_cine().size[0] * max(row, column))
    display.SetPointLabelsVisibility(labels)
    display.SetPropertiesLabelVisibility(False)
