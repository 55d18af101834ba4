"""The section Study: clips and views, the bull's-eye in the layout, a click on a segment, the scene, the report."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from wall_examples import STUDY_SHARES, study_wall

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.scene.archive import read_scene, save_scene
from EchoTrackerLib.scene.mrml import layout, nodes
from EchoTrackerLib.scene.mrml.environment import slicer_environment
from EchoTrackerLib.scene.results import add_study
from EchoTrackerLib.scene.study.picture import ROLE as PICTURE
from EchoTrackerLib.scene.study.picture import segment_at_world
from EchoTrackerLib.scene.study.record import LEFT_OUT, Shown, read_shown, read_study, study_clips, write_shown
from EchoTrackerLib.scene.study.wall import ROLE as WALL
from EchoTrackerLib.strain.pictures.raster import RADIUS
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.study.bullseye import layout as places


def small(shares):
    """A wall that fits a clip of 200 x 150 px."""
    tracks = study_wall(shares, n=37)
    return replace(tracks, positions=tracks.positions / 4, spacing_mm=(1.6, 1.6), size=(200, 150))


def put_study(scene, views=("A4C", "A2C", "APLAX"), avc_s=None):
    """Put three measured clips into the scene; closure `avc_s` is in the file of the last one."""
    for view in views:
        tracks = replace(small(STUDY_SHARES[view]), avc_s=avc_s if view == views[-1] else None)
        frames = np.full((tracks.n_frames, 150, 200), 30, dtype=np.uint8)
        cine = Cine(
            frames=frames,
            times_s=tracks.times_s,
            spacing_mm=tracks.spacing_mm,
            name=f"heart {view}",
            avc_s=tracks.avc_s,
        )
        add_study(scene, cine, tracks, measure_strain(tracks, view=view, layer="mid"))


@pytest.fixture
def heart(bench):
    put_study(bench.scene)
    bench.panel.study._dialogs = bench.answers
    bench.parameters.browser = study_clips(bench.scene)[0].browser
    bench.panel.session.results_changed.emit()
    bench.host.settle()
    return bench


def ui_of(bench):
    return bench.panel.study._view.ui


def rows_of(bench):
    table = ui_of(bench).studyTable
    return [[table.item(row, column).text() for column in range(3)] for row in range(table.rowCount)]


def with_role(scene, role, kind="vtkMRMLNode"):
    return [node for node in nodes.nodes_of(scene, kind) if nodes.role_of(node) == role]


def click(bench, name, model=17):
    """Click on a segment of the bull's-eye, with the mouse."""
    import slicer

    x, y = next(place.middle for place in places(model) if place.name == name)
    column, row = (1 + RADIUS * x) * 320, 0.485 * 640 - RADIUS * y * 320
    world = (10_000 - column, 10_000 - row, 10_000)
    assert segment_at_world(world, model) == name
    view = slicer.app.layoutManager().sliceWidget(layout.BULLSEYE_VIEW).sliceView()
    bench.host.click(view, *bench.host.viewPosition(layout.BULLSEYE_VIEW, world))
    bench.host.settle()


def test_without_measured_clips_there_is_no_study(bench):
    ui = ui_of(bench)
    assert ui.studySection.collapsed and not ui.bullseyeButton.enabled and not ui.studyReportButton.enabled
    assert ui.studyTextLabel.text == ""


def test_clips_views_and_values(heart):
    rows = rows_of(heart)
    assert [row[:2] for row in rows] == [[f"heart {view}", view] for view in ("A4C", "A2C", "APLAX")]
    assert rows[1][2] == "\N{MINUS SIGN}18.0 %"
    text = ui_of(heart).studyTextLabel.text
    assert "GLS \N{MINUS SIGN}17.0 %" in text and "A2C: \N{MINUS SIGN}18.0 %, beats: 1" in text
    assert ui_of(heart).bullseyeButton.enabled


