"""Keyboard shortcuts of the module: on the main window, alive only between enter and exit."""

from __future__ import annotations

from typing import Any, Callable

from ...i18n import tr as _

# (keys, name of the action, what it does). With Alt, so that neither Slicer's menus nor its views are disturbed;
# Ctrl+Shift+Left/Right/Down (Sequences) step and play the same clip.
SHORTCUTS = (
    ("Alt+.", "next", _("Next frame")),
    ("Alt+,", "previous", _("Previous frame")),
    ("Alt+PgDown", "next10", _("10 frames on")),
    ("Alt+PgUp", "previous10", _("10 frames back")),
    ("Alt+P", "place", _("Place points")),
    ("Alt+Z", "undo", _("Undo the last change in the section in use")),
    ("Alt+Shift+Z", "redo", _("Redo it")),
    ("Alt+T", "track", _("Track")),
    ("Alt+G", "next_problem", _("Review: next problem")),
    ("Alt+Shift+G", "next_bad_frame", _("Review: next bad frame")),
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
        if not self._made:
            made = [add_shortcut(keys, self._actions[name]) for keys, name, _text in SHORTCUTS]
            self._made = [shortcut for shortcut in made if shortcut is not None]

    def disable(self) -> None:
        """Delete the shortcuts."""
        for shortcut in self._made:
            remove_shortcut(shortcut)
        self._made.clear()


def add_shortcut(keys: str, action: Callable[[], None]) -> Any:
    """Bind keys in the main window until `remove_shortcut`; return the shortcut, None without a main window."""
    import qt
    import slicer

    window = slicer.util.mainWindow()
    if window is None:
        return None
    shortcut = qt.QShortcut(window)
    shortcut.setKey(qt.QKeySequence(keys))
    shortcut.connect("activated()", action)
    return shortcut


def remove_shortcut(shortcut: Any) -> None:
    """Unbind keys; None is nothing to do."""
    if shortcut is not None:
        shortcut.setEnabled(False)
        shortcut.deleteLater()


class PlayKeys:
    """The keys of a play widget (Ctrl+Shift+Down, Left, Right): off while the tool bar of Sequences is shown.

    The tool bar registers the same keys, and where two widgets of a window do, Qt calls neither.
    """

    def __init__(self, play_widget: Any) -> None:
        import slicer

        self._keys = [child for child in play_widget.children() if child.className() == "QShortcut"]
        self._bar = slicer.modules.sequences.toolBar()
        self._bar.connect("visibilityChanged(bool)", self._on_bar)
        self._on_bar(self._bar.visible)

    def _on_bar(self, shown: bool) -> None:
        for key in self._keys:
            key.setEnabled(not shown)

    def close(self) -> None:
        """Leave the tool bar alone. The widgets live until Qt deletes them, and until then their keys must be off."""
        self._bar.disconnect("visibilityChanged(bool)", self._on_bar)
        for key in self._keys:
            key.setEnabled(False)
        self._keys = []
