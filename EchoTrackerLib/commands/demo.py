"""`demo`: a synthetic clip goes the whole way, from DICOM to strain, and is compared with its known motion."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from ..errors import BadInput
from ..files import complete_folder
from ..i18n import readable
from ..tracking.device import thread_settings
from ..tracking.registry import DEFAULT_TRACKER
from .output import add_command, terminal_progress
from .track import add_tracker_arguments, request_of

N_POINTS = 40


def add_parser(subparsers: Any) -> None:
    """Add `demo` to the command line."""
    parser = add_command(
        subparsers,
        "demo",
        "Make a synthetic A4C clip, track 40 points on its wall, measure strain, compare with the truth.",
        "demo --out demo",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("demo"), metavar="DIR", help="folder for the results (default demo)"
    )
    add_tracker_arguments(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `demo`."""
    from ..cine.export import write_dicom
    from ..cine.reading import read_cine
    from ..cohort.clip import track_to_folder
    from ..cohort.result_folder import SUMMARY, Summary
    from ..cohort.store import digest
    from ..cohort.tracked import PointsOnClip
    from ..phantom.phantom import generate
    from ..phantom.sample import SAMPLE_A4C, wall_points
    from ..scene.archive import write_scene
    from ..tracks.metrics import point_tracking_metrics

    os.environ.update(thread_settings(arguments.threads))
    report = Summary()
    with terminal_progress() as progress, complete_folder(arguments.out) as folder:
        with report.stage("phantom"):
            phantom = generate(SAMPLE_A4C, progress)
        with report.stage("DICOM"):
            write_dicom(folder / "clip.dcm", phantom.cine)
            cine = read_cine(folder / "clip.dcm", progress)
        points = wall_points(phantom, "mid", N_POINTS)
        labels = tuple(f"W{i + 1:02d}" for i in range(N_POINTS))
        report.facts["clip"] = {"path": str((arguments.out / "clip.dcm").absolute())}
        asked = PointsOnClip(cine, digest(folder / "clip.dcm"), labels, points, 0)
        tracks, strain, void = track_to_folder(
            folder, asked, request_of(arguments), write_scene, report, progress=progress
        )
        if strain is None:
            raise BadInput(void)
        truth = phantom.track(points, 0)
        metrics = point_tracking_metrics(truth, tracks.positions, phantom.visible(truth), cine.size, 0)
        gls_true = float(phantom.true_strain_percent[strain.es])
        report.facts["accuracy"] = {"gls_percent": strain.gls_percent, "gls_true_percent": gls_true, **metrics}
        report.write(folder / SUMMARY)
        names = sorted(path.name for path in folder.iterdir())
    for warning in (*report.warnings, *report.left_out):
        sys.stderr.write(f"warning: {warning}\n")
    lines = [f"Tracker: {tracks.tracker} on {report.facts['device']}"]
    if tracks.tracker == "classical" == DEFAULT_TRACKER:
        lines.append("(the default: it measures best; the EchoTracker weights that come along are preliminary)")
    lines += [str(arguments.out / name) for name in names]
    lines.append(f"GLS measured {readable(strain.gls_percent)} %, true {readable(gls_true)} %")
    lines.append(
        f"Tracking error {metrics['mte_px']:.2f} px on a 256 x 256 grid (median over time, mean over points), "
        f"delta_avg {metrics['delta_avg']:.1f} %"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
