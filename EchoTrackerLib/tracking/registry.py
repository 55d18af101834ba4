"""The list of trackers that panel, command line and benchmark read."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence

from ..errors import BadInput, MissingDependency
from .tracker import Package, Tracker, TrackerInfo, TrackerOptions

# name -> module with `INFO: TrackerInfo` and `create(options: TrackerOptions) -> Tracker`.
# Those modules import heavy libraries inside functions only, so reading INFO is cheap.
_MODULES = {
    "static": "EchoTrackerLib.tracking.static",
    "optical-flow": "EchoTrackerLib.tracking.optical_flow",
    "classical": "EchoTrackerLib.tracking.classical.tracker",
    "wallnet": "EchoTrackerLib.tracking.wallnet.tracker",
    "echotracker": "EchoTrackerLib.tracking.echotracker.tracker",
    "echotracker-updated": "EchoTrackerLib.tracking.echotracker.updated",
    "cotracker3": "EchoTrackerLib.tracking.external.cotracker3",
    "cotracker2": "EchoTrackerLib.tracking.external.cotracker2",
    "bootstapir": "EchoTrackerLib.tracking.external.bootstapir",
    "tapir": "EchoTrackerLib.tracking.external.tapir",
    "pips2": "EchoTrackerLib.tracking.external.pips2",
    "myotracker": "EchoTrackerLib.tracking.external.myotracker",
}
DEFAULT_TRACKER = "classical"


def tracker_infos() -> list[TrackerInfo]:
    """Return the facts of all registered trackers, the default first."""
    names = sorted(_MODULES, key=lambda name: name != DEFAULT_TRACKER)
    return [importlib.import_module(_MODULES[name]).INFO for name in names]


def missing_packages(info: TrackerInfo) -> list[Package]:
    """Return the packages of a tracker that are not installed in this Python."""
    return [package for package in info.packages if importlib.util.find_spec(package.module) is None]


def missing_message(info: TrackerInfo, missing: Sequence[Package]) -> str:
    """Return what a tracker lacks and how to get it."""
    names = ", ".join(package.module for package in missing)
    steps = "; ".join(package.install for package in missing)
    return f"{info.title} needs Python packages that are not installed: {names}. Do this first: {steps}"


def create_tracker(name: str, options: TrackerOptions = TrackerOptions()) -> Tracker:
    """Return the tracker called `name`.

    Raises:
        BadInput: no such tracker, or its weights cannot be used.
        MissingDependency: a package it needs is not installed.
    """
    if name not in _MODULES:
        raise BadInput(f"No tracker is called '{name}'. There are: {', '.join(sorted(_MODULES))}.")
    module = importlib.import_module(_MODULES[name])
    missing = missing_packages(module.INFO)
    if missing:
        raise MissingDependency(missing_message(module.INFO, missing))
    tracker: Tracker = module.create(options)
    return tracker
