"""The one-page report: what it says, the same bytes, DICOM without identifiers; the command study."""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from wall_examples import STUDY_SHARES, study_wall

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.commands import strain as strain_command
from EchoTrackerLib.commands import study as study_command
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.agreement.measurements import read_measurements
from EchoTrackerLib.strain.agreement.pairs import compare_measurements
from EchoTrackerLib.strain.report.content import Part, report_of_strain, report_of_study
from EchoTrackerLib.strain.report.files import write_report
from EchoTrackerLib.strain.report.html import report_html
from EchoTrackerLib.strain.report.page import draw_page
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.study.manifest import measure_manifest, read_manifest
from EchoTrackerLib.strain.study.study import Member, make_study
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review
from EchoTrackerLib.tracks.files import write_tracks


def parts(**facts):
    found = []
    for view, shares in STUDY_SHARES.items():
        tracks = study_wall(shares, tracker="classical", **facts)
        frames = np.full((tracks.n_frames, 600, 800), 40, dtype=np.uint8)
        cine = Cine(frames=frames, times_s=tracks.times_s, spacing_mm=tracks.spacing_mm, name=view)
        found.append(Part(f"{view}.dcm", measure_strain(tracks, view=view, layer="mid"), tracks, cine))
    return found


def report(found=None, **options):
    found = found or parts()
    return report_of_study(make_study([Member(p.name, p.strain) for p in found]), found, subject="S1", **options)


def page_text(made):
    figure = draw_page(made)
    return " ".join(text.get_text() for text in figure.texts), figure


def test_the_page_says_what_was_measured_and_how():
    made = report(
        parts(weights_sha256="c0ffee" * 10 + "abcd", review=Review(points={"mid 07": Decision(REJECTED, "jumps")}))
    )
    text, figure = page_text(made)
    html = re.sub(r"data:image/png;base64,[^\"]*", "", report_html(made))
    for words in (text, html):
        assert "GLS \N{MINUS SIGN}" in words and "S1" in words
        for fact in (
            "frames/s",
            "heart rate",
            "pixel spacing",
            "0.400 x 0.400 mm",
            "SHA-256 c0ffee",
            "EchoTracker",
            "numpy",
        ):
            assert fact in words, fact
        assert "'mid 07' rejected (jumps)" in words.replace("&#x27;", "'") and "esearch use only" in words
        assert "surrogate" in words and "classical" in words and "Warnings" in words
    assert len(figure.axes) == 3 + 3 + 2  # images, charts, bull's-eye and its bar
    assert report_html(made).count("<img") == 9 and "<script" not in html and "http" not in html


def test_nothing_lies_outside_the_page():
    text = "much to say " * 60
    long = report(parts(review=Review(points={f"mid {i:02d}": Decision(REJECTED, text[:400]) for i in range(8)})))
    words, figure = page_text(long)
    renderer = figure.canvas.get_renderer()
    width, height = figure.canvas.get_width_height()
    boxes = [drawn.get_window_extent(renderer) for drawn in figure.texts if drawn.get_text()]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width + 1 and box.y1 <= height for box in boxes)
    assert "The page is full" in words


def test_one_view_alone_and_other_views():
    alone = report_of_strain(parts()[0])
    assert alone.headline.startswith("A4C alone") and alone.model == 18
    assert page_text(alone)[0]
    tracks = study_wall(STUDY_SHARES["A4C"])
    right = report_of_strain(Part("rv.dcm", measure_strain(tracks, view="RV"), tracks))
    assert right.study is None and len(right.table[1]) == 6
    assert page_text(right)[0] and "rv.dcm" in report_html(right)


def test_void_is_said_with_its_reason():
    found = parts()
    tracks = study_wall(STUDY_SHARES["A2C"], times_s=np.arange(12) / 50)
    found[1] = Part("A2C.dcm", measure_strain(tracks, view="A2C"), tracks)
    made = report(found)
    assert made.headline.startswith("GLS void") and "A2C: " in made.headline
    assert sum(row[2] == "\N{EN DASH}" for row in made.table[1]) == 6
    assert "all of A2C: " in page_text(made)[0]


