"""Keyboard shortcuts of the module: on the main window, alive only between enter and exit."""

from __future__ import annotations

from typing import Any, Callable

from ...i18n import tr as _

# (keys, name of the action, what it does). With Alt, so that neither Slicer's menus nor its views are disturbed;
# Ctrl+Shift+Left/Right/Down (Sequences) step and play the same clip.
SHORTCUTS = (
    ("Alt+.", "next", _("Next frame")),
    ("Alt+,", "previous", _("Previous frame")),
    ("Alt+P", "place", _("Place points")),
    ("Alt+Z", "undo", _("Undo the last change in the section in use")),
    ("Alt+Shift+Z", "redo", _("Redo it")),
    ("Alt+T", "track", _("Track")),
    ("Alt+G", "nextProblem", _("Review: next problem")),
    ("Alt+Shift+G", "nextBadFrame", _("Review: next bad frame")),
    ("Alt+1", "acceptPoints", _("Review: accept the selected points")),
    ("Alt+2", "rejectPoints", _("Review: reject the selected points")),
    ("Alt+3", "correctPoints", _("Review: the selected points need correction")),
    ("Alt+0", "undecidePoints", _("Review: take the decision back")),
    ("Alt+N", "nextPoint", _("Annotation: next point")),
    ("Alt+B", "previousPoint", _("Annotation: previous point")),
    ("Alt+K", "nextKeyframe", _("Annotation: next placed frame of the point")),
    ("Alt+J", "previousKeyframe", _("Annotation: previous placed frame of the point")),
    ("Alt+U", "nextUncertain", _("Annotation: next uncertain frame")),
    ("Alt+Shift+U", "previousUncertain", _("Annotation: previous uncertain frame")),
    ("Alt+O", "occlude", _("Annotation: occluded")),
    ("Alt+X", "clear", _("Annotation: clear the point on this frame")),
    ("Alt+A", "accept", _("Annotation: accept the point on this frame")),
    ("Alt+Shift+A", "acceptTrack", _("Annotation: accept the point on all frames")),
    ("Alt+I", "interpolate", _("Annotation: interpolate")),
    ("Alt+R", "retrack", _("Annotation: track the point again")),
    ("Alt+C", "propagate", _("Annotation: copy the cycle to the next one")),
    ("Alt+L", "zoom", _("Annotation: zoom to the point")),
)


class Shortcuts:
    """Creates the shortcuts in `enable`, deletes them in `disable`."""

    def __init__(self, actions: dict[str, Callable[[], None]]) -> None:
        self._actions = actions
        self._made: list[Any] = []

    def enable(self) -> None:
        """Create the shortcuts; does nothing without a main window or when they exist."""
        import qt
        import slicer

        window = slicer.util.mainWindow()
        if window is None or self._made:
            return
        for keys, name, _text in SHORTCUTS:
            shortcut = qt.QShortcut(window)
            shortcut.setKey(qt.QKeySequence(keys))
            shortcut.connect("activated()", self._actions[name])
            self._made.append(shortcut)

    def disable(self) -> None:
        """Delete the shortcuts."""
        for shortcut in self._made:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._made.clear()
