"""`echotracker bench accuracy`: every tracker on synthetic clips with known motion and on real clips, in one table."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...cine.cine import Cine
from ...cohort.store import Store, code_digest, default_folder, digest, key_of, scratch_folder
from ...errors import BadInput, EchoTrackerError
from ...files import complete_file
from ...phantom.cache import generate_cached
from ...phantom.parameters import WIDE, draw_parameters
from ...phantom.phantom import Phantom
from ...phantom.sample import wall_points
from ...progress import Progress
from ...strain.strain import measure_strain
from ...tracking.checks import make_tracks
from ...tracking.registry import create_tracker, tracker_info, tracker_infos
from ...tracking.request import Request, options_of
from ...tracking.tracker import Tracker
from ...tracks import quality
from ...tracks.metrics import THRESHOLDS, point_tracking_metrics
from ...tracks.tracks import Tracks
from ..output import add_command, terminal_progress

FIRST_SEED = 700_000  # far from every seed used in training
VIEWS = ("A4C", "A2C", "APLAX")
SEGMENT_POINTS = 3.0  # a segment counts as right when its strain is that near
N_POINTS = 40
ROOMS = ("cine", "tracks", "phantom", "tracking", "strain")  # whose code the figures depend on
PLAUSIBLE_GLS_PERCENT = (-30.0, 0.0)


def add_subparser(subparsers: Any) -> None:
    """Add `accuracy` to the subparsers of `bench`."""
    parser = add_command(
        subparsers,
        "accuracy",
        "Compare the trackers on synthetic clips of unseen seeds, and on real clips without truth.",
        "bench accuracy --clips 40 --out Testing/benchmarks/accuracy.md",
    )
    parser.add_argument("--clips", type=int, default=40, metavar="N", help="synthetic clips (default 40)")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED, metavar="SEED", help="seed of the first clip")
    parser.add_argument("--trackers", nargs="+", metavar="NAME", help="registered names (default: all that run here)")
    parser.add_argument("--accept-licence", action="store_true", help="you accept their authors' licenses")
    parser.add_argument(
        "--weights", action="append", default=[], metavar="NAME=FILE", help="weights of a tracker; may be given again"
    )
    parser.add_argument(
        "--code", action="append", default=[], metavar="NAME=DIR", help="authors' code of a tracker; may be given again"
    )
    parser.add_argument("--free", action="store_true", help="track the points without wall regularization")
    parser.add_argument(
        "--real",
        nargs=2,
        action="append",
        default=[],
        metavar=("CLIP", "POINTS"),
        help="a real clip and points on its wall on the first frame; may be given several times",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("Testing/benchmarks/accuracy.md"), metavar="FILE", help="Markdown table"
    )
    parser.add_argument(
        "--state",
        type=Path,
        default=None,
        metavar="DIR",
        help=f"where the figures of clips that are done are kept (default {default_folder()})",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure what is not measured yet, write the table; return the exit code."""
    if arguments.clips < 0 or (arguments.clips == 0 and not arguments.real):
        raise BadInput("--clips must be at least 1 where no --real clip is given.")
    trackers = usable_trackers(arguments)
    folder = (arguments.state or default_folder()).absolute()
    with scratch_folder(folder) as scratch, terminal_progress() as progress:
        store = Store(folder, scratch)
        synthetic = synthetic_rows(arguments.first_seed, arguments.clips, trackers, store, progress)
        real = real_rows(arguments.real, trackers, store, progress)
    text = report(synthetic, real, arguments)
    with complete_file(arguments.out) as partial:
        partial.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def synthetic_rows(
    first_seed: int, count: int, trackers: Mapping[str, Tracker], store: Store, progress: Progress
) -> list[dict[str, Any]]:
    """Return the figures of every tracker on synthetic clips, as kept or measured now."""
    rows = []
    for number in range(count):
        progress("Synthetic clips", number / count)
        seed = first_seed + number
        for name, tracker in trackers.items():

            def measure(seed: int = seed, tracker: Tracker = tracker) -> dict[str, float]:
                phantom = generate_cached(draw_parameters(seed, WIDE, VIEWS[seed % len(VIEWS)]))
                return phantom_figures(phantom, tracker)

            rows.append({"tracker": name, **store.once(key_with(tracker, name, seed=seed), measure)})
    return rows


