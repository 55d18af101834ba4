"""Which apical view a clip shows, guessed from names and from what the scanner wrote into the DICOM file."""

from __future__ import annotations

import re
from pathlib import Path

_CODES = {"399214001": "A4C", "399232001": "A2C", "399339008": "APLAX"}  # DICOM PS3.16, CID 12226 (SNOMED CT)
_PATTERNS = {  # what stands for a view in names; no letter or digit before or after it
    "A4C": r"a4c|a4ch|ap4|ap4c|4c|4ch|apical[ _-]*(?:4|four)(?:[ _-]*chamber)?|(?:4|four)[ _-]*chamber",
    "A2C": r"a2c|a2ch|ap2|ap2c|2c|2ch|apical[ _-]*(?:2|two)(?:[ _-]*chamber)?|(?:2|two)[ _-]*chamber",
    "APLAX": r"aplax|alax|a3c|a3ch|ap3|ap3c|3c|3ch|apical[ _-]*(?:long|3|three)(?:[ _-]*(?:axis|chamber))?|"
    r"(?:3|three)[ _-]*chamber",
}
_TAGS = ("ViewName", "SeriesDescription", "ProtocolName", "AcquisitionDeviceProcessingDescription", "ImageComments")


def view_in_name(text: str) -> str:
    """Return the one apical view that a name speaks of, "" when it speaks of none or of several."""
    found = [
        view
        for view, pattern in _PATTERNS.items()
        if re.search(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", text.casefold())
    ]
    return found[0] if len(found) == 1 else ""


def view_of_file(path: Path) -> tuple[str, str]:
    """Return (view, how it was found) of a clip or track file, ("", "") when nothing tells it."""
    path = Path(path)
    view = _view_in_dicom(path)
    if view:
        return view, "DICOM header"
    for name in (path.stem, path.parent.name):
        view = view_in_name(name)
        if view:
            return view, f"name '{name}'"
    return "", ""


def _view_in_dicom(path: Path) -> str:
    """Return the view that a DICOM header codes or names; "" for other files."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        if file.read(132)[128:] != b"DICM":
            return ""
    import pydicom

    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=[*_TAGS, "ViewCodeSequence"])
        codes = [str(item.get("CodeValue", "")) for item in header.get("ViewCodeSequence", None) or ()]
    except (pydicom.errors.InvalidDicomError, OSError, ValueError, AttributeError, TypeError):
        return ""
    named = [_CODES[code] for code in codes if code in _CODES]
    named += [view for tag in _TAGS if (view := view_in_name(str(header.get(tag, "") or "")))]
    return named[0] if len(set(named)) == 1 else ""
