"""Clips in the scene: EchoTracker's own and those of others."""

from __future__ import annotations

import numpy as np
import pytest
import scene_data
import slicer

from EchoTrackerLib.cine.cine import Region
from EchoTrackerLib.cine.geometry import default_ijk_to_ras
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene.clip.cine import add_cine, cine_nodes, find_cine_browsers, read_cine, why_no_cine
from EchoTrackerLib.scene.clip.facts import read_facts
from EchoTrackerLib.scene.mrml import nodes, plane
from EchoTrackerLib.scene.mrml.environment import new_scene


@pytest.fixture()
def scene():
    environment = new_scene()
    yield environment.scene


def foreign_clip(scene, stack, indices, unit, matrix=None, node_class="vtkMRMLScalarVolumeNode", name="other"):
    """Make a clip as other modules do: no attributes of ours, any unit, any pixel type."""
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", name)
    sequence.SetIndexName("time" if unit else "frame")
    sequence.SetIndexUnit(unit)
    volume = getattr(slicer, node_class)()
    if matrix is not None:
        volume.SetIJKToRASMatrix(plane.matrix_to_vtk(matrix))
    for frame, index in zip(stack, indices):
        slicer.util.updateVolumeFromArray(volume, frame)
        sequence.SetDataNodeAtValue(volume, str(index))
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", f"{name} browser")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    return browser


@pytest.mark.parametrize(("unit", "step"), [("s", 1.0), ("s", 1e-6), ("ms", 0.02), ("s", 20.0)])
def test_impossible_times_of_a_clip_by_others_are_unknown(scene, unit, step):
    """Slicer itself numbers items 0, 1, 2 ... and calls that seconds."""
    clip = add_cine(scene, scene_data.make_cine(times_s=np.arange(12) * step * {"s": 1, "ms": 1e-3}[unit]))
    for k in range(12):
        clip.sequence.UpdateIndexValue(clip.sequence.GetNthIndexValue(k), repr(k * step))
    clip.sequence.SetIndexUnit(unit)
    clip.sequence.RemoveAttribute("EchoTracker.Cine")
    cine = read_cine(clip.browser)
    assert cine.time_source == "unknown" and any("no echo has" in warning for warning in cine.warnings)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"colour": True},
        {"spacing": None},
        {"times_s": np.arange(12) / 1000.0},
        {"times_s": np.arange(12) / 2000.0},
        {"times_s": np.array([0, 1, 3, 3.5, 7, 8, 9, 20, 21, 22, 22.25, 30]) / 97.0},
        {"name": 'Ä; a:b <c>& "x"', "regions": (Region((1, 2, 30, 40), "tissue", scene_data.SPACING),)},
        {"heart_rate_bpm": 61.5, "r_times_s": np.array([0.01, 0.99])},
        {"warnings": ("first; ä", "second: <b>"), "spacing_source": "DICOM region 1", "time_source": "FrameTimeVector"},
        {
            "ijk_to_ras": np.array([[0, -0.3, 0, 5], [0.2, 0, 0, -7], [0, 0, 1, 2], [0, 0, 0, 1.0]]),
            "spacing": (0.3, 0.2),
        },
    ],
)
def test_own_clip_comes_back_exactly(scene, options):
    cine = scene_data.make_cine(**options)
    clip = add_cine(scene, cine)
    assert clip.sequence.GetNumberOfDataNodes() == cine.n_frames
    scene_data.same_cine(cine, read_cine(clip.browser))


def test_grey_of_the_file_is_kept_beside_colour(scene):
    cine = scene_data.make_cine(colour=True)
    other = np.asarray(cine.frames // 2)
    cine = type(cine)(other, cine.times_s, cine.spacing_mm, colour=cine.colour)
    np.testing.assert_array_equal(read_cine(add_cine(scene, cine).browser).frames, other)


def test_names_stay_unique_and_proxy_is_on_the_first_frame(scene):
    cine = scene_data.make_cine()
    first, second = add_cine(scene, cine), add_cine(scene, cine)
    assert first.sequence.GetName() != second.sequence.GetName()
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(second.proxy)[0], cine.frames[0])
    second.browser.SetSelectedItemNumber(7)
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(second.proxy)[0], cine.frames[7])
    np.testing.assert_array_equal(slicer.util.arrayFromVolume(first.proxy)[0], cine.frames[0])
    assert find_cine_browsers(scene) == [first.browser, second.browser]
    assert cine_nodes(second.browser).sequence is second.sequence


def test_unknown_spacing_is_one_unit_per_pixel_and_says_so(scene):
    clip = add_cine(scene, scene_data.make_cine(spacing=None))
    assert clip.sequence.GetAttribute(nodes.SPACING_KNOWN) == "false"
    np.testing.assert_array_equal(plane.pixel_matrix(clip.proxy), default_ijk_to_ras(None))
    assert read_facts(clip.browser).spacing_mm is None


