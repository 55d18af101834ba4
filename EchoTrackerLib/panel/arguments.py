"""Checks of what scripts give to the methods of the module's logic: `BadInput` names the argument."""

from __future__ import annotations

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
    if value not in known:
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


def checked_positions(values: Any, argument: str) -> np.ndarray:
    """Return positions float64 [N, 2] px, checked."""
    try:
        positions = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        positions = np.zeros(0)
    if positions.ndim != 2 or positions.shape[1] != 2 or not len(positions) or not np.isfinite(positions).all():
        raise BadInput(_("{argument} must be numbers (x, y) in px, one pair a point.").format(argument=argument))
    return positions


def rising_times(times: Optional[Sequence[float]]) -> Optional[tuple[float, ...]]:
    """Return R waves in s, checked."""
    if times is None:
        return None
    try:
        found = tuple(float(time) for time in times)
    except (TypeError, ValueError):
        found = ()
    if not found or not np.isfinite(found).all() or (np.diff(found) <= 0).any():
        raise BadInput(_("rTimes must be rising numbers, R waves in s on the clip's clock."))
    return found


def checked_avc_s(avc_ms: Optional[float]) -> Optional[float]:
    """Return aortic valve closure in s, checked; whether a heart can have it is checked where it is used."""
    if avc_ms is None:
        return None
    if isinstance(avc_ms, bool) or not isinstance(avc_ms, (int, float, np.number)) or not np.isfinite(avc_ms):
        raise BadInput(_("avcMs must be a number, aortic valve closure in ms after the R wave or end-diastole."))
    return float(avc_ms) / 1000.0


def existing_path(path: Optional[StrPath], what: str) -> Optional[Path]:
    """Return the whole path of a file or folder that must exist, None where none is given."""
    if not path:
        return None
    found = Path(path).expanduser().resolve()
    if not found.exists():
        raise BadInput(_("{what}: {path} does not exist.").format(what=what, path=found))
    return found
