"""Files and folders appear only when complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.files import complete_file, complete_folder


def test_a_file_keeps_its_old_content_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "new" / "tracks.csv"
    with complete_file(path) as partial:
        partial.write_text("old")
    with pytest.raises(RuntimeError), complete_file(path) as partial:
        partial.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [found.name for found in path.parent.iterdir()] == ["tracks.csv"]


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file" / "tracks.csv"
    path.parent.write_text("")
    with (
        pytest.raises(BadInput, match=r"tracks.csv: cannot be written"),
        complete_file(tmp_path / "file" / "tracks.csv"),
    ):
        pass


def test_files_appear_at_the_end_and_foreign_files_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    (out / "tracks.csv").write_text("old")
    with complete_folder(out) as folder:
        (folder / "tracks.csv").write_text("new")
        assert (out / "tracks.csv").read_text() == "old"
    assert (out / "tracks.csv").read_text() == "new"
    assert (out / "mine.txt").read_text() == "keep"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [BadInput("no"), KeyboardInterrupt(), RuntimeError("bug")])
def test_an_error_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)), complete_folder(tmp_path / "out") as folder:
        (folder / "half.csv").write_text("half")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_out_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(BadInput, match="is a file"), complete_folder(tmp_path / "out"):
        pass