def test_a_clip_can_be_left_out_and_another_view_chosen(heart):
    combo = ui_of(heart).studyViewComboBox
    combo.setCurrentIndex(combo.findData(LEFT_OUT))
    heart.host.settle()
    assert "A4C" not in heart.panel.study.study.views
    assert "GLS \N{MINUS SIGN}18.0 %" in ui_of(heart).studyTextLabel.text
    combo.setCurrentIndex(combo.findData("A2C"))
    heart.host.settle()
    assert heart.panel.study.study.views["A2C"].n_beats == 2
    combo.setCurrentIndex(combo.findData(""))
    heart.host.settle()
    assert list(heart.panel.study.study.views) == ["A4C", "A2C", "APLAX"]


def test_the_bullseye_is_shown_and_taken_back(heart):
    import slicer

    before = slicer.app.layoutManager().layout
    ui_of(heart).bullseyeButton.click()
    heart.host.settle()
    assert slicer.app.layoutManager().layout == layout.STUDY
    (volume,) = with_role(heart.scene, PICTURE)
    composites = nodes.nodes_of(heart.scene, "vtkMRMLSliceCompositeNode")
    (composite,) = [node for node in composites if node.GetLayoutName() == layout.BULLSEYE_VIEW]
    assert composite.GetBackgroundVolumeID() == volume.GetID()
    image = slicer.util.arrayFromVolume(volume)[0]
    assert image.shape == (640, 640, 3) and len(np.unique(image.reshape(-1, 3), axis=0)) > 20
    assert with_role(heart.scene, WALL)
    ui_of(heart).bullseyeButton.click()
    heart.host.settle()
    assert slicer.app.layoutManager().layout == before
    assert not with_role(heart.scene, PICTURE)


def test_a_click_chooses_the_curve_and_lights_the_wall(heart):
    ui_of(heart).bullseyeButton.click()
    heart.host.settle()
    click(heart, "mid inferior")
    browser = heart.parameters.browser
    assert browser.GetMasterSequenceNode().GetName() == "heart A2C" and heart.panel.session.lit == "mid inferior"
    widths = {
        series.GetName(): series.GetLineWidth()
        for series in with_role(heart.scene, "strain series")
        if nodes.clip_of(series) is browser.GetMasterSequenceNode() and series.GetLineStyle()
    }
    thick = [name for name, width in widths.items() if width == max(widths.values())]
    assert len(thick) == 1 and thick[0].startswith("mid inferior")
    (model,) = with_role(heart.scene, WALL)
    colors = [
        model.GetPolyData().GetCellData().GetScalars().GetValue(i)
        for i in range(model.GetPolyData().GetNumberOfCells())
    ]
    white_before = colors.count(6)
    assert white_before > 5 + 6
    bounds = model.GetPolyData().GetPoints().GetBounds()
    browser.SetSelectedItemNumber(16)
    heart.host.settle()
    assert model.GetPolyData().GetPoints().GetBounds() != bounds  # follows the frame
    click(heart, "apical septal")  # of A4C and APLAX: that of A4C
    assert heart.panel.session.lit == "apical inferoseptal"
    assert heart.parameters.browser.GetMasterSequenceNode().GetName() == "heart A4C"


def test_what_is_chosen_is_kept_with_the_scene(heart, tmp_path):
    ui = ui_of(heart)
    ui.studyModelComboBox.setCurrentIndex(ui.studyModelComboBox.findData("16"))
    ui.studyQuantityComboBox.setCurrentIndex(ui.studyQuantityComboBox.findData("time-to-peak"))
    combo = ui.studyViewComboBox
    combo.setCurrentIndex(combo.findData(LEFT_OUT))
    heart.host.settle()
    assert read_shown(heart.scene) == Shown(16, "time-to-peak")
    save_scene(slicer_environment(), tmp_path / "study.mrb")
    loaded = read_scene(tmp_path / "study.mrb").scene
    assert read_shown(loaded) == Shown(16, "time-to-peak")
    assert [clip.view for clip in study_clips(loaded)] == [LEFT_OUT, "A2C", "APLAX"]
    assert read_study(loaded).gls_by_view == heart.panel.study.study.gls_by_view
    assert not with_role(loaded, PICTURE) and not with_role(loaded, WALL)
    heart.scene.Clear(0)
    heart.host.settle()
    assert rows_of(heart) == [] and not ui.bullseyeButton.enabled and ui.studyTextLabel.text == ""


