"""`echotracker rerun`: do a result again, and say whether it is identical."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from ...cohort.result_folder import versions
from ...cohort.store import scratch_folder
from ...errors import BadInput
from ..output import add_command, terminal_progress
from .common import RUN, add_worker_options

DIFFERENT = 1  # exit code
_TABLES = ("table.md", "table.csv", "table.tex", "clips.csv", "exams.csv", "results.csv", "results.parquet")


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "rerun",
        "Do a result of track, batch, benchmark or clinical again from what it says about itself, and compare: exit "
        "code 0 when identical, 1 when not.",
        "rerun result",
    )
    parser.add_argument("result", type=Path, metavar="RESULT", help="folder with summary.json or run.json")
    parser.add_argument("--clip", type=Path, metavar="FILE", help="the clip or the data, where it is now")
    parser.add_argument(
        "--accept-licence", action="store_true", help="you accept the license of a tracker by other authors"
    )
    add_worker_options(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do it again and compare; return the exit code."""
    from ...cohort import rerun

    folder = arguments.result
    with scratch_folder(Path(tempfile.gettempdir())) as scratch:
        made = Path(tempfile.mkdtemp(dir=scratch))
        if (folder / RUN).is_file():
            before = _again(arguments, made, scratch)
            found = [rerun.compare_files(folder / n, made / n) for n in _TABLES if (folder / n).is_file()]
        else:
            before = rerun.read_summary(folder)
            with terminal_progress() as progress:
                found = rerun.track_again(folder, before, arguments.clip, arguments.accept_licence, made, progress)
    for change in rerun.changed_versions(before["versions"], versions()):
        sys.stderr.write(f"warning: other version now: {change}\n")
    for item in found:
        sys.stdout.write(f"{item.name}: {'identical' if item.identical else f'different ({item.difference})'}\n")
    if not found:
        raise BadInput(f"{folder}: holds nothing that could be compared.")
    same = all(item.identical for item in found)
    sys.stdout.write("identical\n" if same else "NOT identical\n")
    return 0 if same else DIFFERENT


def _again(arguments: argparse.Namespace, made: Path, scratch: Path) -> dict[str, Any]:
    """Run a command over many clips again into the folder `made`, with an empty store; return its `run.json`."""
    from ...cohort.store import digest
    from ..main import build_parser

    path = arguments.result / RUN
    try:
        before: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        options = dict(before["options"])
        parsed = build_parser().parse_args([before["command"], "", *_required(before["command"]), "--out", str(made)])
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(f"{path}: cannot be read ({error}).") from error
    data_name = "dataset" if "dataset" in options else "manifest"
    if arguments.clip is not None:
        options[data_name] = str(arguments.clip)
    for name, value in options.items():
        setattr(parsed, name, Path(value) if name in (data_name, "config") and value else value)
    if digest(getattr(parsed, data_name)) != before["data_sha256"]:
        sys.stderr.write(f"warning: {getattr(parsed, data_name)} was changed since.\n")
    parsed.accept_licence, parsed.cache = arguments.accept_licence, scratch / "store"
    parsed.workers, parsed.scheduler, parsed.threads = arguments.workers, arguments.scheduler, before["threads"]
    parsed.run(parsed)
    return before


def _required(command: str) -> list[str]:
    return ["--trackers", "static"] if command == "benchmark" else []
