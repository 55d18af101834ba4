"""The command agree: pairs by identifier, spreadsheets, exports of other programs, files."""

from __future__ import annotations

import argparse
import csv
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from EchoTrackerLib.agreement import compare
from EchoTrackerLib.commands import agree
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.agreement.measurements import number_in, read_measurements
from EchoTrackerLib.strain.agreement.pairs import compare_measurements
from EchoTrackerLib.strain.agreement.vendors import COLUMNS, read_export

SUBJECTS = ("007", "8", "9", "10", "11")
OURS = (-20.0, -18.5, -16.0, -22.25, -19.0)
THEIRS = (-19.0, -19.5, -15.0, -21.0, -20.5)


def call(*words):
    parser = argparse.ArgumentParser()
    agree.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["agree", *(str(word) for word in words)])
    return arguments.run(arguments)


def write(path, rows, encoding="utf-8", delimiter=",", comma=False):
    lines = [delimiter.join(str(c).replace(".", ",") if comma else str(c) for c in row) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def table(path, values, order=range(5), **options):
    return write(path, [("subject", "gls_percent"), *((SUBJECTS[i], values[i]) for i in order)], **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"encoding": "utf-8-sig", "delimiter": ";", "comma": True},
        {"encoding": "utf-16", "delimiter": "\t", "comma": True},
        {"encoding": "cp1252", "delimiter": ";"},
    ],
)
def test_pairs_by_identifier_whatever_the_order(tmp_path, options):
    a = table(tmp_path / "a.csv", OURS)
    b = table(tmp_path / "B.CSV", THEIRS, order=(3, 0, 4, 2, 1), **options)
    assert call(a, b, "--by", "subject", "--out", tmp_path / "out") == 0
    with (tmp_path / "out" / "agreement.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    expected = compare(np.array(OURS), np.array(THEIRS))
    assert float(row["bias"]) == pytest.approx(expected.bias) and float(row["sd"]) == pytest.approx(expected.sd)
    assert float(row["icc_absolute_interval_low"]) == pytest.approx(expected.icc_absolute_interval[0])
    with (tmp_path / "out" / "pairs.csv").open(encoding="utf-8") as file:
        pairs = {line["identifier"]: (float(line["first"]), float(line["second"])) for line in csv.DictReader(file)}
    assert pairs == dict(zip(SUBJECTS, zip(OURS, THEIRS)))
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {f"{k}-gls_percent.{s}" for k in ("bland-altman", "scatter") for s in ("png", "svg")} <= names
    for text, minus in (("agreement.md", "\N{MINUS SIGN}"), ("agreement.tex", "$-$")):  # as people read them
        bias = f"{expected.bias:.2f}".replace("-", minus)
        assert f" {bias} [" in (tmp_path / "out" / text).read_text(encoding="utf-8")
    latex = (tmp_path / "out" / "agreement.tex").read_text(encoding="utf-8")
    assert r"gls\_percent" in latex and not re.search(r"(?<!\\)_", latex.split(r"\end{tabular}")[0])


def test_same_files_from_the_same_input(tmp_path):
    a, b = table(tmp_path / "a.csv", OURS), table(tmp_path / "b.csv", THEIRS)
    for name in ("one", "two"):
        call(a, b, "--by", "subject", "--out", tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_partners_that_are_missing_are_named(tmp_path, capsys):
    a = table(tmp_path / "a.csv", OURS)
    rows = [("subject", "gls_percent"), ("7", -19), ("8", -19.5), ("9", ""), ("10", -21), ("12", -20)]
    b = write(tmp_path / "b.csv", rows)
    call(a, b, "--by", "subject", "--out", tmp_path / "out")
    text = (tmp_path / "out" / "agreement.md").read_text(encoding="utf-8")
    assert "Only in a.csv: 007, 11." in text and "Only in b.csv: 7, 12." in text
    assert "no value in one of the two: 9" in text and "| 2 |" in text
    assert "differ only in case or leading zeros, e.g. '007' and '7'" in capsys.readouterr().err


def test_two_columns_identify_a_line(tmp_path):
    rows = [
        ("subject", "segment", "strain"),
        ("1", "basal", -10),
        ("1", "mid", -15),
        ("2", "basal", -12),
        ("2", "mid", -18),
    ]
    a, b = write(tmp_path / "a.csv", rows), write(tmp_path / "b.csv", [rows[0], *rows[:0:-1]])
    found = compare_measurements(*(read_measurements(path, ("subject", "segment")) for path in (a, b)))
    assert found.pairs[0].agreement.n == 4 and found.pairs[0].agreement.sd == 0
    with pytest.raises(BadInput, match="second time"):
        read_measurements(a, ("subject",))
    assert read_measurements(a, ("subject",), average=True).values["strain"][("1",)] == -12.5


@pytest.mark.parametrize(
    "rows, message",
    [
        ([("patient", "gls_percent"), ("8", -1)], "lacks the column 'subject'"),
        ([("subject", "gls_percent"), ("", -1), ("8", -2)], "is empty"),
        ([("subject", "gls_percent"), ("8", "poor"), ("9", -2)], "'poor', not a number"),
        ([("subject", "gls_percent"), ("A", -1), ("B", -2)], "no identifier in common"),
        ([("subject", "gcs"), ("8", -1), ("9", -2)], "no measure in common"),
        ([("subject", "gls_percent"), ("8", -1), ("X", -2)], "two complete pairs"),
        ([("subject", "gls_percent"), ("8", 18.5), ("9", 16)], "--magnitudes"),
        ([("subject", "gls_percent"), ("8", -0.185), ("9", -0.16)], "shares"),
        ([("subject", "gls_percent", "gls_percent"), ("8", 1, 2)], "twice"),
        ([("subject", "gls_percent")], "needs a line"),
    ],
)
def test_what_cannot_be_compared_leaves_nothing(tmp_path, rows, message):
    a, b = table(tmp_path / "a.csv", OURS), write(tmp_path / "b.csv", rows)
    with pytest.raises(BadInput, match=message):
        call(a, b, "--by", "subject", "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_magnitudes_and_columns_of_other_names(tmp_path):
    a = table(tmp_path / "a.csv", OURS)
    b = write(tmp_path / "b.csv", [("subject", "GLS"), *((s, -v) for s, v in zip(SUBJECTS, THEIRS))])
    call(a, b, "--by", "subject", "--value", "gls_percent=GLS", "--magnitudes", "--out", tmp_path / "out")
    text = (tmp_path / "out" / "agreement.md").read_text(encoding="utf-8")
    assert "gls_percent = GLS" in text and "Absolute values are compared" in text
    with pytest.raises(BadInput, match="no measure 'gcs'"):
        call(a, b, "--by", "subject", "--value", "gcs", "--out", tmp_path / "none")


def test_numbers_as_people_write_them():
    texts = ("-18,5", "\N{MINUS SIGN}18.5", " -18.5 %", "-18.5")
    assert [number_in(text) for text in texts] == [-18.5] * 4
    assert np.isnan([number_in(text) for text in ("", "n/a", "-", "NaN")]).all()
    assert [number_in(text) for text in ("poor", "1.234,5", "inf")] == [None] * 3


WORKBOOK = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<ss:Worksheet ss:Name="General"><Table><Row><Cell><Data ss:Type="String">ID</Data></Cell>
<Cell><Data ss:Type="String">{subject}</Data></Cell></Row></Table></ss:Worksheet>
<ss:Worksheet ss:Name="Segments"><Table>
<Row><Cell/><Cell><Data>Basal Posterior</Data></Cell><Cell ss:Index="4"><Data>Mid Septal</Data></Cell></Row>
<Row><Cell><Data>PSS</Data></Cell><Cell><Data>{a}</Data></Cell><Cell ss:Index="4"><Data>{b}</Data></Cell></Row>
</Table></ss:Worksheet></Workbook>"""
REPORT = """CAP Name and Version,AutoStrainCap2,2.2.1.586242
Patient Name,"Doe, Jane"
Patient ID,{subject}

Results LvApical
==========================================================
GLS Endo Peak Avg,{gls},%
GLS Endo Peak A3C,-17.5,%
"""


def test_exports_of_echopac_and_tomtec(tmp_path):
    echopac, tomtec = tmp_path / "echopac", tmp_path / "tomtec"
    echopac.mkdir()
    tomtec.mkdir()
    for i, subject in enumerate(SUBJECTS):
        (echopac / f"{i}.xml").write_text(WORKBOOK.format(subject=subject, a=THEIRS[i], b=-11), encoding="utf-8")
        (tomtec / f"{i}.txt").write_text(REPORT.format(subject=subject, gls=THEIRS[i]), encoding="utf-8")
    found = read_measurements(echopac, ("subject",))
    assert found.values["basal_inferolateral_percent"][("007",)] == -19
    assert found.values["mid_inferoseptal_percent"][("8",)] == -11 and "peak systolic" in found.notes[0]
    found = read_measurements(tomtec, ("patient",))
    assert found.values["gls_percent"][("11",)] == -20.5 and found.values["gls_aplax_percent"][("8",)] == -17.5
    assert "endocardial" in found.notes[0]
    call(table(tmp_path / "a.csv", OURS), tomtec, "--by", "subject", "--out", tmp_path / "out")
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.[cm][sd]*"))
    assert "endocardial" in text and "Jane" not in text
    table_of_afi = write(
        tmp_path / "afi.csv", [("Patient ID", "GLPS_Avg (%)", "GLPS_LAX"), ("8", -18, -17), ("9", -16, -15)]
    )
    found = read_measurements(table_of_afi, ("subject",))
    assert found.values["gls_percent"][("8",)] == -18 and found.values["gls_aplax_percent"][("9",)] == -15
    assert len({column.theirs for column in COLUMNS}) == len(COLUMNS)
    (tomtec / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(BadInput, match=r"notes\.txt"):
        read_measurements(tomtec, ("subject",))


@settings(max_examples=20, deadline=None)
@given(value=st.integers(-300, 300), separator=st.sampled_from(",;\t"), point=st.sampled_from(".,"))
def test_a_tomtec_report_of_any_country(value, separator, point):
    """A decimal comma in a file of commas gave the whole number alone, silently."""
    written = f"{value / 10:.1f}".replace(".", point)
    lines = (("Patient ID", "P1"), ("Results LvApical",), ("GLS Endo Peak Avg", written, "%"))
    found = read_export("\n".join(separator.join(line) for line in lines) + "\n")
    assert number_in(found.cells["gls_percent"]) == value / 10 and found.subject == "P1"


def test_names_of_one_file_in_two_folders_are_told_apart(tmp_path):
    (tmp_path / "x").mkdir()
    a, b = table(tmp_path / "a.csv", OURS), table(tmp_path / "x" / "a.csv", THEIRS)
    found = compare_measurements(*(read_measurements(path, ("subject",)) for path in (a, b)))
    assert found.names == ("a.csv (A)", "a.csv (B)")


def test_an_excel_workbook_is_named(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK\x03\x04rest")
    with pytest.raises(BadInput, match="Save it as CSV"):
        read_measurements(tmp_path / "a.xlsx", ("subject",))
    with pytest.raises(BadInput, match="cannot be read"):
        read_measurements(tmp_path / "none.csv", ("subject",))
