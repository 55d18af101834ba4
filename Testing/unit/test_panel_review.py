"""The section "Review": table, selection both ways, problems, decisions, strain at once, report; saved in the scene."""

from __future__ import annotations

import numpy as np
import pytest
from panel_host import Bench, bench, made_tracks, make_cine, running_host  # noqa: F401

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene import study
from EchoTrackerLib.scene.archive import read_scene, save_scene
from EchoTrackerLib.scene.environment import slicer_environment
from EchoTrackerLib.scene.review import read_review, show_ring, write_review
from EchoTrackerLib.scene.strain import read_strain
from EchoTrackerLib.scene.tracks import find_tracks, read_tracks
from EchoTrackerLib.tracking.job import Outcome
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review, decide_points, decide_segments


@pytest.fixture
def tracked(bench):
    """A tracked wall of 18 points; "mid 05" runs away and says so, "mid 09" is doubtful for three frames."""
    from dataclasses import replace

    bench.load(make_cine(frames=24))
    bench.panel.review._dialogs = bench.answers
    bench.put(18)
    bench.ui.trackButton.click()
    tracks = made_tracks(bench.runner.job)
    positions, confidence = tracks.positions.copy(), tracks.confidence.copy()
    positions[4, :, 1] += 20 * np.sin(np.pi * np.arange(24) / 23)
    confidence[4, 6:] = np.linspace(0.4, 0.05, 18)
    confidence[8, 10:13] = 0.3
    bench.runner._end(Outcome("done", replace(tracks, positions=positions, confidence=confidence)))
    bench.host.settle()
    return bench


def review_ui(bench):
    return bench.panel._review_section.ui


def column(bench, number):
    import qt

    table = review_ui(bench).reviewTable
    return [table.item(r, number).data(qt.Qt.DisplayRole) for r in range(table.rowCount)]


def select_row(bench, label):
    review_ui(bench).reviewTable.selectRow(column(bench, 0).index(label))
    bench.host.settle()


def ring(bench):
    nodes = bench.scene.GetNodesByName("EchoTracker selected point")
    nodes.UnRegister(None)
    return nodes.GetItemAsObject(0)


def test_table_shows_and_sorts_numbers_as_numbers(tracked):
    import qt

    assert len(column(tracked, 0)) == 18
    table = review_ui(tracked).reviewTable
    table.sortItems(3, qt.Qt.AscendingOrder)
    assert column(tracked, 0)[:2] == ["mid 05", "mid 09"]
    assert column(tracked, 4)[0] == 24  # the worst frame, as on screen
    assert column(tracked, 3) == sorted(column(tracked, 3))
    assert "basal inferoseptal" in column(tracked, 7)
    assert table.item(0, 2).data(qt.Qt.DecorationRole).width() == 110


def test_selecting_a_row_rings_the_point_on_every_frame(tracked):
    from EchoTrackerLib.scene.plane import world_to_pixels

    select_row(tracked, "mid 05")
    tracks = tracked.panel.review._tracks
    for frame in (0, 7, 15):
        tracked.parameters.browser.SetSelectedItemNumber(frame)
        node = ring(tracked)
        world = np.array([node.GetNthControlPointPositionWorld(0)])
        pixel = world_to_pixels(world, tracked.panel.session.proxy)[0][0]
        assert np.allclose(pixel, tracks.positions[4, frame], atol=1e-2)
    assert node.GetNthControlPointLabel(0) == "mid 05"
    assert not node.GetSaveWithScene()


def test_clicking_a_point_in_the_view_selects_its_row(tracked):
    tracks = tracked.panel.review._tracks
    x, y = tracks.positions[11, tracked.panel.session.frame]
    tracked.click_px(float(x) + 1, float(y))
    tracked.host.settle()
    assert tracked.panel.review.selected == (11,)
    table = review_ui(tracked).reviewTable
    assert {table.item(item.row(), 0).text() for item in table.selectedItems()} == {"mid 12"}
    tracked.click_px(80, 5)  # nothing is near
    assert tracked.panel.review.selected == (11,)


def test_next_problem_goes_to_the_worst_frame_and_around(tracked):
    button = review_ui(tracked).nextProblemButton
    seen = []
    for _ in range(3):
        button.click()
        tracked.host.settle()
        seen.append((tracked.panel.review.selected, tracked.panel.session.frame))
    assert seen == [((4,), 23), ((8,), 10), ((4,), 23)]
    assert "mid 05" in review_ui(tracked).reviewMessageLabel.text


