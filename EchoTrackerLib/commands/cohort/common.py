"""What the commands over many clips share: options, folders of a run, progress bar, tables that appear together."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, TypeVar

from ...cohort.engine import Engine, TaskOutcome, available_cores
from ...cohort.result_folder import versions
from ...cohort.store import Store, code_digest, default_folder, digest, scratch_folder
from ...errors import Cancelled
from ...tracking.request import WALL, Request
from ..track import add_device_arguments, thread_count

RUN = "run.json"  # what was asked for; `rerun` reads it
_NOT_KEPT = ("out", "cache", "workers", "scheduler", "threads", "accept_licence", "run", "command")
Task = TypeVar("Task")
Value = TypeVar("Value")


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of trackers, workers and folders."""
    parser.add_argument(
        "--config", type=Path, metavar="TOML", help="weights, options and consent of each tracker (docs/benchmark.md)"
    )
    parser.add_argument(
        "--accept-licence", action="store_true", help="you accept the licenses of the trackers by other authors"
    )
    add_device_arguments(parser)
    parser.add_argument("--wall", default="auto", choices=WALL, help="see `track --help`")
    add_worker_options(parser)
    parser.add_argument(
        "--threads", type=thread_count, default=1, metavar="N", help="processor cores that each worker uses (default 1)"
    )
    parser.add_argument(
        "--cache", type=Path, default=None, metavar="DIR", help=f"where results are kept (default {default_folder()})"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")


def add_worker_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where the work is done."""
    parser.add_argument(
        "--workers", type=thread_count, default=0, metavar="N", help="processes on this machine (default: one a core)"
    )
    parser.add_argument(
        "--scheduler",
        default="",
        metavar="WHERE",
        help="tcp://host:8786: a Dask scheduler (docs/cohorts.md); threads: threads instead of processes",
    )


def base_request(arguments: argparse.Namespace) -> Request:
    """Return what is asked of trackers where no settings file says otherwise."""
    return Request(
        accept_licence=arguments.accept_licence,
        device=arguments.device,
        precision=arguments.precision,
        wall=arguments.wall,
        threads=arguments.threads,
    )


@dataclass(frozen=True)
class CohortRun:
    """The folders and workers of one run.

    Attributes:
        out: folder for the results.
        scratch: folder in it for what is unfinished; gone at the end.
        store: where results are kept between runs.
        engine: where the work is done.
    """

    out: Path
    scratch: Path
    store: Store
    engine: Engine

    @contextmanager
    def tables(self) -> Iterator[Path]:
        """Yield a folder whose files are moved into the results at the end, if all went well."""
        made = Path(tempfile.mkdtemp(dir=self.scratch))
        yield made
        for path in sorted(made.iterdir()):
            path.replace(self.out / path.name)


@contextmanager
def started(arguments: argparse.Namespace, data: Path, count: int) -> Iterator[CohortRun]:
    """Yield a run of `count` tasks; note in `run.json` what was asked for.

    Raises:
        BadInput: a folder cannot be written.
    """
    cache, out = (arguments.cache or default_folder()).absolute(), arguments.out.absolute()
    with scratch_folder(out) as scratch, scratch_folder(cache) as unfinished:
        workers = min(arguments.workers or available_cores(), max(count, 1))
        engine = Engine(workers, arguments.scheduler, arguments.threads, tell)
        run = CohortRun(out, scratch, Store(cache, unfinished), engine)
        with run.tables() as folder:
            text = json.dumps(asked_for(arguments, data), indent=2, ensure_ascii=False)
            (folder / RUN).write_text(text + "\n", encoding="utf-8")
        try:
            yield run
        except KeyboardInterrupt as error:
            raise Cancelled("Interrupted; what is finished is kept: the same command continues.") from error


def asked_for(arguments: argparse.Namespace, data: Path) -> dict[str, Any]:
    """Return a run as `run.json` keeps it: command, options, digests of data, settings and code, versions."""
    options = {
        name: str(value.absolute()) if isinstance(value, Path) else value
        for name, value in vars(arguments).items()
        if name not in _NOT_KEPT
    }
    return {
        "command": arguments.command,
        "options": options,
        "threads": arguments.threads,
        "data_sha256": digest(data),
        "config_sha256": digest(arguments.config) if arguments.config else "",
        "code_sha256": code_digest(),
        "versions": dict(versions()),
    }


def watched(outcomes: Iterable[TaskOutcome[Task, Value]], total: int, what: str) -> Iterator[TaskOutcome[Task, Value]]:
    """Yield outcomes while a bar on standard error shows how many there are, and how many failed."""
    from tqdm import tqdm

    failed = 0
    interval = 0.2 if sys.stderr.isatty() else 5.0  # a log file needs few lines
    with tqdm(total=total, desc=what, unit="", mininterval=interval, dynamic_ncols=True) as bar:
        for outcome in outcomes:
            failed += bool(outcome.reason)
            bar.update()
            if failed:
                bar.set_postfix_str(f"{failed} failed", refresh=False)
            yield outcome


def tell(line: str) -> None:
    """Write a line to standard error, past a progress bar."""
    from tqdm import tqdm

    tqdm.write(line, file=sys.stderr)


def finish(paths: Sequence[Path], failed: int, total: int, first_reason: Optional[str]) -> int:
    """Print what was written and how many failed; return the exit code."""
    for path in paths:
        sys.stdout.write(f"{path}\n")
    if failed:
        tell(f"warning: {failed} of {total} failed and are listed with their reasons; the first: {first_reason}")
    return 0
