"""The wall through three landmarks, moved from its template to where the image shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..wall_template import WallTemplate, curve_from_clicks, wall_template
from .chain import marginals
from .evidence import OFFSETS, THICKNESSES, wall_scores
from .strip import PLACES, Strip, read_strip

TRUST = 0.2  # in the scores: those of neighboring places repeat each other, and real clips differ from synthetic ones
AT_CLICKS, BETWEEN = 0.012, 0.05  # SD of the wall's distance from the template, at the clicks and added between them
OFFSET_STEP, THICKNESS_STEP = 0.010, 0.004  # SD of the changes from place to place
USUAL_THICKNESS = (0.1, 0.055)  # mean and SD
CLEAR = 0.55  # SD of the distance after the search, as a share of that before: above, the image says too little
LEAST_CONTRAST = 10.0  # gray levels across the line, below which the image says nothing
FADE_PLACES = 2.5  # over which the found wall goes over into the template
BORDER_PX = 0.5


@dataclass(frozen=True)
class FoundWall:
    """A wall from left annulus to right annulus.

    Attributes:
        line: float [S, 2] px, its middle at equal distances of the template.
        thickness: float [S], shares of the distance from annulus to apex.
        weak: bool [S], where the image says too little and the template stays.
        template: the view's, with the thickness that was found.
    """

    line: np.ndarray
    thickness: np.ndarray
    weak: np.ndarray
    template: WallTemplate


def find_wall(frames: np.ndarray, clicks: np.ndarray, view: str, frame: int) -> FoundWall:
    """Return the wall near the template through left annulus, apex and right annulus.

    The inner and the outer border are looked for together over the whole clip (`read_strip`): along the template a
    chain of offsets and thicknesses is weighed by what the image shows and by how far and how fast walls depart from
    templates; its mean is taken. Sum-product on a chain is exact (Bishop, Pattern Recognition, 2006, 8.4).

    Args:
        frames: uint8 [T, rows, cols].
        clicks: [3, 2] px.
        view: of `wall_template.VIEWS`.
        frame: 0-based, on which the clicks lie.
    """
    template = wall_template(view)
    strip = read_strip(frames, curve_from_clicks(clicks, template, PLACES), frame)
    prior = _prior_sd()
    offset, thickness, spread = _most_likely(wall_scores(strip), prior)
    usual = np.interp(np.linspace(0, 1, PLACES), template.along, template.thickness)
    weak = _beyond_image(strip, frames.shape[:0:-1]) | (spread > CLEAR * prior) | (strip.contrast < LEAST_CONTRAST)
    kept = _faded(~weak)
    line = strip.line + (kept * offset * strip.unit_px)[:, None] * strip.normal
    thickness = usual + kept * (thickness - usual)
    return FoundWall(line, thickness, weak, replace(template, along=np.linspace(0, 1, PLACES), thickness=thickness))


def _prior_sd() -> np.ndarray:
    """Return the SD [S] of the wall's distance from the template: least at the three clicks."""
    place = np.linspace(0, 1, PLACES)
    near = np.abs(place[:, None] - np.array([0.0, 0.5, 1.0])).min(axis=1)
    return np.asarray(AT_CLICKS + BETWEEN * np.sin(0.5 * np.pi * near / 0.25))


def _most_likely(scores: np.ndarray, prior_sd: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean offset and thickness and the offset's SD, each [S], for scores [S, O, W]."""
    mean, sd = USUAL_THICKNESS
    score = TRUST * scores - 0.5 * (OFFSETS[:, None] / prior_sd[:, None, None]) ** 2
    score = score - 0.5 * ((THICKNESSES - mean) / sd) ** 2
    steps = tuple(
        -0.5 * (np.arange(-reach, reach + 1) * (grid[1] - grid[0]) / sd) ** 2
        for grid, reach, sd in ((OFFSETS, 3, OFFSET_STEP), (THICKNESSES, 2, THICKNESS_STEP))
    )
    chance = marginals(score, (steps[0], steps[1]))
    of_offset, of_thickness = chance.sum(axis=2), chance.sum(axis=1)
    offset = of_offset @ OFFSETS
    spread = np.sqrt((of_offset * (OFFSETS - offset[:, None]) ** 2).sum(axis=1))
    return offset, of_thickness @ THICKNESSES, spread


def _beyond_image(strip: Strip, size: tuple[int, ...]) -> np.ndarray:
    """Return bool [S]: where the template lies outside the image."""
    inside = (strip.line >= -BORDER_PX) & (strip.line <= np.array(size) - 1 + BORDER_PX)
    return np.asarray(~inside.all(axis=1))


def _faded(kept: np.ndarray) -> np.ndarray:
    """Return 0..1 [S]: 0 where not kept, rising smoothly to 1 away from there."""
    from scipy.ndimage import distance_transform_edt

    if kept.all():
        return np.ones(len(kept))
    away = distance_transform_edt(kept)
    return np.asarray(1 - np.exp(-0.5 * (away / FADE_PLACES) ** 2))
