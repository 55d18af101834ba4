"""`echotracker agree`: agreement of two tables of measurements."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..files import complete_folder
from ..strain.agreement.figures import save_plots
from ..strain.agreement.measurements import read_measurements
from ..strain.agreement.pairs import compare_measurements
from ..strain.agreement.tables import row, write_tables
from .output import add_command


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "agree",
        "Compare two tables of measurements (methods, observers, examinations): bias, limits of agreement, ICC, "
        "within-subject figures, plots. Pairs are made by identifier, never by row.",
        "agree ours.csv echopac/ --by subject --value gls_percent --out agreement",
    )
    for name, metavar in (("first", "A"), ("second", "B")):
        parser.add_argument(
            name, type=Path, metavar=metavar, help="CSV table, an EchoPAC or TomTec export, or a folder of exports"
        )
    parser.add_argument(
        "--by", action="append", required=True, metavar="COLUMN", help="column that identifies a line (may be repeated)"
    )
    parser.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="NAME",
        help="measure to compare, or NAME_IN_A=NAME_IN_B (may be repeated; default: all that both have)",
    )
    parser.add_argument("--average", action="store_true", help="take the mean of lines with the same identifier")
    parser.add_argument("--magnitudes", action="store_true", help="compare absolute values")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Compare and write; return the exit code."""
    first, second = (
        read_measurements(path, arguments.by, arguments.average) for path in (arguments.first, arguments.second)
    )
    found = compare_measurements(first, second, arguments.value, arguments.magnitudes)
    with complete_folder(arguments.out) as folder:
        names = [path.name for path in (*write_tables(folder, found), *save_plots(folder, found))]
    for note in found.notes:
        sys.stderr.write(f"note: {note}\n")
    lines = [str(arguments.out / name) for name in names]
    for pairs in found.pairs:
        cells = row(pairs)
        lines.append(f"{cells[0]}: n {cells[1]}, bias {cells[2]}, SD {cells[3]}, ICC(2,1) {cells[7]}")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0
