"""Which trackers a run compares, and the weights, options and consent of each: a small TOML file.

[echotracker-mine]              # the name in the tables
tracker = "echotracker"         # in the registry; default: the section's name
weights = "weights/mine.pth"    # relative to the TOML file
accept_licence = true           # you accept the licence of a tracker by other authors
device = "cuda"                 # default auto
precision = "float32"           # default auto
wall = "off"                    # auto (default), on, off
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..errors import BadInput, MissingDependency
from ..tracking.registry import tracker_infos

WALL = ("auto", "on", "off")


@dataclass(frozen=True)
class Choice:
    """A tracker as a run uses it; picklable.

    Attributes:
        name: in the tables.
        tracker: in the registry.
        weights: a checkpoint, or None for the tracker's own.
        accept_licence: the user accepts the licence of a tracker by other authors.
        device, precision: see `TrackerOptions`.
        wall: "auto", "on" or "off": whether points in order along the wall are regularised together.
    """

    name: str
    tracker: str
    weights: Optional[Path] = None
    accept_licence: bool = False
    device: str = "auto"
    precision: str = "auto"
    wall: str = "auto"


def choose(names: Sequence[str], settings: Optional[Path] = None, base: Optional[Choice] = None) -> tuple[Choice, ...]:
    """Return the trackers called so in the settings file or in the registry, in the given order.

    Args:
        names: of sections of the file, or of registered trackers.
        settings: a TOML file as above, or None.
        base: options of trackers that the file says nothing about.

    Raises:
        BadInput: an unknown name or key, a name twice, or a file that is not TOML.
        MissingDependency: Python before 3.11 without tomli.
    """
    sections = {} if settings is None else _read(settings)
    known = {info.name for info in tracker_infos()}
    double = sorted({name for name in names if list(names).count(name) > 1})
    if double or not names:
        raise BadInput(f"Name each tracker once: {', '.join(double)} came again." if double else "Name a tracker.")
    found = []
    for name in names:
        section = sections.get(name, {})
        if not section and name not in known:
            places = f" or section of {settings.name}" if settings is not None else ""
            raise BadInput(f"No tracker{places} is called '{name}'. There are: {', '.join([*sections, *sorted(known)])}.")
        found.append(_choice(name, section, settings, base or Choice(name, name)))
        if found[-1].tracker not in known:
            raise BadInput(f"[{name}]: no tracker is called '{found[-1].tracker}'. There are: {', '.join(sorted(known))}.")
    return tuple(found)


def _choice(name: str, section: Mapping[str, Any], settings: Optional[Path], base: Choice) -> Choice:
    defaults: dict[str, Any] = {
        "tracker": name,
        "weights": "",
        "accept_licence": base.accept_licence,
        "device": base.device,
        "precision": base.precision,
        "wall": base.wall,
    }
    for key, value in section.items():
        if key not in defaults:
            raise BadInput(f"[{name}]: unknown key '{key}'; there are {', '.join(defaults)}.")
        if type(value) is not type(defaults[key]):
            kind = "true or false" if isinstance(defaults[key], bool) else "text in quotes"
            raise BadInput(f"[{name}]: {key} = {value!r} must be {kind}.")
    facts = {**defaults, **section}
    if facts["wall"] not in WALL:
        raise BadInput(f"[{name}]: wall = '{facts['wall']}' must be one of {', '.join(WALL)}.")
    text = facts.pop("weights")
    weights = base.weights if not text or settings is None else settings.parent / text
    return Choice(name=name, weights=weights, **facts)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError as error:
            raise MissingDependency("TOML files need the package tomli before Python 3.11: pip install tomli") from error
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as TOML ({error}).") from error
    bad = [name for name, section in document.items() if not isinstance(section, dict)]
    if bad:
        raise BadInput(f"{path.name}: '{bad[0]}' stands outside a section; begin with [NAME of a tracker].")
    return document
