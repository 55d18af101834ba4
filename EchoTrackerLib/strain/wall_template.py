"""The wall from three clicks: a curve to adjust, and lines of points across the wall."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from ..cine.geometry import resample_line
from ..resources import resource_path
from .layers import layer_names

WALL_FROM = ("template", "image")  # a fixed curve of the view between three landmarks, or looked for near it
VIEWS = ("A4C", "A2C", "APLAX", "RV", "SAX", "other")
ANNULUS_VIEWS = tuple(view for view in VIEWS if view != "SAX")  # whose wall three landmarks can tell
CURVE_POINTS = 9
_LAYERS_SHARE = 0.8  # of the thickness that the layers span: points on the very border lose the speckle


@dataclass(frozen=True)
class WallTemplate:
    """Starting shape of a wall; lengths are shares of the distance from annulus to apex.

    Attributes:
        bulge: how far the wall bends outwards of an ellipse.
        along: float [M], 0 (left annulus) to 1 (right annulus).
        thickness: float [M].
    """

    bulge: float
    along: np.ndarray
    thickness: np.ndarray


def wall_template(view: str) -> WallTemplate:
    """Return the template of a view (`VIEWS`)."""
    document = json.loads(resource_path("Wall/EchoTrackerWallTemplate.json").read_text(encoding="utf-8"))
    views = document["views"]
    facts = views.get(view, views["other"])
    return WallTemplate(facts["bulge"], np.array(document["along"]), np.array(facts["thickness"]))


def curve_from_clicks(clicks: np.ndarray, template: WallTemplate, count: int = CURVE_POINTS) -> np.ndarray:
    """Return `count` points [count, 2] of a wall through left annulus, apex and right annulus [3, 2], any unit.

    Both sides are quarters of an ellipse around the middle of the annulus, bent outwards by the template's bulge.
    """
    left, apex, right = np.asarray(clicks, dtype=np.float64)
    middle = (left + right) / 2
    angle = np.linspace(0.0, np.pi, count)
    across = np.cos(angle) + template.bulge * np.sin(2 * angle)  # 1 at the left annulus, -1 at the right
    curve = middle + across[:, None] * (left - right) / 2 + np.sin(angle)[:, None] * (apex - middle)
    return np.asarray(curve)


def apex_along(line: np.ndarray, apex: np.ndarray, count: int) -> float:
    """Return where `apex` [2] lies along a wall `line` [M, 2], as a number of its `count` points (`wall_points`)."""
    line = np.asarray(line, dtype=np.float64)
    steps = np.diff(line, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    share = ((apex - line[:-1]) * steps).sum(axis=1) / np.maximum(lengths**2, 1e-12)
    share = share.clip(0, 1)
    nearest = int(np.linalg.norm(line[:-1] + share[:, None] * steps - apex, axis=1).argmin())
    along = np.r_[0.0, np.cumsum(lengths)]
    return float((along[nearest] + share[nearest] * lengths[nearest]) / along[-1] * (count - 1))


def wall_points(
    line: np.ndarray, layers: int, count: int, template: WallTemplate
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return (labels, points [layers * count, 2]) across a wall whose middle is `line` [M, 2].

    Endocardium first; within a layer from the left annulus over the apex to the right one. Labels are
    "<layer> <number>", e.g. "mid 07".
    """
    middle = resample_line(line, count)
    tangent = np.gradient(middle, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-12)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=-1)
    inside = middle.mean(axis=0)
    if np.sum(normal * (middle - inside)) < 0:
        normal = -normal
    axis_length = np.linalg.norm(middle[count // 2] - (middle[0] + middle[-1]) / 2)
    thickness = axis_length * np.interp(np.linspace(0, 1, count), template.along, template.thickness)
    offsets = np.linspace(-0.5, 0.5, layers) * _LAYERS_SHARE if layers > 1 else np.zeros(1)
    points = np.concatenate([middle + offset * thickness[:, None] * normal for offset in offsets])
    width = len(str(count))
    labels = tuple(f"{layer} {i + 1:0{width}d}" for layer in layer_names(layers) for i in range(count))
    return labels, points
