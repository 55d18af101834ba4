"""Rejected points leave strain at once; the QA report says so and is the same twice."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.commands.main import main
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.review.report import make_report
from EchoTrackerLib.review.report_charts import light_runs, strain_svg, strips_svg
from EchoTrackerLib.review.report_files import frame_pictures, report_html, write_report
from EchoTrackerLib.review.strain import measure_reviewed, point_segments
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review, decide_points, decide_segments
from EchoTrackerLib.tracks.files import read_tracks, write_tracks
from EchoTrackerLib.tracks.tracks import Tracks

T = 24


def wall(layers=("mid",), n=36, wrong=None) -> Tracks:
    """A wall that shortens by 20 % and comes back; point `wrong` runs away by 15 px."""
    phase = np.arange(T) / (T - 1)
    scale = 1 - 0.2 * np.sin(np.pi * phase) ** 2
    angle = np.linspace(-1.4, 1.4, n)[:, None]
    parts, labels = [], []
    for k, layer in enumerate(layers):
        r = 28 + 4 * k
        parts.append(np.stack([40 + r * np.sin(angle) * scale, 50 - r * np.cos(angle) * scale], -1))
        labels += [f"{layer} {i + 1:02d}" for i in range(n)]
    positions = np.concatenate(parts).astype(np.float32)
    confidence = np.full(positions.shape[:2], 0.9, dtype=np.float32)
    if wrong is not None:
        positions[wrong, :, 1] += 15 * phase
        confidence[wrong, 8:] = 0.2
    return Tracks(
        positions,
        np.ones(positions.shape[:2], dtype=bool),
        tuple(labels),
        np.arange(T) / 25.0,
        (0.5, 0.5),
        tracker="classical",
        confidence=confidence,
        quality={"jitter": np.full(positions.shape[:2], 0.25, dtype=np.float32)},
        options={"device": "cpu"},
        size=(80, 64),
    )


def clip() -> Cine:
    frames = np.random.default_rng(0).integers(0, 255, (T, 64, 80), dtype=np.uint8)
    return Cine(frames, np.arange(T) / 25.0, (0.5, 0.5), source="clip <1>.dcm", warnings=("Beware & read.",))


def reject(tracks: Tracks, *labels: str) -> Tracks:
    return replace(tracks, review=decide_points(Review(), labels, Decision(REJECTED, "drifts <away> & back")))


def test_rejecting_the_wrong_point_brings_the_strain_back():
    right = measure_reviewed(wall(), "A4C").after.gls_percent
    wrong = replace(wall(wrong=10), confidence=None)
    found = measure_reviewed(reject(wrong, "mid 11"), "A4C", ed=0, es=11)
    assert abs(found.before.gls_percent - right) > 0.5
    assert found.after.gls_percent == pytest.approx(right, abs=0.2)
    assert found.after.excluded == ("mid 11",)
    assert found.rejected == ("mid 11",)
    assert "mid 11" in found.after.warnings[0]
    untouched = measure_reviewed(wrong)
    assert untouched.after is untouched.before


def test_rejected_segment_rejects_its_points_and_no_others_move():
    tracks = wall()
    segments = measure_reviewed(tracks, "A4C").segments
    review = decide_segments(Review(), ["mid inferoseptal"], Decision(REJECTED, "shadow"))
    found = measure_reviewed(replace(tracks, review=review), "A4C")
    expected = tuple(label for label, name in zip(tracks.labels, segments) if name == "mid inferoseptal")
    assert len(expected) == 6
    assert found.rejected == expected == found.after.excluded
    assert found.segments == segments
    assert found.after.segment_void == {"mid inferoseptal": "rejected by the reviewer"}
    before, after = found.before.segment_percent, found.after.segment_percent
    assert {name: after[name] for name in after if name != "mid inferoseptal"} == pytest.approx(
        {name: before[name] for name in before if name != "mid inferoseptal"}
    )


def test_points_of_other_layers_take_the_nearest_segment():
    tracks = wall(("endo", "mid", "epi"))
    found = measure_reviewed(tracks, "A4C")
    assert set(found.before.labels) == {f"mid {i + 1:02d}" for i in range(36)}
    assert found.segments[:36] == found.segments[36:72] == found.segments[72:]
    only_endo = measure_reviewed(reject(tracks, "endo 03"), "A4C")
    assert only_endo.rejected == ("endo 03",)
    assert only_endo.after.gls_percent == found.before.gls_percent  # it was not measured
    few = measure_reviewed(wall(n=6)).before
    assert point_segments(tracks, few) == ("",) * 108


def test_too_few_points_left_is_said_not_raised():
    tracks = wall()
    found = measure_reviewed(reject(tracks, *tracks.labels[1:]))
    assert found.after is None
    assert "1 of 36" in found.problem


def test_report_is_the_same_twice_and_changes_with_the_decisions(tmp_path):
    tracks = reject(wall(wrong=10), "mid 11")
    texts = []
    for k in range(2):
        folder = tmp_path / str(k)
        folder.mkdir()
        paths = write_report(folder, tracks, clip(), "A4C")
        texts.append([path.read_bytes() for path in paths])
    assert texts[0] == texts[1]
    paths = write_report(folder, wall(wrong=10), clip(), "A4C")
    assert [path.read_bytes() for path in paths] != texts[0]


def test_html_is_self_contained_and_escaped(tmp_path):
    text = write_report(tmp_path, reject(wall(wrong=10), "mid 11"), clip(), "A4C")[0].read_text(encoding="utf-8")
    assert "drifts &lt;away&gt; &amp; back" in text
    assert "clip &lt;1&gt;.dcm" in text
    assert text.count("data:image/png;base64,") == 3  # ED, ES, worst
    assert not re.search(r"""(src|href)=["'](?!data:)""", text)
    assert "classical" in text
    assert "1 rejected" in text
    body = text.replace("<!DOCTYPE html>\n", "").replace('<meta charset="utf-8">', "")
    ET.fromstring(re.sub(r"<img [^>]*>", "", body))  # every element is closed


