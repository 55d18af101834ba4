"""Manifests as CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import cohort_clips
import pytest

from EchoTrackerLib.cohort.manifest import Row, count_rows, read_manifest
from EchoTrackerLib.errors import BadInput


def test_rows_have_names_and_paths(tmp_path: Path) -> None:
    text = "clip,points,view,note\na/x.avi,p.csv,A4C,7\nb/x.avi,p.csv,,\n\nx.avi,/abs/p.csv,A2C,\n"
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8-sig")
    rows = list(read_manifest(path))
    assert [row.id for row in rows] == ["x", "x-2", "x-3"]
    assert rows[0].path("clip") == tmp_path / "a" / "x.avi" and rows[2].path("points") == Path("/abs/p.csv")
    assert rows[1].text("view", "other") == "other" and rows[0].number("note") == 7.0 and rows[1].number("note") is None
    assert rows[2].line == "m.csv, row 3" and count_rows(path) == 3
    path.write_text("clip;points\na.avi;b.csv\n", encoding="utf-8")
    assert next(read_manifest(path)).text("points") == "b.csv"


def test_parquet_gives_the_same_rows(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow as pa

    table = pa.table(
        {"clip": ["a.avi", "b.avi"], "ed": [3.0, None], "reference_gls": [-18.25, None], "id": [None, "B"]}
    )
    parquet.write_table(table, tmp_path / "m.parquet")
    rows = list(read_manifest(tmp_path / "m.parquet"))
    assert [row.id for row in rows] == ["a", "B"]
    assert rows[0].frame("ed") == 3 and rows[1].frame("ed") is None and rows[0].number("reference_gls") == -18.25
    assert count_rows(tmp_path / "m.parquet") == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "needs the column 'clip'"),
        ("file\nx\n", "needs the column 'clip'"),
        ("clip,clip\nx,y\n", "more than once"),
        ("clip,id\n,x\n", "row 1: the column 'clip' is empty"),
        ("clip,id\na,x\nb,X\n", "row 2: the id 'X' appears more than once"),
        ("clip,id\na,../x\n", "cannot name a folder"),
        ("clip,id\na,..\n", "cannot name a folder"),
        ("clip\na,b\n", "more cells than there are columns"),
    ],
)
def test_what_is_no_manifest(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"m\.csv") as error:
        list(read_manifest(path))
    assert says in str(error.value)


@pytest.mark.parametrize("bad", [{"ed": "1.5"}, {"ed": "-1"}, {"ed": "x"}, {"ed": "nan"}])
def test_frames_are_whole_and_not_negative(bad: dict[str, str]) -> None:
    with pytest.raises(BadInput, match=r"row 1.*column ed"):
        Row("a", "m.csv, row 1", Path(), bad).frame("ed")


@pytest.mark.parametrize("bad", [("1", ""), ("", "1"), ("0", "1"), ("1", "-1")])
def test_spacing_needs_two_positive_numbers(bad: tuple[str, str]) -> None:
    row = Row("a", "m.csv, row 1", Path(), dict(zip(("spacing_row_mm", "spacing_col_mm"), bad)))
    with pytest.raises(BadInput, match="positive"):
        row.spacing_mm()


def test_ten_thousand_rows_of_one_clip_are_named_quickly(tmp_path: Path) -> None:
    path = cohort_clips.write_manifest(tmp_path / "m.csv", [{"clip": "a.avi"}] * 10_000)
    names = [row.id for row in read_manifest(path)]
    assert names[:2] == ["a", "a-2"] and names[-1] == "a-10000" and len(set(names)) == 10_000