def test_rejecting_takes_the_point_out_of_strain_at_once(tracked):
    before = read_strain(tracked.scene, tracked.parameters.browser)
    select_row(tracked, "mid 05")
    ui = review_ui(tracked)
    ui.reasonLineEdit.text = "runs away"
    ui.rejectButton.click()
    tracked.host.settle()
    after = read_strain(tracked.scene, tracked.parameters.browser)
    assert after.excluded == ("mid 05",)
    assert after.gls_percent != before.gls_percent
    assert any("Rejected by the reviewer" in text for text in after.warnings)
    assert "rejected" in column(tracked, 1)[column(tracked, 0).index("mid 05")]
    assert "points left out: 1" in ui.reviewMessageLabel.text
    chart = study.find_results(tracked.scene, tracked.parameters.browser).strain.chart
    assert "points left out: 1" in chart.GetTitle()
    assert ui.reasonLineEdit.text == ""
    found = find_tracks(tracked.scene, tracked.parameters.browser)[0]
    assert read_tracks(tracked.scene, found).review.points["mid 05"] == Decision(REJECTED, "runs away")
    ui.nextProblemButton.click()  # it is decided, so it is no problem any more
    assert tracked.panel.review.selected == (8,)
    select_row(tracked, "mid 05")
    ui.undecideButton.click()
    tracked.host.settle()
    assert read_strain(tracked.scene, tracked.parameters.browser).gls_percent == before.gls_percent


def test_rejecting_a_segment(tracked):
    select_row(tracked, "mid 05")
    ui = review_ui(tracked)
    segment = column(tracked, 7)[column(tracked, 0).index("mid 05")]
    ui.segmentCheckBox.checked = True
    ui.rejectButton.click()
    tracked.host.settle()
    ui.segmentCheckBox.checked = False
    expected = {label for label, name in zip(column(tracked, 0), column(tracked, 7)) if name == segment}
    assert set(read_strain(tracked.scene, tracked.parameters.browser).excluded) == expected
    assert len(expected) >= 2


def test_rejecting_everything_removes_the_strain_and_says_why(tracked):
    review_ui(tracked).reviewTable.selectAll()
    tracked.host.settle()
    review_ui(tracked).rejectButton.click()
    tracked.host.settle()
    assert read_strain(tracked.scene, tracked.parameters.browser) is None
    assert "No strain" in review_ui(tracked).reviewMessageLabel.text


def test_filter_keeps_the_points_numbers(tracked):
    review_ui(tracked).confidenceSpinBox.value = 0.85
    assert sorted(column(tracked, 0)) == ["mid 05", "mid 09"]
    select_row(tracked, "mid 09")
    assert tracked.panel.review.selected == (8,)
    review_ui(tracked).confidenceSpinBox.value = 1.0
    assert len(column(tracked, 0)) == 18


def test_report_is_written(tracked, tmp_path):
    tracked.answers.folder = tmp_path
    review_ui(tracked).reportButton.click()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["qa-points.csv", "qa-report.html", "qa-segments.csv"]


def test_decisions_are_saved_with_the_scene(tracked, tmp_path):
    node = find_tracks(tracked.scene, tracked.parameters.browser)[0]
    review = decide_points(Review(), ["mid 05"], Decision(REJECTED, 'says "no" & <no>; æ%'))
    review = decide_segments(review, ["apical inferoseptal"], Decision(REJECTED, "shadow"))
    write_review(node, review)
    show_ring(tracked.scene, tracked.panel.session.proxy, np.array([5.0, 5.0]), "x")
    save_scene(slicer_environment(), tmp_path / "scene.mrb")
    loaded = read_scene(tmp_path / "scene.mrb").scene
    nodes = [
        n for n in (loaded.GetNthNode(i) for i in range(loaded.GetNumberOfNodes())) if n.GetName() == node.GetName()
    ]
    assert [read_review(n) for n in nodes] == [review]
    assert loaded.GetNodesByName("EchoTracker selected point").GetNumberOfItems() == 0


def test_damaged_decisions_are_no_decisions(tracked):
    node = find_tracks(tracked.scene, tracked.parameters.browser)[0]
    node.SetAttribute("EchoTracker.Review", "{oops")
    assert not read_review(node)


def test_nothing_selected_or_nothing_tracked(bench):
    bench.load()
    ui = review_ui(bench)
    assert not ui.rejectButton.enabled
    assert not ui.nextProblemButton.enabled
    assert ui.reviewTable.rowCount == 0
    with pytest.raises(BadInput, match="Track points first"):
        bench.panel.review.decide(REJECTED, "", False)


def test_closing_the_scene_empties_the_table(tracked):
    select_row(tracked, "mid 05")
    tracked.scene.Clear()
    tracked.host.settle()
    assert review_ui(tracked).reviewTable.rowCount == 0
    assert tracked.panel.review.selected == ()
