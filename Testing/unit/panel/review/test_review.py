"""The section "Review": table, selection both ways, problems, decisions, strain at once, report, undo."""

from __future__ import annotations

import numpy as np
from panel_reviewed import column, review_ui, ring, select_row

from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.review import read_review
from EchoTrackerLib.scene.strain import read_strain
from EchoTrackerLib.scene.tracks import find_tracks, read_tracks
from EchoTrackerLib.tracks.decisions import REJECTED, Decision


def test_table_shows_and_sorts_numbers_as_numbers(tracked):
    import qt

    assert len(column(tracked, 0)) == 18
    table = review_ui(tracked).reviewTable
    table.sortItems(3, qt.Qt.AscendingOrder)
    assert column(tracked, 0)[:2] == ["mid 05", "mid 09"]
    assert column(tracked, 4)[0] == 24  # the worst frame, as on screen
    assert column(tracked, 3) == sorted(column(tracked, 3))
    assert "basal inferoseptal" in column(tracked, 11)
    assert table.item(0, 2).data(qt.Qt.DecorationRole).width() == 110


def test_selecting_a_row_rings_the_point_on_every_frame(tracked):
    from EchoTrackerLib.scene.mrml.plane import world_to_pixels

    select_row(tracked, "mid 05")
    tracks = tracked.panel.review.reviewed.tracks
    for frame in (0, 7, 15):
        tracked.parameters.browser.SetSelectedItemNumber(frame)
        node = ring(tracked)
        world = np.array([node.GetNthControlPointPositionWorld(0)])
        pixel = world_to_pixels(world, tracked.panel.session.proxy)[0][0]
        assert np.allclose(pixel, tracks.positions[4, frame], atol=1e-2)
    assert node.GetNthControlPointLabel(0) == "mid 05"
    assert not node.GetSaveWithScene()


def test_clicking_a_point_in_the_view_selects_its_row(tracked):
    tracks = tracked.panel.review.reviewed.tracks
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
    assert (after.percent != before.percent).any()  # at end-systole its confidence was too low to count anyway
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
    segment = column(tracked, 11)[column(tracked, 0).index("mid 05")]
    ui.segmentCheckBox.checked = True
    ui.rejectButton.click()
    tracked.host.settle()
    ui.segmentCheckBox.checked = False
    expected = {label for label, name in zip(column(tracked, 0), column(tracked, 11)) if name == segment}
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


def test_undo_and_redo_select_what_they_change(tracked):
    ui = review_ui(tracked)
    before = read_strain(tracked.scene, tracked.parameters.browser).gls_percent
    assert not ui.reviewUndoButton.enabled
    select_row(tracked, "mid 05")
    ui.rejectButton.click()
    tracked.host.settle()
    after = read_strain(tracked.scene, tracked.parameters.browser).gls_percent
    select_row(tracked, "mid 09")
    ui.acceptButton.click()
    ui.reviewUndoButton.click()
    assert tracked.panel.review.selected == (8,)
    ui.reviewUndoButton.click()
    tracked.host.settle()
    assert tracked.panel.review.selected == (4,)
    assert set(column(tracked, 1)) == {""}
    assert read_strain(tracked.scene, tracked.parameters.browser).gls_percent == before
    assert not ui.reviewUndoButton.enabled and ui.reviewRedoButton.enabled
    ui.reviewRedoButton.click()
    tracked.host.settle()
    assert read_strain(tracked.scene, tracked.parameters.browser).gls_percent == after
    assert "rejected" in column(tracked, 1)[column(tracked, 0).index("mid 05")]


def test_the_shortcut_undoes_in_the_section_that_was_edited_last(tracked):
    points = tracked.panel.points.read().positions
    select_row(tracked, "mid 05")
    review_ui(tracked).rejectButton.click()
    tracked.panel._undo()
    assert set(column(tracked, 1)) == {""}
    assert np.array_equal(tracked.panel.points.read().positions, points)
    tracked.put(20)
    tracked.panel._undo()
    assert np.allclose(tracked.panel.points.read().positions, points, atol=1e-3)
    tracked.scene.Clear()
    tracked.panel._undo()  # nothing is there any more


def test_many_decisions_are_undone(tracked):
    review, rng = tracked.panel.review, np.random.default_rng(1)
    node = find_tracks(tracked.scene, tracked.parameters.browser)[0]
    states = [read_review(node)]
    while len(states) <= 60:
        review.select((int(rng.integers(18)),))
        review.decide(("accepted", REJECTED, "needs correction")[rng.integers(3)], f"{len(states)}", rng.random() < 0.2)
        states.append(read_review(node))
    for state in states[-2::-1]:
        review.undo()
        assert read_review(node) == state
    assert set(column(tracked, 1)) == {""}


def test_shortcuts_decide_about_the_selected_points(tracked):
    from EchoTrackerLib.panel.qt.shortcuts import SHORTCUTS

    actions = tracked.panel.shortcuts._actions
    assert {name for _keys, name, _text in SHORTCUTS} <= set(actions)
    assert len({keys for keys, _name, _text in SHORTCUTS}) == len(SHORTCUTS)
    actions["next_problem"]()
    assert tracked.panel.review.selected == (4,)
    for action, expected in (("rejectPoints", "rejected"), ("correctPoints", "needs"), ("acceptPoints", "accepted")):
        actions[action]()
        assert expected in column(tracked, 1)[column(tracked, 0).index("mid 05")]
    actions["undecidePoints"]()
    assert set(column(tracked, 1)) == {""}