def real_rows(
    clips: Sequence[tuple[str, str]], trackers: Mapping[str, Tracker], store: Store, progress: Progress
) -> list[dict[str, Any]]:
    """Return the figures of every tracker on (clip, points) files, as kept or measured now."""
    rows = []
    for clip, points in clips:
        cine, queries = read_real(Path(clip), Path(points))
        for name, tracker in trackers.items():
            progress(f"Real clip, {name}", 0.0)
            key = key_with(tracker, name, clip=digest(Path(clip)), points=digest(Path(points)))

            def measure(tracker: Tracker = tracker, cine: Cine = cine, queries: np.ndarray = queries) -> dict[str, Any]:
                return real_figures(cine, queries, tracker)

            rows.append({"clip": cine.name, "tracker": name, **store.once(key, measure)})
    return rows


def usable_trackers(arguments: argparse.Namespace) -> dict[str, Tracker]:
    """Return the named trackers, or all registered ones that need no consent and whose needs are met.

    Raises:
        BadInput, LicenceNotAccepted, MissingDependency: a named tracker cannot be used.
    """
    weights, code = by_name(arguments.weights, "--weights"), by_name(arguments.code, "--code")
    found = {}
    for info in tracker_infos() if not arguments.trackers else map(tracker_info, arguments.trackers):
        request = Request(
            tracker=info.name,
            weights=weights.get(info.name),
            code=code.get(info.name),
            accept_licence=arguments.accept_licence,
            wall="on" if info.wall_by_default and not arguments.free else "off",
        )
        try:
            found[info.name] = create_tracker(info.name, options_of(request, np.empty((0, 2))))
        except EchoTrackerError as error:
            if arguments.trackers:
                raise
            sys.stderr.write(f"{info.name} is left out: {error}\n")
    return found


def by_name(values: Sequence[str], option: str) -> dict[str, Path]:
    """Return {tracker: path} from values such as "cotracker3=scaled_offline.pth".

    Raises:
        BadInput: a value is not of that form, or its tracker is unknown.
    """
    found = {}
    for value in values:
        name, _equals, path = value.partition("=")
        if not path:
            raise BadInput(f"{option} {value}: give it as NAME=PATH, for example cotracker3=scaled_offline.pth.")
        found[tracker_info(name).name] = Path(path)
    return found


def key_with(tracker: Tracker, name: str, **inputs: Any) -> str:
    """Return the key of a tracker's figures: its name, wall coupling and weights, the clip, and the code."""
    wall = getattr(getattr(tracker, "options", None), "wall", False)
    weights = getattr(tracker, "sha256", "")
    return key_of(bench=name, wall=str(wall), weights=weights, code=code_digest(ROOMS), **inputs)


def phantom_figures(phantom: Phantom, tracker: Tracker) -> dict[str, float]:
    """Return metrics, errors of strain (percent points) and seconds of one tracker on one synthetic clip."""
    cine, ed = phantom.cine, phantom.ed_frame
    queries = wall_points(phantom, "mid", N_POINTS)
    truth = make_tracks(cine, phantom.track(queries, ed), ed, "truth", {})
    start = time.perf_counter()
    tracks = tracker.track(cine, queries, ed)
    seconds = time.perf_counter() - start
    visible = phantom.visible(truth.positions)
    figures = point_tracking_metrics(truth.positions, tracks.positions, visible, cine.size, ed)
    view, es = phantom.parameters.view, phantom.es_frame
    error = strain_at(tracks, ed, es, view) - strain_at(truth, ed, es, view)
    return {
        **figures,
        "gls_error": float(error[0]),
        "segments_within": float(100 * np.mean(np.abs(error[1:]) <= SEGMENT_POINTS)),
        "seconds": seconds,
        "frames": float(cine.n_frames),
    }


def strain_at(tracks: Tracks, ed: int, es: int, view: str) -> np.ndarray:
    """Return the strain (percent) at `es` against `ed` of the whole line and its six segments, drift not taken out."""
    if ed == es:
        return np.zeros(7)
    strain = measure_strain(tracks, view=view, ed=ed, es=es, drift_compensation=False)
    return np.array([strain.gls_percent, *(piece.percent[es] for piece in strain.segments)])


def read_real(clip: Path, points: Path) -> tuple[Cine, np.ndarray]:
    """Return a clip and its points [N, 2] px."""
    from ...cine.reading import read_cine
    from ...tracks.queries import read_queries

    cine = read_cine(clip)
    return cine, read_queries(points, cine)[1]


