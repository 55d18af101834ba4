"""The errors a user can meet. Their messages are shown as they are: what happened, in which file, what to do next."""

from __future__ import annotations


class EchoTrackerError(Exception):
    """Base of all errors whose message is meant for the user (shown without a traceback)."""


class BadInput(EchoTrackerError):
    """A file or an option cannot be used (command line: exit code 2)."""


class Cancelled(EchoTrackerError):
    """The user cancelled; nothing was changed (command line: exit code 130)."""


class OutOfMemory(EchoTrackerError):
    """The device's memory did not suffice, even in the smallest groups."""


class MissingDependency(EchoTrackerError):
    """An optional package is needed for this; the message says which and how to get it."""
