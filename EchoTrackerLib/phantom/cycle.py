"""The heart's timing: how far the deformation has come at each moment of the beat."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from .parameters import PhantomParameters


def aortic_closure_s(heart_rate: float) -> float:
    """Time from the R peak to aortic valve closure in s (linear in heart rate, after Weissler's systolic intervals)."""
    return float(max(0.5 - 0.0018 * heart_rate, 0.22))


def activity(parameters: PhantomParameters, times_s: np.ndarray) -> np.ndarray:
    """Fraction of the peak deformation, 0 at end-diastole and 1 at end-systole; periodic.

    Isovolumic contraction, ejection, isovolumic relaxation, rapid filling, diastasis and atrial kick are knots of a
    monotone piecewise cubic curve.

    Args:
        parameters: heart rate and level in diastasis.
        times_s: any shape, 0 at end-diastole.
    """
    cycle, closure = parameters.cycle_s, aortic_closure_s(parameters.heart_rate)
    rest = cycle - closure
    relaxation = closure + min(0.07, 0.2 * rest)
    filled = relaxation + min(0.14, 0.35 * rest)
    kick = max(cycle - 0.12, filled + 0.15 * rest)
    level = parameters.diastasis_level
    knots = np.array([0.0, 0.035, 0.55 * closure, closure, relaxation, filled, kick, cycle])
    values = np.array([0.0, 0.03, 0.72, 1.0, 0.95, level, 0.85 * level, 0.0])
    curve = PchipInterpolator(
        np.r_[knots[-3:-1] - cycle, knots, knots[1:3] + cycle], np.r_[values[-3:-1], values, values[1:3]]
    )
    return curve(np.mod(times_s, cycle))


def segment_activity(parameters: PhantomParameters, times_s: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Activity along the wall, with each segment's gain, delay and post-systolic shortening.

    Args:
        parameters: segment values.
        times_s: [T], 0 at end-diastole.
        along: [S] place on the wall, 0 left base to 1 right base.

    Returns:
        [T, S]
    """
    count = len(parameters.segment_gain)
    centres = (np.arange(count) + 0.5) / count
    closed = parameters.view == "SAX"

    def spread(values: tuple[float, ...]) -> np.ndarray:
        """Smooth interpolation of the segments' values by overlapping bells."""
        distance = along[:, None] - centres[None]
        if closed:
            distance = (distance + 0.5) % 1.0 - 0.5
        weights = np.exp(-0.5 * (distance * count / 0.55) ** 2)
        return (weights / weights.sum(axis=1, keepdims=True)) @ np.asarray(values)

    gain, delay, post = (
        spread(v) for v in (parameters.segment_gain, parameters.segment_delay_s, parameters.segment_post_systolic)
    )
    local = times_s[:, None] - delay[None]
    start = activity(parameters, -delay)[None]  # zero at end-diastole in every segment
    after = np.mod(times_s, parameters.cycle_s)[:, None] - aortic_closure_s(parameters.heart_rate) - 0.06
    width = min(0.05, 0.12 * parameters.cycle_s)
    bump = np.exp(-0.5 * (after / width) ** 2)
    return gain * (activity(parameters, local) - start) + post * bump


def opening(parameters: PhantomParameters, times_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far the inflow (E and A wave) and the outflow valves are open, 0..1, each of the shape of `times_s`."""
    cycle, closure = parameters.cycle_s, aortic_closure_s(parameters.heart_rate)
    t = np.mod(times_s, cycle)
    rest = cycle - closure
    e_wave = np.exp(-0.5 * ((t - closure - 0.34 * min(rest, 0.45)) / (0.12 * min(rest, 0.45) + 0.01)) ** 2)
    a_wave = 0.7 * np.exp(-0.5 * ((t - cycle + 0.09) / 0.03) ** 2)
    between = 0.35 * ((t > closure + 0.2 * rest) & (t < cycle - 0.05))
    outflow = np.clip(np.sin(np.pi * np.clip((t - 0.04) / max(closure - 0.04, 0.1), 0, 1)), 0, 1) ** 0.3
    return np.maximum(np.maximum(e_wave, a_wave), between), outflow
