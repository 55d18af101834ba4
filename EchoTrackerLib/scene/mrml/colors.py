"""Colour tables that colour-blind people read and that stay visible on the dark of an ultrasound image.

Both run between blue and yellow or orange, which no common colour deficiency confuses (as cividis does: Nuñez et al.,
PLoS ONE 13(7):e0199239, 2018), and never become dark: "amount" rises in lightness throughout, "signed" to both sides
of a grey middle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import nodes

_ANCHORS = {
    "amount": ((62, 116, 214), (104, 146, 200), (150, 172, 172), (204, 196, 122), (244, 222, 72), (255, 247, 160)),
    "signed": (
        (120, 205, 255), (86, 160, 220), (100, 130, 160), (128, 128, 128),
        (180, 140, 90), (230, 150, 40), (255, 190, 90),
    ),
}  # fmt: skip
_SIZE = 256
_TABLE_NAME = "EchoTracker.ColourTable"

# Okabe and Ito's qualitative colours (2008), 0..1.
DISTINCT = tuple(
    (r / 255, g / 255, b / 255)
    for r, g, b in (
        (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167),
        (86, 180, 233), (213, 94, 0), (240, 228, 66), (120, 120, 120),
    )
)  # fmt: skip

# Points of a tracker and points placed by people; neither is a colour of the tables above.
PREDICTED, PLACED = DISTINCT[3], DISTINCT[1]


def colours(table: str) -> np.ndarray:
    """Return the RGB values 0..1 [256, 3] of "amount" or "signed", on the 8-bit grid that files keep."""
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
