"""What is noted on the handles of a wall's curve: how thick the wall is there, and whether the image showed it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...strain.wall_template import WallTemplate

_TEXT = "thickness {share:.4f}{template}"  # stored in scenes: never translate
_TEMPLATE = ", template"
_PATTERN = re.compile(r"thickness (\d\.\d+)(, template)?")


def note_wall(curve: Any, thickness: Sequence[float], weak: Sequence[bool]) -> None:
    """Note on each handle the thickness (share of the axis), and that the template stays there where `weak`."""
    for index, (share, stays) in enumerate(zip(thickness, weak)):
        text = _TEXT.format(share=share, template=_TEMPLATE if stays else "")
        curve.SetNthControlPointDescription(index, text)
    show_weak(curve)


def show_weak(curve: Any) -> None:
    """Show the handles where the template stays in the color of points that are not selected."""
    for index in range(curve.GetNumberOfControlPoints()):
        curve.SetNthControlPointSelected(index, not _noted(curve, index)[1])


def with_noted_thickness(template: WallTemplate, curve: Any) -> WallTemplate:
    """Return the template with the thickness noted on the curve's handles; as it is where fewer than two have one."""
    count = curve.GetNumberOfControlPoints()
    places = np.array([curve.GetNthControlPointPositionWorld(i) for i in range(count)]).reshape(-1, 3)
    shares = np.array([_noted(curve, index)[0] for index in range(count)])
    known = np.isfinite(shares)
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(places, axis=0), axis=1))]
    if known.sum() < 2 or not along[-1] > 0:
        return template
    return replace(template, along=along[known] / along[-1], thickness=shares[known])


def _noted(curve: Any, index: int) -> tuple[float, bool]:
    found = _PATTERN.fullmatch(curve.GetNthControlPointDescription(index) or "")
    return (float(found.group(1)), bool(found.group(2))) if found else (float("nan"), False)
