"""The section "Study": which clip is which view, GLS of the views and their mean, the bull's-eye, the report."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Optional

from ...errors import BadInput, MissingDependency, Package
from ...files import complete_folder
from ...i18n import tr as _
from ...scene import results
from ...scene.clip.cine import read_cine
from ...scene.given import given
from ...scene.mrml import layout
from ...scene.study.picture import remove_bullseye, segment_at_world, show_bullseye
from ...scene.study.record import Shown, StudyClip, read_shown, read_study, set_view, study_clips, write_shown
from ...scene.tracks import find_tracks, read_tracks
from ...strain.pictures.bullseye import model_for, printed, title_of
from ...strain.pictures.scales import QUANTITIES
from ...strain.report.content import Part, report_of_study
from ...strain.report.files import write_report
from ...strain.strain import Strain
from ...strain.study.bullseye import parts_of
from ...strain.study.opening import share_mvo, without_shared
from ...strain.study.study import Study
from ...strain.study.timing import share_avc
from ...tracks.tracks import Tracks
from ..qt.dialogs import Dialogs
from ..qt.packages import offer_packages
from ..session import Session
from .closure import Clip, give, keep, keep_opening, measured, note, scaled_ms, takers
from .rows import StudyRow
from .view import StudySection


class StudyPresenter:
    """Fills the section and acts on its widgets."""

    def __init__(self, session: Session, view: StudySection, dialogs: Dialogs, layout_node: Any) -> None:
        self._session, self._view, self._dialogs, self._layout_node = session, view, dialogs, layout_node
        self._before: Optional[int] = None
        self._clips: list[StudyClip] = []
        self._study: Optional[Study] = None
        self._key: Any = None
        session.changed.connect(self.refresh)
        session.results_changed.connect(self._on_results)
        session.tracks_edited.connect(self.reload)

    @property
    def study(self) -> Optional[Study]:
        """The study of the scene's measured clips, None where there is none."""
        return self._study

    # -- what is shown -----------------------------------------------------------------------
    def refresh(self) -> None:
        """Look at the scene again if its clips or their measurements are others than before."""
        if self._session.parameters is None:
            return
        key = self._scene_key()
        if key != self._key:
            self.reload()
        else:
            self._show_rows()

    def reload(self) -> None:
        """Read the study from the scene and show it."""
        session = self._session
        if session.parameters is None:
            return
        self._key = self._scene_key()
        self._clips = study_clips(session.scene)
        self._study, text = None, ""
        try:
            self._study = read_study(session.scene)
            text = self._text(self._study)
        except BadInput as error:
            text = str(error) if any(clip.measured for clip in self._clips) else ""
        self._view.set_enabled(self._study is not None)
        self._view.show_values(text)
        self._view.show_shown(read_shown(session.scene))
        self._show_rows()
        self._draw()

    def _on_results(self) -> None:
        """Something was measured: closure that one clip's file holds is used for the others."""
        self.reload()
        session = self._session
        members = {member.name: member.strain for member in self._study.members} if self._study is not None else {}
        clips = {clip.name: Clip(clip.browser, members[clip.name]) for clip in self._clips if clip.name in members}
        source, names = takers(clips)
        if source is None or not names:
            return
        avc_s = self._tracks(clips[source].browser).avc_s
        if avc_s is None:
            return
        for name in names:
            browser = clips[name].browser
            strain = give(clips, source, name, avc_s, session.parameters, self._tracks(browser))
            made = results.set_strain(session.scene, browser, strain)
            if browser is session.browser and made is not None:
                layout.show_results(session.scene, made.chart, made.values)
        session.changed.emit()
        if self._study is not None:
            self._view.show_values("<br>".join([self._text(self._study), note(source, names)]))

    def _show_rows(self) -> None:
        gls = {} if self._study is None else {m.name: m.strain.gls_percent for m in self._study.members}
        rows = [
            StudyRow(
                clip.name,
                clip.view,
                printed(gls[clip.name]) if clip.name in gls else "" if clip.measured else _("not measured"),
                clip.browser is self._session.browser,
            )
            for clip in self._clips
        ]
        self._view.show_rows(rows)
        shown = self.bullseye_shown
        self._view.set_layout_shown(shown)
        self._view.watch_bullseye(shown)

    def _text(self, study: Study) -> str:
        lines = [f"<b>{title_of(study.gls_by_view)}</b>"]
        for view, result in study.views.items():
            line = f"{view}: {printed(result.gls_percent)}"
            line += f" ({result.void_because})" if result.void_because else _(", beats: {n}").format(n=result.n_beats)
            lines.append(line)
        return "<br>".join([*lines, *study.notes])

    # -- what the user chooses ---------------------------------------------------------------
    def set_clip_view(self, number: int, view: str) -> None:
        """Choose the view of a clip of the table: A4C, A2C, APLAX, `LEFT_OUT`, or "" to have it guessed."""
        if 0 <= number < len(self._clips):
            set_view(self._clips[number].browser, view)
            self.reload()

    def choose_clip(self, number: int) -> None:
        """Show a clip of the table."""
        if 0 <= number < len(self._clips) and self._clips[number].browser is not self._session.browser:
            self._session.parameters.browser = self._clips[number].browser

    def set_shown(self, model: int, quantity: str) -> None:
        """Choose the segments of the bull's-eye and what it shows."""
        shown = Shown(model, quantity)
        if shown != read_shown(self._session.scene):
            write_shown(self._session.scene, shown)
            self.reload()

    @property
    def bullseye_shown(self) -> bool:
        """Whether the layout with the bull's-eye is on screen."""
        return bool(self._layout_node.GetViewArrangement() == layout.STUDY)

    def show_bullseye_layout(self, on: bool) -> None:
        """Show the layout with clip, bull's-eye and chart, or go back to the one before."""
        if on and not self.bullseye_shown:
            self._before = layout.show_layout(self._layout_node, layout.STUDY)
        elif not on:
            self.stop()
        self._draw()
        self._show_rows()

    def pick(self, world: Any) -> None:
        """Choose the segment that was clicked in the bull's-eye, at a position [3]."""
        if self._study is not None:
            name = segment_at_world(world, self._model(self._study))
            if name is not None:
                self.select(name)

    def select(self, name: str) -> None:
        """Show the clip of a segment (of any model), make its curve thick and light its part of the wall."""
        study = self._study
        own = [] if study is None else [part for part in parts_of(name) if part in study.segments]
        if study is None or not own:
            return
        self._session.lit = own[0]
        view = study.segments[own[0]].view
        candidates = [clip for clip in self._clips if clip.view == view and clip.measured]
        if not candidates:
            return
        clip = next((c for c in candidates if c.browser is self._session.browser), candidates[0])
        if clip.browser is not self._session.browser:
            self._session.parameters.browser = clip.browser
        found = results.find_results(self._session.scene, clip.browser).strain
        if found is not None:
            layout.show_results(self._session.scene, found.chart, found.values)
        self._session.changed.emit()

    def share_avc(self, avc_ms: float) -> None:
        """Take aortic valve closure, ms after end-diastole of the chosen clip, for the whole study, scaled by RR.

        0: it is not known, and the curves decide again. Mitral valve opening of that clip is marked in the others.

        Raises:
            BadInput: the chosen clip is not in the study, or the time cannot be.
        """
        session = self._session
        members = {member.name: member.strain for member in self._study.members} if self._study is not None else {}
        browsers = {clip.name: clip.browser for clip in self._clips if clip.name in members}
        source = next((name for name, browser in browsers.items() if browser is session.browser), None)
        if source is None:
            raise BadInput(_("Choose a clip of the study first, the one in which closure was seen."))
        clips = {name: (without_shared(members[name]), self._tracks(browser)) for name, browser in browsers.items()}
        found, notes = share_avc(clips, source, avc_ms / 1000 if avc_ms > 0 else None)
        names = list(clips)
        strains = [found.get(name, strain) for name, (strain, _tracks) in clips.items()]
        strains, marked = share_mvo(names, strains, names.index(source))
        notes = [*notes, *marked]
        for name, strain in zip(names, strains):
            if name not in found and strain.mvo_s == members[name].mvo_s:
                continue
            if name == source:
                keep(browsers[name], avc_ms, "")
            elif name in found:
                keep(browsers[name], scaled_ms(avc_ms, members[source], members[name]), source)
            keep_opening(browsers[name], strain, source)
            moved = given(browsers[name]).moved  # which a measurement does not tell of the frames that it was given
            if name in found and moved:
                strain = measured(Clip(browsers[name], strain), session.parameters, clips[name][1])
            made = results.set_strain(session.scene, browsers[name], strain)
            if name == source and made is not None:
                layout.show_results(session.scene, made.chart, made.values)
        session.results_changed.emit()
        if self._study is not None and notes:
            self._view.show_values("<br>".join([self._text(self._study), *notes]))

    # -- the report --------------------------------------------------------------------------
    def report(self) -> None:
        """Ask for a folder and write the one-page report into it.

        Raises:
            BadInput: there is no study.
        """
        if self._study is None:
            raise BadInput(_("Measure strain in an apical view first."))
        if importlib.util.find_spec("matplotlib") is None:
            reason = _("The report needs a Python package that is not installed.")
            offer_packages(MissingDependency(reason, Package("matplotlib")), self._dialogs)
        folder = self._dialogs.open_folder(_("Write the report into a folder"))
        if folder is not None:
            self.report_to(folder)

    def report_to(self, folder: Path) -> list[Path]:
        """Write report.pdf and report.html; return their paths."""
        study = self._study
        if study is None:
            raise BadInput(_("Measure strain in an apical view first."))
        parts = [self._part(member.name, member.strain) for member in study.members]
        with complete_folder(folder) as inside:
            names = [
                p.name
                for p in write_report(inside, report_of_study(study, parts, read_shown(self._session.scene).model))
            ]
        self._view.show_values(self._text(study) + "<br>" + _("Written: {names}.").format(names=", ".join(names)))
        return [folder / name for name in names]

    def _part(self, name: str, strain: Strain) -> Part:
        clip = next(c for c in self._clips if c.name == name)
        return Part(name, strain, self._tracks(clip.browser), read_cine(clip.browser))

    # -- inside ------------------------------------------------------------------------------
    def stop(self) -> None:
        """Take layout, picture and drawing back; a layout that the user chose meanwhile stays."""
        self._view.watch_bullseye(False)
        if self._before is not None:
            layout.restore_layout(self._layout_node, self._before)
            self._before = None
        remove_bullseye(self._session.scene)

    def close(self) -> None:
        """The scene is closing."""
        self.stop()
        self._clips, self._study, self._key = [], None, None
        self._view.show_rows([])
        self._view.show_values("")
        self._view.set_enabled(False)

    def _draw(self) -> None:
        """Draw the bull's-eye, where the layout with it is shown."""
        session, study = self._session, self._study
        if not self.bullseye_shown:
            return
        if study is None:
            remove_bullseye(session.scene)
            return
        shown = read_shown(session.scene)
        quantity = next(q for q in QUANTITIES if q.key == shown.quantity)
        title = title_of(study.gls_by_view)
        show_bullseye(session.scene, study.values(quantity.source), self._model(study), quantity, title)

    def _tracks(self, browser: Any) -> Tracks:
        return read_tracks(self._session.scene, find_tracks(self._session.scene, browser)[0])

    def _model(self, study: Study) -> int:
        return model_for(tuple(study.views), read_shown(self._session.scene).model)

    def _scene_key(self) -> tuple[Any, ...]:
        """Return what the study depends on: the clips, their views and measurements, the chosen clip, the layout."""
        scene, found = self._session.scene, []
        for clip in study_clips(scene):
            strain = results.find_results(scene, clip.browser).strain
            found.append(
                (clip.browser.GetID(), clip.name, clip.view, None if strain is None else strain.curves.GetID())
            )
        browser = self._session.browser
        return (*found, None if browser is None else browser.GetID(), self.bullseye_shown)
