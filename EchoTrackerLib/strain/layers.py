"""Layers of the wall in the labels of points: "<layer> <number>", e.g. "mid 07", and their strain."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..tracks.tracks import Tracks
from .result import Strain
from .strain import measure_strain

LAYERS = ("endo", "mid", "epi")
_LAYER_NAMES = {1: ("mid",), 2: ("endo", "epi"), 3: LAYERS}
_MOST_LAYERS = 5
_LABEL = re.compile(r"(endo|mid|epi|L\d+)[ _.\-]*\d+", re.IGNORECASE)


def layer_names(layers: int) -> tuple[str, ...]:
    """Return the names of the layers from the cavity outwards."""
    return _LAYER_NAMES.get(layers, tuple(f"L{i + 1}" for i in range(layers)))


def layers_of(labels: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return the indices of each layer's points, from the cavity outwards; empty for labels that name no layers."""
    found = [_LABEL.fullmatch(label.strip()) for label in labels]
    if not found or not all(found):
        return {}
    names = [
        match.group(1).lower() if match.group(1)[0] not in "Ll" else match.group(1).upper() for match in found if match
    ]
    order = {name: i for i, name in enumerate((*LAYERS, *layer_names(_MOST_LAYERS)))}
    there = sorted(dict.fromkeys(names), key=lambda name: order.get(name, len(order)))
    return {name: np.flatnonzero([n == name for n in names]) for name in there}


def middle_layer(labels: tuple[str, ...]) -> tuple[str, np.ndarray]:
    """Return (name, indices) of the layer that strain is measured on: the middle one, or all points of a free list."""
    layers = layers_of(labels)
    if not layers:
        return "", np.arange(len(labels))
    names = list(layers)
    name = "mid" if "mid" in layers else names[len(names) // 2 if len(names) != 2 else 0]
    return name, layers[name]


@dataclass(frozen=True)
class LayeredStrain:
    """Strain of every layer of one file.

    Attributes:
        main: the layer that was asked for, or the middle one.
        others: the other layers by name, measured over the same beats.
        transverse_percent: float64 [T], strain across the wall between the innermost and the outermost layer, relative
            to the shown beat's end-diastole; None with one layer.
    """

    main: Strain
    others: dict[str, Strain]
    transverse_percent: Optional[np.ndarray]


def measure_layers(tracks: Tracks, layer: str = "", **settings: Any) -> LayeredStrain:
    """Measure each layer of tracks on its own; tracks whose labels name no layers are one line.

    Args:
        tracks: of one or several layers.
        layer: the main one; "" or "all" takes the middle one. Where labels name no layers it is only reported.
        settings: of `measure_strain`.

    Raises:
        BadInput: the layer is not there, or strain cannot be measured.
    """
    layers = layers_of(tracks.labels)
    if not layers:
        return LayeredStrain(measure_strain(tracks, layer="" if layer == "all" else layer, **settings), {}, None)
    name = middle_layer(tracks.labels)[0] if layer in ("", "all") else layer
    if name not in layers:
        raise BadInput(
            _("There is no layer '{name}'; these tracks have {names}.").format(name=name, names=", ".join(layers))
        )
    excluded = settings.pop("excluded", ())
    unknown = [label for label in excluded if label not in tracks.labels]
    if unknown:
        raise BadInput(
            _("There is no point called {names}. The points are: {names2}.").format(
                names=", ".join(unknown), names2=", ".join(tracks.labels)
            )
        )

    def measured(which: str, **more: Any) -> Strain:
        line = tracks.select(layers[which])
        own = tuple(label for label in excluded if label in line.labels)
        return measure_strain(line, layer=which, excluded=own, **{**settings, **more})

    main = measured(name)
    phases = [beat.phases for beat in main.beats]
    apex = settings.get("apex")
    others = {
        other: measured(other, phases=phases, apex=apex if apex in tracks.select(layers[other]).labels else None)
        for other in layers
        if other != name
    }
    return LayeredStrain(main, others, _transverse(tracks, layers, main) if others and not tracks.void_scale else None)


def _transverse(tracks: Tracks, layers: dict[str, np.ndarray], main: Strain) -> np.ndarray:
    """Return the relative change of the mean distance between the innermost and the outermost layer, percent [T].

    Each inner point is paired with the outer point that is nearest to it at end-diastole.
    """
    row, col = tracks.spacing_mm or (1.0, 1.0)
    names = list(layers)
    inner, outer = (tracks.select(layers[name]) for name in (names[0], names[-1]))
    a, b = (part.positions.astype(np.float64) * (col, row) for part in (inner, outer))
    apart = np.linalg.norm(a[:, None, main.ed] - b[None, :, main.ed], axis=-1)
    partner = np.where(np.isfinite(apart), apart, np.inf).argmin(axis=1)
    there = (inner.visible & outer.visible[partner]).astype(bool)
    distance = np.where(there, np.linalg.norm(a - b[partner], axis=-1), np.nan)
    both = np.isfinite(distance) & np.isfinite(distance[:, main.ed : main.ed + 1])
    now = np.where(both, distance, 0.0).sum(axis=0)
    then = np.where(both, distance[:, main.ed : main.ed + 1], 0.0).sum(axis=0)
    enough = both.mean(axis=0) > 5 / 6
    return np.where(enough & (then > 0), now / np.where(then > 0, then, 1.0) - 1, np.nan) * 100
