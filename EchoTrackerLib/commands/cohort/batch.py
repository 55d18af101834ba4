"""`echotracker batch`: every clip of a manifest tracked into a folder of its own, and one table of the results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ...cohort.result_folder import PARTS
from ...errors import BadInput, MissingDependency
from ...tracking.registry import DEFAULT_TRACKER
from ..output import add_command
from .common import add_run_options, base_request, finish, started, tell, watched


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "batch",
        "Track every clip of a manifest: a folder a clip as `track` makes it, results.parquet and results.csv. "
        "Interrupted or killed, the same command continues where it was.",
        "batch cohort.csv --out results --write tracks,strain --workers 4",
    )
    parser.add_argument(
        "manifest", type=Path, metavar="MANIFEST", help="CSV or Parquet with clip, points and more (docs/cohorts.md)"
    )
    parser.add_argument(
        "--tracker", default=DEFAULT_TRACKER, metavar="NAME", help=f"of rows that name none (default {DEFAULT_TRACKER})"
    )
    parser.add_argument(
        "--write", default="tracks,strain", metavar="A,B,...", help=f"of {','.join(PARTS)} (default tracks,strain)"
    )
    add_run_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what is not done yet, write the table; return the exit code."""
    from ...cohort.batch import CLIPS, BatchSettings, run_batch, table_columns, table_rows
    from ...cohort.manifest import count_rows
    from ...cohort.tables import write_csv, write_parquet
    from ...cohort.trackers import choose
    from ...scene.archive import write_scene

    parts = tuple(arguments.write.split(","))
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise BadInput(f"--write {arguments.write}: '{unknown[0]}' is none of {', '.join(PARTS)}.")
    base = base_request(arguments)
    choose((arguments.tracker,), arguments.config, base)  # refused before the work begins
    manifest, total = arguments.manifest, count_rows(arguments.manifest)
    with started(arguments, manifest, total) as this:
        config = arguments.config and arguments.config.absolute()
        job = BatchSettings(
            this.out.absolute(),
            this.scratch.absolute(),
            this.store,
            arguments.tracker,
            config,
            base,
            parts,
            write_scene,
        )
        reasons: dict[int, str] = {}
        for outcome in watched(run_batch(manifest.absolute(), job, this.engine, this.scratch), total, "Clips"):
            if outcome.reason:
                reasons[outcome.task.number] = outcome.reason
        columns = table_columns(manifest)
        with this.tables() as folder:
            write_csv(folder / "results.csv", list(columns), table_rows(manifest, job, reasons))
            try:
                write_parquet(folder / "results.parquet", columns, table_rows(manifest, job, reasons))
            except MissingDependency as error:
                tell(f"warning: results.parquet was not written: {error}")
            paths = [this.out / path.name for path in sorted(folder.iterdir())]
    sys.stdout.write(f"{total - len(reasons)} of {total} clips done: {arguments.out / CLIPS}\n")
    return finish(paths, len(reasons), total, reasons[min(reasons)] if reasons else None)
