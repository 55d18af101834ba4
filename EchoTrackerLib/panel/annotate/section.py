"""The section "Annotation" as one thing for the panel: widgets, presenters, shortcuts."""

from __future__ import annotations

from typing import Any, Callable

from ...i18n import tr as _
from ...scene.mrml.frames import Later
from ..qt.dialogs import Dialogs, guarded
from ..qt.timers import Ticker
from ..qt.widgets import scroll_to
from ..session import Session
from .agreement.presenter import AgreementPresenter
from .agreement.view import AgreementWidgets
from .editors import SetEditors
from .presenter import AnnotatePresenter
from .sets.export import SetExportPresenter
from .sets.presenter import SetsPresenter
from .sets.restore import RestorePresenter
from .sets.schemas import Schemas
from .sets.view import SetsWidgets
from .view import AnnotateSection

# Names of the shortcuts and the buttons that they press.
_BUTTONS = {
    "nextPoint": "nextPointButton",
    "previousPoint": "previousPointButton",
    "nextKeyframe": "nextKeyframeButton",
    "previousKeyframe": "previousKeyframeButton",
    "nextUncertain": "nextUncertainButton",
    "previousUncertain": "previousUncertainButton",
    "occlude": "occludeButton",
    "clear": "clearButton",
    "accept": "acceptPointButton",
    "acceptTrack": "acceptTrackButton",
    "interpolate": "interpolateButton",
    "retrack": "retrackButton",
    "propagate": "propagateButton",
    "zoom": "zoomButton",
}
_LOOK_MS = 1000  # until a scene saved as .mrml is noticed


class AnnotationPanel:
    """Makes the section below the others and holds its presenters."""

    def __init__(
        self, panel_widget: Any, session: Session, dialogs: Dialogs, ticker: Callable[[], Ticker], later: Later
    ) -> None:
        self.section = AnnotateSection(panel_widget)
        sets, agreement = SetsWidgets(self.section), AgreementWidgets(self.section.ui)
        self.editors = SetEditors(session, dialogs)
        self.points = AnnotatePresenter(self.editors, self.section, ticker, later)
        schemas = Schemas(dialogs.setting)
        self.sets = SetsPresenter(self.editors, sets, dialogs, schemas)
        self.export = SetExportPresenter(self.editors, sets, dialogs, schemas, self.sets.begin_with)
        self.restore = RestorePresenter(self.editors, sets, dialogs, later)
        self.agreement = AgreementPresenter(self.editors, agreement, dialogs, self.points.go_to)
        # Later, when the panel is laid out with the open section.
        self.section.connect(self.editors, self.points, lambda: later(lambda: scroll_to(self.section.widget)))
        sets.connect(self.sets, self.export, self.restore)
        agreement.connect(self.agreement)
        self._session, self._later, self._waiting = session, later, False
        self._tag = session.scene.AddObserver("ModifiedEvent", self._on_scene)
        self._watch = ticker()
        self._watch.start(_LOOK_MS, self.editors.note_saved)
        self.editors.refresh()

    @property
    def shortcuts(self) -> dict[str, Callable[[], None]]:
        """What the shortcuts of the section do."""
        return {name: self._presses(button) for name, button in _BUTTONS.items()}

    @property
    def in_use(self) -> bool:
        """Whether the user works here: a set is edited, and no other section was changed since."""
        return self.editors.has_undo

    def place(self) -> None:
        """Start or stop placing points by mouse."""
        self.section.press("placePointsButton")
        self.section.to_top()

    def enter(self) -> None:
        """The module is shown."""
        self.editors.enter()
        self.restore.enter()

    def exit(self) -> None:
        """Another module is shown: lock the points, give back mouse and view; journals stay."""
        self.points.stop()
        self.restore.exit()
        self.editors.exit()

    def scene_closing(self) -> None:
        """The scene is about to be emptied."""
        self.editors.close()
        self.points.close()

    def close(self) -> None:
        """The module is unloaded."""
        self._watch.stop()
        self._session.scene.RemoveObserver(self._tag)

    def _presses(self, button: str) -> Callable[[], None]:
        return lambda: self.section.press(button)

    def _on_scene(self, *_arguments: Any) -> None:
        """Writing a bundle changes the scene; saving as .mrml tells nobody and is seen by looking now and then."""
        if not self._waiting:
            self._waiting = True
            self._later(self._look)

    @guarded(_("The backup of the unsaved annotation could not be started again."))
    def _look(self) -> None:
        self._waiting = False
        self.editors.note_saved()
