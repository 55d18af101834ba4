"""CVAT: its XML for images and for video, its COCO keypoints, its ZIP."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.files import read_annotation
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.known import Known

META = """<version>1.1</version><meta><task><id>5</id><size>{size}</size><mode>interpolation</mode>
<start_frame>0</start_frame><stop_frame>{last}</stop_frame><frame_filter></frame_filter>
<original_size><width>112</width><height>96</height></original_size></task></meta>"""
TRACKS = """<track id="0" label="apex" source="manual">
<points frame="0" keyframe="1" outside="0" occluded="0" points="10.50,20.50" z_order="0"></points>
<points frame="1" keyframe="0" outside="0" occluded="0" points="11.00,21.00" z_order="0"></points>
<points frame="2" keyframe="1" outside="0" occluded="1" points="12.50,22.50" z_order="0"></points>
<points frame="3" keyframe="1" outside="1" occluded="0" points="12.50,22.50" z_order="0"></points></track>
<track id="1" label="septum" source="auto">
<polyline frame="1" keyframe="1" outside="0" occluded="0" points="1.50,2.50;3.50,4.50" z_order="0"></polyline></track>
<track id="2" label="septum" source="manual">
<polyline frame="4" keyframe="1" outside="0" occluded="0" points="5.50,6.50;7.50,8.50"></polyline></track>"""
SKELETON = """<track id="0" label="wall" source="manual">
<skeleton frame="0" keyframe="1" z_order="0">
<points label="left base" keyframe="1" outside="0" occluded="0" points="10.50,50.50"></points>
<points label="apex" keyframe="1" outside="1" occluded="0" points="20.50,10.50"></points></skeleton>
<skeleton frame="1" keyframe="0" z_order="0">
<points label="left base" keyframe="0" outside="0" occluded="0" points="11.50,50.50"></points>
<points label="apex" keyframe="1" outside="0" occluded="0" points="21.50,10.50"></points></skeleton></track>"""


def video(path, body, size=6):
    path.write_text(f"<?xml version='1.0'?><annotations>{META.format(size=size, last=size - 1)}{body}</annotations>")
    return path


def images(path, names, body, size=None):
    parts = [
        f'<image id="{k}" name="{name}" width="112" height="96">{body(name)}</image>' for k, name in enumerate(names)
    ]
    path.write_text(
        f"<annotations><meta><task><size>{size or len(names)}</size></task></meta>{''.join(parts)}</annotations>"
    )
    return path


def point(name):
    """A point whose column is the number in the image's name."""
    column = int("".join(filter(str.isdigit, name)))
    return f'<points label="apex" source="manual" occluded="0" points="{column}.50,7.50"/>'


def test_tracks_of_video(tmp_path):
    found = read_annotation(video(tmp_path / "annotations.xml", TRACKS))
    assert found.labels == ("apex", "septum 1", "septum 2")
    assert found.n_frames == 6 and found.size == (112, 96) and found.time_source == "unknown"
    placed, between, auto, hidden = State.PLACED, State.INTERPOLATED, State.TRACKER, State.OCCLUDED
    np.testing.assert_array_equal(found.states[0], [placed, between, hidden, 0, 0, 0])
    np.testing.assert_array_equal(found.states[1:], [[0, auto, 0, 0, placed, 0]] * 2)
    # 0 is the outer edge in CVAT, the center of the first pixel here
    np.testing.assert_array_equal(found.positions[0, :3], [[10, 20], [10.5, 20.5], [12, 22]])
    np.testing.assert_array_equal(found.positions[1:, 4], [[5, 6], [7, 8]])


def test_what_cvat_repeats_is_no_truth(tmp_path):
    """Keyframes on 1, 4 and 7 of 10; the point is outside from 7 to 8 and there again from 9."""
    kinds = {1: "10", 2: "00", 3: "00", 4: "10", 5: "00", 6: "00", 7: "11", 8: "01", 9: "10"}
    shapes = "".join(
        f'<points frame="{t}" keyframe="{key}" outside="{outside}" occluded="0" points="{t},1"/>'
        for t, (key, outside) in kinds.items()
    )
    found = read_annotation(video(tmp_path / "a.xml", f'<track label="p">{shapes}</track>', 10))
    placed, between, repeated = State.PLACED, State.INTERPOLATED, State.TRACKER
    expected = [0, placed, between, between, placed, repeated, repeated, 0, 0, placed]
    assert found.states[0].tolist() == expected


