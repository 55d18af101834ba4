"""Optional Python packages: installed only after the user agreed, torch only through the PyTorch extension.

Whatever is installed in Slicer's Python stays as it is: every installation is held to the versions that are there. One
that cannot keep to them is refused before anything changes.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, TypeVar

from ...errors import Cancelled, MissingDependency
from ...i18n import tr as _
from ...interpreter import find_python
from ...tracking.registry import lack_of, missing_packages
from ...tracking.tracker import TORCH, TORCHVISION, TrackerInfo
from .dialogs import Dialogs

_Result = TypeVar("_Result")
_TORCH_REQUIREMENT = ">=2.0"
_OF_SLICER = ("numpy", "simpleitk", "vtk")  # built into Slicer: pip may not even know that they are there


def with_packages(read: Callable[[], _Result], dialogs: Dialogs) -> _Result:
    """Return what `read` returns, which is called again after packages that it lacks were installed.

    Raises:
        MissingDependency, Cancelled: as `offer_packages`.
    """
    try:
        return read()
    except MissingDependency as error:
        offer_packages(error, dialogs)
        return read()


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
        "{reason}\n\nInstall {packages} now? This downloads a few megabytes from the Python Package Index. What is "
        "installed in Slicer stays as it is."
    ).format(reason=error.reason, packages=", ".join(names))
    if not dialogs.confirm(text):
        raise Cancelled(_("Not installed."))
    with constrained(), dialogs.waiting():
        plan = _plan(names)
    refused = [name for name in plan if name in _OF_SLICER or name in installed()]
    if refused:
        raise MissingDependency(
            _("{packages} cannot be installed: {refused} of Slicer would be replaced, which may break it.").format(
                packages=", ".join(names), refused=", ".join(refused)
            )
        )
    asked = {_name(requirement) for requirement in names}
    if set(plan) - asked:
        listed = ", ".join(f"{name} {version}" for name, version in sorted(plan.items()))
        if not dialogs.confirm(_("This installs: {packages}. Go on?").format(packages=listed)):
            raise Cancelled(_("Not installed."))
    _install([f"{name}=={version}" for name, version in plan.items()] or list(names))


def installed() -> dict[str, str]:
    """Return name -> version of all packages in this Python."""
    found = ((d.metadata["Name"], d.version) for d in importlib.metadata.distributions())
    return {_name(name): version for name, version in found if name and version}


@contextmanager
def constrained() -> Iterator[None]:
    """Hold every pip that is started in this block to the versions that are installed."""
    before = os.environ.get("PIP_CONSTRAINT")
    with tempfile.TemporaryDirectory(prefix="EchoTracker-") as folder:
        path = Path(folder) / "installed.txt"
        path.write_text("".join(f"{name}=={version}\n" for name, version in installed().items()), encoding="utf-8")
        os.environ["PIP_CONSTRAINT"] = str(path)
        try:
            yield
        finally:
            os.environ.pop("PIP_CONSTRAINT")
            if before is not None:
                os.environ["PIP_CONSTRAINT"] = before


def _name(requirement: str) -> str:
    """Return the name of a requirement as pip compares names."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~;\[(]", requirement.strip(), maxsplit=1)[0]).lower()


def _plan(names: Sequence[str]) -> dict[str, str]:
    """Return name -> version of what pip would install, without installing it.

    Raises:
        MissingDependency: pip finds no way, e.g. without internet, or none that keeps what is installed.
    """
    arguments = ["install", "--dry-run", "--quiet", "--no-input", "--report", "-", *names]
    done = _pip(arguments)
    if done.returncode:
        reason = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), "")
        raise _not_installed(names, reason.replace("ERROR:", "").strip())
    report = json.loads(done.stdout[done.stdout.index("{") :])
    chosen = (item["metadata"] for item in report.get("install", []))
    return {_name(metadata["name"]): metadata["version"] for metadata in chosen}


def _pip(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    command = [find_python(), "-m", "pip", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)


def _not_installed(names: Sequence[str], reason: str = "") -> MissingDependency:
    return MissingDependency(
        _(
            "{packages} could not be installed{reason}. Without internet, install wheels from a folder: PythonSlicer "
            "-m pip install --no-index --find-links FOLDER {packages}"
        ).format(packages=" ".join(names), reason=f" ({reason})" if reason else _("; the error log says why"))
    )


def _install(names: Sequence[str]) -> None:
    import slicer

    try:
        with constrained():
            slicer.util.pip_install(" ".join(names))
    except (subprocess.CalledProcessError, OSError, RuntimeError) as error:
        raise _not_installed(names) from error
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
    with constrained():
        try:
            return logic.installTorch(askConfirmation=False, torchVersionRequirement=_TORCH_REQUIREMENT)
        except TypeError:  # its keywords changed over time
            return logic.installTorch(False)
