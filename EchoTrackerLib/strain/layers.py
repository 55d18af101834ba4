"""Layers of the wall in the labels of points: "<layer> <number>", e.g. "mid 07"."""

from __future__ import annotations

import numpy as np

_LAYER_NAMES = {1: ("mid",), 2: ("endo", "epi"), 3: ("endo", "mid", "epi")}
_MOST_LAYERS = 5


def layer_names(layers: int) -> tuple[str, ...]:
    """Return the names of the layers from the cavity outwards."""
    return _LAYER_NAMES.get(layers, tuple(f"L{i + 1}" for i in range(layers)))


def middle_layer(labels: tuple[str, ...]) -> tuple[str, np.ndarray]:
    """Return (name, indices) of the layer that strain is measured on: the middle one, or all points of a free list."""
    names = [label.rpartition(" ")[0] for label in labels]
    order = list(dict.fromkeys(names))
    if order in [list(layer_names(n)) for n in range(1, _MOST_LAYERS + 1)]:
        name = order[len(order) // 2] if len(order) != 2 else order[0]
        return name, np.flatnonzero([n == name for n in names])
    return "", np.arange(len(labels))
