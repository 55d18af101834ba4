"""Table 2: pairs by identifier, figures by hand, the published rows beside them."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import cohort_clips
import numpy as np
import pytest

from EchoTrackerLib.cohort.clinical.exams import Clip, exams, read_twice, repeated, retested, with_reference
from EchoTrackerLib.cohort.clinical.report import figures, within_subject, write_tables
from EchoTrackerLib.cohort.manifest import Row
from EchoTrackerLib.commands.main import main


def clip(gls: float, reason: str = "", tracker: str = "a", reference: float = math.nan, **cells: str) -> Clip:
    return Clip(Row("-".join(cells.values()), "m.csv", Path(), cells), tracker, gls, reference, reason, {})


def test_views_are_averaged_and_a_lost_view_voids_the_examination() -> None:
    found = exams(
        [
            clip(-20, subject="1", view="A4C", reference=-19),
            clip(-22, subject="1", view="A4C", reference=-19),
            clip(-15, subject="1", view="A2C", reference=-19),
            clip(-18, subject="2", view="A4C", reference=-17),
            clip(math.nan, "No value.", subject="2", view="A2C", reference=-17),
        ]
    )
    assert [(e.subject, e.views) for e in found] == [("1", ("A4C", "A2C")), ("2", ("A4C", "A2C"))]
    assert found[0].gls_percent == (-21 - 15) / 2 and found[0].reference_percent == -19
    assert math.isnan(found[1].gls_percent) and "No value." in found[1].void_because
    assert with_reference(found, "a") == [("1", -18.0, -19.0)]


def test_pairs_are_by_identifier_in_any_order() -> None:
    visits = [("2", "v1", -17), ("1", "v1", -20), ("1", "v2", -19), ("3", "v1", -11), ("2", "v2", -18.5)]
    found = exams([clip(gls, subject=subject, visit=visit) for subject, visit, gls in visits])
    assert retested(found, "a") == [("2", -17.0, -18.5), ("1", -20.0, -19.0)]
    assert retested(found, "b") == []
    readers = exams(
        [clip(-20, subject="1", reader="Z"), clip(-21, subject="1", reader="B"), clip(-9, subject="2", reader="B")]
    )
    assert read_twice(readers, "a") == [("1", -21.0, -20.0)]


def test_figures_by_hand() -> None:
    pairs = [("1", -20.0, -19.0), ("2", -18.0, -19.0), ("3", -15.0, -12.0)]  # differences -1, 1, -3
    found = figures(pairs)
    assert (found["n"], found["mu"], found["sigma"]) == (3, -1.0, 2.0) and found["mad"] == pytest.approx(5 / 3)
    assert found["mu_high"] - found["mu"] == pytest.approx(4.302653 * 2 / math.sqrt(3))  # Student, 2 degrees of freedom
    assert found["sigma_low"] == pytest.approx(2 * math.sqrt(2 / 7.377759)) and found["sigma_high"] > 12
    assert found["mad_low"] == 1.0 and found["mad_high"] == 3.0
    assert figures([])["n"] == 0 and math.isnan(figures([])["mu"]) and math.isnan(figures(pairs[:1])["sigma"])


def test_all_visits_of_a_subject_count_for_repeatability(tmp_path: Path) -> None:
    visits = {"1": (-20, -19, -21), "2": (-15, -16), "3": (-18,), "4": (-17, math.nan)}
    clips = [
        clip(gls, "" if math.isfinite(gls) else "No value.", subject=subject, visit=str(k))
        for subject, values in visits.items()
        for k, gls in enumerate(values)
    ]
    found = repeated(exams(clips), "a")
    assert found == {"1": [-20, -19, -21], "2": [-15, -16]}
    sd, low, high = within_subject(list(found.values()))
    assert sd == pytest.approx(math.sqrt((2 + 0.5) / 3))  # squares 2 and 0.5, degrees of freedom 2 and 1
    assert low == pytest.approx(math.sqrt(2.5 / 9.348404)) and high == pytest.approx(
        math.sqrt(2.5 / 0.215795), rel=1e-4
    )
    assert math.isnan(within_subject([])[0])
    write_tables(tmp_path, clips, ["a"], "")
    assert "| a | 2 | 5 | -18.20 | 0.91 [0.52, 3.40] | 2.53 |" in (tmp_path / "table.md").read_text()


def beating(path: Path, shortening: float) -> None:
    """Write a clip whose speckle shrinks towards the middle row and comes back, once: 24 frames, 64 x 64."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    texture = gaussian_filter(np.random.default_rng(4).standard_normal((96, 96)), 1.2)
    texture = 128 + 55 * texture / texture.std()
    rows, cols = np.mgrid[:64, :64].astype(float)
    frames = []
    for t in range(24):
        scale = 1 - shortening * 0.5 * (1 - math.cos(2 * math.pi * t / 23))
        frames.append(map_coordinates(texture, [(rows - 32) / scale + 48, cols + 16], order=1, mode="reflect"))
    np.savez(path, frames=np.clip(frames, 0, 255).astype(np.uint8), times_s=np.arange(24) / 25, spacing_mm=np.ones(2))


def test_the_command_makes_the_table(tmp_path: Path, capsys: Any) -> None:
    rows = []
    for subject, (shortening, reference) in {"x": (0.12, -12.0), "y": (0.2, -20.0)}.items():
        for visit in ("1", "2"):
            name = f"{subject}{visit}.npz"
            beating(tmp_path / name, shortening + 0.01 * (visit == "2"))
            landmarks = {"view": "A4C"} if visit == "1" else {}
            rows.append({"clip": name, "subject": subject, "visit": visit, "points": "wall.csv", **landmarks})
            rows[-1]["reference_gls"] = reference if visit == "1" else ""
    cohort_clips.write_points(tmp_path / "wall.csv", [(32, y) for y in np.linspace(14, 50, 13)])
    rows.append({"clip": "gone.npz", "subject": "z", "points": "wall.csv"})
    manifest = cohort_clips.write_manifest(tmp_path / "exams.csv", rows)
    options = ["--trackers", "classical,static", "--workers", "1", "--cache", str(tmp_path / "store")]
    assert main(["clinical", str(manifest), "--out", str(tmp_path / "out"), *options]) == 0
    shown = capsys.readouterr()
    assert "2 of 10 failed" in shown.err and "gone.npz" in shown.err
    assert (
        "| EchoTracker (published, other populations) | - | -0.13 | 1.78 | 1.36 | - | -0.13 | 1.55 | 1.21 |"
        in shown.out
    )
    assert "tracker minus reference" in shown.out
    out = tmp_path / "out"
    with (out / "table.csv").open(newline="", encoding="utf-8") as file:
        found = {(row["compared"], row["tracker"]): row for row in csv.DictReader(file)}
    reference = found["reference", "classical"]
    assert reference["n"] == "2" and abs(float(reference["mu"])) < 1.5  # the texture truly shrinks by 12 and 20 %
    assert float(found["retest", "classical"]["mu"]) == pytest.approx(
        1.0, abs=0.6
    )  # first minus second: 1 more the second
    assert float(found["reference", "static"]["mu"]) == pytest.approx(16.0)  # no strain minus the mean of -12 and -20
    names = {path.name for path in out.iterdir()}
    assert {"bland-altman-reference-classical.png", "bland-altman-retest-static.png", "exams.csv", "table.tex"} <= names
