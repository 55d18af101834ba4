"""The list of a study's clips: a CSV file, one line a clip (see docs/study.md), and its measurement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from ...errors import BadInput
from ...i18n import tr as _
from ...tracks.files import read_tracks
from ...tracks.tracks import Tracks
from ..agreement.measurements import number_in, read_lines
from ..layers import measure_layers
from ..strain import Strain
from .bullseye import APICAL_VIEWS
from .opening import share_mvo
from .study import Member, Study, make_study
from .timing import rr_s, scaled_avc_s, scaled_source
from .views import view_of_file

COLUMNS = (
    "view", "tracks", "clip", "layer", "ed", "es", "cycle_end", "beats", "avc_ms", "mvo_ms", "r_times_s", "apex",
    "exclude", "drift",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One line: its name (of the clip, else of the tracks), files, view and how that is known, and what it tells
    `measure_strain`."""

    place: str
    name: str
    tracks: Path
    clip: Optional[Path]
    view: str
    view_source: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class MeasuredStudy:
    """A study with the tracks it was measured on, in the order of `study.members`."""

    study: Study
    entries: tuple[Entry, ...]
    tracks: tuple[Tracks, ...]


def read_manifest(path: Path) -> tuple[Entry, ...]:
    """Read the list of clips; paths in it are relative to its folder.

    Raises:
        BadInput: unreadable, an unknown column, a file that is not there, or a view that nothing tells.
    """
    path = Path(path)
    lines = read_lines(path)
    unknown = [column for column in lines[0].cells if column and column not in COLUMNS]
    if unknown:
        raise BadInput(
            _("{name}: has the column '{unknown}', which is not known. Use {names}.").format(
                name=path.name, unknown=unknown[0], names=", ".join(COLUMNS)
            )
        )
    if "tracks" not in lines[0].cells:
        raise BadInput(_("{name}: lacks the column 'tracks', the track file of each clip.").format(name=path.name))
    entries = [_entry(line.place, {k: v.strip() for k, v in line.cells.items()}, path.parent) for line in lines]
    names = [entry.name for entry in entries]
    return tuple(
        replace(entry, name=f"{(entry.clip or entry.tracks).parent.name}/{entry.name}")
        if names.count(entry.name) > 1
        else entry
        for entry in entries
    )


def measure_manifest(entries: Sequence[Entry]) -> MeasuredStudy:
    """Measure the clips and share their timing: where aortic valve closure or mitral valve opening is known in one,
    the others get it scaled by their RR interval.

    Raises:
        BadInput: a clip cannot be measured.
    """
    tracks = [read_tracks(entry.tracks) for entry in entries]
    strains = [_measured(entry, t) for entry, t in zip(entries, tracks)]
    notes = [
        _("{name}: view {view} by its {view_source}.").format(
            name=entry.name, view=entry.view, view_source=entry.view_source
        )
        for entry in entries
        if entry.view_source
    ]
    own = [entry.settings["avc_s"] or t.avc_s for entry, t in zip(entries, tracks)]  # of the list, else of the file
    typed = [i for i, entry in enumerate(entries) if entry.settings["avc_s"] is not None]
    known = typed or [i for i, avc in enumerate(own) if avc is not None]
    if known:
        name, avc, rr = entries[known[0]].name, float(own[known[0]] or 0.0), rr_s(strains[known[0]])
        for i, entry in enumerate(entries):
            if own[i] is not None or entry.settings["es"] is not None:
                continue
            scaled = scaled_avc_s(avc, rr, rr_s(strains[i]))
            if scaled is None:
                notes.append(
                    _("{name}: aortic valve closure of {name2} is not used: an RR interval is unknown.").format(
                        name=entry.name, name2=name
                    )
                )
                continue
            strains[i] = _measured(entry, tracks[i], avc_s=scaled, avc_source=scaled_source(name))
            notes.append(
                _(
                    "{name}: aortic valve closure {scaled:.0f} ms after ED, that of {name2} "
                    "({avc:.0f} ms) scaled by RR ({rr:.0f} and {rr_s:.0f} ms)."
                ).format(
                    name=entry.name,
                    scaled=1000 * scaled,
                    name2=name,
                    avc=1000 * avc,
                    rr=1000 * rr,
                    rr_s=1000 * rr_s(strains[i]),
                )
            )
    opening = next((i for i, entry in enumerate(entries) if entry.settings["mvo_s"] is not None), None)
    if opening is not None:
        strains, said = share_mvo([entry.name for entry in entries], strains, opening)
        notes += said
    order = sorted(range(len(entries)), key=lambda i: APICAL_VIEWS.index(entries[i].view))
    study = make_study([Member(entries[i].name, strains[i]) for i in order], notes)
    return MeasuredStudy(study, tuple(entries[i] for i in order), tuple(tracks[i] for i in order))


