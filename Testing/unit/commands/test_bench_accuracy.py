import argparse

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.commands.bench import accuracy as bench
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput, LicenceNotAccepted
from EchoTrackerLib.phantom.parameters import draw_parameters
from EchoTrackerLib.phantom.phantom import generate
from EchoTrackerLib.tracking.checks import make_tracks
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions


def test_static_points_err_by_the_true_motion_and_the_whole_true_strain():
    phantom = generate(draw_parameters(3, view="A4C", rows=64, cols=64, n_frames=12, beats=1.0, start_phase=0.0))
    figures = bench.phantom_figures(phantom, create_tracker("static"))
    points = bench.wall_points(phantom, "mid", bench.N_POINTS)
    moved = phantom.track(points, phantom.ed_frame)
    length = np.linalg.norm(np.diff(moved, axis=0), axis=-1).sum(axis=0)
    strain = (length[phantom.es_frame] / length[phantom.ed_frame] - 1) * 100
    assert abs(figures["gls_error"] + strain) < 0.5
    assert figures["mte_px"] > 0 and figures["frames"] == 12
    assert figures["segments_within"] < 50


def test_the_truth_has_no_error():
    phantom = generate(draw_parameters(3, view="A4C", rows=64, cols=64, n_frames=12, beats=1.0, start_phase=0.0))

    class Perfect:
        def track(self, cine, queries, query_frame):
            return make_tracks(cine, phantom.track(queries, query_frame), query_frame, "truth", {})

    figures = bench.phantom_figures(phantom, Perfect())
    assert (figures["gls_error"], figures["segments_within"], figures["mte_px"]) == (0.0, 100.0, 0.0)


def test_real_clip_of_still_tissue():
    frames = np.repeat(np.random.default_rng(0).integers(0, 255, (1, 60, 80), np.uint8), 6, axis=0)
    wall = np.stack([np.full(8, 40.0), np.linspace(10, 50, 8)], axis=1)
    figures = bench.real_figures(Cine(frames, np.arange(6) / 50), wall, create_tracker("classical"))
    assert figures["forward_backward"] < 0.05 and figures["closure"] < 0.05


def test_the_table_is_made_of_figures_that_are_measured_once(tmp_path, monkeypatch, capsys):
    figures = {
        "survival": 100.0,
        "gls_error": -1.5,
        "segments_within": 71.0,
        "seconds": 1.0,
        "frames": 10.0,
        "mte_px": 2.0,
    }
    figures.update({f"delta_{k}": 50.0 for k in (1, 2, 4, 8, 16, "avg")})
    measured = []
    monkeypatch.setattr(bench, "generate_cached", lambda parameters: parameters)
    monkeypatch.setattr(bench, "phantom_figures", lambda phantom, tracker: measured.append(phantom) or figures)
    arguments = ["bench", "accuracy", "--trackers", "static", "--state", str(tmp_path / "state")]
    arguments += ["--out", str(tmp_path / "a.md"), "--clips"]
    assert main([*arguments, "1"]) == 0
    text = capsys.readouterr().out
    assert text == (tmp_path / "a.md").read_text(encoding="utf-8")
    assert "| static | 1 | 50.0 |" in text and "| 2.00 | -1.50 | 0.00 | 1.50 | 71 | 100 |" in text
    for kept in (tmp_path / "state").rglob("*.json"):  # cut short by a full disk
        kept.write_text(kept.read_text()[:20])
    assert main([*arguments, "2"]) == 0
    assert len(measured) == 3
    assert main([*arguments, "2"]) == 0  # nothing is measured again
    assert len(measured) == 3
    assert "| static | 2 |" in (tmp_path / "a.md").read_text(encoding="utf-8")


def test_other_points_or_code_or_weights_are_measured_again(monkeypatch):
    tracker = create_tracker("static")
    same = bench.key_with(tracker, "static", seed=1)
    assert bench.key_with(create_tracker("static"), "static", seed=1) == same
    assert bench.key_with(tracker, "static", seed=2) != same
    tracker.options = TrackerOptions(wall=True)
    assert bench.key_with(tracker, "static", seed=1) != same
    del tracker.options
    tracker.sha256 = "0" * 64
    assert bench.key_with(tracker, "static", seed=1) != same
    del tracker.sha256
    monkeypatch.setattr(bench, "code_digest", lambda rooms: ",".join(rooms))
    assert bench.key_with(tracker, "static", seed=1) != same


def test_trackers_with_weights_say_which():
    """The key takes the digest from where they keep it."""
    assert len(create_tracker("echotracker", TrackerOptions(device="cpu")).sha256) == 64
    assert len(create_tracker("wallnet", TrackerOptions(device="cpu")).sha256) == 64


def test_peers_only_with_consent_and_weights_by_name(capsys):
    parser = argparse.ArgumentParser()
    bench.add_subparser(parser.add_subparsers())

    def trackers(*more):
        return bench.usable_trackers(parser.parse_args(["accuracy", *more]))

    with pytest.raises(LicenceNotAccepted, match="CC BY-NC"):
        trackers("--trackers", "cotracker3")
    assert not {"cotracker3", "raft", "tapir"} & set(trackers())
    assert "cotracker3 is left out" in capsys.readouterr().err
    with pytest.raises(BadInput, match=r"absent\.pt"):
        trackers("--trackers", "myotracker", "--accept-licence", "--weights", "myotracker=absent.pt")
    for wrong in ("absent.pt", "nobody=absent.pt"):
        with pytest.raises(BadInput, match=wrong.split("=")[0]):
            trackers("--weights", wrong)