def test_skeletons_are_called_by_their_points(tmp_path):
    found = read_annotation(video(tmp_path / "a.xml", SKELETON), Known(n_frames=3))
    assert found.labels == ("left base", "apex")
    np.testing.assert_array_equal(found.states[:, :2], [[State.PLACED, State.TRACKER], [0, State.PLACED]])
    np.testing.assert_array_equal(found.positions[1, 1], [21, 10])
    two = read_annotation(video(tmp_path / "b.xml", SKELETON + SKELETON.replace('id="0"', 'id="1"')))
    assert two.labels == ("wall 1 left base", "wall 1 apex", "wall 2 left base", "wall 2 apex")


@pytest.mark.parametrize(
    "names",
    [
        [f"frame_{k:06d}.PNG" for k in range(12)],
        [f"us/frame {k}.png" for k in sorted(range(12), key=str)],  # CVAT sorts by letters: 0, 1, 10, 11, 2 ...
        [f"{k}.jpg" for k in sorted(range(1, 13), key=str)],
    ],
)
def test_frames_of_images_are_those_of_their_names(tmp_path, names):
    found = read_annotation(images(tmp_path / "a.xml", names, point))
    first = min(int("".join(filter(str.isdigit, name))) for name in names)
    np.testing.assert_array_equal(found.positions[0, :, 0], np.arange(12) + first)
    assert found.labels == ("apex",) and (found.states == State.PLACED).all()


def test_few_images_of_a_clip_are_at_their_ids(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text('<annotations><image id="4" name="frame_000004" width="9" height="9">'
                    '<points label="p" occluded="0" points="1,1"/></image></annotations>')  # fmt: skip
    found = read_annotation(path, Known(n_frames=8))
    assert found.n_frames == 8 and np.flatnonzero(found.annotated[0]).tolist() == [4]
    with pytest.raises(BadInput, match=r"a\.xml.*5 frames or more, but this clip has 4"):
        read_annotation(path, Known(n_frames=4))


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("<points label='p' points='1,2'/><points label='p' points='3,4'/>", "two objects 'p'"),
        ("<box label='p' xtl='1' ytl='2' xbr='3' ybr='4'/>", "holds no points"),
        ("<points label='p' points='1,two'/>", "cannot be read"),
        ("<points label='p' points='1'/>", "cannot be read"),
        ("", "holds no points"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(tmp_path, body, says):
    with pytest.raises(BadInput, match=rf"a\.xml.*{says}"):
        read_annotation(images(tmp_path / "a.xml", ["f0.png", "f1.png"], lambda _name: body))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<annotations>", "damaged"),
        (b'<?xml version="1.0" encoding="uf-8"?><annotations/>', "damaged"),
        (b"<svg/>", "not of CVAT"),
        (b'<!DOCTYPE a [<!ENTITY b "bbb">]><annotations>&b;</annotations>', "document type"),
        ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a><annotations/>'.encode("utf-16"), "document type"),
    ],
)
def test_other_xml_is_refused(tmp_path, content, says):
    (tmp_path / "a.xml").write_bytes(content)
    with pytest.raises(BadInput, match=says):
        read_annotation(tmp_path / "a.xml")


def test_projects_of_several_clips_are_refused(tmp_path):
    path = video(
        tmp_path / "a.xml", TRACKS.replace('id="1"', 'id="1" task_id="7"').replace('id="0"', 'id="0" task_id="6"')
    )
    with pytest.raises(BadInput, match=r"a\.xml: is of a project of 3 tasks"):
        read_annotation(path)


def test_a_line_needs_the_same_number_of_points(tmp_path):
    body = '<track label="w"><polyline frame="0" points="1,1;2,2"/><polyline frame="1" points="1,1;2,2;3,3"/></track>'
    with pytest.raises(BadInput, match=r"'w' has 2, 3 points"):
        read_annotation(video(tmp_path / "a.xml", body))