def real_figures(cine: Cine, queries: np.ndarray, tracker: Tracker) -> dict[str, Any]:
    """Return what can be said without truth, distances in px of the 256 x 256 grid.

    `forward_backward`: mean distance between a point and where it comes back to when tracked to the last frame and
    back; `closure`: mean distance between first and last frame; `gls`: least strain, and whether it is plausible.
    """
    start = time.perf_counter()
    tracks = tracker.track(cine, queries, 0)
    seconds = time.perf_counter() - start
    last = cine.n_frames - 1
    inside = np.clip(tracks.positions[:, last], 0, np.array(cine.size) - 1)
    back = tracker.track(cine, inside, last)
    fb = quality.forward_backward(tracks.positions, back.positions, 0, cine.size)
    scale = 256 / np.array(cine.size)
    closure = np.linalg.norm((tracks.positions[:, -1] - tracks.positions[:, 0]) * scale, axis=-1)
    length = np.linalg.norm(np.diff(tracks.positions, axis=0), axis=-1).sum(axis=0)
    strain = float((length / length[0] - 1).min() * 100)
    return {
        "forward_backward": float(fb[:, 1:].mean()),
        "closure": float(closure.mean()),
        "jitter": float(np.nanmean(quality.jitter(tracks.positions, cine.size))),
        "gls": strain,
        "plausible": PLAUSIBLE_GLS_PERCENT[0] < strain < PLAUSIBLE_GLS_PERCENT[1],
        "seconds": seconds,
        "frames": float(cine.n_frames),
    }


def report(
    synthetic: Sequence[Mapping[str, Any]], real: Sequence[Mapping[str, Any]], arguments: argparse.Namespace
) -> str:
    """Return the Markdown text."""
    wall = "off" if arguments.free else "on (for the trackers that have it)"
    lines = [
        "# Accuracy of the trackers",
        "",
        f"`echotracker bench accuracy --clips {arguments.clips}`: synthetic apical clips, seeds from "
        f"{arguments.first_seed}, parameter ranges wider than in training; {N_POINTS} points on the mid-wall, set at "
        f"end-diastole; wall regularization {wall}. Distances in px of a 256 x 256 grid; GLS errors in percent points "
        "(estimate minus truth at the true end-systole, no drift compensation); segments: percent of them whose strain "
        f"is there within {SEGMENT_POINTS:g} points of the truth; worst: the largest mte_px of a clip. Means over "
        "clips.",
        "",
        *synthetic_table(synthetic),
    ]
    if real:
        lines += ["", "Real clips, no truth: forward-backward distance, closure, jitter in px of the same grid.", ""]
        lines += real_table(real)
    return "\n".join(lines) + "\n"


def synthetic_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of the table of synthetic clips, best MTE first."""
    columns = [f"delta_{k}" for k in THRESHOLDS] + ["delta_avg", "mte_px", "survival"]
    lines = [
        "| tracker | clips | "
        + " | ".join(columns)
        + " | worst | GLS bias | GLS SD | GLS mean abs. | segments | ms/frame |",
        "|---|" + "---:|" * (len(columns) + 7),
    ]
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["tracker"], []).append(row)
    for name, part in sorted(groups.items(), key=lambda item: np.nanmean([r["mte_px"] for r in item[1]])):
        means = [f"{np.nanmean([r[c] for r in part]):.{2 if c == 'mte_px' else 1}f}" for c in columns]
        error = np.array([r["gls_error"] for r in part])
        speed = 1000 * sum(r["seconds"] for r in part) / sum(r["frames"] for r in part)
        means += [f"{max(r['mte_px'] for r in part):.2f}"]
        means += [f"{error.mean():+.2f}", f"{error.std():.2f}", f"{np.abs(error).mean():.2f}"]
        means += [f"{np.mean([r['segments_within'] for r in part]):.0f}", f"{speed:.0f}"]
        lines.append(f"| {name} | {len(part)} | " + " | ".join(means) + " |")
    return lines


def real_table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the lines of the table of real clips."""
    lines = [
        "| clip | tracker | forward-backward | closure | jitter | GLS % | plausible | ms/frame |",
        "|---|---|" + "---:|" * 6,
    ]
    ordered = sorted(rows, key=lambda row: (row["clip"], row["forward_backward"]))
    return lines + [
        f"| {row['clip']} | {row['tracker']} | {row['forward_backward']:.2f} | {row['closure']:.2f} | "
        f"{row['jitter']:.2f} | {row['gls']:.1f} | {'yes' if row['plausible'] else 'no'} | "
        f"{1000 * row['seconds'] / row['frames']:.0f} |"
        for row in ordered
    ]
