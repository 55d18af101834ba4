"""Annotation files: every format comes back as it was; what is refused; what training reads."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import Annotation, State, from_tracks, to_tracks
from EchoTrackerLib.annotation.files import read_annotation, write_annotation, write_training_clip
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.files import read_tracks, write_tracks
from EchoTrackerLib.tracks.known import Known


def make(n=4, t=9, seed=0, size=(64, 48), spacing=(0.31, 0.27)) -> Annotation:
    rng = np.random.default_rng(seed)
    states = rng.integers(0, 5, (n, t)).astype(np.uint8)
    positions = rng.uniform(0, 47, (n, t, 2)).astype(np.float32)
    positions[states == State.NOT_ANNOTATED] = np.nan
    positions[0, states[0] == State.OCCLUDED] = np.nan  # occluded, place unknown
    confidence = np.where(states == State.TRACKER, rng.random((n, t)), np.nan).astype(np.float32)
    return Annotation(
        states,
        positions,
        confidence,
        tuple(f"Punkt ä{i}" for i in range(n)),
        ("basal", "", "mid", "mid"),
        np.arange(t) / 47.3,
        spacing,
        size,
        annotator="A. Müller, 2nd read",
        schema="A4C wall",
        clip="clip7",
        source="classical",
        created="2026-01-02T03:04:05+01:00",
        modified="2026-01-02T04:04:05+01:00",
    )


def same(a: Annotation, b: Annotation, without: tuple[str, ...] = ()) -> None:
    for name in ("states", "positions", "confidence", "times_s"):
        if name not in without:
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for name in ("labels", "segments", "spacing_mm", "size", "annotator", "schema", "clip", "source", "created"):
        if name not in without:
            assert getattr(a, name) == getattr(b, name), name


def facts_of(annotation):
    beats = annotation.r_times_s
    return (None if beats is None else beats.tolist(), annotation.heart_rate_bpm, annotation.time_source)


@pytest.mark.parametrize("suffix", [".npz", ".json", ".coco.json", ".csv"])
@pytest.mark.parametrize("beats", [(0.02, 0.11), None])
def test_beats_stay_from_tracks_to_annotation_and_back(tmp_path, suffix, beats):
    tracks = replace(
        to_tracks(make()),
        r_times_s=None if beats is None else np.array(beats),
        heart_rate_bpm=None if beats is None else 71.5,
        time_source="unknown",
        spacing_source="DICOM region 1 (tissue)",
    )
    annotation = from_tracks(tracks)
    assert facts_of(annotation) == (None if beats is None else list(beats), tracks.heart_rate_bpm, "unknown")
    write_annotation(tmp_path / f"a{suffix}", annotation)
    back = read_annotation(tmp_path / f"a{suffix}")
    assert facts_of(back) == facts_of(annotation)
    again = to_tracks(back)
    assert facts_of(again) == facts_of(annotation)
    if suffix != ".csv":
        assert again.spacing_source == tracks.spacing_source


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("suffix", "lost"),
    [
        (".npz", ()),
        (".json", ()),
        (".coco.json", ("confidence",)),
        (".csv", ("size", "schema", "clip", "source", "created", "spacing_mm")),
    ],
)
def test_round_trip(tmp_path, suffix, lost, seed):
    annotation = make(seed=seed)
    path = tmp_path / f"set{suffix}"
    write_annotation(path, annotation)
    back = read_annotation(path)
    same(annotation, back, lost)
    assert back.spacing_mm == pytest.approx(annotation.spacing_mm)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".npz", ".json", ".csv"])
def test_unknown_size_and_spacing(tmp_path, suffix):
    annotation = make(size=None, spacing=None)
    write_annotation(tmp_path / f"a{suffix}", annotation)
    back = read_annotation(tmp_path / f"a{suffix}")
    assert back.size is None
    assert back.spacing_mm is None
    np.testing.assert_array_equal(back.positions, annotation.positions)
    with pytest.raises(BadInput, match="image size"):
        write_annotation(tmp_path / "a.coco.json", annotation)
    assert not (tmp_path / "a.coco.json").exists()


def test_npz_is_tap_vid_in_shares_of_the_image_and_raster_coordinates(tmp_path):
    annotation = make()
    write_annotation(tmp_path / "a.npz", annotation)
    with np.load(tmp_path / "a.npz") as file:
        points, occluded, queries = file["points"], file["occluded"], file["query_points"]
    seen = annotation.annotated
    np.testing.assert_array_equal(occluded, ~seen)
    np.testing.assert_allclose(points[seen] * (64, 48) - 0.5, annotation.positions[seen], atol=1e-4)
    assert np.isfinite(points).all()
    for i, (t, y, x) in enumerate(queries):
        assert seen[i, int(t)]
        assert not seen[i, : int(t)].any()
        np.testing.assert_allclose((x - 0.5, y - 0.5), annotation.positions[i, int(t)], atol=1e-4)


def test_coco_is_what_other_programs_expect(tmp_path):
    annotation = make()
    write_annotation(tmp_path / "a.coco.json", annotation)
    document = json.loads((tmp_path / "a.coco.json").read_text(encoding="utf-8"))
    assert len(document["images"]) == 9
    assert document["categories"][0]["keypoints"] == list(annotation.labels)
    item = document["annotations"][3]
    t = item["image_id"] - 1
    triples = np.array(item["keypoints"]).reshape(-1, 3)
    for i, state in enumerate(annotation.states[:, t]):
        known = np.isfinite(annotation.positions[i, t, 0])
        expected = 0 if not known else 1 if state == State.OCCLUDED else 2
        assert triples[i, 2] == expected
        if known:
            np.testing.assert_allclose(triples[i, :2], annotation.positions[i, t], rtol=1e-6)
    del item["states"], document["info"]  # as written by another program
    (tmp_path / "b.coco.json").write_text(json.dumps(document))
    back = read_annotation(tmp_path / "b.coco.json")
    assert set(back.states[:, t]) <= {State.NOT_ANNOTATED, State.PLACED, State.OCCLUDED}


def test_track_files_and_annotation_files_read_each_other(tmp_path):
    annotation = make()
    for name in ("a.npz", "a.csv"):
        write_annotation(tmp_path / name, annotation)
        tracks = read_tracks(tmp_path / name)
        np.testing.assert_array_equal(tracks.visible, annotation.annotated)
        np.testing.assert_array_equal(tracks.positions, annotation.positions)
    for name in ("t.npz", "t.csv", "t.json"):
        write_tracks(tmp_path / name, to_tracks(annotation))
        back = read_annotation(tmp_path / name, Known((64, 48)))
        np.testing.assert_array_equal(back.states == State.TRACKER, annotation.annotated)
        assert back.source == name
        assert back.size == (64, 48)


def test_what_cannot_be_read_gets_one_line(tmp_path):
    (tmp_path / "a.json").write_text('{"format": "echotracker-annotation", "version": 9}')
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.csv").write_text("frame,label,x_px,y_px,state\n0,a,1,2,maybe\n")
    (tmp_path / "d.npz").write_bytes(b"nothing")
    (tmp_path / "e.txt").write_text("")
    (tmp_path / "f.json").write_text('{"categories": []}')
    for name in ("a.json", "b.json", "c.csv", "d.npz", "e.txt", "f.json", "missing.npz"):
        with pytest.raises(BadInput, match=name) as caught:
            read_annotation(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_training_reads_the_folder(tmp_path):
    pytest.importorskip("torch")
    from EchoTrackerLib.training.samples import FolderSource, read_sample

    rng = np.random.default_rng(0)
    annotation = make(t=6)
    states = np.array([[1, 1, 2, 4, 1, 1], [3] * 6, [0] * 6, [1, 2, 2, 2, 2, 1]], dtype=np.uint8)
    annotation = Annotation(
        states,
        rng.uniform(0, 40, (4, 6, 2)).astype(np.float32),
        annotation.confidence,
        annotation.labels,
        annotation.segments,
        annotation.times_s,
    )
    cine = Cine(rng.integers(0, 255, (6, 48, 64), dtype=np.uint8), np.arange(6) / 50)
    path = write_training_clip(tmp_path, cine, annotation, "clip7 A")
    sample = read_sample(path)
    np.testing.assert_array_equal(sample.visible, np.isin(states, (State.PLACED, State.INTERPOLATED)))
    np.testing.assert_array_equal(sample.tracks[sample.visible], annotation.positions[sample.visible])
    np.testing.assert_array_equal(sample.frames, cine.frames)
    assert FolderSource(tmp_path).paths == [path]
    with pytest.raises(BadInput, match="half of the frames"):
        write_training_clip(tmp_path, cine, annotation, "x", trusted=(State.OCCLUDED,))
    with pytest.raises(BadInput, match="frames"):
        write_training_clip(tmp_path, Cine(cine.frames[:4], cine.times_s[:4]), annotation, "x")
    assert len(list(tmp_path.iterdir())) == 1
