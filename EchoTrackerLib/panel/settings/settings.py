"""The user's settings, kept by Slicer between sessions: what a new scene starts with, and where models are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Protocol

from .weights_folder import default_folder

DEVICE = "EchoTracker/Device"
TRACKER = "EchoTracker/Tracker"
CONFIDENCE = "EchoTracker/EstimateConfidence"
MODEL_FOLDER = "EchoTracker/ModelFolder"

DEVICES = ("auto", "cpu", "cuda", "mps")
_APPLIED = "EchoTracker.DefaultsApplied"  # attribute of the parameter node


class SettingsSource(Protocol):
    """Where settings are read from (`dialogs.Dialogs`)."""

    @property
    def setting(self) -> Callable[[str], str]:
        """Return a setting of the user, "" when it was never set."""
        ...


def apply_defaults(parameters: Any, settings: SettingsSource, trackers: tuple[str, ...]) -> None:
    """Give a new parameter node what the user chose as default; values that make no sense (any more) are left out.

    Args:
        parameters: the wrapper of the parameter node; one that a scene brought along stays as it is.
        settings: of the user.
        trackers: the names of all trackers.
    """
    node = parameters.parameterNode
    if node.GetAttribute(_APPLIED):
        return
    node.SetAttribute(_APPLIED, "true")
    device, tracker = settings.setting(DEVICE), settings.setting(TRACKER)
    if device in DEVICES:
        parameters.device = device
    if tracker in trackers:
        parameters.tracker = tracker
    confidence = settings.setting(CONFIDENCE)
    if confidence:
        parameters.withConfidence = confidence not in ("0", "false")


def model_folder(settings: SettingsSource) -> Path:
    """Return the folder in which the user's models are kept; it need not exist yet."""
    chosen = settings.setting(MODEL_FOLDER)
    return Path(chosen) if chosen else default_folder()
