"""The one list of trackers that panel, command line and benchmark read."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from ..errors import BadInput, LicenceNotAccepted, MissingDependency, Package
from ..i18n import tr as _
from .tracker import Tracker, TrackerInfo, TrackerOptions

# name -> module with `INFOS: tuple[TrackerInfo, ...]` and `create(info, options) -> Tracker`.
# Those modules import heavy libraries inside functions only, so reading INFOS is cheap.
_MODULES = {
    "static": "static",
    "optical-flow": "optical_flow",
    "farneback": "optical_flow",
    "classical": "classical.tracker",
    "wallnet": "wallnet.tracker",
    "echotracker": "echotracker.tracker",
    "echotracker-updated": "echotracker.tracker",
    "cotracker3": "external.cotracker",
    "cotracker2": "external.cotracker",
    "bootstapir": "external.tapir",
    "tapir": "external.tapir",
    "pips2": "external.pips2",
    "myotracker": "external.myotracker",
    "raft": "external.raft",
}
DEFAULT_TRACKER = "classical"


def tracker_infos() -> list[TrackerInfo]:
    """Return the facts of all registered trackers, the default first."""
    return [tracker_info(name) for name in sorted(_MODULES, key=lambda name: name != DEFAULT_TRACKER)]


def tracker_info(name: str) -> TrackerInfo:
    """Return the facts of the tracker called `name`.

    Raises:
        BadInput: no such tracker.
    """
    if not isinstance(name, str) or name not in _MODULES:
        raise BadInput(
            _("No tracker is called '{name}'. There are: {names}.").format(name=name, names=", ".join(sorted(_MODULES)))
        )
    infos: tuple[TrackerInfo, ...] = _module(name).INFOS
    return next(info for info in infos if info.name == name)


def missing_packages(info: TrackerInfo) -> list[Package]:
    """Return the packages of a tracker that are not installed in this Python."""
    return [package for package in info.packages if not package.is_installed]


def lack_of(info: TrackerInfo, missing: Sequence[Package]) -> MissingDependency:
    """Return the error that says which of a tracker's packages are missing."""
    modules = ", ".join(package.module for package in missing)
    reason = _("{title} needs Python packages that are not installed: {modules}.")
    return MissingDependency(reason.format(title=info.title, modules=modules), *missing)


def authors_folder(name: str, code: Optional[Path]) -> Optional[Path]:
    """Return the folder whose code a tracker by other authors would run, `code` or the usual place; None for others.

    Raises:
        BadInput: `code` is not a checkout of it.
    """
    tracker_info(name)
    source = getattr(_module(name), "CODE", None)
    folder: Optional[Path] = None if source is None else source.folder(TrackerOptions(code=code))
    return folder


def need_consent(info: TrackerInfo, accepted: bool) -> None:
    """Pass a tracker that needs no consent to its license, or has it.

    Raises:
        LicenceNotAccepted: it needs one and does not have it.
    """
    if info.needs_licence_consent and not accepted:
        raise LicenceNotAccepted(info.title, info.licence, info.citation)


def create_tracker(name: str, options: TrackerOptions = TrackerOptions()) -> Tracker:
    """Return the tracker called `name`.

    Raises:
        BadInput: no such tracker, a precision that it does not have, or its weights cannot be used.
        LicenceNotAccepted: it is by other authors, and their license was not accepted.
        MissingDependency: a package it needs is not installed.
    """
    info = tracker_info(name)
    need_consent(info, options.accept_licence)
    missing = missing_packages(info)
    if missing:
        raise lack_of(info, missing)
    if options.precision not in info.precisions:
        raise BadInput(
            _("{title} has no precision '{precision}'; there is: {names}.").format(
                title=info.title, precision=options.precision, names=", ".join(info.precisions)
            )
        )
    tracker: Tracker = _module(name).create(info, options)
    return tracker


def _module(name: str) -> Any:
    return importlib.import_module(f"{__package__}.{_MODULES[name]}")
