"""Optional Python packages: installed only after the user agreed, torch only through the PyTorch extension."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Sequence
from typing import Any

from ...errors import Cancelled, MissingDependency
from ...i18n import tr as _
from ...tracking.registry import lack_of, missing_packages
from ...tracking.tracker import TORCH, TORCHVISION, TrackerInfo
from .dialogs import Dialogs

_TORCH_REQUIREMENT = ">=2.0"


def offer_packages(error: MissingDependency, dialogs: Dialogs) -> None:
    """Install the packages that the error says are missing, if the user agrees.

    Raises:
        MissingDependency: one of them does not come from the Python Package Index.
        Cancelled: the user declined.
    """
    names = [package.pip_name for package in error.packages]
    if not names or not all(names):
        raise error
    text = _(
        "{reason}\n\nInstall {packages} now? This downloads a few megabytes from the Python Package Index."
    ).format(reason=error.reason, packages=", ".join(names))
    if not dialogs.confirm(text):
        raise Cancelled(_("Not installed."))
    _install(names)


def _install(names: Sequence[str]) -> None:
    import slicer

    try:
        slicer.util.pip_install(" ".join(names))
    except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
        raise MissingDependency(
            _(
                "{packages} could not be installed; the error log says why. Without internet, install wheels from a "
                "folder: PythonSlicer -m pip install --no-index --find-links FOLDER {packages}"
            ).format(packages=" ".join(names))
        ) from error
    importlib.invalidate_caches()


def offer_tracker_packages(info: TrackerInfo, dialogs: Dialogs) -> None:
    """Install what a tracker lacks, if the user agrees.

    Raises:
        MissingDependency: a package cannot be installed from here; the message says what to do.
        Cancelled: the user declined.
    """
    missing = missing_packages(info)
    if TORCH in missing or TORCHVISION in missing:
        offer_torch(dialogs)
    others = [package for package in missing if package not in (TORCH, TORCHVISION)]
    if others:
        offer_packages(lack_of(info, others), dialogs)


def offer_torch(dialogs: Dialogs) -> None:
    """Install PyTorch through the PyTorch extension, if the user agrees.

    Raises:
        MissingDependency: the PyTorch extension is not installed, or the installation failed.
        Cancelled: the user declined.
    """
    if importlib.util.find_spec("PyTorchUtils") is None:
        raise MissingDependency(
            _(
                "This tracker needs PyTorch. Install the extension 'PyTorch' in the Extensions Manager, restart Slicer "
                "and press Track again; or choose the classical tracker, which needs nothing more."
            )
        )
    text = _(
        "This tracker needs PyTorch, which is not installed yet; the classical tracker does not.\n\nInstall it now? "
        "This downloads up to 3 GB and takes several minutes. Slicer does not respond meanwhile. Nothing is sent from "
        "your computer."
    )
    if not dialogs.confirm(text):
        raise Cancelled(_("PyTorch was not installed."))
    if _install_torch() is None:
        raise MissingDependency(_("PyTorch could not be installed. Open the module 'PyTorch Utils' to see why."))
    importlib.invalidate_caches()


def _install_torch() -> Any:
    import PyTorchUtils

    logic = PyTorchUtils.PyTorchUtilsLogic()
    try:
        return logic.installTorch(askConfirmation=False, torchVersionRequirement=_TORCH_REQUIREMENT)
    except TypeError:  # its keywords changed over time
        return logic.installTorch(False)
