"""Fit and check the confidence model on the phantom: `python Testing/benchmarks/calibrate_confidence.py --clips 24`.

Clips with drawn parameters are tracked; a logistic model of "less than 4 px off on the 256 x 256 grid" is fitted to the
quality measures and judged on clips it has not seen (leave one clip out; expected calibration error over ten equal
bins). The coefficients printed for 4 px belong into `EchoTrackerLib/tracks/quality.py`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from EchoTrackerLib.phantom.parameters import draw_parameters
from EchoTrackerLib.phantom.phantom import generate
from EchoTrackerLib.phantom.sample import wall_points
from EchoTrackerLib.tracking.confidence import with_confidence
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions
from EchoTrackerLib.tracks.quality import MODEL, ConfidenceModel, confidence

FRAMES = 28
POINTS = 24
MEASURES = ("forward_backward", "closure", "jitter", "appearance")


def samples(seed: int, tracker_name: str, wall: bool) -> dict[str, np.ndarray]:
    """The measures and the true error (grid px) [N, T - 1] of one clip, query frame left out."""
    phantom = generate(draw_parameters(seed, n_frames=FRAMES))
    cine = phantom.cine
    rng = np.random.default_rng(seed)
    query_frame = int(rng.choice([0, rng.integers(0, cine.n_frames)]))
    points = wall_points(phantom, "mid", POINTS)
    truth = phantom.track(points, phantom.ed_frame)
    inside = ((truth >= 0) & (truth <= np.array(cine.size) - 1)).all(axis=(1, 2))
    truth = truth[inside]
    tracker = create_tracker(tracker_name, TrackerOptions(wall=wall))
    tracks = with_confidence(tracker, cine, tracker.track(cine, truth[:, query_frame], query_frame))
    error = np.linalg.norm((tracks.positions - truth) * (256 / np.asarray(cine.size)), axis=2)
    after = np.arange(cine.n_frames) != query_frame
    columns = {name: np.asarray(values)[:, after].ravel() for name, values in tracks.quality.items()}
    return {**columns, "error": error[:, after].ravel()}


def joined(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def predicted(data: dict[str, np.ndarray], model: ConfidenceModel) -> np.ndarray:
    """The model's probabilities; a first column stands for the query frame and is dropped."""
    columns = {name: np.concatenate([[0.0], data[name]])[None] for name in MEASURES}
    return confidence(columns, 0, model)[0, 1:].astype(float)


def fit(data: dict[str, np.ndarray], threshold: float) -> ConfidenceModel:
    """The logistic model with least cross-entropy; faults only lower it, unmeasured weights stay."""
    measured = [name for name in MEASURES if np.isfinite(data[name]).mean() > 0.05]
    typical = {**MODEL.typical, **{name: float(np.nanmedian(data[name])) for name in measured}}
    hit = (data["error"] < threshold).astype(float)

    def model_of(x: np.ndarray) -> ConfidenceModel:
        fitted = {name: float(v) for name, v in zip(measured, x[1:])}
        return ConfidenceModel(float(x[0]), {**MODEL.weights, **fitted}, typical)

    def loss(x: np.ndarray) -> float:
        p = np.clip(predicted(data, model_of(x)), 1e-6, 1 - 1e-6)
        return float(-np.mean(hit * np.log(p) + (1 - hit) * np.log(1 - p)) + 1e-4 * np.sum(x[1:] ** 2))

    start = np.array([MODEL.constant, *(MODEL.weights[name] for name in measured)])
    bounds = [(-10, 10), *((0, 8) if name == "appearance" else (-8, 0) for name in measured)]
    return model_of(minimize(loss, start, method="L-BFGS-B", bounds=bounds).x)


def held_out(data: dict[str, np.ndarray], threshold: float) -> np.ndarray:
    """Each clip's probabilities by the model fitted to all other clips."""
    result = np.empty(len(data["error"]))
    for clip in np.unique(data["clip"]):
        own = data["clip"] == clip
        model = fit({name: values[~own] for name, values in data.items()}, threshold)
        result[own] = predicted({name: values[own] for name, values in data.items()}, model)
    return result


def report(title: str, probability: np.ndarray, hit: np.ndarray) -> None:
    """Print expected calibration error, area under the curve and one line a bin."""
    bins = np.minimum((probability * 10).astype(int), 9)
    total, lines = 0.0, []
    for b in np.unique(bins):
        chosen = bins == b
        mean, share = probability[chosen].mean(), hit[chosen].mean()
        total += abs(mean - share) * chosen.mean()
        lines.append(f"  {mean:.2f} predicted, {share:.2f} true, {chosen.sum()} positions")
    auc = area_under_curve(probability, hit)
    print(f"{title}: expected calibration error {total:.3f}, area under curve {auc:.3f}")
    print("\n".join(lines))


def area_under_curve(score: np.ndarray, hit: np.ndarray) -> float:
    """The chance that a hit has a higher score than a miss."""
    from scipy.stats import rankdata

    ranks, n = rankdata(score), int(hit.sum())
    return float((ranks[hit].sum() - n * (n + 1) / 2) / (n * (len(hit) - n))) if 0 < n < len(hit) else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--tracker", default="classical")
    parser.add_argument("--first-seed", type=int, default=9000)
    parser.add_argument("--save", type=Path, help="keep the samples (npz) to fit again")
    parser.add_argument("--load", type=Path, help="samples kept earlier")
    arguments = parser.parse_args()
    if arguments.load:
        with np.load(arguments.load) as kept:
            data = dict(kept)
    else:
        parts = []
        for k in range(arguments.clips):
            part = samples(arguments.first_seed + k, arguments.tracker, wall=k % 4 >= 2)
            part["clip"] = np.full(len(part["error"]), k)
            parts.append(part)
            if arguments.save:
                np.savez_compressed(arguments.save, **joined(parts))
            print(f"clip {k}: {np.mean(part['error'] < 4):.2f} within 4 px", file=sys.stderr, flush=True)
        data = joined(parts)
    for threshold in (4.0, 2.0, 8.0):
        hit = data["error"] < threshold
        report(f"{threshold:.0f} px, each clip by a model of the others", held_out(data, threshold), hit)
        print(f"  model of all clips: {fit(data, threshold)}")
    report("4 px, built-in model", predicted(data, MODEL), data["error"] < 4)


if __name__ == "__main__":
    main()
