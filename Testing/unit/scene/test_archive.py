"""Scenes as .mrb: written whole or not at all, read back value by value, nothing private inside."""

from __future__ import annotations

import getpass
import os
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scene_data
from scene_data import points_of, same_strain
from scene_edits import apply_changes

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene import trajectories
from EchoTrackerLib.scene.archive import read_scene, save_scene, write_scene
from EchoTrackerLib.scene.clip.cine import find_cine_browsers, read_cine
from EchoTrackerLib.scene.editing import Change
from EchoTrackerLib.scene.mrml import colors as colours
from EchoTrackerLib.scene.mrml import frames, nodes
from EchoTrackerLib.scene.strain import read_strain
from EchoTrackerLib.scene.tracks import read_tracks
from EchoTrackerLib.strain.strain import measure_strain

CLIPS = {
    "grey": {},
    "colour": {"colour": True},
    "1000 fps": {"times_s": np.arange(30) / 1000.0},
    "2500 fps": {"times_s": np.arange(30) / 2500.0},
    "irregular": {"times_s": np.cumsum(np.concatenate([[0], np.random.default_rng(3).uniform(0.0007, 0.3, 29)]))},
    "unknown spacing": {"spacing": None},
    "awkward name": {"name": 'Äpfel; a:b <c>& "x" / 100 %'},
    "rotated": {
        "spacing": (0.3, 0.2),
        "ijk_to_ras": np.array([[0, -0.3, 0, 5.125], [0.2, 0, 0, -7], [0, 0, 1, 2], [0, 0, 0, 1.0]]),
    },
}


@pytest.mark.parametrize("options", CLIPS.values(), ids=CLIPS.keys())
def test_round_trip_value_by_value(tmp_path, options):
    cine = scene_data.make_cine(30, **options)
    tracks = replace(scene_data.make_wall(cine), visible=scene_data.make_tracks(cine, 40).visible)
    strain = measure_strain(scene_data.make_wall(cine), view="A2C")
    write_scene(tmp_path / "scene.mrb", cine, tracks, strain)
    environment = read_scene(tmp_path / "scene.mrb")
    scene = environment.scene
    (browser,) = find_cine_browsers(scene)
    scene_data.same_cine(cine, read_cine(browser))
    results = study.find_results(scene, browser)
    scene_data.same_tracks(tracks, read_tracks(scene, results.tracks.sequence))
    same_strain(strain, read_strain(scene, browser))
    for name, expected in trajectories.track_scalars(tracks).items():
        np.testing.assert_array_equal(
            points_of(results.trajectories, name), np.asarray(expected, dtype=np.float32).ravel(), err_msg=name
        )
    assert results.trajectories.GetDisplayNode().GetColorNode() is colours.colour_node(scene, "amount")


def test_loaded_scene_goes_on_working(tmp_path):
    cine = scene_data.make_cine(30)
    wall = scene_data.make_wall(cine)
    write_scene(tmp_path / "scene.mrb", cine, wall, measure_strain(wall))
    environment = read_scene(tmp_path / "scene.mrb")
    scene = environment.scene
    (browser,) = find_cine_browsers(scene)
    results = study.find_results(scene, browser)
    frames.go_to_frame(browser, 11)
    np.testing.assert_allclose(
        results.tracks.proxy.GetNthControlPointPosition(7)[:2],
        -wall.positions[7, 11] * np.array(scene_data.SPACING[::-1]),
        atol=1e-5,
    )
    assert results.tracks.proxy.GetLocked()
    assert results.strain.chart.GetNumberOfPlotSeriesNodes() == 10
    study.show_frame(scene, browser, 20)
    apply_changes(browser, results.tracks.sequence, [Change(0, 11, "missing")])
    assert not read_tracks(scene, results.tracks.sequence).visible[0, 11]
    again = study.set_results(scene, browser, wall, measure_strain(wall))
    save_scene(environment, tmp_path / "again.mrb")
    other = read_scene(tmp_path / "again.mrb").scene
    (browser,) = find_cine_browsers(other)
    scene_data.same_tracks(wall, read_tracks(other, study.find_results(other, browser).tracks.sequence))
    assert again.tracks.proxy.GetName() == "clip tracks"


def test_two_clips_in_one_scene(tmp_path):
    from EchoTrackerLib.scene.mrml.environment import new_scene

    environment = new_scene()
    cines = [scene_data.make_cine(30, seed=1), scene_data.make_cine(20, seed=2)]
    walls = [scene_data.make_wall(cine, shortening=s) for cine, s in zip(cines, (0.1, 0.25))]
    for cine, wall in zip(cines, walls):
        study.add_study(environment.scene, cine, wall, measure_strain(wall))
    save_scene(environment, tmp_path / "two.mrb")
    scene = read_scene(tmp_path / "two.mrb").scene
    for browser, cine, wall in zip(find_cine_browsers(scene), cines, walls):
        scene_data.same_cine(cine, read_cine(browser))
        scene_data.same_tracks(wall, read_tracks(scene, study.find_results(scene, browser).tracks.sequence))
        same_strain(measure_strain(wall), read_strain(scene, browser))


