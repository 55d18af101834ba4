"""The numbers of the classical tracker, in px of its own scale (long side of the image: 320 px)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What the classical tracker can be tuned with.

    Attributes:
        gaps: frames between the two frames of a comparison.
        radius_px: of the windows while following from frame to frame.
        radii_px: of the windows in the rounds of measuring and solving.
        coarse_rounds: how many of these rounds look for a match on the next level first.
        cells: independent speckles in a window; sets the trust in images against the priors.
        acceleration_px: expected change of velocity from frame to frame.
        strain: expected difference of displacement of neighbours per px of distance.
        step_share: of `strain` and `bend` from one frame to the next.
        bend: expected change of strain along the wall over one px, growing with its root (wall only).
        cauchy: residuals beyond this many standard deviations lose their weight.
        closure_px: expected distance between a point's positions on frames of equal phase of different beats.
    """

    gaps: tuple[int, ...] = (1, 2, 4, 8, 16)
    radius_px: float = 14.0
    radii_px: tuple[float, ...] = (14.0,) * 6
    coarse_rounds: int = 2
    cells: float = 8.0
    acceleration_px: float = 0.1
    strain: float = 0.3
    step_share: float = 0.2
    bend: float = 0.015
    cauchy: float = 2.0
    closure_px: float = 1.5
