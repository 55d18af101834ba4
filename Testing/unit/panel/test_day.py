"""A stranger's day: three DICOM views, three walls in three clicks each, one study, one report, the scene again."""

from __future__ import annotations

import numpy as np
import pytest
from panel_host import Answers

VIEWS = ("A4C", "A2C", "APLAX")


@pytest.mark.slow
def test_three_views_in_one_report_out(running_host, tmp_path):
    import slicer

    from EchoTrackerLib.cine.export import write_dicom
    from EchoTrackerLib.phantom.parameters import PhantomParameters
    from EchoTrackerLib.phantom.phantom import generate
    from EchoTrackerLib.phantom.sample import wall_points
    from EchoTrackerLib.scene.archive import save_scene
    from EchoTrackerLib.scene.mrml import plane
    from EchoTrackerLib.scene.mrml.environment import slicer_environment
    from EchoTrackerLib.scene.strain import read_strain
    from EchoTrackerLib.scene.study.record import study_clips
    from EchoTrackerLib.strain.segments import CLICKED
    from EchoTrackerLib.strain.strain import measure_strain

    host, widget = running_host, running_host.widget
    panel, ui = widget.panel, widget.ui
    slicer.mrmlScene.Clear()
    slicer.app.layoutManager().setLayout(6)
    own, host.dialogs.target = host.dialogs.target, Answers()
    truth = {}
    for k, view in enumerate(VIEWS):
        phantom = generate(PhantomParameters(seed=11 + k, view=view, heart_rate=62.0 + 2 * k))
        path = tmp_path / f"{view}.dcm"
        write_dicom(path, phantom.cine, seed=view)
        panel.clip.load(path)
        host.settle(0.2)
        assert widget._parameterNode.view == view  # as the file's name says
        wall = wall_points(phantom, "mid", 31)
        ui.wallButton.click()
        image = slicer.app.layoutManager().sliceWidget("Red").sliceView()
        for x, y in (wall[0], wall[15], wall[-1]):
            ras = plane.pixels_to_world(np.array([[x, y]]), panel.session.proxy)[0]
            host.click(image, *host.viewPosition("Red", ras))
        host.settle(0.2)
        widget._parameterNode.withConfidence = False
        ui.trackButton.click()
        assert host.waitFor(lambda: not panel.session.busy, 300)
        truth[view] = measure_strain(phantom.truth, view=view).gls_percent
    section = panel.study._view.ui
    section.bullseyeButton.click()
    host.settle(0.3)
    study, said = panel.study.study, section.studyTextLabel.text
    for clip in study_clips(slicer.mrmlScene):
        strain = read_strain(slicer.mrmlScene, clip.browser)
        assert strain.apex_source == CLICKED and not strain.segment_void
        assert strain.gls_percent == pytest.approx(truth[clip.view], abs=2.5)
    assert list(study.views) == list(VIEWS) and np.isfinite(study.gls_percent)
    section.studyTable.selectRow(1)
    host.settle(0.2)
    assert [path.name for path in panel.study.report_to(tmp_path / "report")] == ["report.pdf", "report.html"]
    assert (tmp_path / "report" / "report.pdf").read_bytes()[:4] == b"%PDF"
    save_scene(slicer_environment(), tmp_path / "day.mrb")
    slicer.mrmlScene.Clear()
    host.settle(0.3)
    assert section.studyTextLabel.text == ""
    assert slicer.mrmlScene.ReadFromMRB(str(tmp_path / "day.mrb"), False, slicer.vtkMRMLMessageCollection())
    host.settle(0.5)
    assert section.studyTextLabel.text == said
    assert widget._parameterNode.view == "A2C"
    host.dialogs.target = own