def test_rejected_points_are_crosses_in_the_pictures_and_in_the_key():
    def pictures(tracks):
        found = frame_pictures(make_report(tracks, clip(), "A4C"), tracks, clip())
        return [np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int) for _caption, png in found]

    kept, crossed = pictures(wall()), pictures(reject(wall(), "mid 11"))
    x, y = wall().positions[10, 0] * kept[0].shape[1] / 80
    changed = np.abs(kept[0] - crossed[0]).max(axis=-1) > 40
    rows, cols = np.nonzero(changed)
    assert abs(rows.mean() - y) < 8
    assert abs(cols.mean() - x) < 8
    assert crossed[0][round(float(y)), round(float(x))].min() > 200
    by_segment = decide_segments(Review(), ["basal inferoseptal"], Decision(REJECTED))
    assert np.abs(pictures(replace(wall(), review=by_segment))[0] - kept[0]).max() > 100
    assert "White cross: rejected" in report_html(make_report(wall(), clip(), "A4C"), [("ED", b"")])


def test_tables_hold_what_was_decided(tmp_path):
    paths = write_report(tmp_path, reject(wall(wrong=10), "mid 11"), None, "A4C", ed=0, es=T // 2)
    with paths[1].open(encoding="utf-8", newline="") as file:
        points = list(csv.DictReader(file))
    assert len(points) == 36
    assert points[10]["decision"] == "rejected"
    assert points[10]["reason"] == "drifts <away> & back"
    assert float(points[10]["confidence"]) == pytest.approx((7 * 0.9 + 16 * 0.2) / 23, abs=1e-3)
    with paths[2].open(encoding="utf-8", newline="") as file:
        segments = {row["segment"]: row for row in csv.DictReader(file)}
    row = segments["mid inferoseptal"]
    assert (row["points"], row["rejected"]) == ("6", "1")
    assert float(row["jitter (px)"]) == 0.25
    assert float(row["bad (%)"]) == pytest.approx(100 * 16 / 138, abs=0.1)
    assert float(row["strain after (%)"]) == pytest.approx(-20, abs=1.5)
    assert float(row["strain before (%)"]) == pytest.approx(-20, abs=1.5)  # the point's confidence is low: bridged


def test_rejected_segment_has_no_strain_after():
    review = decide_segments(Review(), ["mid inferoseptal"], Decision(REJECTED, "shadow"))
    rows = {row.name: row for row in make_report(replace(wall(), review=review), view="A4C").segments}
    assert np.isnan(rows["mid inferoseptal"].after)
    assert rows["mid inferoseptal"].decision.reason == "shadow"
    assert np.isfinite(rows["basal inferoseptal"].after)


def test_report_without_strain_confidence_or_spacing(tmp_path):
    plain = replace(wall().select(np.array([0])), confidence=None, quality={}, spacing_mm=None)
    text = write_report(tmp_path, plain, clip())[0].read_text(encoding="utf-8")
    assert "No strain" in text
    assert "unknown: lengths are in px" in text
    with pytest.raises(BadInput, match="24 frames"):
        make_report(wall(), replace(clip(), frames=clip().frames[:5], times_s=clip().times_s[:5]))


def test_charts_are_xml_and_struck_through():
    found = measure_reviewed(reject(wall(wrong=10), "mid 11"))
    ET.fromstring(strain_svg(found))
    strips = strips_svg(np.array([[0, 0, 2, 2], [3, 1, 4, 0]]), ("a & b", "c"), ("c",))
    root = ET.fromstring(strips)
    texts = [e for e in root if e.tag.endswith("text")]
    assert [e.get("text-decoration") for e in texts if e.text in ("a & b", "\N{MULTIPLICATION X} c")] == [
        None,
        "line-through",
    ]
    assert {"X", "O", "?"} <= {e.text for e in texts}
    assert light_runs(np.array([0, 0, 2, 2])) == [(0, 0, 2), (2, 2, 4)]
    assert light_runs(np.array([], dtype=int)) == []


def test_command_decides_and_writes(tmp_path, capsys):
    write_tracks(tmp_path / "tracks.json", wall(wrong=10))
    arguments = ["report", str(tmp_path / "tracks.json"), "--view", "A4C", "--out", str(tmp_path / "out")]
    assert main([*arguments, "--decide", "mid 11", "rejected", "drift"]) == 0
    assert "rejected,drift" in (tmp_path / "out" / "qa-points.csv").read_text(encoding="utf-8")
    assert main([*arguments, "--decide", "mid 99", "rejected", ""]) == 2
    assert "mid 99" in capsys.readouterr().err
    assert not read_tracks(tmp_path / "tracks.json").review


def test_strain_command_leaves_out_what_the_file_rejects(tmp_path, capsys):
    write_tracks(tmp_path / "tracks.npz", reject(wall(wrong=10), "mid 11"))
    assert main(["strain", str(tmp_path / "tracks.npz"), "--view", "A4C", "--out", str(tmp_path / "out")]) == 0
    assert '"mid 11"' in (tmp_path / "out" / "strain.json").read_text(encoding="utf-8")
    assert "Rejected by the reviewer" in capsys.readouterr().err
