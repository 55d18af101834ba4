"""Table 1: every kind of data set, and figures that `evaluate` and a pencil agree with."""

from __future__ import annotations

import csv
import json
import pickle
from pathlib import Path
from typing import Any

import cohort_clips
import numpy as np
import pytest

from EchoTrackerLib.cohort.benchmark import dataset
from EchoTrackerLib.cohort.benchmark.figures import clip_figures
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.files import write_tracks
from EchoTrackerLib.tracks.imports.pickles import read_pickle
from EchoTrackerLib.tracks.tracks import Tracks

N, T, SIZE = 3, cohort_clips.N_FRAMES, cohort_clips.SIZE


def moving(step: float = 1.0) -> np.ndarray:
    """True positions [3, 8, 2] that move by `step` px a frame to the right."""
    start = np.array([(20.0, 20.0), (30.0, 24.0), (40.0, 40.0)], dtype=np.float32)
    return start[:, None] + np.arange(T, dtype=np.float32)[None, :, None] * np.array([step, 0.0], dtype=np.float32)


def benchmark(data: Path, out: Path, *options: str) -> int:
    arguments = ["benchmark", str(data), "--out", str(out), "--cache", str(out.parent / "store"), "--workers", "1"]
    return main([*arguments, *(options or ("--trackers", "static"))])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two npz clips with their truth in them, one clip with a track file beside it."""
    data = tmp_path / "data"
    data.mkdir()
    visible = np.ones((N, T), dtype=bool)
    visible[0, 3:5] = False
    for k in range(2):
        cohort_clips.write_clip(data / f"own-{k}.npz", k, tracks=moving(), visible=visible, ed_frame=1, view="A4C")
    cohort_clips.write_clip(data / "beside.npz", 9)
    truth = Tracks(moving(2.0), np.ones((N, T), bool), ("a", "b", "c"), np.arange(T) / 50, size=(SIZE, SIZE))
    write_tracks(data / "beside-truth.json", truth)
    return data


def test_figures_are_those_of_evaluate_and_of_a_pencil(folder: Path, tmp_path: Path, capsys: Any) -> None:
    assert benchmark(folder, tmp_path / "out") == 0
    found = {row["clip"]: row for row in rows(tmp_path / "out" / "clips.csv")}
    assert set(found) == {"own-0", "own-1", "beside"}
    # Points that stay are k px off after k frames, 4 k on the 256 grid, k / 2 in mm; the first point lacks frames 3, 4.
    errors = [[1, 2, 5, 6, 7], [*range(1, 8)], [*range(1, 8)]]
    flat = np.concatenate(errors)
    own = found["own-0"]
    for k in (1, 2, 4, 8, 16):
        assert float(own[f"delta_{k}"]) == pytest.approx(100 * np.mean(4 * flat < k))
        assert float(own[f"delta_{k}_native_px"]) == pytest.approx(100 * np.mean(flat < k))
        assert float(own[f"delta_{k}_mm"]) == pytest.approx(100 * np.mean(flat / 2 < k))
    assert float(own["mte_px"]) == pytest.approx(4 * np.mean([5, 4, 4]))
    (clip,) = (dataset.read_truthed(row) for row in dataset.rows(folder) if row.id == "own-0")
    facts = clip_figures(clip, np.arange(N), np.repeat(moving()[:, :1], T, axis=1), 0)
    known = [(k, error) for k, error in enumerate(facts["cycle"]) if error is not None]
    assert known == [(k, pytest.approx(4.0 * t)) for t, k in enumerate((2, 5, 8, 11, 14, 17, 19), start=1)]
    assert sum(facts["histogram"]) == len(flat)
    capsys.readouterr()
    estimate = Tracks(
        np.repeat(moving(2.0)[:, :1], T, axis=1), np.ones((N, T), bool), ("a", "b", "c"), np.arange(T) / 50, (0.5, 0.5)
    )
    write_tracks(tmp_path / "estimate.npz", estimate)
    truth = folder / "beside-truth.json"
    assert main(["evaluate", "--truth", str(truth), "--estimate", str(tmp_path / "estimate.npz"), "--json"]) == 0
    for name, value in json.loads(capsys.readouterr().out).items():
        if name.startswith(("delta", "mte", "survival")):
            assert float(found["beside"][name]) == pytest.approx(value), name


def test_query_frames(folder: Path, tmp_path: Path) -> None:
    for query, frame in (("first", 0), ("0.72", 5)):
        assert benchmark(folder, tmp_path / query, "--trackers", "static", "--query", query) == 0
        assert {row["query_frame"] for row in rows(tmp_path / query / "clips.csv")} == {str(frame)}
    assert benchmark(folder, tmp_path / "ed", "--trackers", "static", "--query", "ed") == 0
    found = {row["clip"]: row for row in rows(tmp_path / "ed" / "clips.csv")}
    assert found["own-0"]["query_frame"] == "1" and "End-diastole is not known" in found["beside"]["reason"]
    assert benchmark(folder, tmp_path / "bad", "--trackers", "static", "--query", "1.0") == 2
    assert not (tmp_path / "bad").exists()


def test_trackers_are_compared_on_the_clips_that_all_can_do(folder: Path, tmp_path: Path) -> None:
    (folder / "damaged.npz").write_bytes((folder / "own-0.npz").read_bytes())
    arrays = dict(np.load(folder / "own-0.npz"))
    np.savez(folder / "damaged.npz", **{**arrays, "tracks": arrays["tracks"][:, :-1]})
    assert benchmark(folder, tmp_path / "out", "--trackers", "static,classical") == 0
    out = tmp_path / "out"
    assert len(rows(out / "clips.csv")) == 8
    page = (out / "table.md").read_text(encoding="utf-8")
    assert "| static | 3 |" in page and "classical - static" in page and "published, other data" in page
    assert "damaged" in page and "must be" in page
    assert {path.name for path in out.iterdir()} == {
        "clips.csv", "cumulative-error.png", "error-over-cycle.png", "run.json", "speed.csv", "speed.md", "table.csv",
        "table.md", "table.tex",
    }  # fmt: skip
    figures = {(row["tracker"], row["figure"]): row for row in rows(out / "table.csv")}
    difference = figures["classical", "mte_px"]
    expected = float(difference["mean"]) - float(figures["static", "mte_px"]["mean"])
    assert float(difference["difference"]) == pytest.approx(expected)
    assert (out / "table.tex").read_text(encoding="utf-8").count(r"\begin{tabular}") == page.count("|---|")


def test_equal_runs_give_equal_bytes_and_nothing_is_computed_twice(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert benchmark(folder, tmp_path / "one") == 0
    from EchoTrackerLib.cohort.benchmark import run as module

    def fail(*_arguments: Any) -> Any:
        raise AssertionError("computed twice")

    with monkeypatch.context() as patched:
        patched.setattr(module, "track_once", fail)
        patched.setattr(dataset, "read_truthed", fail)
        assert benchmark(folder, tmp_path / "two") == 0
    ignored = ("run.json",)
    one, two = ({n: d for n, d in cohort_clips.files(tmp_path / k).items() if n not in ignored} for k in ("one", "two"))
    assert one == two
    truth = dict(np.load(folder / "own-1.npz"))
    truth["tracks"][:, 1:] += 0.25
    np.savez(folder / "own-1.npz", **truth)
    assert benchmark(folder, tmp_path / "three") == 0  # a changed input is noticed
    assert rows(tmp_path / "three" / "clips.csv") != rows(tmp_path / "one" / "clips.csv")


def tapvid(kind: str, folder: Path) -> Path:
    """Write the clip of `moving` as a TAP-Vid file."""
    cohort_clips.write_clip(folder / "plain.npz", 0)
    frames = np.load(folder / "plain.npz")["frames"]
    (folder / "plain.npz").unlink()
    entry = {
        "video": np.repeat(frames[..., None], 3, axis=-1),
        "points": ((moving() + 0.5) / SIZE).astype(np.float32),
        "occluded": np.zeros((N, T), bool),
    }
    path = folder / f"set.{'npz' if kind == 'npz' else 'pkl'}"
    if kind == "npz":
        np.savez(path, **entry)
        return path
    document: Any = {"dictionary": {"clip-a": entry, "clip-b": entry}, "list": [entry, entry]}[kind.split("-")[0]]
    path.write_bytes(pickle.dumps(document, protocol=int(kind[-1])))
    return path


@pytest.mark.parametrize("kind", ["npz", "dictionary-2", "dictionary-5", "list-4"])
def test_tapvid_files(tmp_path: Path, kind: str) -> None:
    found = [dataset.read_truthed(row) for row in dataset.rows(tapvid(kind, tmp_path))]
    assert len(found) == (1 if kind == "npz" else 2)
    for clip in found:
        assert clip.cine.frames.shape == (T, SIZE, SIZE)
        np.testing.assert_allclose(clip.truth.positions, moving(), atol=1e-4)


class Evil:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("ran-code"),))


def test_pickles_run_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "evil.pkl": pickle.dumps({"clip": {"video": Evil()}}),
        "eval.pkl": b"cbuiltins\neval\n(S'1+1'\ntR.",
        "codec.pkl": b"c_codecs\nencode\n(Vx\nVhex\ntR.",
        "cut.pkl": pickle.dumps({"clip": np.zeros(5)})[:-9],
        "text.pkl": b"no pickle",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=name):
            read_pickle(tmp_path / name)
    assert not (tmp_path / "ran-code").exists()


def test_phantom_folders_and_their_parts(tmp_path: Path) -> None:
    data = tmp_path / "phantoms"
    arguments = ["phantom", "--seed", "5", "--view", "A2C", "--size", "64", "--frames", "6"]
    assert main([*arguments, "--out", str(data / "five")]) == 0
    (row,) = dataset.rows(data)
    clip = dataset.read_truthed(row)
    assert (row.id, clip.view, clip.truth.n_points) == ("five", "A2C", 48)
    assert benchmark(data, tmp_path / "out") == 0
    page = (tmp_path / "out" / "table.md").read_text(encoding="utf-8")
    assert "| A2C | 1 |" in page and "| basal | 1 |" in page and "| apical anterior | 1 |" in page
    assert (tmp_path / "out" / "error-by-segment.png").is_file()


def test_a_folder_without_truth_is_refused(tmp_path: Path, capsys: Any) -> None:
    cohort_clips.cohort(tmp_path / "data", 1)
    assert benchmark(tmp_path / "data", tmp_path / "out") == 2
    assert "no clip with truth" in capsys.readouterr().err