def _measured(entry: Entry, tracks: Tracks, **changed: Any) -> Strain:
    try:
        return measure_layers(tracks, view=entry.view, **{**entry.settings, **changed}).main
    except BadInput as error:
        raise BadInput(
            _("{place} ({name}): {error}").format(place=entry.place, name=entry.tracks.name, error=error)
        ) from error


def _entry(place: str, cells: dict[str, str], folder: Path) -> Entry:
    """Return one line, checked."""
    if not cells.get("tracks"):
        raise BadInput(_("{place}: names no track file.").format(place=place))
    tracks, clip = folder / cells["tracks"], folder / cells["clip"] if cells.get("clip") else None
    for path in (tracks, clip):
        if path is not None and not path.exists():
            raise BadInput(
                _("{place}: {name} is not there. Paths are relative to the manifest's folder.").format(
                    place=place, name=path.name
                )
            )
    view, source = cells.get("view", "").upper(), ""
    if not view:
        view, source = next(
            (found for p in (clip, tracks) if p is not None and (found := view_of_file(p))[0]), ("", "")
        )
        if not view:
            raise BadInput(
                _("{place}: the view is not given, and neither header nor name tells it. Fill in 'view'.").format(
                    place=place
                )
            )
    if view not in APICAL_VIEWS:
        raise BadInput(
            _("{place}: view '{view}' is none of {names}.").format(
                place=place, view=view, names=", ".join(APICAL_VIEWS)
            )
        )
    drift = cells.get("drift", "").casefold()
    if drift not in ("", "yes", "no"):
        raise BadInput(
            _("{place}: drift is '{drift}'; say yes (taken out, the default) or no (left in).").format(
                place=place, drift=drift
            )
        )
    avc = _numbers(place, "avc_ms", cells, most=1)
    mvo = _numbers(place, "mvo_ms", cells, most=1)
    settings = {
        "ed": _frames(place, "ed", cells),
        "es": _frames(place, "es", cells),
        "beat": _frames(place, "beats", cells),
        "cycle_end": next(iter(_frames(place, "cycle_end", cells) or ()), None),
        "avc_s": avc[0] / 1000 if avc else None,
        "mvo_s": mvo[0] / 1000 if mvo else None,
        "r_times_s": _numbers(place, "r_times_s", cells) or None,
        "layer": cells.get("layer", ""),
        "apex": cells.get("apex") or None,
        "excluded": tuple(label.strip() for label in cells.get("exclude", "").split(";") if label.strip()),
        "drift_compensation": drift != "no",
    }
    return Entry(place, (clip or tracks).name, tracks, clip, view, source, settings)


def _numbers(place: str, column: str, cells: dict[str, str], most: int = 1000) -> list[float]:
    """Return the numbers in a cell, separated by spaces or semicolons."""
    found = []
    for part in cells.get(column, "").replace(";", " ").split():
        value = number_in(part)
        if value is None or math.isnan(value):
            raise BadInput(
                _("{place}: {column} is '{cells}', not a number.").format(
                    place=place, column=column, cells=cells[column]
                )
            )
        found.append(value)
    if len(found) > most:
        raise BadInput(
            _("{place}: {column} takes one number, not {n}.").format(place=place, column=column, n=len(found))
        )
    return found


def _frames(place: str, column: str, cells: dict[str, str]) -> Optional[tuple[int, ...]]:
    """Return frames (0-based) in a cell, None for an empty one."""
    numbers = _numbers(place, column, cells)
    if any(value != int(value) or value < 0 for value in numbers):
        raise BadInput(
            _("{place}: {column} is '{cells}'; frames are whole numbers from 0.").format(
                place=place, column=column, cells=cells[column]
            )
        )
    return tuple(int(value) for value in numbers) or None
