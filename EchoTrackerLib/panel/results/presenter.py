"""The section "Results": what is shown of the tracks, strain, layout."""

from __future__ import annotations

from typing import Any, Optional

from ...errors import BadInput
from ...i18n import readable
from ...i18n import tr as _
from ...scene import results as study
from ...scene import trajectories
from ...scene.folder import ClipFolder
from ...scene.given import given
from ...scene.mrml import layout
from ...scene.mrml.frames import go_to_frame, stop_playback
from ...scene.strain import VOID, frame_at, read_strain
from ...scene.tracks import read_tracks
from ...strain.layers import middle_layer
from ...strain.strain import Strain
from ..point_size import MEDIUM, size_points
from ..session import Session
from ..strain_settings import measure_wall
from .key import curves_key
from .locked import LockedTracks
from .own import OwnSettings
from .phases import Later, PhasesPresenter
from .view import ResultsSection
from .wall import SegmentWall

_MIN_WALL_POINTS = 5


class ResultsPresenter:
    """Fills the section and acts on its widgets."""

    def __init__(self, session: Session, view: ResultsSection, layout_node: Any, later: Later) -> None:
        self._session, self._view = session, view
        self.wall = SegmentWall(session, layout_node)
        self.phases = PhasesPresenter(session, view, self._measure_again, later)
        self._layout_node = layout_node
        self._folder = ClipFolder(session.scene)
        self._before: Optional[int] = None
        self._left: Optional[int] = None
        self._problem = ""  # why strain could not be measured with the tracks
        self._applied: Any = None
        self._own = OwnSettings(session)
        self._locked = LockedTracks(session, view.show_message, later)
        session.changed.connect(self.refresh)
        session.annotating_changed.connect(self.refresh)
        session.results_changed.connect(self.on_results)
        session.tracks_edited.connect(self._on_edit)

    # -- what is shown -----------------------------------------------------------------------
    def results(self) -> study.Results:
        """Return the results of the chosen clip."""
        session = self._session
        if session.browser is None or not session.is_clip:
            return study.Results(None, None, None)
        return study.find_results(session.scene, session.browser)

    def refresh(self) -> None:
        """Show the results of the chosen clip with the chosen looks."""
        found = self.results()
        if self._session.browser is None or self._session.parameters is None:
            self._folder.close()
        elif self._session.is_clip and self._folder.look(self._session.browser, found.trajectories):
            found = self.results()
            self._session.results_changed.emit()
        busy = self._session.busy
        self._view.set_enabled(found.tracks is not None and not busy, found.strain is not None and not busy)
        if self._session.parameters is None:
            return
        self._follow_clip()
        self._view.show_message(self._strain_text(found) or (self._problem if found.tracks is not None else ""))
        if self._locked.refresh(found.tracks.sequence if found.tracks is not None else None):
            found, self._applied = self.results(), None
        self._apply(found)
        self._show_layout_state()
        self.phases.refresh()

    def _follow_clip(self) -> None:
        """Another clip has its own settings, and its own chart in our layouts; no other clip's tracks lie over it."""
        if not self._own.follow():
            return
        self._own.hide_others()
        found = self.results().strain
        if self._layout_node.GetViewArrangement() in (layout.CLIP_AND_CHART, layout.STUDY):
            chart, values = (None, None) if found is None else (found.chart, found.values)
            layout.show_results(self._session.scene, chart, values)

    def on_results(self) -> None:
        """Tracks are new: measure strain if the points are a wall, show chart and table."""
        found = self.results()
        self._applied, self._problem = None, ""
        self._own.hide_others()
        if found.tracks is not None and found.strain is None:
            tracks = read_tracks(self._session.scene, found.tracks.sequence)
            layer, points = middle_layer(tracks.labels)
            if layer and len(points) >= _MIN_WALL_POINTS:
                try:
                    self.measure()
                except BadInput as error:  # the tracks are there all the same
                    self._problem = str(error)
        self.refresh()

    def _on_edit(self) -> None:
        """A tracked point was dragged: strain that was measured is measured again."""
        if self.results().strain is None:
            return
        try:
            self.measure()
        except BadInput as error:  # called by a mouse event, from which nothing may be raised
            self._view.show_message(str(error))

    def _apply(self, found: study.Results) -> None:
        """Write the looks into the display nodes, only what changed."""
        parameters = self._session.parameters
        model, tracks = found.trajectories, found.tracks
        if model is None:
            self._view.show_scalars([], "")
            self._applied = None
            return
        names = trajectories.scalar_names(model)
        scalar = parameters.colorBy if parameters.colorBy in names else names[0]
        self._view.show_scalars([(name, scalar_title(name)) for name in names], scalar)
        seen = not self._session.annotating  # tracks would lie under the points that are placed
        shown = (seen and bool(parameters.showTrajectories), seen and bool(parameters.showPoints))
        wanted = (model.GetID(), scalar, int(parameters.tail), *shown)
        if wanted == self._applied:
            return
        self._applied = wanted
        trajectories.colour_by(self._session.scene, model, scalar)
        trajectories.set_tail(model, int(parameters.tail), self._session.frame)
        model.GetDisplayNode().SetVisibility(shown[0])
        if tracks is not None and tracks.proxy is not None:
            display = tracks.proxy.GetDisplayNode()
            display.SetVisibility(shown[1])
            size_points(display, self._session, MEDIUM)

    def close(self) -> None:
        """The scene is closing."""
        self._own.close()
        self._locked.close()
        self.phases.close()
        self.wall.remove()

    # -- strain ------------------------------------------------------------------------------
    def _measure_again(self) -> None:
        if self.results().strain is not None:
            self.measure()
            self._session.results_changed.emit()

    def measure(self) -> Optional[Strain]:
        """Measure the strain of the tracked wall and show it.

        Raises:
            BadInput: no tracks, too few points, or frames outside the clip.
        """
        session, found = self._session, self.results()
        if found.tracks is None:
            raise BadInput(_("Track points first."))
        tracks = read_tracks(session.scene, found.tracks.sequence)
        strain = measure_wall(tracks, session.parameters, **given(session.browser).settings)
        made = study.set_strain(session.scene, session.browser, strain)
        if made is not None:
            layout.show_results(session.scene, made.chart, made.values)
        self._applied = None
        if self._layout_node.GetViewArrangement() != layout.STUDY:  # which shows the chart too
            self.show_layout(True)
        study.show_frame(session.scene, session.browser, session.frame)
        self.refresh()
        return strain

    def _strain_text(self, found: study.Results) -> str:
        strain = read_strain(self._session.scene, self._session.browser) if found.strain is not None else None
        if strain is None:
            return ""
        value = VOID if strain.void_because else f"{readable(strain.gls_percent)} %"
        text = _("<b>{name} {value}</b> at end-systole (ED frame {ed}, ES frame {es})").format(
            name=strain.measure, value=value, ed=strain.ed + 1, es=strain.es + 1
        )
        if len(strain.used) > 1:
            text += ", " + _("mean of {count} beats, SD {sd:.1f}").format(
                count=len(strain.used), sd=strain.gls_sd_percent
            )
        if strain.layer:
            text += ", " + _("layer {layer}").format(layer=strain.layer)
        return "<br>".join(part for part in (text, curves_key(strain), *strain.warnings) if part)

    def seek(self, picked: list[tuple[str, int]]) -> None:
        """Show the frame that was clicked in the chart.

        Args:
            picked: (plot series node ID, row of its table); rows of the curves' table are frames.
        """
        found = self.results()
        for series_id, row in picked:
            series = self._session.scene.GetNodeByID(series_id)
            if series is not None and found.strain is not None and series.GetTableNode() is found.strain.curves:
                go_to_frame(self._session.browser, row)
                return

    def seek_time(self, chart_id: str, time_s: float) -> None:
        """Show the frame nearest to a time that was clicked in a chart; charts of others are left alone."""
        found = self.results()
        if found.strain is not None and found.strain.chart.GetID() == chart_id:
            strain = read_strain(self._session.scene, self._session.browser)
            if strain is not None:
                stop_playback(self._session.browser)
                go_to_frame(self._session.browser, frame_at(strain, time_s))

    # -- layout and looks --------------------------------------------------------------------
    def color_by(self, scalar: str) -> None:
        """Color the trajectories by a scalar."""
        if scalar and self._session.parameters is not None:
            self._session.parameters.colorBy = scalar

    def show_layout(self, on: bool) -> None:
        """Show EchoTracker's layout, or go back to the one before."""
        if on:
            if self._layout_node.GetViewArrangement() != layout.CLIP_AND_CHART:
                self._before = layout.show_layout(self._layout_node)
            found = self.results()
            if found.strain is not None:
                layout.show_results(self._session.scene, found.strain.chart, found.strain.values)
        else:
            self.restore_layout()
        self._show_layout_state()

    def _show_layout_state(self) -> None:
        arrangement = self._layout_node.GetViewArrangement()
        self._view.set_layout_shown(arrangement == layout.CLIP_AND_CHART)
        self._view.watch_plot(arrangement in (layout.CLIP_AND_CHART, layout.STUDY))

    def enter(self) -> None:
        """The module is shown: so is the layout again that was left with it."""
        left, self._left = self._left, None
        if left is not None and self._session.is_clip:
            if left == layout.ONE_VIEW:
                layout.show_layout(self._layout_node, left)
            else:
                self.show_layout(True)

    def exit(self) -> None:
        """Another module is shown: back to the user's layout."""
        self._left = layout.shown_layout(self._layout_node)
        self.restore_layout()
        layout.leave(self._layout_node)

    def restore_layout(self) -> None:
        """Go back to the layout before ours, if ours is still shown."""
        self._view.watch_plot(False)
        if self._before is not None:
            layout.restore_layout(self._layout_node, self._before)
            self._before = None


def scalar_title(name: str) -> str:
    """Return what the user reads for a scalar of the trajectories."""
    titles = {
        "track": _("Point"),
        "time_s": _("Time (s)"),
        "displacement_mm": _("Displacement (mm)"),
        "displacement_px": _("Displacement (px)"),
        "speed_mm_s": _("Speed (mm/s)"),
        "speed_px_s": _("Speed (px/s)"),
        "confidence": _("Confidence"),
        "strain_percent": _("Strain (%)"),
    }
    return titles.get(name, name)