def coco(frames=6, **info):
    """COCO keypoints as CVAT's exporter writes them: an empty header, categories for each label."""
    blank = dict.fromkeys(("contributor", "date_created", "description", "url", "version", "year"), "")
    return {
        "licenses": [{"name": "", "id": 0, "url": ""}],
        "info": {**blank, **info},
        "categories": [
            {"id": 1, "name": "wall", "supercategory": "", "keypoints": ["base", "apex"], "skeleton": [[1, 2]]},
            {"id": 2, "name": "box", "supercategory": "", "keypoints": [], "skeleton": []},
        ],
        "images": [
            {"id": t + 1, "width": 112, "height": 96, "file_name": f"frame_{t:06d}.PNG", "license": 0}
            for t in range(frames)
        ],
        "annotations": [
            {"id": 1, "image_id": 3, "category_id": 1, "keypoints": [10.5, 20.5, 2, 30.5, 40.5, 1], "num_keypoints": 2,
             "attributes": {"occluded": False, "track_id": 0, "keyframe": True}},
            {"id": 2, "image_id": 3, "category_id": 2, "bbox": [1, 2, 3, 4]},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(("contributor", "edge"), [("", 0.5), ("somebody", 0.0)])
def test_coco_keypoints(tmp_path, contributor, edge):
    (tmp_path / "person_keypoints_default.json").write_text(json.dumps(coco(contributor=contributor)))
    found = read_annotation(tmp_path / "person_keypoints_default.json")
    assert found.labels == ("base", "apex") and found.n_frames == 6 and found.size == (112, 96)
    np.testing.assert_array_equal(found.states[:, 2], [State.PLACED, State.OCCLUDED])
    np.testing.assert_array_equal(found.positions[:, 2] + edge, [[10.5, 20.5], [30.5, 40.5]])


def test_frames_between_keyframes_of_coco(tmp_path):
    document = coco()
    first = document["annotations"][0]
    document["annotations"] = [
        {**first, "image_id": t + 1, "attributes": {"keyframe": t in (1, 3)}} for t in (1, 2, 3, 4)
    ]
    (tmp_path / "a.json").write_text(json.dumps(document))
    states = read_annotation(tmp_path / "a.json").states
    assert states[0].tolist() == [0, State.PLACED, State.INTERPOLATED, State.PLACED, State.TRACKER, 0]
    assert states[1].tolist() == [0, *[State.OCCLUDED] * 4, 0]


@pytest.mark.parametrize(
    ("numbers", "n_frames", "frames"),
    [
        ([0, 4], 8, [0, 4]),
        ([1, 8], 8, [0, 7]),
        ([3, 5], 2, [0, 1]),
        ([3, 5], 8, None),
        ([0, 9], 8, None),
        ([3, 5], None, None),
    ],
)
def test_few_images_of_coco(tmp_path, numbers, n_frames, frames):
    document = coco(len(numbers))
    for image, number in zip(document["images"], numbers):
        image["file_name"] = f"f{number}.png"
    document["annotations"] = [{**document["annotations"][0], "image_id": t + 1} for t in range(len(numbers))]
    (tmp_path / "a.json").write_text(json.dumps(document))
    if frames is None:
        with pytest.raises(BadInput, match=r"a\.json: lists 2 images"):
            read_annotation(tmp_path / "a.json", Known(n_frames=n_frames))
        return
    found = read_annotation(tmp_path / "a.json", Known(n_frames=n_frames))
    assert np.flatnonzero(found.annotated[0]).tolist() == frames


def test_the_zip_that_cvat_downloads(tmp_path):
    plain = video(tmp_path / "annotations.xml", TRACKS)
    with zipfile.ZipFile(tmp_path / "task.zip", "w") as archive:
        archive.write(plain, "annotations.xml")
        archive.writestr("images/frame_000000.png", b"")
    np.testing.assert_array_equal(read_annotation(tmp_path / "task.zip").states, read_annotation(plain).states)
    with zipfile.ZipFile(tmp_path / "coco.zip", "w") as archive:
        archive.writestr("annotations/person_keypoints_default.json", json.dumps(coco()))
    assert read_annotation(tmp_path / "coco.zip").labels == ("base", "apex")
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("readme.txt", "")
    (tmp_path / "bad.zip").write_bytes(b"PK\3\4no")
    for name, says in (("none.zip", "must hold one"), ("bad.zip", "no ZIP")):
        with pytest.raises(BadInput, match=rf"{name}.*{says}"):
            read_annotation(tmp_path / name)
