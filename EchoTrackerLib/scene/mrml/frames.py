"""The current frame of a clip: asking, setting, stopping playback, and being told of a change exactly once."""

from __future__ import annotations

from typing import Any, Callable, Optional

FrameChanged = Callable[[int], None]
# later(function): calls the function once, soon; in Slicer `lambda f: qt.QTimer.singleShot(60, f)`.
Later = Callable[[Callable[[], None]], None]

_BEFORE_SLICER = 1.0  # priority of an observer; the menu waits for the user's choice


def current_frame(browser: Any) -> int:
    """Return the 0-based frame on screen."""
    return int(browser.GetSelectedItemNumber())


def go_to_frame(browser: Any, frame: int) -> None:
    """Show a frame (0-based); outside the clip the nearest one."""
    last = browser.GetNumberOfItems() - 1
    browser.SetSelectedItemNumber(max(0, min(int(frame), last)))


def stop_playback(browser: Any) -> None:
    """Stop playing; Slicer drops edits that are made while a clip plays."""
    if browser.GetPlaybackActive():
        browser.SetPlaybackActive(False)


def before_menu(display: Any, call: Callable[..., None]) -> int:
    """Call a function when Slicer's context menu of a control point is about to open; return the observer's tag.

    `vtkSlicerMarkupsWidget::ProcessWidgetMenu` invokes the event at the display node of the list.
    """
    return int(display.AddObserver(display.MenuEvent, call, _BEFORE_SLICER))


class FrameObserver:
    """Calls `changed(frame)` when the browser shows another frame, after its proxies are up to date.

    A browser also reports playback, recording and renaming; those are not passed on. With `later`, the changes until
    the delayed call come as one call with the newest frame.
    """

    def __init__(self, browser: Any, changed: FrameChanged, later: Optional[Later] = None) -> None:
        import vtk

        self._browser = browser
        self._changed = changed
        self._later = later
        self._told = current_frame(browser)
        self._waiting = False
        self._tag: Optional[int] = browser.AddObserver(vtk.vtkCommand.ModifiedEvent, self._on_modified)

    def stop(self) -> None:
        """Stop observing; safe to call twice and after the browser left the scene."""
        if self._tag is not None:
            self._browser.RemoveObserver(self._tag)
            self._tag = None

    def _on_modified(self, _caller: Any, _event: str) -> None:
        if current_frame(self._browser) == self._told or self._waiting:
            return
        if self._later is None:
            self._tell()
        else:
            self._waiting = True
            self._later(self._tell)

    def _tell(self) -> None:
        self._waiting = False
        frame = current_frame(self._browser)
        if self._tag is None or frame == self._told:
            return
        self._told = frame
        self._changed(frame)
