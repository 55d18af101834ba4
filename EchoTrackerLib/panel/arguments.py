"""Checks of what scripts give to the methods of the module's logic: `BadInput` names the argument."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _

StrPath = Union[str, Path]


def need_node(node: Any, classes: tuple[str, ...], argument: str, what: str) -> None:
    """Check that a node is of one of the MRML classes; `what` says which it should be."""
    if node is None or not hasattr(node, "IsA") or not any(node.IsA(name) for name in classes):
        given = node.GetClassName() if hasattr(node, "GetClassName") else type(node).__name__
        raise BadInput(_("{argument} must be {what}, not {given}.").format(argument=argument, what=what, given=given))


def need_one_of(value: Any, known: Collection[str], what: str) -> None:
    """Check that a value is one of the known ones; `what` names its kind."""
    if not isinstance(value, str) or value not in known:
        text = _("{what} '{value}' is unknown; there is: {known}.")
        raise BadInput(text.format(what=what, value=value, known=", ".join(known)))


def need_range(value: Any, first: int, last: int, argument: str) -> None:
    """Check that a value is a whole number from `first` to `last`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not first <= value <= last:
        raise BadInput(
            _("{argument} must be a whole number from {first} to {last}, not {value}.").format(
                argument=argument, first=first, last=last, value=value
            )
        )


def need_flag(value: Any, argument: str) -> None:
    """Check that a value is True or False: a text such as "no" would count as True."""
    if not isinstance(value, (bool, np.bool_)):
        text = _("{argument} must be True or False, not {value!r}.")
        raise BadInput(text.format(argument=argument, value=value))


def need_function(value: Any, argument: str) -> None:
    """Check that a value can be called."""
    if not callable(value):
        text = _("{argument} must be a function, not {value!r}.")
        raise BadInput(text.format(argument=argument, value=value))


def checked_positions(values: Any, argument: str) -> np.ndarray:
    """Return positions float64 [N, 2] px, checked."""
    try:
        positions = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        positions = np.zeros(0)
    if positions.ndim != 2 or positions.shape[1] != 2 or not len(positions) or not np.isfinite(positions).all():
        raise BadInput(_("{argument} must be numbers (x, y) in px, one pair a point.").format(argument=argument))
    return positions


def checked_labels(labels: Optional[Sequence[str]], count: int) -> tuple[str, ...]:
    """Return the names of `count` points, P1, P2, ... where none are given, checked."""
    if labels is None:
        return tuple(f"P{i + 1}" for i in range(count))
    names = () if isinstance(labels, str) or not hasattr(labels, "__iter__") else tuple(labels)
    if not all(isinstance(name, str) and name.strip() for name in names) or len(set(names)) != len(names) or not names:
        raise BadInput(_("labels must be different names, one a point, not {labels!r}.").format(labels=labels))
    if len(names) != count:
        raise BadInput(_("There are {n} labels for {m} points.").format(n=len(names), m=count))
    return names


def rising_times(times: Optional[Sequence[float]]) -> Optional[tuple[float, ...]]:
    """Return R waves in s, checked."""
    if times is None:
        return None
    try:
        found = () if isinstance(times, str) else tuple(float(time) for time in times)
    except (TypeError, ValueError):
        found = ()
    if not found or not np.isfinite(found).all() or (np.diff(found) <= 0).any():
        raise BadInput(_("rTimes must be rising numbers, R waves in s on the clip's clock."))
    return found


def checked_apex(apex: Any, labels: Sequence[str]) -> Any:
    """Return the label or the number of the point at the apex, checked; where it may lie is checked by its user."""
    if apex is None or (isinstance(apex, str) and apex in labels):
        return apex
    if isinstance(apex, (int, np.integer)) and not isinstance(apex, bool) and 0 <= apex < len(labels):
        return int(apex)
    text = _("apex must be the label or the number (0 to {last}) of a point, not {apex!r}.")
    raise BadInput(text.format(last=len(labels) - 1, apex=apex))


def checked_valve_s(time_ms: Any, argument: str, what: str) -> float:
    """Return the time in s of what a valve does, checked; whether a heart can have it is checked where it is used."""
    if isinstance(time_ms, bool) or not isinstance(time_ms, (int, float, np.number)) or not np.isfinite(time_ms):
        text = _("{argument} must be a number, {what} in ms after the R wave or end-diastole.")
        raise BadInput(text.format(argument=argument, what=what))
    return float(time_ms) / 1000.0


def given_path(path: Any, argument: str) -> Path:
    """Return the whole path of a file or folder, which need not exist."""
    if not isinstance(path, (str, os.PathLike)) or not str(path):
        raise BadInput(_("{argument} must be a path, not {path!r}.").format(argument=argument, path=path))
    return Path(path).expanduser().resolve()


def existing_path(path: Optional[StrPath], argument: str) -> Optional[Path]:
    """Return the whole path of a file or folder that must exist, None where none is given."""
    if path is None:
        return None
    found = given_path(path, argument)
    if not found.exists():
        raise BadInput(_("{argument}: {path} does not exist.").format(argument=argument, path=found))
    return found
