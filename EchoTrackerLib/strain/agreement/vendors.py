"""Exports of EchoPAC (GE) and TomTec: which of their names is which of ours.

EchoPAC's AFI table and its workbook (XML, sheets "General" and "Segments", row "PSS") give peak systolic strain;
TomTec AutoStrain's text report gives the peak of the endocardial line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple, Optional

from ...errors import BadInput
from ...i18n import tr as _


class Column(NamedTuple):
    """A name in another program's export, and ours."""

    program: str
    theirs: str
    ours: str


_ECHOPAC_WALLS = {
    "Inferior": "inferior",
    "Posterior": "inferolateral",
    "Lateral": "anterolateral",
    "Anterior": "anterior",
    "Anteroseptal": "anteroseptal",
    "Septal": "inferoseptal",
}
COLUMNS = (
    Column("EchoPAC", "ID", "subject"),
    Column("EchoPAC", "GLPS_Avg", "gls_percent"),
    Column("EchoPAC", "GLPS_A4C", "gls_a4c_percent"),
    Column("EchoPAC", "GLPS_A2C", "gls_a2c_percent"),
    Column("EchoPAC", "GLPS_LAX", "gls_aplax_percent"),
    *(
        Column("EchoPAC", f"{level} {theirs}", f"{level.lower()}_{ours}_percent")
        for level in ("Basal", "Mid", "Apical")
        for theirs, ours in _ECHOPAC_WALLS.items()
    ),
    Column("TomTec", "Patient ID", "subject"),
    Column("TomTec", "GLS Endo Peak Avg", "gls_percent"),
    Column("TomTec", "GLS Endo Peak A4C", "gls_a4c_percent"),
    Column("TomTec", "GLS Endo Peak A2C", "gls_a2c_percent"),
    Column("TomTec", "GLS Endo Peak A3C", "gls_aplax_percent"),
)
NOTES = {
    "EchoPAC": _("EchoPAC gives peak systolic strain; an end-systolic value of another program may differ from it."),
    "TomTec": _("TomTec gives the peak of the endocardial line; mid-wall and end-systolic values are smaller."),
}
_SHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"


@dataclass(frozen=True)
class Export:
    """One subject's export: its cells by our names, as text."""

    program: str
    subject: str
    cells: dict[str, str]
    note: str


def standard_name(theirs: str) -> tuple[str, str]:
    """Return (our name, note) of a column; its own name and "" when it is not in `COLUMNS`."""
    column = _BY_KEY.get(_key(theirs))
    if column is None:
        return theirs, ""
    return column.ours, NOTES[column.program] if column.ours != "subject" else ""


def read_export(text: str) -> Optional[Export]:
    """Return the export in this text, or None when it is no known one.

    Raises:
        BadInput: it is one, but lacks the subject or the strain.
    """
    if "Excel.Sheet" in text[:500] or "urn:schemas-microsoft-com:office:spreadsheet" in text[:2000]:
        return _echopac_workbook(text)
    if re.search(r"^\s*Results LvApical", text, re.MULTILINE):
        return _tomtec_report(text)
    return None


def _echopac_workbook(text: str) -> Export:
    """Return peak systolic strain of the segments from an XML workbook."""
    from xml.etree import ElementTree as ET

    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise BadInput(
            _("an EchoPAC workbook that is damaged ({error}). Export it again.").format(error=error)
        ) from error
    sheets = {sheet.get(f"{_SHEET}Name", ""): _rows(sheet) for sheet in root.iter(f"{_SHEET}Worksheet")}
    subject = next((row[1] for row in sheets.get("General", []) if row and row[0] == "ID" and len(row) > 1), "")
    segments = sheets.get("Segments", [])
    strain = next((row for row in segments if row and row[0] == "PSS"), None)
    if not subject or strain is None:
        raise BadInput(_("an EchoPAC workbook without an ID in 'General' or without the row PSS in 'Segments'."))
    cells = {standard_name(name)[0]: value for name, value in zip(segments[0][1:], strain[1:]) if name}
    return Export("EchoPAC", subject, cells, NOTES["EchoPAC"])


def _rows(sheet: object) -> list[list[str]]:
    """Return the cells of a sheet as text; a cell that says its column (ss:Index) stands there."""
    rows = []
    for row in sheet.iter(f"{_SHEET}Row"):  # type: ignore[attr-defined]
        cells: list[str] = []
        for cell in row.iter(f"{_SHEET}Cell"):
            index = int(cell.get(f"{_SHEET}Index", len(cells) + 1))
            cells += [""] * (index - 1 - len(cells))
            data = cell.find(f"{_SHEET}Data")
            cells.append("" if data is None else (data.text or "").strip())
        rows.append(cells)
    return rows


def _tomtec_report(text: str) -> Export:
    """Return global strain from AutoStrain's text report, "name,value,unit" a line.

    Where the computer writes decimal commas the list separator is a semicolon, a tab, or the comma itself: a value is
    then two cells.
    """
    import csv

    named = re.search(r"^\s*\"?Patient ID\"?([,;\t])", text, re.MULTILINE)
    subject, cells = "", {}
    for row in csv.reader(text.splitlines(), delimiter=named.group(1) if named else ","):
        column = _BY_KEY.get(_key(row[0])) if row else None
        if column is None or column.program != "TomTec" or len(row) < 2:
            continue
        if column.ours == "subject":
            subject = row[1].strip()
        else:
            decimals = len(row) > 2 and row[2].strip().isdigit()
            cells[column.ours] = f"{row[1]}.{row[2].strip()}" if decimals else row[1]
    if not subject or not cells:
        raise BadInput(_("a TomTec report without a Patient ID or without GLS."))
    return Export("TomTec", subject, cells, NOTES["TomTec"])


def _key(name: str) -> str:
    """Return a name without its unit in parentheses, case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\(.*?\)", "", name).casefold())


_BY_KEY = {_key(column.theirs): column for column in COLUMNS}