def all_text(path: Path) -> str:
    """Everything in the bundle and in the bundles inside it."""
    texts = []
    with zipfile.ZipFile(path) as bundle:
        for name in bundle.namelist():
            content = bundle.read(name)
            if name.endswith(".mrb"):
                inner = path.parent / f"inner-{len(texts)}.mrb"
                inner.write_bytes(content)
                texts.append(all_text(inner))
            else:
                texts.append(name + "\n" + content.decode("latin-1"))
    return "\n".join(texts)


def test_nothing_private_is_inside(tmp_path):
    folder = tmp_path / "somebody's private folder"
    folder.mkdir()
    cine = scene_data.make_cine(30)
    wall = scene_data.make_wall(cine)
    write_scene(folder / "scene.mrb", cine, wall, measure_strain(wall))
    text = all_text(folder / "scene.mrb")
    assert "private folder" not in text and "private%20folder" not in text
    assert str(Path.home()) + os.sep not in text and str(tmp_path) not in text
    user = getpass.getuser()
    assert user == "root" or not re.search(rf"\b{re.escape(user)}\b", text)
    assert not re.search(r'(fileName|fileListMember\d*)="(/|[A-Za-z]:)', text)


def test_same_input_same_scene(tmp_path):
    cine = scene_data.make_cine(8)
    wall = scene_data.make_wall(cine)
    contents = []
    for run in range(2):
        path = tmp_path / str(run) / "scene.mrb"
        path.parent.mkdir()
        write_scene(path, cine, wall, measure_strain(wall))
        with zipfile.ZipFile(path) as bundle:
            names = sorted(bundle.namelist())
            contents.append({name: bundle.read(name) for name in names})
        # Slicer numbers hierarchy items through the life of a process.
        text = contents[-1]["scene/scene.mrml"]
        items = re.findall(rb'HierarchyItem id="(\d+)"', text)
        for new, old in enumerate(items):
            text = re.sub(rb'(HierarchyItem id=|parent=)"%s"' % old, rb'\1"item %d"' % new, text)
        contents[-1]["scene/scene.mrml"] = text
    assert contents[0].keys() == contents[1].keys()
    for name, content in contents[0].items():
        assert content == contents[1][name], name


def test_scenes_are_small(tmp_path):
    cine = scene_data.make_cine(60)
    write_scene(tmp_path / "scene.mrb", cine, scene_data.make_wall(cine, 100))
    clip_bytes = cine.frames.size  # noise: it cannot be compressed
    assert (tmp_path / "scene.mrb").stat().st_size < clip_bytes + 500_000


def test_an_existing_scene_is_replaced_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "scene.mrb"
    path.write_bytes(b"old")
    write_scene(path, scene_data.make_cine())
    assert [p.name for p in tmp_path.iterdir()] == ["scene.mrb"]
    assert len(find_cine_browsers(read_scene(path).scene)) == 1


def test_what_cannot_be_written_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "scene.mrb"
    path.write_bytes(b"old")
    short = scene_data.make_tracks(scene_data.make_cine(5))
    with pytest.raises(BadInput, match="5 frames"):
        write_scene(path, scene_data.make_cine(), short)
    with pytest.raises(BadInput, match="cannot be written"):
        write_scene(path / "below a file" / "scene.mrb", scene_data.make_cine())
    with pytest.raises(BadInput, match=r"\.mrb"):
        write_scene(tmp_path / "scene.mrml", scene_data.make_cine())
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["scene.mrb"]


def test_what_is_no_scene_is_refused(tmp_path):
    (tmp_path / "broken.mrb").write_bytes(b"PK\x03\x04 not a bundle")
    for name in ("broken.mrb", "absent.mrb"):
        with pytest.raises(BadInput, match=name):
            read_scene(tmp_path / name)


def test_non_ascii_paths(tmp_path):
    path = tmp_path / "Übung ß" / "Szène 1.mrb"
    path.parent.mkdir()
    cine = scene_data.make_cine()
    write_scene(path, cine)
    scene = read_scene(path).scene
    scene_data.same_cine(cine, read_cine(find_cine_browsers(scene)[0]))
    assert nodes.nodes_of(scene, "vtkMRMLSequenceNode")[0].GetName() == "clip"
