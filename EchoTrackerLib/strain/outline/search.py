"""The wall through three landmarks, moved from its template to where the image shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..wall_template import WallTemplate, curve_from_clicks, wall_template
from .course import course_given, usual_covariances
from .evidence import PLACE, border_evidence, trained_networks
from .strip import PLACES, Strip, read_strip

DOUBT = 4.0  # of the variances: neighboring places repeat each other, and real clips differ from synthetic ones
CLEAR = 0.04  # SD of the distance after the search, share of the axis: above, the image says too little
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

    Two networks (`border_evidence`) say where in the clip (`read_strip`) the inner and the outer border seem to lie,
    and how much to doubt it; how far and how smoothly walls depart from templates is known, too. By both follows each
    network's most likely wall (`course_given`). The mean of these is taken; it goes through the clicks.

    Args:
        frames: uint8 [T, rows, cols].
        clicks: [3, 2] px.
        view: of `wall_template.VIEWS`.
        frame: 0-based, on which the clicks lie.
    """
    template = wall_template(view)
    strip = read_strip(frames, curve_from_clicks(clicks, template, PLACES), frame)
    place = np.linspace(0, 1, PLACES)
    usual = np.interp(place, template.along, template.thickness)
    offset, thickness, sd = _most_likely(strip, usual)
    weak = _beyond_image(strip, frames.shape[:0:-1]) | (sd > CLEAR) | (strip.contrast < LEAST_CONTRAST)
    apex = np.linalg.norm(strip.line - clicks[1], axis=1).argmin()
    clicked = np.isin(np.arange(PLACES), (0, apex, PLACES - 1))
    line = strip.line + (_faded(~weak & ~clicked) * offset * strip.unit_px)[:, None] * strip.normal
    thickness = usual + _faded(~weak) * (thickness - usual)
    return FoundWall(line, thickness, weak, replace(template, along=place, thickness=thickness))


def _most_likely(strip: Strip, usual: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean offset and thickness and the offset's SD, each [S], where the thickness is `usual` [S] at first."""
    place, found = np.linspace(0, 1, PLACES), []
    for network in trained_networks():
        depth, variance = border_evidence(strip, network)
        covariances = usual_covariances(PLACE, network["prior"])
        found.append(course_given(depth, DOUBT * variance, np.interp(PLACE, place, usual), covariances))
    offsets, thicknesses, sds = np.moveaxis(np.array(found), 1, 0)
    sd = np.sqrt((sds**2).mean(axis=0) + offsets.var(axis=0))
    mean = (offsets.mean(axis=0), thicknesses.mean(axis=0), sd)
    offset, thickness, sd = (np.interp(place, PLACE, values) for values in mean)
    return offset, thickness, sd


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
