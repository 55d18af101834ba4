"""The errors a user can meet. Their messages are shown as they are: what happened, in which file, what to do next."""

from __future__ import annotations

import importlib.util
from typing import NamedTuple

from .i18n import tr as _


class Package(NamedTuple):
    """An optional Python package.

    Attributes:
        module: what is imported.
        requirement: what `pip install` is given; "" for the module's name.
        steps: what to do where pip alone does not do it; "" otherwise.
    """

    module: str
    requirement: str = ""
    steps: str = ""

    @property
    def pip_name(self) -> str:
        """What `pip install` is given, "" where it does not come that way."""
        return "" if self.steps else self.requirement or self.module

    @property
    def is_installed(self) -> bool:
        """Whether this Python can import it."""
        return importlib.util.find_spec(self.module) is not None


class EchoTrackerError(Exception):
    """Base of all errors whose message is meant for the user (shown without a traceback).

    Attributes:
        command_line: the options that help in a terminal, such as "--weights FILE"; "" for none. Only the command line
            shows them.
    """

    def __init__(self, message: str = "", command_line: str = "") -> None:
        super().__init__(message)
        self.command_line = command_line


class BadInput(EchoTrackerError):
    """A file or an option cannot be used (command line: exit code 2)."""


class LicenceNotAccepted(BadInput):
    """A tracker by other authors was asked for without consent to its license.

    Attributes:
        title, licence, citation: of the tracker.
    """

    def __init__(self, title: str, licence: str, citation: str) -> None:
        super().__init__()
        self.title, self.licence, self.citation = title, licence, citation

    def __str__(self) -> str:
        return _(
            "{title} is by other authors, under this license: {licence}. It runs only after you accept that: "
            "--accept-licence on the command line, acceptLicence=True in a script (cite: {citation})."
        ).format(title=self.title, licence=self.licence, citation=self.citation)


class Cancelled(EchoTrackerError):
    """The user cancelled; nothing was changed (command line: exit code 130)."""


class OutOfMemory(EchoTrackerError):
    """The device's memory did not suffice, even in the smallest groups."""


class MissingDependency(EchoTrackerError):
    """Optional packages are needed for this; the message says which and how to get them.

    Attributes:
        reason: what needs them, as a sentence.
        packages: the packages; none where the reason says what to do.
    """

    def __init__(self, reason: str, *packages: Package, command_line: str = "") -> None:
        super().__init__(command_line=command_line)
        self.reason, self.packages = reason, packages

    def __str__(self) -> str:
        from_pip = [package.pip_name for package in self.packages if package.pip_name]
        others = [package.steps for package in self.packages if package.steps]
        if from_pip:
            names = " ".join(f"'{name}'" if set(name) & set("<>=;[ ") else name for name in from_pip)
            others.insert(0, _("Install it with: pip install {names}").format(names=names))
        return " ".join([self.reason, "; ".join(others)]) if others else self.reason
