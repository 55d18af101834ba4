"""The sample clips of the module, made offline with known motion."""

from __future__ import annotations

from typing import Any

from ...phantom.names import A4C, NOISY
from ...phantom.phantom import generate
from ...phantom.sample import SAMPLE_A4C, SAMPLE_NOISY, wall_points
from ..points import Points, add_points, note_frame
from .cine import add_cine

_COUNT = 31


def add_sample(scene: Any, name: str = A4C) -> list[Any]:
    """Add a sample clip with points on its wall; return [volume, points, browser].

    The points are hidden: the panel shows them once they are chosen.
    """
    phantom = generate(SAMPLE_NOISY if name == NOISY else SAMPLE_A4C)
    clip = add_cine(scene, phantom.cine)
    labels = tuple(f"mid {i + 1:02d}" for i in range(_COUNT))
    points = Points(labels, wall_points(phantom, "mid", _COUNT))
    node = add_points(scene, clip.proxy, points, f"{clip.sequence.GetName()} points")
    for index in range(_COUNT):
        note_frame(node, index, phantom.ed_frame)
    node.GetDisplayNode().SetVisibility(False)
    return [clip.proxy, node, clip.browser]
