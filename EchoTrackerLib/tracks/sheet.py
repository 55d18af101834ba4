"""Tables in CSV as spreadsheets everywhere write them: one reader for points, tracks and annotations."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection
from pathlib import Path

from ..errors import BadInput
from ..i18n import tr as _

TEXT_COLUMNS = ("label", "segment", "state", "annotator", "time_source", "spacing_source", "r_times_s")
_DECIMAL_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?|[-+]?\d+,\d*(?:[eE][-+]?\d+)?")
_SHOWN = 40  # letters of a cell in a message
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_sheet(path: Path, texts: Collection[str] = TEXT_COLUMNS) -> tuple[list[str], list[dict[str, str]]]:
    """Return the column names, in small letters, and the rows as texts by column; empty lines are left out.

    Commas, semicolons or tabs separate the columns (the header decides); where it is not the comma, numbers may have a
    decimal comma, which becomes a point. UTF-8 with or without byte-order mark, UTF-16, else Windows-1252.

    Args:
        path: the file.
        texts: columns whose cells stay as they are, with their outer spaces unless the header is spaced too.

    Raises:
        BadInput: a column named twice, or a row with more cells than columns.
    """
    lines, separator, is_padded = _split(_decoded(path.read_bytes()).splitlines())
    names = [name.strip().lower() for name in lines[0]] if lines else []
    named = [name for name in names if name]
    double = sorted({name for name in named if named.count(name) > 1})
    if double:
        raise BadInput(_("the column(s) {names} are there twice; name each once.").format(names=", ".join(double)))
    rows = []
    for line, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(names) :]):
            raise BadInput(
                _(
                    "line {line} has {n} cells under {n2} columns. With decimal commas, separate the "
                    "columns by semicolons."
                ).format(line=line, n=len(cells), n2=len(names))
            )
        row = {name: cell if name in texts and not is_padded else cell.strip() for name, cell in zip(names, cells)}
        if separator != ",":
            row = {name: cell if name in texts else _number_of(cell) for name, cell in row.items()}
        rows.append(row)
    return names, rows


def read_cells(path: Path) -> list[list[str]]:
    """Return the cells of all lines that are not empty, for tables with several lines of names.

    Separators, numbers and encodings as `read_sheet`.
    """
    lines, separator, _is_padded = _split(_decoded(path.read_bytes()).splitlines())
    rows = [[cell.strip() for cell in cells] for cells in lines if any(cell.strip() for cell in cells)]
    return rows if separator == "," else [[_number_of(cell) for cell in cells] for cells in rows]


def cell_text(text: str) -> str:
    """Return a cell as a message shows it: on one line, and not too long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."


def _split(lines: list[str]) -> tuple[list[list[str]], str, bool]:
    """Return the cells of each line, what separates them, and whether the header sets spaces behind that."""
    header = lines[0] if lines else ""
    if header.lower().startswith("sep=") and len(header) >= 5:  # a line that some spreadsheets begin with
        lines, separator = lines[1:], header[4]
    else:
        separator = max(",;\t", key=header.count)
    is_padded = bool(lines) and f"{separator} " in lines[0]
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator, skipinitialspace=is_padded)
    try:
        return list(reader), separator, is_padded
    except csv.Error as error:
        raise BadInput(_("cannot be read as a table ({error}).").format(error=error)) from error


def _number_of(cell: str) -> str:
    """Return a number with a decimal comma as one with a point, and anything else as it is."""
    return cell.replace(",", ".") if _DECIMAL_COMMA.fullmatch(cell) else cell


def _decoded(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\0" in content[:200]:  # UTF-16 without its mark
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
