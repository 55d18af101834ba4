"""Fit the confidence model on the phantom and measure its calibration on clips that were not used for fitting.

    python Testing/benchmarks/calibrate_confidence.py --write

Clips with drawn parameters are tracked with the default tracker; logistic models of "less than 2, 4, 8 px off on the
256 x 256 grid" are fitted to the quality measures of some clips and judged on others (expected calibration error over
ten equal bins). With `--write`, the coefficients go into `EchoTrackerLib/tracks/quality.py`, the curve into
`Resources/Screenshots/confidence-calibration.png` and the figures into `Testing/benchmarks/confidence-calibration.md`.
`--keep` only judges the coefficients that are there, after a change of the tracker. `--samples FOLDER` keeps each
clip's measures, to go on after an interruption or to fit again; use a new folder for a new tracker.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from calibration_report import THRESHOLDS, expected_calibration_error, save_curve, table_text

from EchoTrackerLib.phantom.cache import generate_cached
from EchoTrackerLib.phantom.parameters import draw_parameters
from EchoTrackerLib.phantom.sample import wall_points
from EchoTrackerLib.tracking.confidence import with_confidence
from EchoTrackerLib.tracking.registry import DEFAULT_TRACKER, create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions
from EchoTrackerLib.tracks.quality import MODELS, ConfidenceModel, confidence

REPOSITORY = Path(__file__).resolve().parents[2]
MEASURES = ("forward_backward", "closure", "jitter", "appearance")
FIRST_FIT_SEED, FIRST_TEST_SEED = 9000, 9500
LONGEST = 96  # frames
POINTS = 24
# A tracker that never jitters gives jitter no weight; the next tracker's faults must lower the confidence all the same.
LEAST_WEIGHT = 0.1


def samples(seed: int, tracker_name: str) -> dict[str, np.ndarray]:
    """The measures and the true error (grid px) of one clip's positions, query frame left out, each [M]."""
    parameters = draw_parameters(seed)
    if parameters.frame_count > LONGEST:
        parameters = draw_parameters(seed, n_frames=LONGEST)
    phantom = generate_cached(parameters)
    cine = phantom.cine
    rng = np.random.default_rng(seed)
    query_frame = int(rng.choice([0, rng.integers(0, cine.n_frames)]))
    truth = phantom.track(wall_points(phantom, "mid", POINTS), phantom.ed_frame)
    inside = ((truth >= 0) & (truth <= np.array(cine.size) - 1)).all(axis=(1, 2))
    truth = truth[inside]
    tracker = create_tracker(tracker_name, TrackerOptions(wall=seed % 4 >= 2))
    queries = truth[:, query_frame].astype(np.float32)
    tracks = with_confidence(tracker, cine, tracker.track(cine, queries, query_frame))
    error = np.linalg.norm((tracks.positions - truth) * (256 / np.asarray(cine.size)), axis=2)
    after = np.arange(cine.n_frames) != query_frame
    columns = {name: np.asarray(values)[:, after].ravel() for name, values in tracks.quality.items()}
    error = np.nan_to_num(error, nan=np.inf)
    clip = np.full(error[:, after].size, seed)
    return {**columns, "error": error[:, after].ravel(), "clip": clip}


def gathered(seeds: list[int], tracker: str, folder: Path | None) -> dict[str, np.ndarray]:
    """The samples of all clips, read back from `folder` where they are there."""
    parts = []
    for seed in seeds:
        path = folder / f"{tracker}-{seed}.npz" if folder else None
        if path and path.is_file():
            with np.load(path) as kept:
                parts.append(dict(kept))
            continue
        part = samples(seed, tracker)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez_compressed(path, **part)
        print(f"clip {seed}: {np.mean(part['error'] < 4):.3f} within 4 px", file=sys.stderr, flush=True)
        parts.append(part)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def predicted(data: dict[str, np.ndarray], model: ConfidenceModel) -> np.ndarray:
    """The model's probabilities; a first column stands for the query frame and is dropped."""
    columns = {name: np.concatenate([[0.0], data[name]])[None] for name in MEASURES}
    return confidence(columns, 0, model)[0, 1:].astype(float)


