"""Track files come back as they were written; damaged ones are refused with a reason."""

from __future__ import annotations

import csv
import pickle
import signal
import string
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.files import read_tracks, write_tracks
from EchoTrackerLib.tracks.known import Known
from EchoTrackerLib.tracks.tracks import Tracks

ISSUE_KEYS = {
    "positions",
    "visible",
    "confidence",
    "labels",
    "times_s",
    "spacing_mm",
    "query_frame",
    "tracker",
    "weights_sha256",
}


def example(n=3, t=5, spacing=(0.4, 0.3)) -> Tracks:
    rng = np.random.default_rng(1)
    return Tracks(
        positions=rng.uniform(0, 200, (n, t, 2)).astype(np.float32),
        visible=rng.random((n, t)) > 0.3,
        labels=tuple(f"væg {i}" for i in range(n)),
        times_s=np.linspace(0, 0.7, t) ** 1.1,
        spacing_mm=spacing,
        query_frame=2,
        tracker="classical",
        weights_sha256="ab12",
        confidence=rng.random((n, t)).astype(np.float32),
        quality={"jitter": rng.random((n, t)).astype(np.float32)},
        options={"device": "cpu", "wall": True},
        size=(320, 240),
    )


def assert_same(a: Tracks, b: Tracks, atol=0.0):
    np.testing.assert_allclose(a.positions, b.positions, rtol=0, atol=atol)
    assert a.positions.dtype == b.positions.dtype == np.float32
    np.testing.assert_array_equal(a.visible, b.visible)
    np.testing.assert_array_equal(a.times_s, b.times_s)
    assert (a.confidence is None) == (b.confidence is None)
    if a.confidence is not None:
        np.testing.assert_array_equal(a.confidence, b.confidence)
    assert a.labels == b.labels
    np.testing.assert_array_equal(a.r_times_s, b.r_times_s)
    assert a.heart_rate_bpm == b.heart_rate_bpm


finite = st.floats(-1e4, 1e4, width=32)
labels = st.text(string.ascii_letters + string.digits + " ,;\"'æ", min_size=1, max_size=8)


@st.composite
def any_tracks(draw):
    n, t = draw(st.integers(1, 4)), draw(st.integers(1, 6))
    names = draw(st.lists(labels, min_size=n, max_size=n, unique=True))
    spacing = draw(st.one_of(st.none(), st.tuples(st.floats(0.01, 5), st.floats(0.01, 5))))
    confidence = draw(st.one_of(st.none(), hnp.arrays(np.float32, (n, t), elements=st.floats(0, 1, width=32))))
    return Tracks(
        positions=draw(hnp.arrays(np.float32, (n, t, 2), elements=finite)),
        visible=draw(hnp.arrays(bool, (n, t))),
        labels=tuple(names),
        times_s=np.cumsum(draw(hnp.arrays(np.float64, t, elements=st.floats(0.001, 1)))),
        spacing_mm=spacing,
        query_frame=draw(st.integers(0, t - 1)),
        confidence=confidence,
        size=(640, 480),
        r_times_s=draw(st.one_of(st.none(), st.just(np.array([-0.1, 0.7301])), st.just(np.array([0.25])))),
        heart_rate_bpm=draw(st.one_of(st.none(), st.floats(20, 250))),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tracks=any_tracks(), suffix=st.sampled_from([".npz", ".json", ".csv"]))
def test_round_trip_is_exact(tmp_path, tracks, suffix):
    path = tmp_path / f"tracks{suffix}"
    write_tracks(path, tracks)
    back = read_tracks(path)
    assert_same(tracks, back)
    if suffix != ".csv":
        assert back.spacing_mm == tracks.spacing_mm
        assert back.query_frame == tracks.query_frame and back.size == tracks.size


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_nothing_is_lost(tmp_path, suffix):
    tracks = example()
    write_tracks(tmp_path / f"a{suffix}", tracks)
    back = read_tracks(tmp_path / f"a{suffix}")
    assert_same(tracks, back)
    assert (back.tracker, back.weights_sha256, back.size) == ("classical", "ab12", (320, 240))
    assert back.options == {"device": "cpu", "wall": True}
    np.testing.assert_array_equal(back.quality["jitter"], tracks.quality["jitter"])


def test_npz_has_the_promised_keys_and_types(tmp_path):
    write_tracks(tmp_path / "a.npz", replace(example(spacing=None), confidence=None))
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert set(arrays.files) >= ISSUE_KEYS
        assert arrays["positions"].dtype == np.float32 and arrays["visible"].dtype == bool
        assert arrays["confidence"].dtype == np.float32 and np.isnan(arrays["confidence"]).all()
        assert np.isnan(arrays["spacing_mm"]).all() and arrays["spacing_mm"].shape == (2,)
        assert int(arrays["query_frame"]) == 2 and str(arrays["tracker"]) == "classical"
    back = read_tracks(tmp_path / "a.npz")
    assert back.spacing_mm is None and back.confidence is None


