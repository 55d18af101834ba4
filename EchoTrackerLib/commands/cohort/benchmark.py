"""`echotracker benchmark`: trackers on clips with truth, as Table 1."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...errors import BadInput
from ..output import add_command
from .common import add_run_options, base_request, finish, started, watched


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "benchmark",
        "Compare trackers on clips with truth: delta, MTE, survival, time and memory, with intervals and paired tests; "
        "table.md, table.csv, table.tex, plots.",
        "benchmark clips --trackers classical,optical-flow,static --query ed --out table1",
    )
    parser.add_argument(
        "dataset",
        type=Path,
        metavar="DATASET",
        help="folder, manifest (CSV, Parquet) or file of clips with truth: phantom folders, npz with frames and "
        "tracks, TAP-Vid npz or pickle, clips with a track or annotation file of the same name",
    )
    parser.add_argument(
        "--trackers", required=True, metavar="A,B,...", help="registered names or sections of --config; others are "
        "tested against the first"
    )  # fmt: skip
    parser.add_argument(
        "--query",
        default="first",
        metavar="WHEN",
        help="frame of the points: first (default), ed, or a share, e.g. 0.72",
    )
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure what is not measured yet, write tables and plots; return the exit code."""
    from ...cohort.benchmark import dataset
    from ...cohort.benchmark.figures import check_query
    from ...cohort.benchmark.plots import save_plots
    from ...cohort.benchmark.report import compared, write_tables
    from ...cohort.benchmark.run import in_order, run_benchmark
    from ...cohort.trackers import choose

    check_query(arguments.query)
    choices = choose(arguments.trackers.split(","), arguments.config, base_request(arguments))
    names = [choice.name for choice in choices]
    clips = sum(1 for _row in dataset.rows(arguments.dataset))
    total = clips * len(choices)
    with started(arguments, arguments.dataset, total) as this:
        outcomes = run_benchmark(arguments.dataset, choices, arguments.query, this.engine, this.store, this.scratch)
        results = in_order(list(watched(outcomes, total, "Benchmark")))
        reasons = [result.reason for result in results if result.reason]
        if not compared(results, names):
            raise BadInput(
                f"No clip could be measured with every tracker; the first reason: {(reasons or ['none'])[0]}"
            )
        about = f"`benchmark --trackers {arguments.trackers} --query {arguments.query}`, {clips} clips."
        with this.tables() as folder:
            write_tables(folder, results, names, about)
            save_plots(folder, results, names)
            paths = [this.out / path.name for path in sorted(folder.iterdir())]
    sys.stdout.write((arguments.out / "table.md").read_text(encoding="utf-8"))
    return finish(paths, len(reasons), total, reasons[0] if reasons else None)
