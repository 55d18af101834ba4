"""A plain signal: signals declared on Python subclasses of Qt classes crash in PythonQt."""

from __future__ import annotations

from typing import Any, Callable


class Signal:
    """Calls every connected function with the arguments of `emit`."""

    def __init__(self) -> None:
        self._slots: list[Callable[..., Any]] = []

    def connect(self, slot: Callable[..., Any]) -> None:
        """Call `slot` on every `emit`; a slot connected twice is called once."""
        if slot not in self._slots:
            self._slots.append(slot)

    def disconnect(self, slot: Callable[..., Any]) -> None:
        """Stop calling `slot`."""
        if slot in self._slots:
            self._slots.remove(slot)

    def emit(self, *arguments: Any) -> None:
        """Call all slots."""
        for slot in tuple(self._slots):
            slot(*arguments)
