"""What belongs to a clip follows the chosen clip: view, ED, ES; other clips' results are not drawn over it."""

from __future__ import annotations

from typing import Any

from ...scene import results
from ...scene.clip.cine import find_cine_browsers
from ...scene.given import keep_view, kept_view
from ...scene.strain import given_frames, read_strain, set_given_frames
from ...strain.study.views import view_in_name
from ...strain.wall_template import VIEWS
from ..session import Session


class OwnSettings:
    """Lets the parameters of one clip stay with it, saved with it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._clip: Any = None
        self._following = False

    def follow(self) -> bool:
        """Take over the settings of another clip, or keep those of this one; return whether it is another one."""
        session = self._session
        parameters, browser = session.parameters, session.browser if session.is_clip else None
        if browser is None or self._following:
            return False
        first, other = self._clip is None, browser is not self._clip
        if other:
            self._clip, self._following = browser, True  # each assignment refreshes
            kept = given_frames(browser)
            # The first clip of a session keeps what the scene's parameters say (scenes of earlier versions).
            frames = kept or ((int(parameters.edFrame), int(parameters.esFrame)) if first else (0, 0))
            found = {"edFrame": frames[0], "esFrame": frames[1], "view": self._view_of(browser)}
            try:
                for name, value in found.items():
                    if getattr(parameters, name) != value:
                        setattr(parameters, name, value)
            finally:
                self._following = False
        now = int(parameters.edFrame), int(parameters.esFrame)
        if now != (given_frames(browser) or (0, 0)):
            set_given_frames(browser, *now)
        keep_view(browser, parameters.view)
        return other

    def hide_others(self) -> None:
        """Hide points and trajectories of the clips that are not chosen; they lie on the same plane."""
        for browser in find_cine_browsers(self._session.scene):
            if browser is self._session.browser:
                continue
            found = results.find_results(self._session.scene, browser)
            proxy = found.tracks.proxy if found.tracks is not None else None
            for node in (found.trajectories, proxy):
                display = node.GetDisplayNode() if node is not None else None
                if display is not None and display.GetVisibility():
                    display.SetVisibility(False)

    def _view_of(self, browser: Any) -> str:
        """Return the view that was kept, else the measurement's, else what the name says, else the present one."""
        view = kept_view(browser)
        if not view:
            strain = read_strain(self._session.scene, browser)
            view = strain.view if strain is not None else ""
        view = view or view_in_name(browser.GetMasterSequenceNode().GetName())
        return view if view in VIEWS else str(self._session.parameters.view)

    def close(self) -> None:
        """Forget the clip; the scene is closing."""
        self._clip = None
