"""Clicks on the clip's image: which pixel was pressed in a slice view; the click goes on to the view."""

from __future__ import annotations

from typing import Any, Callable

import numpy as np

from ...i18n import tr as _
from .dialogs import guarded

PICK_SHARE = 0.04  # of the image's width: how near to a point a click that picks it must be
_BEFORE_THE_VIEW = 1.0  # priority: the view itself may end the event


class ClipClicks:
    """Tells where slice views are clicked, until `unwatch`."""

    def __init__(self, volume: Callable[[], Any]) -> None:
        """`volume` returns the clip's volume node, None without a clip."""
        self._volume = volume
        self._observed: list[tuple[Any, int]] = []

    def watch(self, view_name: str, pick: Callable[[float, float], None]) -> None:
        """Call `pick(x, y)` with the clip's pixel whenever the left button is pressed in the slice view of that name.

        A view that is not there is left out.
        """
        import slicer

        manager = slicer.app.layoutManager()
        widget = manager.sliceWidget(view_name) if manager is not None else None
        if widget is None:
            return
        view = widget.sliceView()

        @guarded(_("What was clicked could not be selected."))
        def pressed(_self: Any) -> None:
            volume = self._volume()
            if volume is not None:
                pick(*view_pixel(view, volume))

        interactor = view.interactor()
        tag = interactor.AddObserver("LeftButtonPressEvent", lambda *_: pressed(self), _BEFORE_THE_VIEW)
        self._observed.append((interactor, tag))

    @property
    def watching(self) -> bool:
        """Whether any view is watched."""
        return bool(self._observed)

    def unwatch(self) -> None:
        """Leave the views alone."""
        for interactor, tag in self._observed:
            interactor.RemoveObserver(tag)
        self._observed.clear()


def view_pixel(view: Any, volume: Any) -> tuple[float, float]:
    """Return where the mouse is in a slice view, (x, y) px of a clip's volume."""
    from ...scene.mrml.plane import world_to_pixels

    x, y = view.interactor().GetEventPosition()
    world = view.mrmlSliceNode().GetXYToRAS().MultiplyPoint((x, y, 0.0, 1.0))[:3]
    pixel = world_to_pixels(np.array([world]), volume)[0][0]
    return float(pixel[0]), float(pixel[1])
