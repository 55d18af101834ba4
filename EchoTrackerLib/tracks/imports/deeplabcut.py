"""DeepLabCut's CSV: predictions of a network, and frames labeled by hand.

The first lines name, column by column, the `scorer`, in projects of several animals the `individuals`, the `bodyparts`
and the `coords` (x, y and, of a network, likelihood). Then follows a line a frame. It begins with the frame's number
from 0 or, in frames labeled by hand, with the path of an image `labeled-data/VIDEO/img0123.png`, in one cell or three,
whose number is the frame's. A point without likelihood was placed by a person. Points below a likelihood of 0.6 count
as not visible, as in DeepLabCut's own `pcutoff`. Pixel centers lie at whole numbers.

Sources: https://github.com/DeepLabCut/DeepLabCut (docs/standardDeepLabCut_UserGuide.md), and the readers of
https://github.com/talmolab/sleap (sleap/io/format/deeplabcut.py) and https://github.com/talmolab/sleap-io
(docs/formats/csv.md, with a project's own file under tests/data/dlc).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Optional

from ...errors import BadInput
from ...i18n import tr as _
from ..known import Known
from ..tracks import Tracks
from .series import Spot, frame_of, number, tracks_of_spots

_HEADS = ("scorer", "individuals", "bodyparts", "coords")
_COORDS = ("x", "y", "likelihood")
_ALONE = "single"  # the "individual" of body parts that belong to none
PCUTOFF = 0.6


def is_deeplabcut(cells: list[list[str]]) -> bool:
    """Return whether a table's first lines are DeepLabCut's."""
    heads = [row[0].lower() for row in cells[:4] if row]
    return heads[:1] == ["scorer"] and "bodyparts" in heads and "coords" in heads


def tracks_from_deeplabcut(cells: list[list[str]], known: Known) -> Tracks:
    """Return the tracks of a table.

    Raises:
        BadInput: damaged header or cells, frames of several clips, or frames that the clip does not have.
    """
    heads = {row[0].lower(): row for row in cells[:4] if row and row[0].lower() in _HEADS}
    body = cells[len(heads) :]
    columns = _columns(heads)
    first = min(place for places in columns.values() for place in places.values())
    rows = [(line, row) for line, row in enumerate(body, start=len(heads) + 1)]
    indices = [[cell for cell in row[:first] if cell] for _, row in rows]
    folder = _folder(indices, known)
    spots = (
        spot
        for (line, row), index in zip(rows, indices)
        if folder is None or _folder_of(index) == folder
        for spot in _spots(row, columns, _frame(index, line), line)
    )
    return tracks_of_spots(spots, known, "DeepLabCut", PCUTOFF)


def _columns(heads: dict[str, list[str]]) -> dict[str, dict[str, int]]:
    """Return for each label the columns of x, y and likelihood."""
    parts, coords = heads["bodyparts"], [cell.lower() for cell in heads["coords"]]
    people = heads.get("individuals", [""] * len(coords))
    if not len(parts) == len(coords) == len(people):
        raise BadInput(_("its first lines differ in length; export it from DeepLabCut again."))
    places = [k for k, name in enumerate(coords) if name in _COORDS]
    several = len({people[k] for k in places} - {_ALONE}) > 1
    found: dict[str, dict[str, int]] = {}
    for k in places:
        owner = people[k] if several and people[k] != _ALONE else ""
        found.setdefault(f"{owner} {parts[k]}".strip(), {})[coords[k]] = k
    for label, place in found.items():
        if "x" not in place or "y" not in place:
            raise BadInput(_("'{label}' lacks a column x or y.").format(label=label))
    if not found:
        raise BadInput(_("has no columns x and y below its body parts."))
    return found


def _spots(row: list[str], columns: dict[str, dict[str, int]], frame: int, line: int) -> Iterator[Spot]:
    for label, place in columns.items():
        x, y, score = (
            number(row[place[name]] if name in place and place[name] < len(row) else "", f"line {line}: {name}")
            for name in _COORDS
        )
        yield Spot(label, frame, x, y, score)


def _frame(index: list[str], line: int) -> int:
    """Return the frame of a line: its number, or the last number in the image's name."""
    last = index[-1] if index else ""
    if PurePosixPath(last).suffix.lower() in (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff"):
        digits = re.findall(r"\d+", PurePosixPath(last.replace("\\", "/")).stem)
        last = digits[-1] if digits else last
    return frame_of(last, f"line {line}: the frame")


def _folder_of(index: list[str]) -> str:
    """Return the folder of a labeled image, which is named after its video, "" for a frame number."""
    parts = PurePosixPath("/".join(index).replace("\\", "/")).parts
    return parts[-2] if len(parts) > 1 else ""


def _folder(indices: list[list[str]], known: Known) -> Optional[str]:
    """Return the folder of the clip's images where those of several clips are listed, None where of one."""
    folders = sorted({_folder_of(index) for index in indices})
    if len(folders) < 2:
        return None
    if known.clip in folders:
        return known.clip
    names = ", ".join(folders[:5])
    raise BadInput(
        _("holds frames of several clips ({names}); the clip's name must tell which.").format(names=names),
        "--clip NAME",
    )
