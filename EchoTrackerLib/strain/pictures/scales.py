"""The fixed color scales of the bull's-eye, for matplotlib's pictures and for Slicer's alike.

The tables are ColorBrewer's RdBu and YlOrBr (Brewer, colorbrewer2.org) and cividis (Nuñez et al., PLoS ONE
13(7):e0199239, 2018), all of which any color vision reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...i18n import readable

_RED_TO_BLUE = (
    (103, 0, 31), (178, 24, 43), (214, 96, 77), (244, 165, 130), (253, 219, 199), (247, 247, 247), (209, 229, 240),
    (146, 197, 222), (67, 147, 195), (33, 102, 172), (5, 48, 97),
)  # fmt: skip
_YELLOW_TO_BROWN = (
    (255, 255, 229), (255, 247, 188), (254, 227, 145), (254, 196, 79), (254, 153, 41), (236, 112, 20), (204, 76, 2),
    (153, 52, 4), (102, 37, 6),
)  # fmt: skip
_CIVIDIS = (
    (0, 34, 78), (26, 56, 111), (67, 78, 108), (97, 101, 111), (125, 124, 120), (155, 148, 118), (188, 174, 108),
    (222, 201, 88), (254, 232, 56),
)  # fmt: skip


@dataclass(frozen=True)
class Quantity:
    """What a bull's-eye shows, with its scale from low to high and the digits of its numbers.

    `source` is its name in a study, see `study.QUANTITIES`.
    """

    key: str
    source: str
    label: str
    low: float
    high: float
    colors: tuple[tuple[int, int, int], ...]
    digits: int

    def rgb(self, values: np.ndarray) -> np.ndarray:
        """Return the colors uint8 [..., 3] of values [...]; those beyond the scale have its last color."""
        share = np.clip((np.asarray(values, dtype=np.float64) - self.low) / (self.high - self.low), 0, 1)
        anchors = np.array(self.colors, dtype=np.float64)
        at = np.arange(len(anchors))
        place = np.nan_to_num(share) * (len(anchors) - 1)
        return np.rint(np.stack([np.interp(place, at, anchors[:, c]) for c in range(3)], axis=-1)).astype(np.uint8)

    def colormap(self) -> Any:
        """Return the same scale for matplotlib."""
        from matplotlib.colors import LinearSegmentedColormap

        return LinearSegmentedColormap.from_list(self.key, np.array(self.colors) / 255.0)

    def number(self, value: float) -> str:
        """Return a value as it is written into a segment."""
        return readable(value, self.digits)


STRAIN = Quantity(
    "strain", "end_systolic_percent", "end-systolic longitudinal strain (%)", -25.0, 25.0, _RED_TO_BLUE, 1
)
TIME_TO_PEAK = Quantity(
    "time-to-peak", "time_to_peak_ms", "time from ED to peak strain (ms)", 200.0, 600.0, _CIVIDIS, 0
)
POST_SYSTOLIC_INDEX = Quantity(
    "post-systolic-index", "post_systolic_index_percent", "post-systolic index (%)", 0.0, 50.0, _YELLOW_TO_BROWN, 0
)
QUANTITIES = (STRAIN, TIME_TO_PEAK, POST_SYSTOLIC_INDEX)


def is_dark(rgb: Sequence[float]) -> bool:
    """Return whether white text is read better than black on a color 0..1."""
    return sum(part * weight for part, weight in zip(rgb, (0.299, 0.587, 0.114))) < 0.5