def test_unknown_settings_of_a_later_version_are_the_defaults(heart):
    write_shown(heart.scene, Shown(16, "work"))
    assert read_shown(heart.scene) == Shown(16, "strain")


def test_the_report(heart, tmp_path):
    heart.answers.folder = tmp_path
    ui_of(heart).studyReportButton.click()
    heart.host.settle()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.pdf"]
    assert "Written: report.pdf, report.html" in ui_of(heart).studyTextLabel.text


def test_leaving_the_module_takes_everything_back(heart):
    ui_of(heart).bullseyeButton.click()
    heart.host.settle()
    heart.host.leaveModule()
    assert not with_role(heart.scene, PICTURE)
    heart.widget.enter()


def test_closure_of_one_clip_is_used_for_all(heart):
    ui = ui_of(heart)
    ui.avcSpinBox.value = 300
    ui.avcButton.click()
    heart.host.settle()
    strains = {member.view: member.strain for member in heart.panel.study.study.members}
    assert all(strain.phases.es_source.startswith("aortic valve closure, 300 ms") for strain in strains.values())
    assert strains["A2C"].phases.es_source.endswith("that of heart A4C scaled by RR")
    assert strains["A4C"].es == 15
    ui.avcSpinBox.value = 0
    ui.avcButton.click()
    heart.host.settle()
    assert "surrogate" in heart.panel.study.study.members[0].strain.phases.es_source


def test_mitral_opening_of_one_clip_is_marked_in_all(heart):
    """Pressing Use for all clips lost it even in its own clip."""
    from EchoTrackerLib.scene.strain import read_strain

    first, second, third = (clip.browser for clip in study_clips(heart.scene))
    ui = ui_of(heart)

    def share(*openings):
        for browser, opening in zip((first, third), openings):
            heart.parameters.browser = browser
            heart.host.settle()
            heart.ui.openingSpinBox.value = opening
            heart.host.settle()
        heart.parameters.browser = first
        ui.avcSpinBox.value = 300
        ui.avcButton.click()
        heart.host.settle()
        found = (read_strain(heart.scene, browser) for browser in (first, second, third))
        return [(strain.mvo_s, strain.mvo_source) for strain in found]

    mine, shared = "given by the user", "that of heart A4C scaled by RR"
    assert share(400, 430) == [(0.4, mine), (0.4, shared), (0.43, mine)]
    assert "heart A2C: mitral valve opening 400 ms" in ui.studyTextLabel.text
    heart.parameters.browser = second
    heart.host.settle()
    assert heart.ui.openingSpinBox.value == 400
    heart.ui.strainButton.click()
    heart.host.settle()
    assert read_strain(heart.scene, second).mvo_source == shared
    assert share(0, 0) == [(None, ""), (None, ""), (None, "")]
    share(400, 0)
    heart.parameters.browser = second
    heart.host.settle()
    heart.ui.openingSpinBox.value = 410
    heart.host.settle()
    assert read_strain(heart.scene, second).mvo_source == mine


def sources(bench):
    return {member.view: member.strain.phases.es_source for member in bench.panel.study.study.members}


