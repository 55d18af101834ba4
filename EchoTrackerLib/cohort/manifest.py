"""A list of clips, one a row, read as a stream: CSV or Parquet.

Columns that are understood (all but `clip` may be missing; other columns are carried along):

| column | meaning |
| --- | --- |
| `clip` | the file or folder; relative to the manifest's folder |
| `id` | names the row's results; default: the clip's name, numbered where it comes again |
| `points` | file of points to track (`queries.read_queries`); relative as `clip` |
| `truth` | file of true tracks, or of an annotation; relative as `clip` |
| `left_x`, `left_y`, `apex_x`, `apex_y`, `right_x`, `right_y` | three landmarks of the wall in px, instead of points |
| `wall_from` | between landmarks: "template" (default), or "image": the wall is looked for near the template |
| `query_frame` | 0-based frame of the points |
| `ed`, `es` | 0-based frames of end-diastole and end-systole |
| `spacing_row_mm`, `spacing_col_mm` | pixel spacing of a clip that has none or a wrong one |
| `view` | A4C, A2C, APLAX, RV ... |
| `subject`, `visit`, `reader` | who, which examination, whose points |
| `reference_gls` | percent, shortening negative |
| `tracker` | instead of the command's |
"""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from ..cine.names import clip_name
from ..errors import BadInput

_PATHS = ("clip", "points", "truth")
LANDMARKS = ("left_x", "left_y", "apex_x", "apex_y", "right_x", "right_y")
_UNSAFE = '<>:"/\\|?*'


@dataclass(frozen=True)
class Row:
    """One row of a manifest.

    Attributes:
        id: its name, unique in the manifest and fit for a folder.
        line: for messages, e.g. "cohort.csv, row 7" (the first row of data is row 1).
        folder: what relative paths in it are relative to.
        values: column -> text, "" where empty.
    """

    id: str
    line: str
    folder: Path
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, column: str, default: str = "") -> str:
        """Return a cell, or the default where it is empty or there is no such column."""
        return self.values.get(column, "") or default

    def path(self, column: str) -> Optional[Path]:
        """Return the cell as a path, or None where it is empty."""
        text = self.text(column)
        return self.folder / text if text else None

    def number(self, column: str) -> Optional[float]:
        """Return the cell as a number, or None where it is empty.

        Raises:
            BadInput: it is something else.
        """
        text = self.text(column)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise BadInput(f"{self.line}: '{text}' in column {column} is not a number.")
        return value

    def frame(self, column: str) -> Optional[int]:
        """Return the cell as a 0-based frame, or None where it is empty.

        Raises:
            BadInput: it is something else.
        """
        value = self.number(column)
        if value is not None and (value < 0 or value != int(value)):
            raise BadInput(f"{self.line}: '{self.text(column)}' in column {column} is not a frame, counted from 0.")
        return None if value is None else int(value)

    def spacing_mm(self) -> Optional[tuple[float, float]]:
        """Return the spacing (row, col) that the row gives, or None.

        Raises:
            BadInput: only one of the two is given, or one is not positive.
        """
        row, col = self.number("spacing_row_mm"), self.number("spacing_col_mm")
        if row is None and col is None:
            return None
        if row is None or col is None or row <= 0 or col <= 0:
            raise BadInput(f"{self.line}: spacing_row_mm and spacing_col_mm must both be positive, in mm.")
        return row, col


def columns(path: Path) -> tuple[str, ...]:
    """Return the columns of a manifest in their order.

    Raises:
        BadInput: not there, not readable, or without the column `clip`.
        MissingDependency: Parquet without pyarrow.
    """
    if not path.is_file():
        raise BadInput(f"{path}: there is no such manifest. Check the path.")
    try:
        names = tuple(_parquet(path).schema_arrow.names) if _is_parquet(path) else _csv_columns(path)
    except (OSError, ValueError, csv.Error) as error:  # pyarrow's errors are ValueErrors
        raise BadInput(f"{path.name}: cannot be read as a manifest ({error}).") from error
    if "clip" not in names:
        raise BadInput(f"{path.name}: a manifest needs the column 'clip'; this has {', '.join(names) or 'none'}.")
    double = sorted(name for name, count in Counter(names).items() if count > 1)
    if double:
        raise BadInput(f"{path.name}: the column(s) {', '.join(double)} appear more than once.")
    return names


def count_rows(path: Path) -> int:
    """Return how many rows a manifest has, each of them checked as `read_manifest` does."""
    return sum(1 for _row in read_manifest(path))


def read_manifest(path: Path) -> Iterator[Row]:
    """Yield the rows one after another; only their names are kept.

    Raises:
        BadInput: not a manifest, a row without a clip, or an id twice.
        MissingDependency: Parquet without pyarrow.
    """
    columns(path)
    seen: set[str] = set()
    used: Counter[str] = Counter()
    for number, values in enumerate(_cells(path), start=1):
        line = f"{path.name}, row {number}"
        if not values.get("clip"):
            raise BadInput(f"{line}: the column 'clip' is empty.")
        name = values.get("id") or _numbered(clip_name(Path(values["clip"])), seen, used)
        if name.casefold() in seen:
            raise BadInput(f"{line}: the id '{name}' appears more than once.")
        if name.strip(". ") != name or any(letter in _UNSAFE or not letter.isprintable() for letter in name):
            raise BadInput(f"{line}: '{name}' cannot name a folder; use letters, digits, '-', '_' and inner dots.")
        seen.add(name.casefold())
        yield Row(name, line, path.parent, values)


def _numbered(name: str, seen: set[str], used: Counter[str]) -> str:
    """Return a name that was not seen yet: NAME, NAME-2, NAME-3 ..."""
    safe = "".join("_" if letter in _UNSAFE or not letter.isprintable() else letter for letter in name).strip(". ")
    safe = found = safe or "clip"
    while used[safe] == 0 or found.casefold() in seen:
        used[safe] += 1
        found = safe if used[safe] == 1 else f"{safe}-{used[safe]}"
        if found.casefold() not in seen:
            break
    return found


def _cells(path: Path) -> Iterator[dict[str, str]]:
    """Yield column -> text of each row; empty lines of a CSV are passed over."""
    if _is_parquet(path):
        for batch in _parquet(path).iter_batches(batch_size=512):
            for row in batch.to_pylist():
                yield {name: _as_text(value) for name, value in row.items()}
        return
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            for row in csv.DictReader(file, delimiter=_delimiter(path)):
                if None in row:
                    raise BadInput(f"{path.name}: a row has more cells than there are columns: {row}.")
                yield {str(name).strip(): (value or "").strip() for name, value in row.items()}
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(f"{path.name}: cannot be read as CSV in UTF-8 ({error}).") from error


def _csv_columns(path: Path) -> tuple[str, ...]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return tuple(name.strip() for name in next(csv.reader(file, delimiter=_delimiter(path)), []))


def _delimiter(path: Path) -> str:
    """Return ";" for a CSV as some spreadsheets write it, else ","."""
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    return ";" if ";" in header and "," not in header else ","


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def _parquet(path: Path) -> Any:
    from .optional import pyarrow_parquet

    return pyarrow_parquet().ParquetFile(path)


def _as_text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