def test_csv_is_long_with_mm_by_axis(tmp_path):
    tracks = example()
    write_tracks(tmp_path / "a.csv", tracks)
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["frame", "time_s", "label", "x_px", "y_px", "x_mm", "y_mm", "visible", "confidence"]
    assert len(rows) == 15 and rows[0]["frame"] == "0" and rows[-1]["frame"] == "4"
    x, y = tracks.positions[1, 0]
    assert float(rows[1]["x_mm"]) == pytest.approx(x * 0.3) and float(rows[1]["y_mm"]) == pytest.approx(y * 0.4)
    assert read_tracks(tmp_path / "a.csv").spacing_mm == pytest.approx((0.4, 0.3))
    write_tracks(tmp_path / "b.csv", example(spacing=None))
    assert (tmp_path / "b.csv").read_text(encoding="utf-8").splitlines()[1].split(",")[5:7] == ["", ""]


def test_sparse_csv_gives_unknown_positions(tmp_path):
    (tmp_path / "a.csv").write_text("frame,label,x_px,y_px\n0,A,1,2\n2,A,3,4\n2,B,5,6\n")
    tracks = read_tracks(tmp_path / "a.csv")
    assert tracks.positions.shape == (2, 3, 2)
    np.testing.assert_array_equal(tracks.visible, [[True, False, True], [False, False, True]])
    assert np.isnan(tracks.positions[0, 1]).all()


def test_tapvid_uses_raster_shares(tmp_path):
    tracks = example()
    path = tmp_path / "a.tapvid.npz"
    write_tracks(path, tracks)
    with np.load(path) as arrays:
        np.testing.assert_allclose(arrays["points"][0, 0, 0], (tracks.positions[0, 0, 0] + 0.5) / 320, rtol=1e-6)
        np.testing.assert_array_equal(arrays["occluded"], ~tracks.visible)
        t, y, x = arrays["query_points"][1]
        np.testing.assert_allclose([t, x - 0.5, y - 0.5], [2, *tracks.positions[1, 2]], rtol=1e-6)
    assert_same(tracks, read_tracks(path), atol=1e-4)


def test_foreign_tapvid_needs_a_size(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, points=np.full((1, 2, 2), 0.5), occluded=np.array([[False, True]]))
    with pytest.raises(BadInput, match=r"a\.npz.*size"):
        read_tracks(path)
    tracks = read_tracks(path, Known((100, 50)))
    np.testing.assert_allclose(tracks.positions[0, 0], [49.5, 24.5])
    np.testing.assert_array_equal(tracks.visible, [[True, False]])
    with pytest.raises(BadInput, match="size"):
        write_tracks(tmp_path / "b.tapvid.npz", replace(example(), size=None))
    assert not list(tmp_path.glob("b*"))


def test_python_objects_are_never_unpickled(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    np.savez(tmp_path / "a.npz", positions=np.array([Bomb()], dtype=object))
    with pytest.raises(BadInput, match="Python objects"):
        read_tracks(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(BadInput, match=r"b\.npz"):
        read_tracks(tmp_path / "b.npz")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"frame,label,x_px\n0,A,1\n", "y_px"),
        ("a.csv", b"frame,label,x_px,y_px\n0,A,one,2\n", "line 2"),
        ("a.csv", b"frame,label,x_px,y_px\n0,A,1,2\n0,A,1,2\n", "twice"),
        ("a.csv", b"frame,label,x_px,y_px\n-1,A,1,2\n", "frame '-1'"),
        ("a.csv", b"frame,label,x_px,y_px\n", "no lines"),
        ("a.csv", b"\xff\xfe\x00", "lacks the column"),
        ("a.json", b"{", "JSON"),
        ("a.json", b"{}", "format"),
        ("a.json", b'{"format": "echotracker-tracks", "version": 9}', "version 9"),
        ("a.json", b'{"format": "echotracker-tracks", "version": 1}', "positions"),
        ("a.npz", b"PK\x03\x04 cut off", "cannot be read"),
        ("a.npz", b"", "cannot be read"),
        ("a.xyz", b"", "unknown track format"),
    ],
)
def test_damaged_files_are_refused_by_name(tmp_path, name, content, says):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadInput, match=says) as error:
        read_tracks(path)
    assert name in str(error.value)


def test_missing_file_and_readonly_folder(tmp_path):
    with pytest.raises(BadInput, match="no such track file"):
        read_tracks(tmp_path / "none.npz")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot be written"):
        write_tracks(tmp_path / "file" / "a.npz", example())


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".json", ".tapvid.npz"])
def test_full_disk_leaves_nothing_and_keeps_the_old_file(tmp_path, suffix):
    """The system's limit on file size stands in for a disk that runs full while writing."""
    resource = pytest.importorskip("resource", reason="limits on file size are a thing of Unix")
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(BadInput, match="cannot be written"):
            write_tracks(path, example(n=40, t=200))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [p.name for p in tmp_path.iterdir()] == [path.name] and path.read_bytes() == b"old"
