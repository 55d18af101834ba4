"""A table of measurements: one line a thing that was measured, known by its identifier, one column a measure."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional

from ...errors import BadInput
from ...i18n import tr as _
from .vendors import read_export, standard_name

Identifier = tuple[str, ...]
_NO_NUMBER = ("", "-", "\N{EN DASH}", "\N{EM DASH}", "nan", "na", "n/a", "none", "null")
_DELIMITERS = (";", "\t", ",")


@dataclass(frozen=True)
class Measurements:
    """What one file or folder holds.

    Attributes:
        name: of the file or folder.
        values: by measure, then by identifier; NaN where the cell is empty.
        identifiers: in the order of the file.
        notes: what the user should read.
    """

    name: str
    values: Mapping[str, Mapping[Identifier, float]]
    identifiers: tuple[Identifier, ...]
    notes: tuple[str, ...] = ()


def read_measurements(path: Path, by: Sequence[str], average: bool = False) -> Measurements:
    """Read a CSV table (comma, semicolon or tab; decimal point or comma), an export of another program, or a folder
    of such exports, one a subject.

    Args:
        path: the file or folder.
        by: columns that together identify a line, e.g. ("subject",) or ("subject", "segment").
        average: lines of one identifier are repeats, and their mean is taken; otherwise they are refused.

    Raises:
        BadInput: not there, unreadable, a column or an identifier is missing, or an identifier appears twice.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.is_file() and not file.name.startswith("."))
        if not files:
            raise BadInput(
                _("{name}: the folder holds no files. Name a table or a folder of exports.").format(name=path.name)
            )
        lines = [line for file in files for line in _lines(file, by, only_exports=True)]
    else:
        lines = _lines(path, by)
    return _collected(path.name, lines, by, average)


def number_in(text: str) -> Optional[float]:
    """Return the number in a cell, NaN for an empty one, None for other text; a decimal comma is one."""
    plain = text.strip().replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", "").rstrip("%").strip()
    if plain.casefold() in _NO_NUMBER:
        return math.nan
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".", 1)
    try:
        value = float(plain)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@dataclass(frozen=True)
class Line:
    """One line of a table: where it stands, its cells by column, what is to be said about the file."""

    place: str
    cells: Mapping[str, str]
    note: str = ""


def _lines(path: Path, by: Sequence[str], only_exports: bool = False) -> list[Line]:
    """Return the lines of one file."""
    text = _decoded(path)
    export = read_export(text)
    if export is not None:
        if len(by) != 1:
            raise BadInput(
                _("{name}: an export of {program} holds one subject; give one column with --by.").format(
                    name=path.name, program=export.program
                )
            )
        return [Line(path.name, {by[0]: export.subject, **export.cells}, export.note)]
    if only_exports:
        raise BadInput(
            _("{name}: is no export of EchoPAC or TomTec, and a folder may hold nothing else.").format(name=path.name)
        )
    return _table_lines(path, text, lambda row: _header(path, row, by))


def read_lines(path: Path) -> list[Line]:
    """Read a CSV table (comma, semicolon or tab), at least one line below the names of its columns.

    Raises:
        BadInput: not there or not such a table.
    """

    def plain(row: Sequence[str]) -> tuple[list[str], str]:
        return [cell.strip() for cell in row], ""

    return _table_lines(path, _decoded(path), plain)


def _table_lines(path: Path, text: str, header: Callable[[Sequence[str]], tuple[list[str], str]]) -> list[Line]:
    """Return the lines of a table whose first row `header` turns into (names, note)."""
    rows = [row for row in csv.reader(text.splitlines(), delimiter=_delimiter(text)) if any(c.strip() for c in row)]
    rows = [row for row in rows if not row[0].startswith("#")]
    if len(rows) < 2:
        raise BadInput(
            _("{name}: needs a line that names the columns and lines of values below it.").format(name=path.name)
        )
    names, note = header(rows[0])
    lines = []
    for k, row in enumerate(rows[1:], start=2):
        if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :]):
            raise BadInput(
                _("{name}, line {k}: has more cells than the header has columns. Is the text quoted?").format(
                    name=path.name, k=k
                )
            )
        lines.append(Line(f"{path.name}, line {k}", dict(zip(names, (*row, *[""] * len(names)))), note))
    return lines


