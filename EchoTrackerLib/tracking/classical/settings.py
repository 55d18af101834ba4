"""The numbers of the classical tracker, in px of its own scale (long side of the image: 512 px)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What the classical tracker can be tuned with.

    Attributes:
        gaps: frames between the two frames of a comparison.
        long_gap: comparisons over at least this many frames use the coarser level and larger windows.
        radius_px: of the windows of short gaps, at the finest level.
        long_radius_px: of the windows of long gaps, at the second level.
        rounds: of measuring and solving.
        cells: independent speckles in a window; sets the trust in images against the priors.
        acceleration_px: expected change of velocity from frame to frame.
        strain: expected difference of displacement of neighbours per px of distance.
        bend: expected change of strain along the wall over one px, growing with its root (wall only).
        cauchy: residuals beyond this many standard deviations lose their weight.
        static: share of the stationary pattern (reverberation, haze) that is taken out of the frames.
    """

    gaps: tuple[int, ...] = (1, 2, 4, 8, 16)
    long_gap: int = 8
    radius_px: float = 8.0
    long_radius_px: float = 8.0
    rounds: int = 3
    cells: float = 8.0
    acceleration_px: float = 0.15
    strain: float = 0.10
    bend: float = 0.01
    cauchy: float = 2.0
    static: float = 0.0
    revisit: bool = True
    query_pairs: bool = True
    normal_support: float = 0.0
