"""Colors on the dark of an ultrasound image: Slicer's own tables for amounts, Okabe and Ito's for what is distinct.

Tables of our own are not worth it: Slicer's Save dialog skips hidden ones, and no two versions read the same file. Both
tables in use differ in lightness as well as in hue and never become as dark as the image.
"""

from __future__ import annotations

from typing import Any

import numpy as np

# Red to yellow; cyan to blue below zero, red to yellow above it. They are in every scene and never saved.
_TABLES = {"amount": "vtkMRMLColorTableNodeIron", "signed": "vtkMRMLColorTableNodefMRI"}
_AMOUNT = ((255, 0, 0), (255, 230, 0))  # the ends of Iron, which is straight between them
EARLIER_TABLE = "EchoTracker.ColourTable"  # attribute of the tables that earlier versions made

# Okabe and Ito's qualitative colors (2008), 0..1.
DISTINCT = tuple(
    (r / 255, g / 255, b / 255)
    for r, g, b in (
        (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167),
        (86, 180, 233), (213, 94, 0), (240, 228, 66), (120, 120, 120),
    )
)  # fmt: skip

# Points of a tracker and points placed by people; neither is a color of the tables above.
PREDICTED, PLACED, REJECTED = DISTINCT[3], DISTINCT[1], DISTINCT[7]


def amount_color(share: float) -> tuple[int, int, int]:
    """Return the RGB 0..255 of "amount" at 0 (little) to 1 (much), for what is drawn outside a scene."""
    red, green, blue = (round(float(np.interp(share, (0, 1), ends))) for ends in zip(*_AMOUNT))
    return red, green, blue


def colour_node(scene: Any, table: str) -> Any:
    """Return Slicer's color node of "amount" or "signed"."""
    return scene.GetNodeByID(_TABLES[table])