def test_same_bytes_from_the_same_input(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_report(tmp_path / name, report())
    for name in ("report.pdf", "report.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    pdf = (tmp_path / "a" / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") == 1


def source(path):
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.PatientName, dataset.PatientID, dataset.StudyDate = "Doe^Jane", "P-77", "20200102"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = (generate_uid() for _ in range(3))
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    pydicom.dcmwrite(path, dataset)
    return dataset


def numbers(sr):
    """Return (code, value, finding site) of every numeric item."""
    found = []

    def walk(items):
        for item in items:
            if item.ValueType == "NUM":
                measured = item.MeasuredValueSequence[0]
                sites = [
                    c.ConceptCodeSequence[0].CodeValue for c in item.get("ContentSequence", []) if c.ValueType == "CODE"
                ]
                name = item.ConceptNameCodeSequence[0]
                found.append((name.CodeValue, float(measured.NumericValue), sites))
            walk(item.get("ContentSequence", []))

    walk(sr.ContentSequence)
    return found


def test_dicom_holds_the_numbers_and_no_identifiers_unless_asked(tmp_path):
    pydicom = pytest.importorskip("pydicom")
    pytest.importorskip("highdicom")
    made = report()
    clip = source(tmp_path / "clip.dcm")
    for name, by in (("plain", None), ("named", tmp_path / "clip.dcm")):
        folder = tmp_path / name
        folder.mkdir()
        paths = write_report(folder, made, dicom=True, identified_by=by)
        assert [p.name for p in paths] == ["report.pdf", "report.html", "report.dcm", "report-sr.dcm"]
        page, sr = (pydicom.dcmread(folder / n) for n in ("report.dcm", "report-sr.dcm"))
        pdf = (folder / "report.pdf").read_bytes()
        assert page.EncapsulatedDocument[: page.EncapsulatedDocumentLength] == pdf
        assert sr.SOPClassUID == pydicom.uid.ComprehensiveSRStorage and page.StudyInstanceUID == sr.StudyInstanceUID
        for dataset in (page, sr):
            assert str(dataset.PatientName) == ("" if by is None else "Doe^Jane")
            assert (dataset.StudyInstanceUID == clip.StudyInstanceUID) == (by is not None)
        if by is None:
            raw = b"".join((folder / n).read_bytes() for n in ("report.dcm", "report-sr.dcm"))
            assert b"Doe" not in raw and b"P-77" not in raw and clip.SOPInstanceUID.encode() not in raw
    found = numbers(sr)
    strains = {site: value for code, value, sites in found if code == "130670" for site in sites}
    segments = made.study.values("end_systolic_percent")
    assert strains["264846001"] == pytest.approx(segments["basal inferior"], abs=1e-3)
    assert strains["130621"] == pytest.approx(segments["apical inferoseptal"], abs=1e-3)
    assert len([1 for code, *_ in found if code == "130672"]) == 18
    means = [value for code, value, sites in found if code == "130670" and "373098007" in sites]
    assert means == [pytest.approx(made.study.gls_percent, abs=1e-3)]
    with pytest.raises(BadInput, match="no DICOM file"):
        write_report(tmp_path / "plain", made, dicom=True, identified_by=tmp_path / "plain" / "report.pdf")


def call(*words):
    parser = argparse.ArgumentParser()
    study_command.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["study", *(str(word) for word in words)])
    return arguments.run(arguments)


def test_the_command_writes_everything_and_its_table_can_be_compared(tmp_path, capsys):
    rows = ["view,tracks,layer"]
    for view, shares in STUDY_SHARES.items():
        write_tracks(tmp_path / f"{view}.npz", study_wall(shares))
        rows.append(f",{view}.npz,mid")
    manifest = tmp_path / "heart.csv"
    manifest.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert call(manifest, "--segments", 16, "--out", tmp_path / "out") == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"study.json", "study.csv", "segments.csv", "report.pdf", "report.html", "1-A4C", "3-APLAX"} <= names
    assert {
        f"bullseye-{k}.{s}" for k in ("strain", "time-to-peak", "post-systolic-index") for s in ("png", "svg")
    } <= names
    document = json.loads((tmp_path / "out" / "study.json").read_text(encoding="utf-8"))
    assert document["gls_percent"] == pytest.approx(np.mean([v["gls_percent"] for v in document["views"]]))
    assert document["subject"] == "heart" and len(document["models"]["16"]) == 16
    assert "GLS \N{MINUS SIGN}" in capsys.readouterr().out
    lines = (tmp_path / "out" / "study.csv").read_text(encoding="utf-8").splitlines()
    table = tmp_path / "all.csv"
    table.write_text("\n".join([lines[0], lines[1], lines[1].replace("heart", "other")]) + "\n", encoding="utf-8")
    tables = [read_measurements(table, ("subject",))] * 2
    compared = compare_measurements(*tables, measures=["gls_percent"])
    assert compared.pairs[0].agreement.bias == 0 and compared.pairs[0].agreement.n == 2


def test_a_clip_of_another_length_is_refused_and_leaves_nothing(tmp_path):
    write_tracks(tmp_path / "a4c.npz", study_wall(STUDY_SHARES["A4C"]))
    np.savez(tmp_path / "clip.npz", frames=np.zeros((5, 20, 20), np.uint8), times_s=np.arange(5) / 50)
    manifest = tmp_path / "heart.csv"
    manifest.write_text("view,tracks,clip\nA4C,a4c.npz,clip.npz\n", encoding="utf-8")
    with pytest.raises(BadInput):
        call(manifest, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_strain_command_writes_the_report_too(tmp_path, capsys):
    write_tracks(tmp_path / "a4c.npz", study_wall(STUDY_SHARES["A4C"]))
    parser = argparse.ArgumentParser()
    strain_command.add_parser(parser.add_subparsers())
    words = ["strain", tmp_path / "a4c.npz", "--view", "A4C", "--out", tmp_path / "out", "--report"]
    arguments = parser.parse_args([str(word) for word in words])
    assert arguments.run(arguments) == 0
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"strain.json", "strain.png", "report.pdf", "report.html"} <= names
    assert "A4C alone: GLS" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "report.pdf" in capsys.readouterr().out
    arguments = parser.parse_args([*(str(word) for word in words), "--dicom", "--identifiers"])
    with pytest.raises(BadInput, match="no DICOM clip is named"):
        arguments.run(arguments)


def test_layers_of_one_file_are_told_apart_in_a_study(tmp_path):
    layers = []
    for name, share in (("endo", 0.25), ("mid", 0.20), ("epi", 0.15)):
        one = study_wall((share,) * 6)
        layers.append(replace(one, labels=tuple(label.replace("mid", name) for label in one.labels)))
    three = replace(
        layers[0],
        positions=np.concatenate([one.positions for one in layers]),
        visible=np.concatenate([one.visible for one in layers]),
        labels=sum((one.labels for one in layers), ()),
    )
    write_tracks(tmp_path / "a4c.npz", three)
    (tmp_path / "m.csv").write_text("tracks,layer\na4c.npz,\na4c.npz,endo\n", encoding="utf-8")
    measured = measure_manifest(read_manifest(tmp_path / "m.csv"))
    assert [m.strain.layer for m in measured.study.members] == ["mid", "endo"]
    values = [m.strain.gls_percent for m in measured.study.members]
    assert values == pytest.approx([-20, -25], abs=0.1)