def fit(data: dict[str, np.ndarray], threshold: float) -> ConfidenceModel:
    """The logistic model with least cross-entropy, every clip with the same weight; faults only lower it."""
    start_model = MODELS[threshold]
    measured = [name for name in MEASURES if np.isfinite(data[name]).mean() > 0.05]
    typical = {**start_model.typical, **{name: float(np.nanmedian(data[name])) for name in measured}}
    hit = (data["error"] < threshold).astype(float)
    _, clip, count = np.unique(data["clip"], return_inverse=True, return_counts=True)
    weight = 1.0 / count[clip]
    weight /= weight.sum()

    def model_of(x: np.ndarray) -> ConfidenceModel:
        fitted = {name: float(v) for name, v in zip(measured, x[1:])}
        return ConfidenceModel(float(x[0]), {**start_model.weights, **fitted}, typical)

    def loss(x: np.ndarray) -> float:
        p = np.clip(predicted(data, model_of(x)), 1e-6, 1 - 1e-6)
        return float(-np.sum(weight * (hit * np.log(p) + (1 - hit) * np.log(1 - p))) + 1e-4 * np.sum(x[1:] ** 2))

    start = np.array([start_model.constant, *(start_model.weights[name] for name in measured)])
    bounds = [(-10, 10), *((LEAST_WEIGHT, 8) if name == "appearance" else (-8, -LEAST_WEIGHT) for name in measured)]
    # Probabilities are float32: smaller steps would see no slope.
    return rounded(model_of(minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"eps": 1e-3}).x))


def rounded(model: ConfidenceModel) -> ConfidenceModel:
    """The model as it is written into the source."""

    def three(values: dict[str, float]) -> dict[str, float]:
        return {name: round(value, 3) + 0.0 for name, value in values.items()}  # no -0.0

    return ConfidenceModel(round(model.constant, 3), three(dict(model.weights)), three(dict(model.typical)))


def write_models(path: Path, models: dict[float, ConfidenceModel], note: str, tracker: str) -> None:
    """Replace the coefficients in `tracks/quality.py`, and the tracker that they are for."""
    lines = [f"# {note}", "MODELS = {"]
    for threshold, model in models.items():
        lines += [f"    {threshold}: ConfidenceModel(", f"        constant={model.constant},"]
        for name in ("weights", "typical"):
            inside = ", ".join(f'"{key}": {value}' for key, value in getattr(model, name).items())
            lines.append(f"        {name}={{{inside}}},")
        lines.append("    ),")
    text = path.read_text(encoding="utf-8")
    block = "\n".join([*lines, "}\n"])
    new, count = re.subn(r"(?ms)^# Fitted by .*?^}\n", lambda _match: block, text, count=1)
    if count != 1:
        raise SystemExit(f"{path.name}: the coefficients were not found.")
    new, count = re.subn(r'(?m)^CALIBRATED_TRACKER = "[^"]*"', f'CALIBRATED_TRACKER = "{tracker}"', new)
    if count != 1:
        raise SystemExit(f"{path.name}: the tracker of the coefficients was not found.")
    path.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit-clips", type=int, default=32)
    parser.add_argument("--test-clips", type=int, default=24)
    parser.add_argument("--tracker", default=DEFAULT_TRACKER)
    parser.add_argument("--samples", type=Path, help="folder for the samples of each clip")
    parser.add_argument("--keep", action="store_true", help="judge the coefficients that are there, fit none")
    parser.add_argument("--write", action="store_true", help="write coefficients, figure and table into the project")
    arguments = parser.parse_args()
    test_seeds = [FIRST_TEST_SEED + k for k in range(arguments.test_clips)]
    fit_seeds = [FIRST_FIT_SEED + k for k in range(arguments.fit_clips)]
    known = gathered(fit_seeds, arguments.tracker, arguments.samples)
    unseen = gathered(test_seeds, arguments.tracker, arguments.samples)
    models = {t: MODELS[t] if arguments.keep else fit(known, t) for t in THRESHOLDS}
    hits = {threshold: unseen["error"] < threshold for threshold in THRESHOLDS}
    chances = {threshold: predicted(unseen, models[threshold]) for threshold in THRESHOLDS}
    for threshold in THRESHOLDS:
        error = expected_calibration_error(chances[threshold], hits[threshold])
        print(f"{threshold:g} px: expected calibration error {error:.3f} on unseen clips; {models[threshold]}")
    text = table_text(arguments.tracker, known, unseen, chances, hits, models)
    if arguments.keep:
        text = text.replace("models fitted on", "models fitted, with the tracker as it was before, on", 1)
        text = text.replace("--write`", "--keep --write`", 1)
    print(text)
    if arguments.write:
        note = (
            f"Fitted by Testing/benchmarks/calibrate_confidence.py with the tracker '{arguments.tracker}' on "
            f"{len(fit_seeds)} phantom clips\n# ({len(known['error'])} positions), by threshold in grid px."
        )
        if not arguments.keep:
            write_models(REPOSITORY / "EchoTrackerLib" / "tracks" / "quality.py", models, note, arguments.tracker)
        save_curve(REPOSITORY / "Resources" / "Screenshots" / "confidence-calibration.png", chances, hits)
        (Path(__file__).parent / "confidence-calibration.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
