"""What the user says of a clip's beats: ED and ES at a frame or moved in the chart, closure, beats left out; undo."""

from __future__ import annotations

import math
from typing import Any, Callable, Optional

from ...errors import BadInput
from ...history import StateHistory
from ...i18n import readable
from ...i18n import tr as _
from ...scene import results
from ...scene.given import Given, given, set_given
from ...scene.phase_marks import has_marks, take_move
from ...scene.strain import VOID, read_strain
from ...scene.strain_chart import allow_moves
from ...strain.marks import Mark
from ...strain.strain import Strain
from ...strain.timing.moved import ED, Moved
from ..qt.dialogs import guarded
from ..session import Session
from .phases_view import BeatRow
from .view import ResultsSection

Later = Callable[[Callable[[], None]], None]
_State = tuple[int, int, Given]  # ED and ES of the parameters (from 1, 0 automatic), what was said of the clip
_LIMIT = 100


class PhasesPresenter:
    """Changes of one clip after the other; each is measured at once, and refused where it cannot be measured."""

    def __init__(self, session: Session, view: ResultsSection, measure: Callable[[], None], later: Later) -> None:
        """`measure` measures the chosen clip again, where it was measured; `later` calls once, soon."""
        self._session, self._view, self._measure, self._later = session, view, measure, later
        self._history: Optional[StateHistory[_State]] = None
        self._clip: Any = None
        self._moving = False

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Show what was said of the chosen clip, and its beats."""
        is_clip = self._session.browser is not None and self._session.is_clip
        self._view.phases.show_given(given(self._session.browser) if is_clip else Given())
        strain = self._strain()
        titles = (_("Beat"), _("ED frame"), _("ES frame"), strain.measure if strain is not None else "")
        self._view.phases.show_beats([] if strain is None else _rows(strain), titles)
        self._apply_moving()

    def _strain(self) -> Optional[Strain]:
        session = self._session
        if session.parameters is None or session.browser is None or not session.is_clip:
            return None
        return read_strain(session.scene, session.browser)

    def _chart(self) -> Any:
        session = self._session
        if session.parameters is None or session.browser is None or not session.is_clip:
            return None
        found = results.find_results(session.scene, session.browser).strain
        return None if found is None else found.chart

    # -- what the user does ------------------------------------------------------------------
    def set_ed_here(self) -> None:
        """Take the frame on screen as end-diastole; measure again what was measured."""
        self._change(ed=self._session.frame + 1)

    def set_es_here(self) -> None:
        """Take the frame on screen as end-systole; measure again what was measured."""
        self._change(es=self._session.frame + 1)

    def find_phases_again(self) -> None:
        """Forget every frame that was given or moved; measure again."""
        self._change(0, 0, self._now()[2]._replace(moved=()))

    def say(self, **said: Any) -> None:
        """Keep fields of `Given` with the clip; measure again what was measured."""
        if self._session.browser is not None and self._session.is_clip:
            self._change(said=self._now()[2]._replace(**said))

    def say_closure(self, closure_ms: float) -> None:
        """Keep valve closure of the user, 0 for none; one from another clip is then the user's, or gone for good."""
        now = self._now()[2] if self._session.browser is not None and self._session.is_clip else Given()
        if closure_ms != now.closure_ms:
            self.say(closure_ms=closure_ms, closure_from="", alone=bool(now.closure_from) and closure_ms == 0)

    def say_opening(self, opening_ms: float) -> None:
        """Keep valve opening of the user, 0 for none; one from another clip is then the user's."""
        if self._session.browser is not None and self._session.is_clip and opening_ms != self._now()[2].opening_ms:
            self.say(opening_ms=opening_ms, opening_from="")

    def count_beat(self, number: int, counts: bool) -> None:
        """Take a beat into the value, or leave it out; measure again."""
        strain = self._strain()
        if strain is None or not 0 <= number < len(strain.beats):
            return
        phases = strain.beats[number].phases
        end = len(strain.times_s) - 1 if phases.cycle_end is None else phases.cycle_end
        first, last = float(strain.times_s[min(phases.ed, phases.es)]), float(strain.times_s[end])
        others = tuple(time for time in self._now()[2].without_s if not first <= time < last)
        self.say(without_s=others if counts else tuple(sorted((*others, (first + last) / 2))))

    def move_phases(self, on: bool) -> None:
        """Let ED and ES be dragged in the chart, or no longer."""
        self._moving = on
        if on and self._chart() is not None and not has_marks(self._session.scene, self._session.browser):
            self._measure()  # a chart of an earlier version is drawn anew
        self._apply_moving()

    def take_move(self) -> None:
        """A point of the chart was dragged: a phase goes to the nearest frame, anything else back to its place."""
        self._later(self._take_move)  # the chart has not ended its own drag yet

    @guarded(_("The strain could not be measured."))
    def _take_move(self) -> None:
        session, strain = self._session, self._strain()
        if strain is None:
            return
        found = results.find_results(session.scene, session.browser).strain
        if found is None:
            return
        move = take_move(session.scene, session.browser, strain, found.curves)
        results.show_frame(session.scene, session.browser, session.frame)  # the line at the frame, back to its place
        if move is not None:
            self._move(strain, *move)

    def _apply_moving(self) -> None:
        chart = self._chart()
        moving = self._moving and chart is not None and self._view.can_move
        if chart is not None:
            allow_moves(chart, moving)
        self._view.set_moving(moving)
        self._view.phases.show_moving(moving)

    def _move(self, strain: Strain, mark: Mark, frame: int) -> None:
        """Move a phase of the chart to another frame (0-based).

        The phases of a clip's only beat become those of the parameters, as by the buttons; of several beats only the
        moved one is the user's.
        """
        kept, is_ed = self._now(), mark.kind == ED
        own = strain.ed if is_ed else strain.es
        if mark.frame == own and (len(strain.beats) == 1 or kept[0] or kept[1]):
            self._change(*((frame + 1, None) if is_ed else (None, frame + 1)))
            return
        said = kept[2]
        before = next((m for m in said.moved if (m.kind, m.given) == tuple(mark)), Moved(mark.kind, mark.frame, 0))
        others = tuple(m for m in said.moved if m != before)
        new = (before._replace(given=frame),) if frame != before.found else ()
        self._change(said=said._replace(moved=others + new))

    def undo(self) -> None:
        """Take the last change of the chosen clip back."""
        self._go(self._ready().undo())

    def redo(self) -> None:
        """Repeat the change that was taken back."""
        self._go(self._ready().redo())

    # -- inside ------------------------------------------------------------------------------
    def _now(self) -> _State:
        parameters = self._session.parameters
        return int(parameters.edFrame), int(parameters.esFrame), given(self._session.browser)

    def _ready(self) -> StateHistory[_State]:
        """Return the history of the chosen clip, up to date with what was changed elsewhere."""
        if not self._session.is_clip:
            raise BadInput(_("Select or load a clip first."))
        if self._history is None or self._clip is not self._session.browser:
            self._clip, self._history = self._session.browser, StateHistory(self._now(), _LIMIT)
        self._history.add(self._now())
        return self._history

    def _change(self, ed: Optional[int] = None, es: Optional[int] = None, said: Optional[Given] = None) -> None:
        history = self._ready()
        before = self._now()
        self._write((before[0] if ed is None else ed, before[1] if es is None else es, said or before[2]))
        if self._now() == before:
            return
        try:
            self._measure()
        except BadInput:
            self._write(before)
            self._measure()
            raise
        history.add(self._now())
        self._session.edited = self

    def _go(self, state: Optional[_State]) -> None:
        if state is not None:
            self._write(state)
            self._measure()

    def _write(self, state: _State) -> None:
        parameters = self._session.parameters
        set_given(self._session.browser, state[2])
        for name, frame in zip(("edFrame", "esFrame"), state):
            if getattr(parameters, name) != frame:
                setattr(parameters, name, frame)

    def close(self) -> None:
        """Forget the clip; the scene is closing."""
        self._history = self._clip = None
        self._moving = False


def _rows(strain: Strain) -> list[BeatRow]:
    """Return the beats' rows; frames are counted from 1."""
    rows = []
    for number, beat in enumerate(strain.beats):
        void = beat.phases.void_because
        value = VOID if beat.void_because or void else f"{readable(beat.gls_percent)} %"
        ed, es = (
            VOID if math.isnan(doubt) and void else str(frame + 1)  # what is not in the clip has no frame
            for doubt, frame in (
                (beat.phases.ed_doubt_ms, beat.phases.ed),
                (beat.phases.es_doubt_ms, beat.phases.es),
            )
        )
        cells = (str(number + 1), ed, es, value)
        rows.append(BeatRow(cells, beat.counted, void))
    return rows
