"""Which trackers a run compares, and the weights, options and consent of each: a small TOML file.

[echotracker-mine]              # the name in the tables
tracker = "echotracker"         # in the registry; default: the section's name
weights = "weights/mine.pth"    # relative to the TOML file
code = "/opt/co-tracker"        # folder with the authors' code of a tracker by others
accept_licence = true           # you accept the license of a tracker by other authors
device = "cuda"                 # default auto
precision = "float32"           # default auto
wall = "off"                    # auto (default), on, off
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from ..errors import BadInput, MissingDependency, Package
from ..tracking.registry import need_consent, tracker_info, tracker_infos
from ..tracking.request import WALL, Request

KEYS = {
    "tracker": str,
    "weights": str,
    "code": str,
    "accept_licence": bool,
    "device": str,
    "precision": str,
    "wall": str,
}


@dataclass(frozen=True)
class Choice:
    """A tracker as a run uses it: its name in the tables, and what is asked of it."""

    name: str
    request: Request


def choose(names: Sequence[str], settings: Optional[Path] = None, base: Request = Request()) -> tuple[Choice, ...]:
    """Return the trackers called so in the settings file or in the registry, in the given order.

    Args:
        names: of sections of the file, or of registered trackers.
        settings: a TOML file as above, or None.
        base: what is asked of trackers where the file says nothing.

    Raises:
        BadInput: an unknown name or key, a name twice, or a file that is not TOML.
        LicenceNotAccepted: a tracker by other authors without consent.
        MissingDependency: Python before 3.11 without tomli.
    """
    sections = {} if settings is None else _read(settings)
    double = sorted({name for name in names if list(names).count(name) > 1})
    if double or not names:
        raise BadInput(f"Name each tracker once: {', '.join(double)} came again." if double else "Name a tracker.")
    registered = {info.name for info in tracker_infos()}
    unknown = [name for name in names if name not in sections and name not in registered]
    if unknown:
        known = ", ".join(dict.fromkeys([*sections, *sorted(registered)]))
        raise BadInput(f"No tracker is called '{unknown[0]}'. There are: {known}.")
    chosen = tuple(Choice(name, _request(name, sections.get(name, {}), settings, base)) for name in names)
    for choice in chosen:
        need_consent(tracker_info(choice.request.tracker), choice.request.accept_licence)
    return chosen


def _request(name: str, section: Mapping[str, Any], settings: Optional[Path], base: Request) -> Request:
    for key, value in section.items():
        if key not in KEYS:
            raise BadInput(f"[{name}]: unknown key '{key}'; there are {', '.join(KEYS)}.")
        if type(value) is not KEYS[key]:
            kind = "true or false" if KEYS[key] is bool else "text in quotes"
            raise BadInput(f"[{name}]: {key} = {value!r} must be {kind}.")
    facts = {"tracker": name, **section}
    for key in ("weights", "code"):
        if key in facts and settings is not None:
            facts[key] = settings.parent / facts[key]
    request = replace(base, **facts)
    if request.wall not in WALL:
        raise BadInput(f"[{name}]: wall = '{request.wall}' must be one of {', '.join(WALL)}.")
    return request


def _read(path: Path) -> dict[str, dict[str, Any]]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        try:
            import tomli as tomllib
        except ImportError as error:
            raise MissingDependency(
                "TOML files need the package tomli before Python 3.11.", Package("tomli")
            ) from error
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as TOML ({error}).") from error
    bad = [name for name, section in document.items() if not isinstance(section, dict)]
    if bad:
        raise BadInput(f"{path.name}: '{bad[0]}' stands outside a section; begin with [NAME of a tracker].")
    return document
