"""Examinations of drawn patients with known GLS: a data set for `clinical`, test-retest included.

    python Testing/benchmarks/phantom_exams.py --out DIR --subjects 6
    echotracker clinical DIR/exams.csv --trackers classical,optical-flow,static --out table2

Each patient is seen twice in A4C and A2C: the second visit has other speckle and noise, another heart rate and a
contraction that differs by a few percent, as from day to day. The reference is the true strain of the whole mid-wall
at aortic valve closure, the mean of the views; the points lie on the true mid-wall at end-diastole.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "Testing" / "support")]

from cohort_clips import write_manifest  # noqa: E402

from EchoTrackerLib.phantom.parameters import WIDE, PhantomParameters, draw_parameters  # noqa: E402
from EchoTrackerLib.phantom.phantom import Phantom, generate  # noqa: E402
from EchoTrackerLib.phantom.sample import wall_points  # noqa: E402

FIRST_SEED, N_POINTS = 830_000, 40
VIEWS = ("A4C", "A2C")
BEATS = 1.3  # a whole beat, whatever the curve's doubt


def exam(subject: int, view: str, visit: int) -> PhantomParameters:
    """Return what one clip is made of."""
    seed = FIRST_SEED + 10 * subject + VIEWS.index(view)
    first = draw_parameters(seed, WIDE, view, beats=BEATS, start_phase=0.0)
    if visit == 1:
        return first
    rng = np.random.default_rng([seed, visit])
    return replace(
        first,
        seed=seed + 5,
        heart_rate=first.heart_rate * float(rng.normal(1, 0.05)),
        longitudinal=first.longitudinal * float(rng.normal(1, 0.03)),
    )


def true_gls(phantom: Phantom) -> float:
    """Return the strain (percent) of the whole mid-wall at aortic valve closure."""
    line = phantom.track(wall_points(phantom, "mid", N_POINTS), phantom.ed_frame)
    length = np.linalg.norm(np.diff(line, axis=0), axis=-1).sum(axis=0)
    return float(100 * (length[phantom.es_frame] / length[phantom.ed_frame] - 1))


def main() -> None:
    """Write DIR/exams.csv and its clips."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--subjects", type=int, default=6)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = []
    for subject in range(arguments.subjects):
        for visit in (1, 2):
            parts = []
            for view in VIEWS:
                phantom = generate(exam(subject, view, visit))
                name, cine = f"P{subject + 1:02d}-{visit}-{view}", phantom.cine
                facts = {"times_s": cine.times_s, "spacing_mm": np.array(cine.spacing_mm)}
                np.savez_compressed(arguments.out / f"{name}.npz", frames=cine.frames, **facts)
                with (arguments.out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                    points = wall_points(phantom, "mid", N_POINTS)
                    csv.writer(file).writerows(
                        [("label", "x_px", "y_px"), *((f"W{k + 1}", *map(float, xy)) for k, xy in enumerate(points))]
                    )
                row = {"subject": f"P{subject + 1:02d}", "visit": visit, "view": view, "clip": f"{name}.npz"}
                row |= {"points": f"{name}.csv", "query_frame": phantom.ed_frame}
                parts.append((row, true_gls(phantom)))
            reference = f"{np.mean([gls for _row, gls in parts]):.2f}"
            rows += [{**row, "reference_gls": reference} for row, _gls in parts]
    write_manifest(arguments.out / "exams.csv", rows)


if __name__ == "__main__":
    main()
