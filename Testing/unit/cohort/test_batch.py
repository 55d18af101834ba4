"""`batch`: a folder a clip as `track` makes it, one table, reasons instead of stops; `rerun`: the same again."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import cohort_clips
import numpy as np
import pytest

from EchoTrackerLib.cohort import points
from EchoTrackerLib.cohort.engine import Engine, attempt
from EchoTrackerLib.cohort.points import WALL_POINTS
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.strain.outline.search import FoundWall
from EchoTrackerLib.strain.wall_template import curve_from_clicks, wall_template
from EchoTrackerLib.tracks.files import read_tracks


def batch(manifest: Path, out: Path, *options: str) -> int:
    common = ["--out", str(out), "--cache", str(out.parent / "store"), "--workers", "1"]
    return main(["batch", str(manifest), *common, *(options or ("--tracker", "static", "--write", "tracks"))])


def table(out: Path) -> list[dict[str, str]]:
    with (out / "results.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_clips_folder_is_what_track_makes(tmp_path: Path) -> None:
    manifest = cohort_clips.cohort(tmp_path, 1)
    assert batch(manifest, tmp_path / "out", "--tracker", "static", "--write", "tracks,overlay,scene,strain") == 0
    clip = tmp_path / "clip-00.npz"
    options = ["--points", str(tmp_path / "points.csv"), "--tracker", "static", "--out", str(tmp_path / "one")]
    assert main(["track", str(clip), *options]) == 0
    made, alone = cohort_clips.files(tmp_path / "out/clips/clip-00"), cohort_clips.files(tmp_path / "one")
    assert set(made) - set(alone) == {"strain.csv", "strain.json", "strain.png"} and set(alone) <= set(made)
    assert made["tracks.npz"] == alone["tracks.npz"] and made["tracks.csv"] == alone["tracks.csv"]
    facts, other = json.loads(made["summary.json"]), json.loads(alone["summary.json"])
    assert facts["clip"] == other["clip"] and facts["queries"] == other["queries"]
    assert facts["request"] == {**other["request"], "threads": 1}


def test_what_fails_is_a_row_with_its_reason(tmp_path: Path, capsys: Any) -> None:
    rows: list[dict[str, Any]] = [
        {"clip": "clip-00.npz", "points": "points.csv"},
        {"clip": "gone.avi", "points": "points.csv"},
        {"clip": "points.csv", "points": "points.csv"},
        {"clip": "clip-00.npz", "points": "points.csv", "query_frame": 8},
        {"clip": "clip-00.npz", "points": "points.csv", "tracker": "nobody"},
        {"clip": "clip-00.npz", "points": "points.csv", "tracker": "cotracker3"},
        {"clip": "clip-00.npz", "left_x": 3},
        {"clip": "clip-00.npz", "points": "points.csv", "spacing_row_mm": 0.25, "spacing_col_mm": 0.3, "note": "hä,?"},
    ]
    cohort_clips.cohort(tmp_path, 1)
    manifest = cohort_clips.write_manifest(tmp_path / "m.csv", rows)
    assert batch(manifest, tmp_path / "out") == 0
    found = table(tmp_path / "out")
    assert [row["status"] for row in found] == ["done", *["failed"] * 6, "done"]
    for row, word in zip(found[1:7], ("gone.avi", "points.csv", "query frame 8", "nobody", "accept", "left_y")):
        assert word in row["reason"] and "\n" not in row["reason"], row
    assert (found[0]["spacing_row_mm"], found[7]["spacing_row_mm"], found[7]["note"]) == ("0.5", "0.25", "hä,?")
    assert len(list((tmp_path / "out/clips").iterdir())) == 2
    assert "6 of 8 failed" in capsys.readouterr().err


def test_parquet_holds_the_same_as_csv_and_manifests_may_be_parquet(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    cohort_clips.cohort(tmp_path, 3)
    clips = [f"clip-{k:02d}.npz" for k in range(3)]
    parquet.write_table(
        pa.table({"clip": clips, "points": ["points.csv"] * 3, "age": [61, None, 70]}), tmp_path / "m.parquet"
    )
    assert batch(tmp_path / "m.parquet", tmp_path / "out") == 0
    stored = parquet.read_table(tmp_path / "out/results.parquet").to_pylist()
    for row, text in zip(stored, table(tmp_path / "out")):
        assert {name: "" if value is None else str(value) for name, value in row.items()} == text
    assert [row["age"] for row in stored] == ["61", None, "70"] and stored[0]["frames"] == cohort_clips.N_FRAMES


def test_three_landmarks_make_a_wall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cohort_clips.cohort(tmp_path, 1)
    places = {"left_x": 14, "left_y": 50, "apex_x": 32, "apex_y": 10, "right_x": 50, "right_y": 50}
    manifest = cohort_clips.write_manifest(tmp_path / "m.csv", [{"clip": "clip-00.npz", "view": "A4C", **places}])
    assert batch(manifest, tmp_path / "out") == 0
    start = np.load(tmp_path / "out/clips/clip-00/tracks.npz")["positions"][:, 0]
    assert start.shape == (WALL_POINTS, 2)
    place = read_tracks(tmp_path / "out/clips/clip-00/tracks.npz").clicked_apex
    assert place is not None and np.linalg.norm(start[round(place)] - [32, 10]) < 2
    assert main(["rerun", str(tmp_path / "out/clips/clip-00")]) == 0
    np.testing.assert_allclose(start[[0, -1]], [(14, 50), (50, 50)], atol=0.01)
    assert abs(start[:, 1].min() - 10) < 1

    def found(frames, clicks, view, frame):
        template = wall_template(view)
        weak = np.zeros(61, bool)
        return FoundWall(curve_from_clicks(clicks, template, 61) + np.array([0, 2]), weak * 0.1, weak, template)

    monkeypatch.setattr(points, "find_wall", found)
    rows = [{"clip": "clip-00.npz", "view": "A4C", **places, "wall_from": word} for word in ("image", "mirror")]
    assert batch(cohort_clips.write_manifest(tmp_path / "m2.csv", rows[:1]), tmp_path / "out2") == 0
    moved = np.load(tmp_path / "out2/clips/clip-00/tracks.npz")["positions"][:, 0]
    assert (moved - start)[[0, -1]] == pytest.approx(np.array([[0, 2], [0, 2]]), abs=0.01)
    batch(cohort_clips.write_manifest(tmp_path / "m4.csv", [{**rows[0], "view": "SAX"}]), tmp_path / "out4")
    assert "short-axis view (SAX) has no annulus" in table(tmp_path / "out4")[0]["reason"]
    batch(cohort_clips.write_manifest(tmp_path / "m3.csv", rows[1:]), tmp_path / "out3")
    assert "wall_from is 'mirror'; it is one of template, image" in table(tmp_path / "out3")[0]["reason"]


def test_done_is_done_and_changes_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = cohort_clips.cohort(tmp_path, 2)
    assert batch(manifest, tmp_path / "out") == 0
    before = cohort_clips.files(tmp_path / "out/clips")
    assert batch(manifest, tmp_path / "out") == 0
    assert cohort_clips.files(tmp_path / "out/clips") == before  # not even written again
    cohort_clips.write_clip(tmp_path / "clip-01.npz", 77)
    assert batch(manifest, tmp_path / "out") == 0
    after = cohort_clips.files(tmp_path / "out/clips")
    changed = {name for name, data in after.items() if data != before[name]}
    assert "clip-01/summary.json" in changed and all(name.startswith("clip-01/") for name in changed)
    from EchoTrackerLib.cohort import batch as module

    monkeypatch.setattr(module, "code_digest", lambda: "other code")
    assert batch(manifest, tmp_path / "out") == 0
    assert cohort_clips.files(tmp_path / "out/clips")["clip-00/summary.json"] != after["clip-00/summary.json"]


def test_options_are_checked_before_the_work(tmp_path: Path, capsys: Any) -> None:
    manifest = cohort_clips.cohort(tmp_path, 1)
    assert batch(manifest, tmp_path / "out", "--write", "tracks,film") == 2
    assert batch(manifest, tmp_path / "out", "--tracker", "cotracker3") == 2
    assert batch(tmp_path / "none.csv", tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()
    said = capsys.readouterr().err
    assert "'film'" in said and "accept" in said and "none.csv" in said


def test_without_dask_clips_run_one_at_a_time_and_one_line_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    import sys

    manifest = cohort_clips.cohort(tmp_path, 2)
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    common = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "store"), "--workers", "2"]
    assert main(["batch", str(manifest), *common, "--tracker", "static", "--write", "tracks"]) == 0
    said = [line for line in capsys.readouterr().err.splitlines() if "need the package" in line]
    assert len(said) == 2 and all("pip install" in line for line in said), said
    assert len(table(tmp_path / "out")) == 2
    assert main(["batch", str(manifest), *common, "--scheduler", "tcp://127.0.0.1:1"]) == 2


def test_threads_give_the_same_as_one_worker(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    manifest = cohort_clips.cohort(tmp_path, 4)
    assert batch(manifest, tmp_path / "one") == 0
    options = ["--tracker", "static", "--write", "tracks", "--workers", "2", "--scheduler", "threads"]
    assert (
        main(["batch", str(manifest), "--out", str(tmp_path / "two"), "--cache", str(tmp_path / "other"), *options])
        == 0
    )
    for name in ("results.csv", "clips/clip-03/tracks.npz"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_any_scheduler_does_the_work(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    manifest = cohort_clips.cohort(tmp_path, 3)
    assert batch(manifest, tmp_path / "one") == 0
    alone = {"dashboard_address": None, "local_directory": str(tmp_path / "dask")}
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp", **alone
    ) as cluster:
        options = ["--tracker", "static", "--write", "tracks", "--scheduler", cluster.scheduler_address]
        common = ["--out", str(tmp_path / "two"), "--cache", str(tmp_path / "other")]
        assert main(["batch", str(manifest), *common, *options]) == 0
    assert (tmp_path / "one/results.csv").read_bytes() == (tmp_path / "two/results.csv").read_bytes()


def test_tasks_are_taken_as_they_are_needed(tmp_path: Path) -> None:
    taken = []

    def tasks() -> Any:
        for k in range(1000):
            taken.append(k)
            yield k

    outcomes = Engine(workers=1).run(abs, tasks(), tmp_path)
    assert next(outcomes).value == 0 and len(taken) == 1
    assert attempt(float, "x").reason.startswith("Unexpected ValueError")


def test_rerun_says_identical_or_what_differs(tmp_path: Path, capsys: Any) -> None:
    manifest = cohort_clips.cohort(tmp_path, 2)
    assert batch(manifest, tmp_path / "out") == 0
    clip = tmp_path / "out/clips/clip-01"
    for result in (clip, tmp_path / "out"):
        assert main(["rerun", str(result), "--workers", "1"]) == 0
        assert capsys.readouterr().out.endswith("\nidentical\n")
    arrays = dict(np.load(clip / "tracks.npz"))
    arrays["positions"][0, 3, 0] += 0.5
    np.savez(clip / "tracks.npz", **arrays)
    assert main(["rerun", str(clip)]) == 1
    assert "positions: different (up to 0.5 px)" in capsys.readouterr().out
    (tmp_path / "clip-01.npz").rename(tmp_path / "moved.npz")
    assert main(["rerun", str(clip)]) == 2 and "--clip" in capsys.readouterr().err
    assert main(["rerun", str(clip), "--clip", str(tmp_path / "moved.npz")]) == 1
    assert main(["rerun", str(clip), "--clip", str(tmp_path / "clip-00.npz")]) == 2
    assert "SHA-256" in capsys.readouterr().err
    assert main(["rerun", str(tmp_path)]) == 2


def test_rerun_of_a_peers_result_needs_consent_anew(tmp_path: Path, capsys: Any) -> None:
    """A result does not carry its maker's consent, and one written into it counts for nothing."""
    assert batch(cohort_clips.cohort(tmp_path, 1), tmp_path / "out", "--tracker", "static", "--accept-licence") == 0
    path = tmp_path / "out/clips/clip-00/summary.json"
    summary = json.loads(path.read_text())
    assert "accept_licence" not in summary["request"]
    summary["request"].update(tracker="cotracker3", accept_licence=True)
    path.write_text(json.dumps(summary))
    assert main(["rerun", str(path.parent)]) == 2
    assert "--accept-licence" in capsys.readouterr().err


def test_rerun_of_tables(tmp_path: Path, capsys: Any) -> None:
    data = tmp_path / "data"
    data.mkdir()
    tracks = np.zeros((2, cohort_clips.N_FRAMES, 2)) + np.array([[[20.0, 20.0]], [[30.0, 30.0]]])
    cohort_clips.write_clip(data / "a.npz", 1, tracks=tracks)
    common = [
        "--trackers",
        "static",
        "--workers",
        "1",
        "--cache",
        str(tmp_path / "store"),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(["benchmark", str(data), *common]) == 0
    assert main(["rerun", str(tmp_path / "out")]) == 0
    moved = np.arange(cohort_clips.N_FRAMES)[None, :, None]
    cohort_clips.write_clip(data / "a.npz", 1, tracks=tracks + moved)
    assert main(["rerun", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert "NOT identical" in said.out and "was changed since" in said.err


def test_damaged_run_files_are_one_line(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "run.json").write_text('{"options": ', encoding="utf-8")
    assert main(["rerun", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
