"""The strain of the wall under review: measured once with all points, and again without those that are rejected."""

from __future__ import annotations

from typing import Optional

from ...errors import BadInput
from ...i18n import readable
from ...i18n import tr as _
from ...review.strain import measure_all, point_segments, without_rejected
from ...scene import results as study
from ...scene.mrml import layout
from ...scene.strain import VOID
from ...strain.strain import Strain
from ...tracks.tracks import Tracks
from ..session import Session
from ..strain_settings import wall_settings


class ReviewedWall:
    """Segments and cycle of the reviewed tracks, and their strain in the scene.

    Attributes:
        segments: the N points' segments, "" for a point on none.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: Optional[Strain] = None
        self.segments: tuple[str, ...] = ()

    def measure(self, tracks: Optional[Tracks]) -> None:
        """Measure with all points; tracks that are no wall have no segments."""
        self._before, self.segments = None, ()
        if tracks is None:
            return
        try:
            self._before = measure_all(tracks, **wall_settings(self._session.parameters, self._session.browser))
        except BadInput:
            self.segments = ("",) * tracks.n_points
            return
        self.segments = point_segments(tracks, self._before)

    @property
    def cycle(self) -> Optional[tuple[int, int]]:
        """First and last frame of the cycle, None without a complete one."""
        end = None if self._before is None else self._before.phases.cycle_end
        return None if self._before is None or end is None else (self._before.ed, end)

    def follow(self, tracks: Tracks) -> str:
        """Replace the strain in the scene, where there is one, by that without rejected points; return what to say."""
        session = self._session
        if self._before is None or session.browser is None:
            return ""
        if study.find_results(session.scene, session.browser).strain is None:
            return ""
        reviewed = without_rejected(tracks, self._before, **wall_settings(session.parameters, session.browser))
        made = study.set_strain(session.scene, session.browser, reviewed.after, tracks)
        if reviewed.after is None or made is None:
            return _("No strain: {reason}").format(reason=reviewed.problem)
        layout.show_results(session.scene, made.chart, made.values)
        study.show_frame(session.scene, session.browser, session.frame)
        after = reviewed.after
        return _("Global strain {value}; points left out: {count}.").format(
            value=VOID if after.void_because else f"{readable(after.gls_percent)} %", count=len(after.excluded)
        )
