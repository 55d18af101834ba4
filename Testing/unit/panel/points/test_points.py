"""Points by mouse, by three clicks, from text; undo; what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from panel_host import make_cine

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.panel.points.pasted import parse_points
from EchoTrackerLib.strain.layers import middle_layer


def test_points_by_mouse_lie_where_clicked(bench):
    bench.load()
    bench.ui.placeButton.click()
    for x, y in ((40, 30), (100, 80)):
        bench.click_px(x, y)
    bench.ui.placeButton.click()
    bench.host.settle()
    assert np.allclose(bench.panel.points.read().positions, [[40, 30], [100, 80]], atol=0.6)
    assert not bench.ui.placeButton.checked
    assert bench.ui.trackButton.enabled
    assert "2 points on frame 1" in bench.ui.pointsMessageLabel.text


def test_labels_are_short_and_their_numbers_do_not_jump(bench):
    """Slicer names points after their list, and goes on counting after one was taken back."""
    bench.load(make_cine(name="a4c_45f_1024x768"))
    bench.ui.placeButton.click()
    for x in (30, 60):
        bench.click_px(x, 50)
    bench.ui.undoButton.click()
    bench.ui.placeButton.click()
    for x in (90, 120):
        bench.click_px(x, 50)
    assert bench.panel.points.read().labels == ("P1", "P2", "P3")
    assert bench.parameters.points.GetControlPointLabelFormat() == "P4"
    bench.ui.placeButton.click()


def test_undo_and_redo_of_placed_points(bench):
    bench.load()
    bench.ui.placeButton.click()
    bench.click_px(40, 30)
    bench.click_px(100, 80)
    bench.ui.undoButton.click()
    bench.host.settle()
    assert len(bench.panel.points.read().positions) == 1
    bench.ui.redoButton.click()
    bench.host.settle()
    assert len(bench.panel.points.read().positions) == 2
    assert not bench.ui.redoButton.enabled


def test_point_beside_the_image_is_not_taken(bench):
    bench.load(make_cine(size=(60, 120)))
    bench.ui.placeButton.click()
    bench.click_px(30, 60)
    bench.click_px(-20, 60)
    bench.host.settle()
    assert len(bench.panel.points.read().positions) == 1
    assert "beside the image" in bench.ui.pointsMessageLabel.text


def test_point_clicked_in_a_view_across_the_image_is_not_taken(bench):
    bench.load()
    bench.ui.placeButton.click()
    bench.click_px(30, 60)
    node = bench.parameters.points
    x, y, z = node.GetNthControlPointPositionWorld(0)
    node.AddControlPointWorld([x, y, z + 25])
    bench.host.settle()
    assert len(bench.panel.points.read().positions) == 1
    assert "beside the image" in bench.ui.pointsMessageLabel.text


def test_the_wheel_does_not_leave_the_plane_of_the_clip(bench):
    import slicer

    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    style = view.interactorObserver()
    assert style.GetActionEnabled(style.BrowseSlice)
    bench.load()
    assert not style.GetActionEnabled(style.BrowseSlice)
    offset = view.mrmlSliceNode().GetSliceOffset()
    view._interactor.InvokeEvent("MouseWheelForwardEvent")
    assert view.mrmlSliceNode().GetSliceOffset() == offset
    bench.host.leaveModule()
    assert style.GetActionEnabled(style.BrowseSlice)
    bench.widget.enter()
    assert not style.GetActionEnabled(style.BrowseSlice)
    bench.parameters.browser = None
    assert style.GetActionEnabled(style.BrowseSlice)


def test_placing_ends_when_another_frame_is_shown(bench):
    browser = bench.load()
    bench.ui.placeButton.click()
    bench.click_px(40, 30)
    browser.SetSelectedItemNumber(4)
    bench.host.settle()
    assert not bench.ui.placeButton.checked
    bench.ui.placeButton.click()  # goes back to the frame of the points
    assert browser.GetSelectedItemNumber() == 0


@pytest.mark.parametrize("button", ["placeButton", "wallButton"])
def test_leaving_place_mode_by_hand_ends_it_in_the_panel(bench, button):
    bench.load()
    getattr(bench.ui, button).click()
    bench.click_px(40, 30)
    interaction = bench.scene.GetNodeByID("vtkMRMLInteractionNodeSingleton")
    interaction.SetCurrentInteractionMode(interaction.ViewTransform)
    bench.host.settle()
    assert not getattr(bench.ui, button).checked
    assert bench.scene.GetNumberOfNodesByClass("vtkMRMLMarkupsCurveNode") == 0


def test_the_only_clip_is_chosen(bench):
    from EchoTrackerLib.scene.clip.cine import add_cine

    browser = add_cine(bench.scene, make_cine()).browser
    bench.host.settle()
    assert bench.parameters.browser is browser
    bench.parameters.browser = None
    add_cine(bench.scene, make_cine())
    bench.host.settle()
    assert bench.parameters.browser is None


def test_points_are_hidden_on_other_frames(bench):
    browser = bench.load()
    bench.put()
    display = bench.parameters.points.GetDisplayNode()
    assert display.GetVisibility()
    browser.SetSelectedItemNumber(3)
    assert not display.GetVisibility()


def test_first_point_sets_the_query_frame(bench):
    browser = bench.load()
    browser.SetSelectedItemNumber(5)
    bench.ui.placeButton.click()
    bench.click_px(40, 30)
    bench.host.settle()
    assert bench.parameters.queryFrame == 6


def test_paste(bench):
    bench.load()
    bench.answers.text = "name\tx\ty\napex\t80\t20\nbase\t40\t100\n"
    bench.ui.pastePointsButton.click()
    found = bench.panel.points.read()
    assert found.labels == ("apex", "base")
    assert np.allclose(found.positions, [[80, 20], [40, 100]], atol=1e-3)


def test_pasted_point_beside_the_image_changes_nothing(bench):
    bench.load()
    bench.put()
    before = bench.panel.points.read().positions
    bench.answers.text = "10 10\n5000 3"
    bench.ui.pastePointsButton.click()  # the message is shown, nothing raised into Qt
    assert np.allclose(bench.panel.points.read().positions, before)
    with pytest.raises(BadInput, match="5000"):
        bench.panel.points.paste()


def test_load_from_file(bench, tmp_path):
    bench.load()
    path = tmp_path / "points.csv"
    path.write_text("label,x_px,y_px\na,10,20\nb,30.5,40\n", encoding="utf-8")
    bench.answers.file = path
    bench.ui.loadPointsButton.click()
    assert np.allclose(bench.panel.points.read().positions, [[10, 20], [30.5, 40]], atol=1e-3)


def test_points_of_other_programs(bench, tmp_path):
    bench.load()
    path = bench.answers.file = tmp_path / "annotations.xml"
    shapes = '<points frame="{f}" outside="0" occluded="0" keyframe="1" points="10.5,20.5"/>'
    path.write_text(f'<annotations><track label="apex">{shapes.format(f=2)}</track></annotations>')
    with pytest.raises(
        BadInput, match=r"annotations\.xml: its points are set on frame 3, not on the query frame 1 .*Make that the"
    ):
        bench.panel.points.load()
    path.write_text(f'<annotations><track label="apex">{shapes.format(f=0)}</track></annotations>')
    bench.ui.loadPointsButton.click()
    assert np.allclose(bench.panel.points.read().positions, [[10, 20]], atol=1e-3)
    assert bench.panel.points.read().labels == ("apex",)


def test_clear_and_undo(bench):
    bench.load()
    bench.put()
    before = bench.panel.points.read().positions
    bench.ui.clearPointsButton.click()
    assert bench.panel.points.count() == 0
    assert not bench.ui.trackButton.enabled
    bench.ui.undoButton.click()
    assert np.allclose(bench.panel.points.read().positions, before, atol=1e-3)


def test_query_frame_cannot_leave_its_points(bench):
    browser = bench.load()
    bench.put()
    browser.SetSelectedItemNumber(5)
    with pytest.raises(BadInput, match="frame 1"):
        bench.panel.points.use_frame("current")


def test_72_percent_of_the_cycle(bench):
    browser = bench.load(make_cine(frames=26))
    bench.ui.queryCycleButton.click()
    assert bench.parameters.queryFrame == 19
    assert browser.GetSelectedItemNumber() == 18


def test_no_clip_disables_everything(bench):
    for name in ("placeButton", "wallButton", "loadPointsButton", "undoButton", "trackButton", "exportButton"):
        assert not getattr(bench.ui, name).enabled, name


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1 2\n3 4", [[1, 2], [3, 4]]), ("1,2", [[1, 2]]), ("a;1.5;2", [[1.5, 2]]), ("x,y\n5,6\n\n", [[5, 6]])],
)
def test_parse_points(text, expected):
    assert parse_points(text).positions.tolist() == expected


@pytest.mark.parametrize("text", ["", "hello", "1 2\nfoo bar", "7"])
def test_parse_points_refuses(text):
    with pytest.raises(BadInput):
        parse_points(text)


def test_free_points_are_measured_all():
    layer, points = middle_layer(("P1", "P2", "septum 3"))
    assert layer == ""
    assert points.tolist() == [0, 1, 2]


def test_what_is_shown_of_placing(bench):
    """Points are shown while they are placed, also where they are switched off; one button at a time is pressed."""
    bench.load()
    bench.put(5)
    bench.parameters.showPoints = False
    bench.host.settle(0.1)
    display = bench.parameters.points.GetDisplayNode()
    assert not display.GetVisibility()
    bench.ui.placeButton.click()
    assert display.GetVisibility() and bench.ui.placeButton.checked and not bench.ui.wallButton.checked
    bench.ui.wallButton.click()
    assert bench.ui.wallButton.checked and not bench.ui.placeButton.checked
    bench.host.press("Esc")
    bench.parameters.browser.SetSelectedItemNumber(3)  # and nothing ends that had ended
    bench.host.settle(0.1)
    assert "Placing ended" not in bench.ui.pointsMessageLabel.text