def _header(path: Path, row: Sequence[str], by: Sequence[str]) -> tuple[list[str], str]:
    """Return the columns' names, those of other programs by ours, and the note that goes with them."""
    names, notes = [], []
    for cell in row:
        name = cell.strip()
        if name not in by:
            name, note = standard_name(name)
            if name == "subject" and len(by) == 1 and by[0] not in (c.strip() for c in row):
                name = by[0]
            notes += [note] if note else []
        names.append(name)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadInput(
            _("{name}: the column '{twice}' is there twice. Rename or remove one.").format(
                name=path.name, twice=twice[0]
            )
        )
    missing = [name for name in by if name not in names]
    if missing:
        raise BadInput(
            _("{name}: lacks the column '{missing}'. It has: {names}.").format(
                name=path.name, missing=missing[0], names=", ".join(n for n in names if n)
            )
        )
    return names, " ".join(dict.fromkeys(notes))


def _collected(name: str, lines: Iterable[Line], by: Sequence[str], average: bool) -> Measurements:
    """Return the measurements of these lines; a column without any number is no measure."""
    cells: dict[Identifier, list[Line]] = {}
    columns: dict[str, None] = {}
    for line in lines:
        identifier = tuple(line.cells[column].strip() for column in by)
        if not all(identifier):
            raise BadInput(
                _("{place}: the identifier ({names}) is empty.").format(place=line.place, names=", ".join(by))
            )
        if identifier in cells and not average:
            raise BadInput(
                _(
                    "{place}: '{shown}' is there a second time. Name the columns that tell the lines "
                    "apart with --by, or take the mean of repeats with --average."
                ).format(place=line.place, shown=shown(identifier))
            )
        cells.setdefault(identifier, []).append(line)
        columns.update(dict.fromkeys(column for column in line.cells if column and column not in by))
    values = {}
    for column in columns:
        measured = _measured(column, cells)
        if measured is not None:
            values[column] = measured
    notes = dict.fromkeys(line.note for found in cells.values() for line in found if line.note)
    repeats = sum(len(found) > 1 for found in cells.values())
    if repeats:
        notes[_("{repeats} identifier(s) have several lines: their mean is taken.").format(repeats=repeats)] = None
    return Measurements(name, values, tuple(cells), tuple(notes))


def _measured(column: str, cells: Mapping[Identifier, Sequence[Line]]) -> Optional[dict[Identifier, float]]:
    """Return the numbers of a column, or None for a column of text.

    Raises:
        BadInput: a text among numbers.
    """
    found: dict[Identifier, float] = {}
    text, numbers = "", 0
    for identifier, lines in cells.items():
        known = []
        for line in lines:
            value = number_in(line.cells.get(column, ""))
            if value is None:
                text = text or f"{line.place}: {column} is '{line.cells[column].strip()}', not a number"
            elif not math.isnan(value):
                known.append(value)
        numbers += len(known)
        found[identifier] = math.fsum(known) / len(known) if known else math.nan
    if not numbers:
        return None
    if text and 2 * numbers >= len(cells):
        raise BadInput(_("{text}. Leave the cell empty where there is no value.").format(text=text))
    return None if text else found


def shown(identifier: Identifier) -> str:
    """Return an identifier as one text."""
    return " / ".join(identifier)


def _decoded(path: Path) -> str:
    """Return the text of a file: UTF-8, UTF-16 with its mark, else Windows' Western table."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(
            _("{path}: cannot be read ({strerror}). Check the path.").format(path=path, strerror=error.strerror)
        ) from error
    if data[:4] == b"PK\x03\x04":
        raise BadInput(_("{name}: is an Excel workbook. Save it as CSV.").format(name=path.name))
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """Return what separates the cells of the header."""
    header = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    counts = [len(next(csv.reader([header], delimiter=sign), [])) for sign in _DELIMITERS]
    return _DELIMITERS[counts.index(max(counts))] if max(counts) > 1 else ","