def test_closure_in_one_clips_file_is_used_for_the_others_by_itself(bench):
    from EchoTrackerLib.scene.strain import read_strain

    put_study(bench.scene, avc_s=0.3)
    clips = study_clips(bench.scene)
    bench.parameters.browser = clips[0].browser
    bench.panel.session.results_changed.emit()
    bench.host.settle()
    said = sources(bench)
    assert said["APLAX"].endswith("in the clip's file")
    assert all(said[view].endswith("that of heart APLAX scaled by RR") for view in ("A4C", "A2C"))
    assert "is used for heart A4C, heart A2C" in ui_of(bench).studyTextLabel.text
    assert bench.ui.closureSpinBox.value == 300  # the same RR
    bench.ui.edHereButton.click()  # measured again: it stays
    assert sources(bench)["A4C"].endswith("that of heart APLAX scaled by RR")
    bench.ui.closureSpinBox.value = 0  # the user does not want it for this clip
    bench.host.settle()
    bench.panel.session.results_changed.emit()
    assert "surrogate" in read_strain(bench.scene, clips[0].browser).phases.es_source
    bench.ui.closureSpinBox.value = 320
    assert sources(bench)["A4C"].endswith("given by the user")


def test_a_moved_end_diastole_is_kept_when_closure_is_shared(heart):
    from EchoTrackerLib.scene.given import given, set_given
    from EchoTrackerLib.scene.strain import read_strain
    from EchoTrackerLib.strain.timing.moved import Moved

    browser = study_clips(heart.scene)[1].browser
    found = read_strain(heart.scene, browser).phases
    set_given(browser, given(browser)._replace(moved=(Moved("ed", found.cycle_end, found.cycle_end - 2),)))
    ui_of(heart).avcSpinBox.value = 300
    ui_of(heart).avcButton.click()
    heart.host.settle()
    phases = read_strain(heart.scene, browser).phases
    assert phases.cycle_end == found.cycle_end - 2 and "scaled by RR" in phases.es_source


def put_clip(scene, name, view, scale):
    """Put one more measured clip into the scene, all of whose strain is `scale` times that of the view's."""
    tracks = small(tuple(scale * share for share in STUDY_SHARES[view]))
    frames = np.full((tracks.n_frames, 150, 200), 30, dtype=np.uint8)
    cine = Cine(frames=frames, times_s=tracks.times_s, spacing_mm=tracks.spacing_mm, name=name)
    add_study(scene, cine, tracks, measure_strain(tracks, view=view, layer="mid"))


def test_several_clips_of_a_view_of_the_same_name(heart, tmp_path):
    """Each has its own value, the view their mean, the report both; saved, restored, clicked."""
    put_clip(heart.scene, "heart A4C", "A4C", 0.5)
    put_clip(heart.scene, "heart A2C", "A2C", 0.75)
    for clip in study_clips(heart.scene):
        clip.browser.GetMasterSequenceNode().SetName(f"heart {clip.view}")  # as a user may name them in Slicer
    heart.panel.session.results_changed.emit()
    heart.host.settle()
    rows = rows_of(heart)
    assert [row[1] for row in rows] == ["A4C", "A2C", "APLAX", "A4C", "A2C"]
    first, second = (float(rows[k][2].split()[0].replace("\N{MINUS SIGN}", "-")) for k in (0, 3))
    assert second == pytest.approx(0.5 * first, abs=0.1)
    study = heart.panel.study.study
    assert study.views["A4C"].n_beats == 2
    assert study.views["A4C"].gls_percent == pytest.approx((first + second) / 2, abs=0.1)
    heart.answers.folder = tmp_path
    ui_of(heart).studyReportButton.click()
    heart.host.settle()
    assert (tmp_path / "report.pdf").is_file()
    heart.parameters.browser = study_clips(heart.scene)[3].browser
    ui_of(heart).bullseyeButton.click()
    heart.host.settle()
    click(heart, "mid inferoseptal")  # of the clip on screen, not of the view's first one
    assert heart.parameters.browser is study_clips(heart.scene)[3].browser
    save_scene(slicer_environment(), tmp_path / "study.mrb")
    loaded = read_study(read_scene(tmp_path / "study.mrb").scene)
    assert loaded.gls_by_view == study.gls_by_view and len(loaded.members) == 5
