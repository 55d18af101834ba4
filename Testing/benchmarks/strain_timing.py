"""How well end-diastole and end-systole are found in the wall's own curve: drawn hearts of the phantom's motion.

    python Testing/benchmarks/strain_timing.py --hearts 2000
    python Testing/benchmarks/strain_timing.py --hearts 2000 --closure-sd 20

Every heart begins at another phase of its cycle and its clip holds 1 to 3 beats. The truth is the motion model's own:
end-diastole at the R wave, end-systole at aortic valve closure. Errors are in ms against the exact times (not frames);
`said` is the share of the errors over 30 ms whose stated doubt is over 30 ms as well; `beyond the doubt` is the share
of all errors that are larger than the doubt stated.

The model's systole has one length at one heart rate, near to that of healthy people, which is also what the doubt of
end-systole knows; `--closure-sd` draws it around that, ms.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass

import numpy as np

from EchoTrackerLib.cine.geometry import resample_line
from EchoTrackerLib.phantom.anatomy import build_anatomy
from EchoTrackerLib.phantom.cycle import aortic_closure_s
from EchoTrackerLib.phantom.motion import build_motion
from EchoTrackerLib.phantom.parameters import TRAINING, WIDE, draw_parameters
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.tracks.tracks import Tracks

VIEWS = ("A4C", "A2C", "APLAX")
N_POINTS = 41
LIMIT_MS = 30.0


@dataclass(frozen=True)
class Heart:
    """True tracks of a drawn heart's mid-wall, and the exact times of its phases within and around the clip, s."""

    tracks: Tracks
    ed_s: np.ndarray
    es_s: np.ndarray
    cycle_s: float

    @property
    def complete(self) -> int:
        """Number of cycles that the clip holds from one end-diastole to the next, to half a frame."""
        times = self.tracks.times_s
        margin = 0.5 * (times[1] - times[0])
        inside = (self.ed_s >= times[0] - margin) & (self.ed_s <= times[-1] + margin)
        return max(int(inside.sum()) - 1, 0)


def other_systole(times_s: np.ndarray, cycle_s: float, closure_s: float, later_s: float) -> np.ndarray:
    """Return the model's times [T] at which it looks like a heart whose valve closes `later_s` later in each beat."""
    beat, within = np.divmod(times_s, cycle_s)
    return beat * cycle_s + np.interp(within, [0.0, closure_s + later_s, cycle_s], [0.0, closure_s, cycle_s])


def heart(seed: int, wide: bool = False, closure_sd_s: float = 0.0) -> Heart:
    """Return a drawn heart; deterministic in its seed."""
    rng = np.random.default_rng([seed, 1])
    clip = {"start_phase": float(rng.uniform(0, 1)), "beats": float(rng.uniform(1, 3))}
    p = draw_parameters(seed, WIDE if wide else TRAINING, VIEWS[seed % len(VIEWS)], **clip)
    times = np.arange(p.frame_count) / p.fps
    anatomy = build_anatomy(p)
    closure = aortic_closure_s(p.heart_rate)
    later = float(rng.normal(0.0, closure_sd_s)) if closure_sd_s else 0.0
    shown = other_systole(times + p.start_phase * p.cycle_s, p.cycle_s, closure, later)
    motion = build_motion(p, anatomy, shown)
    positions = motion.forward(resample_line(anatomy.mid, N_POINTS)).astype(np.float32)
    labels = tuple(f"W{i + 1}" for i in range(N_POINTS))
    tracks = Tracks(positions, np.ones(positions.shape[:2], dtype=bool), labels, times, (1.0, 1.0), tracker="truth")
    eds = (np.arange(-1, 6) - p.start_phase) * p.cycle_s
    return Heart(tracks, eds, eds + closure + later, p.cycle_s)


def errors_of(truth: Heart) -> tuple[list[tuple[float, float, float, float]], int]:
    """Return (ED error, its doubt, ES error, its doubt) in ms of every beat found complete, and how many there are."""
    times = truth.tracks.times_s
    rows = []
    for beat in measure_strain(truth.tracks).beats:
        phases = beat.phases
        if not phases.void_because:
            k = int(np.abs(truth.es_s - times[phases.es]).argmin())
            ed, es = times[phases.ed] - truth.ed_s[k], times[phases.es] - truth.es_s[k]
            rows.append((1000 * ed, phases.ed_doubt_ms, 1000 * es, phases.es_doubt_ms))
    return rows, truth.complete


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hearts", type=int, default=2000)
    parser.add_argument("--first-seed", type=int, default=500_000)
    parser.add_argument("--wide", action="store_true", help="the ranges of the accuracy benchmark")
    parser.add_argument("--closure-sd", type=float, default=0.0, help="SD of the time of valve closure, ms")
    arguments = parser.parse_args()
    drawn = (
        heart(arguments.first_seed + i, arguments.wide, arguments.closure_sd / 1000) for i in range(arguments.hearts)
    )
    found = [errors_of(one) for one in drawn]
    sys.stdout.write("\n".join(summary(found)) + "\n")
    return 0


def summary(found: list[tuple[list[tuple[float, float, float, float]], int]]) -> list[str]:
    """Return the lines of the table."""
    rows = np.array([row for part, _n in found for row in part])
    missed = sum(max(n - len(part), 0) for part, n in found)
    extra = sum(max(len(part) - n, 0) for part, n in found)
    lines = [
        f"{len(found)} hearts, {sum(n for _part, n in found)} complete cycles, {len(rows)} found, "
        f"{missed} missed, {extra} too many",
        "| | within 30 ms (%) | median (ms) | SD (ms) | over 30 ms | of these said (%) | doubt over 30 ms (%) | "
        "beyond the doubt (%) |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, column in (("ED", 0), ("ES", 2)):
        error, doubt = rows[:, column], rows[:, column + 1]
        wrong = np.abs(error) > LIMIT_MS
        said = 100 * np.mean(doubt[wrong] > LIMIT_MS) if wrong.any() else 100.0
        lines.append(
            f"| {name} | {100 * np.mean(~wrong):.1f} | {np.median(error):+.1f} | {error.std():.1f} | {wrong.sum()} | "
            f"{said:.0f} | {100 * np.mean(doubt > LIMIT_MS):.1f} | {100 * np.mean(np.abs(error) > doubt):.1f} |"
        )
    return lines


if __name__ == "__main__":
    raise SystemExit(main())