@pytest.mark.parametrize(("unit", "factor"), [("ms", 1e-3), ("s", 1.0), ("us", 1e-6)])
def test_times_of_other_units(scene, unit, factor):
    stack = np.random.default_rng(0).integers(0, 255, (5, 1, 20, 30), dtype=np.uint8)
    cine = read_cine(foreign_clip(scene, stack, [t * 1e-3 / factor for t in (40, 60, 85, 100, 130)], unit))
    np.testing.assert_allclose(cine.times_s, np.array([0, 20, 45, 60, 90]) * 1e-3, rtol=1e-6)
    assert cine.spacing_mm is None  # 1 mm is only Slicer's default
    assert unit in cine.time_source


def test_frame_numbers_become_guessed_times_with_a_warning(scene):
    browser = foreign_clip(scene, np.zeros((4, 1, 20, 30), np.uint8), range(4), "")
    browser.SetPlaybackRateFps(25)
    cine = read_cine(browser)
    np.testing.assert_allclose(cine.times_s, np.arange(4) / 25)
    assert cine.time_source == "unknown" and any("is assumed" in warning for warning in cine.warnings)


def test_rotated_volume_keeps_its_matrix_and_spacing(scene):
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]]) @ np.diag([0.2, 0.5, 1])
    matrix[:3, 3] = (10, -20, 30)
    stack = np.random.default_rng(0).integers(0, 255, (3, 1, 20, 30), dtype=np.uint8)
    cine = read_cine(foreign_clip(scene, stack, range(3), "s", matrix))
    np.testing.assert_allclose(cine.spacing_mm, (0.5, 0.2))
    np.testing.assert_allclose(cine.ijk_to_ras, matrix, atol=1e-9)
    np.testing.assert_array_equal(cine.frames, stack[:, 0])


@pytest.mark.parametrize(("shape", "squeezed"), [((20, 30, 1), 2), ((20, 1, 30), 1)])
def test_slice_axis_need_not_be_the_last(scene, shape, squeezed):
    stack = np.random.default_rng(0).integers(0, 255, (3, *shape), dtype=np.uint8)
    matrix = np.diag([0.2, 0.5, 0.8, 1])
    cine = read_cine(foreign_clip(scene, stack, range(3), "s", matrix))
    np.testing.assert_array_equal(cine.frames, stack.squeeze(squeezed + 1))
    assert cine.spacing_mm == pytest.approx((0.8, 0.5) if squeezed == 2 else (0.8, 0.2))


def test_sixteen_bits_as_on_screen_or_by_range(scene):
    stack = np.linspace(100, 4100, 3 * 20 * 30).reshape(3, 1, 20, 30).astype(np.uint16)
    browser = foreign_clip(scene, stack, range(3), "s")
    display = cine_nodes(browser).proxy.GetScalarVolumeDisplayNode()
    display.SetAutoWindowLevel(True)
    by_range = read_cine(browser)
    np.testing.assert_array_equal(by_range.frames, np.rint((stack[:, 0] - 100.0) * 255 / 4000).astype(np.uint8))
    assert any("100 to 4100" in warning for warning in by_range.warnings)
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(1100, 2100)
    windowed = read_cine(browser).frames
    expected = np.rint(np.clip((stack[:, 0] - 1100.0) * 0.255, 0, 255)).astype(np.uint8)
    np.testing.assert_array_equal(windowed, expected)


def test_rgba_becomes_grey_and_colour(scene):
    stack = np.random.default_rng(0).integers(0, 255, (3, 1, 20, 30, 4), dtype=np.uint8)
    cine = read_cine(foreign_clip(scene, stack, range(3), "s", node_class="vtkMRMLVectorVolumeNode"))
    np.testing.assert_array_equal(cine.colour, stack[:, 0, ..., :3])
    assert cine.frames.shape == (3, 20, 30)


def test_what_is_no_clip_is_refused_with_a_reason(scene):
    volume = foreign_clip(scene, np.zeros((3, 5, 20, 30), np.uint8), range(3), "s", name="stack")
    assert "5 slices" in why_no_cine(volume)
    with pytest.raises(BadInput, match="2-D"):
        read_cine(volume)
    labels = foreign_clip(
        scene, np.zeros((3, 1, 20, 30), np.uint8), range(3), "s", node_class="vtkMRMLLabelMapVolumeNode"
    )
    assert "not a sequence of images" in why_no_cine(labels)
    single = foreign_clip(scene, np.zeros((1, 1, 20, 30), np.uint8), range(1), "s")
    assert "one frame" in why_no_cine(single)
    empty = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", "empty")
    assert why_no_cine(empty) and why_no_cine(None)
    assert find_cine_browsers(scene) == []


def test_frames_of_different_sizes_are_refused(scene):
    frames = [np.zeros((1, 20, 30), np.uint8), np.zeros((1, 20, 31), np.uint8)]
    with pytest.raises(BadInput, match="differ in size"):
        read_cine(foreign_clip(scene, frames, range(2), "s"))


def test_damaged_notes_on_the_sequence_do_no_harm(scene):
    clip = add_cine(scene, scene_data.make_cine())
    clip.sequence.SetAttribute(nodes.CINE, "{broken")
    assert read_cine(clip.browser).spacing_mm == pytest.approx(scene_data.SPACING)
