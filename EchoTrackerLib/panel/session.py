"""What the sections of the panel share: the scene, the parameters, the clip, and who wants to know of changes."""

from __future__ import annotations

from typing import Any, Optional, Protocol

from ..cine.cine import Cine
from ..errors import BadInput
from ..i18n import tr as _
from ..scene import results as study
from ..scene.clip import cine as scene_cine
from ..scene.mrml import nodes
from ..scene.mrml.frames import FrameObserver, current_frame
from ..scene.tracks import find_tracks
from .qt.signal import Signal

_CHART_EVERY = 4  # while the clip plays: so many steps of the tail to one of the chart's cursor


class Undoable(Protocol):
    """A section whose changes can be taken back."""

    def undo(self) -> None:
        """Take back the last change."""
        ...

    def redo(self) -> None:
        """Repeat the change that was taken back."""
        ...


class Session:
    """State of the panel that does not live in one section.

    Attributes:
        scene: the MRML scene.
        parameters: the module's parameter node wrapper; None between closing a scene and the next.
        changed: emitted after the parameters or the clip changed; every section refreshes.
        frame_changed: emitted with the 0-based frame after the clip shows another one.
        results_changed: emitted after tracks or strain were made or removed.
        tracks_edited: emitted after a tracked point was dragged by hand.
        busy: a job is running.
        annotating: an annotation set is edited; the points to track and the tracks are hidden meanwhile.
        annotating_changed: emitted after that began or ended.
        edited: the section in which something was changed last: the shortcuts for undo and redo act there. A section
            sets itself; None is the points.
        lit: the name of the segment that is lit on the wall and in the chart, "" for none.
        pointing: the section whose point has the ring in the views; the others leave the ring alone.
    """

    def __init__(self, scene: Any, later: Optional[Any] = None) -> None:
        self.scene = scene
        self.parameters: Any = None
        self.changed, self.frame_changed, self.results_changed = Signal(), Signal(), Signal()
        self.tracks_edited, self.annotating_changed = Signal(), Signal()
        self.busy = self.annotating = False
        self.edited: Optional[Undoable] = None
        self.pointing: Any = None
        self.lit = ""
        self._later = later
        self._skipped, self._awaiting_stop = 0, False
        self._observer: Optional[FrameObserver] = None
        self._cursor: Optional[FrameObserver] = None
        self._observed: Any = None
        self._cached: tuple[Any, Optional[Cine], str] = (None, None, "")

    def set_parameters(self, parameters: Any) -> None:
        """Use another parameter node (None: none, the scene is closing)."""
        self.parameters = parameters
        self.refresh()

    @property
    def browser(self) -> Any:
        """The clip's sequence browser node, or None."""
        return self.parameters.browser if self.parameters is not None else None

    @property
    def points(self) -> Any:
        """The node with the points to track, or None; tracks on screen are results, never points to start from."""
        points = self.parameters.points if self.parameters is not None else None
        return None if points is None or points.GetNodeReferenceID(nodes.CLIP_REFERENCE) else points

    @property
    def proxy(self) -> Any:
        """The clip's volume on screen, or None."""
        return self.browser.GetProxyNode(self.browser.GetMasterSequenceNode()) if self.is_clip else None

    @property
    def is_clip(self) -> bool:
        """Whether the chosen browser plays a 2-D clip."""
        browser = self.browser
        return (
            browser is not None
            and not scene_cine.why_no_cine(browser)
            and browser.GetProxyNode(browser.GetMasterSequenceNode()) is not None
        )

    @property
    def frame(self) -> int:
        """The 0-based frame on screen, 0 without a clip."""
        return max(current_frame(self.browser), 0) if self.browser is not None else 0

    @property
    def query_frame(self) -> int:
        """The 0-based query frame."""
        return int(self.parameters.queryFrame) - 1 if self.parameters is not None else 0

    def tracks_node(self) -> Any:
        """Return the sequence of the chosen clip's tracks, None where there are none."""
        if self.parameters is None or self.browser is None or not self.is_clip:
            return None
        found = find_tracks(self.scene, self.browser)
        return found[0] if found else None

    def cine(self) -> Optional[Cine]:
        """Return the clip, read again only after it changed; None when there is none (see `problem`)."""
        browser = self.browser
        sequence = browser.GetMasterSequenceNode() if browser is not None else None
        if sequence is None:
            return None
        attributes = (sequence.GetAttribute("EchoTracker.SpacingKnown"), sequence.GetAttribute("EchoTracker.Cine"))
        key = (sequence.GetID(), sequence.GetMTime(), sequence.GetNumberOfDataNodes(), attributes)
        if key != self._cached[0]:
            try:
                self._cached = (key, scene_cine.read_cine(browser), "")
            except BadInput as error:
                self._cached = (key, None, str(error))
        return self._cached[1]

    def need_cine(self) -> Cine:
        """Return the clip.

        Raises:
            BadInput: there is none; the message says why.
        """
        cine = self.cine()
        if cine is None:
            raise BadInput(self.problem() or _("Select or load a clip first."))
        return cine

    def problem(self) -> str:
        """Return why the chosen browser is not a clip, "" when it is one or none is chosen."""
        if self.browser is None or self.cine() is not None:
            return ""
        return scene_cine.why_no_cine(self.browser) or self._cached[2]

    def choose_only_clip(self) -> None:
        """Choose the clip if there is exactly one and none is chosen."""
        if self.parameters is not None and self.browser is None:
            clips = scene_cine.find_cine_browsers(self.scene)
            if len(clips) == 1:
                self.parameters.browser = clips[0]

    def refresh(self) -> None:
        """Observe the chosen clip and let every section look again."""
        browser = self.browser
        if browser is not self._observed:
            self.stop_observing()
            self._observed = browser
            if browser is not None:
                self._observer = FrameObserver(browser, self.frame_changed.emit)
                self._cursor = FrameObserver(browser, self._follow, self._later)
        self.changed.emit()

    def stop_observing(self) -> None:
        """Forget the clip."""
        for observer in (self._observer, self._cursor):
            if observer is not None:
                observer.stop()
        self._observer = self._cursor = self._observed = None

    def _follow(self, frame: int) -> None:
        """Draw what moves with the clip; the chart, which redraws slowly, seldom while it plays, and when it stops."""
        if self.browser is not None and self.is_clip:
            playing = self._later is not None and bool(self.browser.GetPlaybackActive())
            self._skipped = (self._skipped + 1) % _CHART_EVERY if playing else 0
            study.show_frame(self.scene, self.browser, frame, chart=not playing or self._skipped == 0)
            if playing and self._later is not None and not self._awaiting_stop:
                self._awaiting_stop = True
                self._later(self._on_later)

    def _on_later(self) -> None:
        """See whether the clip has stopped, until it has."""
        self._awaiting_stop = False
        if self.browser is None or not self.is_clip:
            return
        if not self.browser.GetPlaybackActive():
            study.show_frame(self.scene, self.browser, self.frame)
        elif self._later is not None:
            self._awaiting_stop = True
            self._later(self._on_later)

    def close(self) -> None:
        """Forget everything; the scene is closing."""
        self.stop_observing()
        self._cached = (None, None, "")
        self.edited = self.pointing = None
        self.lit = ""
        self.parameters = None
        self.changed.emit()
