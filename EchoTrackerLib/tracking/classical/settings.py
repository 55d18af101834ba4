"""The numbers of the classical tracker, in px of its own scale (long side of the image: 320 px)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """What the classical tracker can be tuned with.

    Attributes:
        gaps: frames between the two frames of a comparison.
        radius_px: of the windows.
        levels: of the pyramid, one for each round of measuring and solving.
        limit_px: of one step of a match, px of the level.
        enough_px: rounds on a level stop when hardly any position moves more, px of the level.
        again_px: wider windows are measured again when most positions have moved more.
        acceleration_px: expected change of velocity from frame to frame.
        strain: expected difference of displacement of neighbors along the wall per px of distance, beside an affine
            motion of the whole wall.
        bend: expected change of that strain over one px, growing with its root.
        free_strain: as `strain`, of points that aren't along a wall.
        step_share: of these three from one frame to the next.
        spacing_px: between the points along a wall at which it is followed.
        cauchy: residuals beyond this many standard deviations lose their weight.
        closure_px: expected distance between a point's positions on frames of equal phase of different beats.
    """

    gaps: tuple[int, ...] = (1, 2, 4, 8, 16)
    radius_px: float = 14.0
    levels: tuple[int, ...] = (1, 1, 1, 1, 0, 0, 0, 0)
    limit_px: float = 4.0
    enough_px: float = 0.05
    again_px: float = 0.3
    acceleration_px: float = 0.1
    strain: float = 0.6
    bend: float = 0.0075
    free_strain: float = 0.3
    step_share: float = 0.2
    spacing_px: float = 12.0
    cauchy: float = 2.0
    closure_px: float = 1.5
