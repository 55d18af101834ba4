"""Tables as Markdown, CSV and LaTeX, and the Parquet file of a cohort: equal contents give equal bytes."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Union

from .optional import pyarrow_parquet

Cell = Union[str, int, float, None]
_ROWS_AT_ONCE = 1024
_LATEX = {"&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}",
          "^": r"\textasciicircum{}", "\\": r"\textbackslash{}"}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table to read.

    Attributes:
        title: one line.
        header: names of the columns.
        rows: cells as they are printed; the first of each row names it.
        notes: sentences below it.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def number_text(value: Cell, digits: int = 2, signed: bool = False) -> str:
    """Return a number with its digits, a dash for one that is not known, text as it is."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:+.{digits}f}" if signed else f"{value:.{digits}f}"
    return str(value)


def with_interval(value: float, low: float, high: float, digits: int = 2, signed: bool = False) -> str:
    """Return "value [low, high]", or the value alone where there is no interval."""
    text = number_text(value, digits, signed)
    if not (math.isfinite(low) and math.isfinite(high)):
        return text
    return f"{text} [{number_text(low, digits, signed)}, {number_text(high, digits, signed)}]"


def markdown(tables: Sequence[Table], heading: str) -> str:
    """Return the tables as one Markdown page."""
    lines = [f"# {heading}"]
    for table in tables:
        lines += ["", f"## {table.title}", "", _line(table.header), "|---|" + "---:|" * (len(table.header) - 1)]
        lines += [_line(row) for row in table.rows]
        for note in table.notes:
            lines += ["", note]
    return "\n".join(lines) + "\n"


def latex(tables: Sequence[Table]) -> str:
    """Return the tables as LaTeX (package booktabs)."""
    lines = []
    for table in tables:
        lines += [
            r"\begin{table}",
            rf"\caption{{{' '.join(map(_escaped, (table.title + '.', *table.notes)))}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(table.header) - 1)}}}",
            r"\toprule",
            " & ".join(map(_escaped, table.header)) + r" \\",
            r"\midrule",
            *(" & ".join(map(_escaped, row)) + r" \\" for row in table.rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    return "\n".join(lines)


def write_pages(folder: Path, tables: Sequence[Table], title: str, about: str) -> list[Path]:
    """Write table.md, with a line on what was measured, and table.tex into an existing folder; return their paths."""
    page, tex = folder / "table.md", folder / "table.tex"
    page.write_text(f"{markdown(tables, title)}\n{about}\n", encoding="utf-8", newline="\n")
    tex.write_text(latex(tables), encoding="utf-8", newline="\n")
    return [page, tex]


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows with full precision; what is not known is empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_exact(row.get(column)) for column in columns])


def write_parquet(path: Path, columns: Mapping[str, type], rows: Iterator[Mapping[str, Any]]) -> None:
    """Write rows as a stream, some hundred at a time in memory.

    Args:
        path: of the file.
        columns: name -> str, int or float.
        rows: what is missing is null.

    Raises:
        MissingDependency: pyarrow is not installed.
    """
    parquet = pyarrow_parquet()
    import pyarrow as pa

    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while block := list(islice(rows, _ROWS_AT_ONCE)):
            data = {name: [_known(row.get(name)) for row in block] for name in columns}
            writer.write_table(pa.table(data, schema=schema))


def _known(value: Any) -> Any:
    return None if value == "" or (isinstance(value, float) and math.isnan(value)) else value


def _exact(value: Any) -> str:
    value = _known(value)
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
