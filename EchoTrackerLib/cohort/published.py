"""Rows of published tables, to stand beside one's own. They come from other data: they are no comparison.

Sources: Azad et al., EchoTracker, MICCAI 2024, arXiv:2405.08587, tables on https://riponazad.github.io/echotracker (the
GPU behind the times is not said there). Its first three clinical rows are from other publications and populations:
c-PWC-Net-60A: Evain et al. 2022; us2ai: Myhre et al., Eur Heart J Digit Health 2024; EchoPWCNet: Salte et al. 2021.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

MARK = "published, other data"


class PublishedTracking(NamedTuple):
    """A row of the table of trackers: percent within 1 ... 16 px and their mean, MTE in px of the 256 grid, seconds."""

    name: str
    within: tuple[int, int, int, int, int]
    average: int
    mte_px: float
    seconds: float


class PublishedStrain(NamedTuple):
    """A row of the clinical table, percent points: (mean, SD, mean absolute difference); None where not given."""

    name: str
    reference: tuple[float, float, Optional[float]]
    retest: Optional[tuple[float, float, float]]


TRACKING = (
    PublishedTracking("TAPIR", (14, 34, 67, 92, 99), 61, 3.64, 0.62),
    PublishedTracking("PIPs++", (15, 36, 70, 94, 100), 63, 3.28, 0.42),
    PublishedTracking("CoTracker", (19, 42, 74, 95, 100), 66, 3.02, 1.34),
    PublishedTracking("EchoTracker", (19, 43, 76, 96, 100), 67, 2.86, 0.24),
)
STRAIN = (
    PublishedStrain("c-PWC-Net-60A", (1.85, 2.73, None), None),
    PublishedStrain("us2ai", (0.68, 2.52, 2.0), None),
    PublishedStrain("EchoPWCNet", (-1.4, 1.9, 1.8), (0.0, 1.9, 1.6)),
    PublishedStrain("PIPs++", (-1.21, 1.95, 1.76), (0.11, 1.62, 1.28)),
    PublishedStrain("CoTracker", (-0.82, 2.40, 1.98), (-0.11, 2.47, 1.96)),
    PublishedStrain("EchoTracker", (-0.13, 1.78, 1.36), (-0.13, 1.55, 1.21)),
)
