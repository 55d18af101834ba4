"""Colour tables that colour-blind people read: cividis for amounts, blue-grey-orange for signed values.

Anchors of cividis: Nuñez, Anderton and Renslow, PLoS ONE 13(7):e0199239, 2018. The signed table is monotonous in
lightness to both sides of its middle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import nodes

_ANCHORS = {
    "cividis": (
        (0, 34, 78), (18, 53, 112), (59, 73, 108), (87, 93, 109), (112, 113, 115),
        (138, 134, 120), (165, 156, 116), (195, 179, 105), (225, 204, 85), (254, 232, 56),
    ),
    "signed": (
        (5, 48, 97), (33, 102, 172), (67, 147, 195), (146, 197, 222), (226, 226, 226),
        (253, 184, 99), (224, 130, 20), (179, 88, 6), (127, 59, 8),
    ),
}  # fmt: skip
_SIZE = 256
_TABLE_NAME = "EchoTracker.ColourTable"

# Okabe and Ito's qualitative colours (2008), 0..1: prediction, ground truth, and the curves of a chart.
DISTINCT = tuple(
    (r / 255, g / 255, b / 255)
    for r, g, b in (
        (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167),
        (86, 180, 233), (213, 94, 0), (240, 228, 66), (120, 120, 120),
    )
)  # fmt: skip


def colours(table: str) -> np.ndarray:
    """Return the RGB values 0..1 [256, 3] of "cividis" or "signed", on the 8-bit grid that files keep."""
    anchors = np.array(_ANCHORS[table], dtype=np.float64)
    at = np.linspace(0.0, len(anchors) - 1, _SIZE)
    rgb = [np.interp(at, np.arange(len(anchors)), anchors[:, channel]) for channel in range(3)]
    return np.rint(np.stack(rgb, axis=-1)) / 255.0


def colour_node(scene: Any, table: str) -> Any:
    """Return the hidden colour node of this table, made when the scene has none yet."""
    for node in nodes.nodes_of(scene, "vtkMRMLColorTableNode"):
        if node.GetAttribute(_TABLE_NAME) == table:
            return node
    node = nodes.add_hidden(scene, "vtkMRMLColorTableNode", f"EchoTracker {table}")
    node.SetTypeToUser()
    node.SetNumberOfColors(_SIZE)
    for index, (red, green, blue) in enumerate(colours(table).tolist()):
        node.SetColor(index, str(index), red, green, blue, 1.0)
    node.SetAttribute(_TABLE_NAME, table)
    return node
