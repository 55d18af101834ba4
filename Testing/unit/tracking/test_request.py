"""From what a user asked for to tracks."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.cine.regions import Region
from EchoTrackerLib.errors import BadInput, LicenceNotAccepted
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.tracking.exchange import read_job, write_job
from EchoTrackerLib.tracking.job import ProcessRunner, run_blocking
from EchoTrackerLib.tracking.request import Request, make_job, options_of, run_job
from EchoTrackerLib.tracks.tracks import OUTSIDE_SECTOR

LINE = np.stack([np.linspace(5, 45, 9), np.full(9, 20.0)], axis=1).astype(np.float32)
SCATTERED = np.array([[5, 5], [40, 30], [6, 30]], dtype=np.float32)


def clip() -> Cine:
    rng = np.random.default_rng(1)
    return Cine(rng.integers(0, 255, (4, 40, 50), dtype=np.uint8), np.arange(4) / 50.0)


@pytest.mark.parametrize(
    ("tracker", "asked", "points", "used"),
    [
        ("classical", "auto", LINE, True),
        ("classical", "auto", SCATTERED, False),
        ("classical", "off", LINE, False),
        ("classical", "on", SCATTERED, True),
        ("cotracker3", "auto", LINE, False),  # another author's result stays theirs
        ("cotracker3", "on", LINE, True),
        ("optical-flow", "auto", LINE, False),
    ],
)
def test_wall(tracker, asked, points, used):
    assert options_of(Request(tracker, wall=asked, accept_licence=True), points).wall is used


@pytest.mark.parametrize("tracker", ["classical", "static", "optical-flow", "farneback", "wallnet", "echotracker"])
@pytest.mark.parametrize("wall", ["auto", "on", "off"])
def test_result_names_what_was_done_to_the_wall(tracker, wall):
    if tracker in ("optical-flow", "farneback"):
        pytest.importorskip("cv2")
    request = Request(tracker, wall=wall, confidence=False, device="cpu")
    tracks = run_job(make_job(clip(), [str(i) for i in range(9)], LINE, 0, request))
    together, afterwards = ("classical", "wallnet"), ("echotracker",) + (("optical-flow", "farneback") * (wall == "on"))
    done = {**dict.fromkeys(together, True), **dict.fromkeys(afterwards, "regularized afterwards")}
    assert tracks.options["wall"] == (False if wall == "off" else done.get(tracker, False))


@pytest.mark.parametrize("tracker", ["classical", "static", "optical-flow", "farneback", "wallnet", "echotracker"])
@pytest.mark.parametrize("query_frame", [0, 2])
def test_positions_on_the_query_frame_come_back_as_they_were_set(tracker, query_frame):
    if tracker in ("optical-flow", "farneback"):
        pytest.importorskip("cv2")
    request = Request(tracker, wall="on", confidence=False, device="cpu")
    tracks = run_job(make_job(clip(), [str(i) for i in range(9)], LINE, query_frame, request))
    np.testing.assert_array_equal(tracks.positions[:, query_frame], LINE)


def test_no_consent_no_job_and_no_run():
    with pytest.raises(LicenceNotAccepted, match=r"CC BY-NC 4\.0"):
        make_job(clip(), ("a", "b", "c"), SCATTERED, 0, Request("myotracker"))
    job = make_job(clip(), ("a", "b", "c"), SCATTERED, 0, Request("myotracker", accept_licence=True))
    unasked = make_job(clip(), ("a", "b", "c"), SCATTERED, 0, Request("static"))
    object.__setattr__(unasked, "tracker", "myotracker")  # a job that went round the request
    with pytest.raises(LicenceNotAccepted):
        run_job(unasked)
    outcome = run_blocking(ProcessRunner(), unasked, lambda *_: None)
    assert outcome.kind == "input" and "CC BY-NC 4.0" in outcome.message
    with pytest.raises(BadInput, match="pick its weights"):
        run_job(job)


def test_job_keeps_consent_code_and_weights_on_the_way_to_the_worker(tmp_path):
    request = Request("cotracker3", Path("w.pth"), Path("code"), True, "cpu", "float32", "on", False, 2)
    job = make_job(clip(), ("a", "b", "c"), SCATTERED, 1, request)
    write_job(tmp_path, job)
    assert read_job(tmp_path).options == job.options
    assert job.options.accept_licence and job.options.code == Path("code") and job.threads == 2


def test_stages_are_named_and_labels_kept():
    seen = []

    @contextmanager
    def stage(name):
        seen.append(name)
        yield

    job = make_job(clip(), ("a", "b", "c"), SCATTERED, 1, Request("static"))
    tracks = run_job(job, stage=stage)
    assert seen == ["load tracker", "track", "confidence"] and tracks.labels == ("a", "b", "c")
    assert tracks.confidence is not None


def test_unknown_tracker_and_precision():
    with pytest.raises(BadInput, match="No tracker is called 'nobody'"):
        options_of(Request("nobody"), SCATTERED)
    for tracker, precision in (("classical", "bfloat16"), ("wallnet", "float64"), ("static", "bfloat16")):
        job = make_job(clip(), ("a", "b", "c"), SCATTERED, 0, Request(tracker, precision=precision))
        with pytest.raises(BadInput, match=f"no precision '{precision}'"):
            run_job(job)


@pytest.mark.parametrize("way", ["dark surroundings", "region"])
def test_points_that_leave_the_sector_are_noted_and_said(tmp_path, way):
    """Also where the worker tracks: the clip goes to it with its regions."""
    frames = np.random.default_rng(1).integers(20, 255, (12, 40, 50), dtype=np.uint8)
    regions = (Region((0, 0, 35, 39), "tissue", (0.5, 0.5)), Region((36, 0, 49, 39), "ecg", None))
    if way == "dark surroundings":
        frames[:, :, 36:], regions = 0, ()
    cine = Cine(frames, np.arange(12) / 50.0, regions=regions)
    request = Request("static", confidence=False, wall="off")
    for at, left in ((30.0, None), (45.0, ["c"])):
        points = np.array([[10, 10], [20, 20], [at, 20]], dtype=np.float32)
        job = make_job(cine, ("a", "b", "c"), points, 0, request)
        folder = tmp_path / str(at)
        folder.mkdir()
        write_job(folder, job)
        tracks = run_job(read_job(folder))
        assert tracks.options.get(OUTSIDE_SECTOR) == left
        said = " ".join(measure_strain(tracks).warnings)
        assert ("leave the ultrasound sector: c." in said) is bool(left)


def test_the_clicked_apex_goes_with_the_job_and_the_tracks(tmp_path):
    request = Request("static", confidence=False)
    job = make_job(clip(), ("a", "b", "c"), SCATTERED, 0, request, {"place": 1.2, "of": 3})
    write_job(tmp_path, job)
    assert run_job(read_job(tmp_path)).clicked_apex == 1.2
