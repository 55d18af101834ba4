"""EchoNet-Dynamic's tracings."""

from __future__ import annotations

import numpy as np
import pytest

from EchoTrackerLib.annotation.annotation import State
from EchoTrackerLib.annotation.files import read_annotation
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracks.known import Known

HEADER = "FileName,X1,Y1,X2,Y2,Frame\n"


def tracing(clip, frame, half=(4, 9, 12), base=80.0, flipped=False, sides=1):
    """Long axis from the apex (56, 20) down, then chords from apex to base (or back) with these half widths."""
    rows = [(56, 20, 56, base)]
    heights = np.linspace(20, base, len(half) + 1)[1:]
    chords = [(56 + sides * w, y, 56 - sides * w, y) for w, y in zip(half, heights)]
    rows += chords[::-1] if flipped else chords
    return "".join(f"{clip},{','.join(map(str, row))},{frame}\n" for row in rows)


def table(path, *tracings):
    path.write_text(HEADER + "".join(tracings))
    return path


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("sides", [1, -1])
def test_contours_from_left_base_over_apex_to_right_base(tmp_path, flipped, sides):
    path = table(
        tmp_path / "VolumeTracings.csv",
        tracing("0XAB.avi", 5, (3, 6, 8), 60.0, flipped, sides),
        tracing("0XAB.avi", 20, flipped=flipped, sides=sides),
        tracing("0XCD.avi", 7, flipped=flipped, sides=sides),
    )
    found = read_annotation(path, Known((112, 112), 40, "0XAB"))
    assert found.n_frames == 40 and found.labels == tuple(f"P{k}" for k in range(1, 8)) and found.clip == "0XAB"
    assert np.flatnonzero(found.annotated.all(axis=0)).tolist() == [5, 20]
    assert set(np.unique(found.states)) == {State.NOT_ANNOTATED, State.PLACED}
    expected = [[44, 80], [47, 60], [52, 40], [56, 20], [60, 40], [65, 60], [68, 80]]
    np.testing.assert_allclose(found.positions[:, 20], expected)
    assert found.time_source == "unknown"


def test_a_file_of_many_clips_needs_the_name(tmp_path):
    path = table(tmp_path / "v.csv", tracing("a.avi", 5), tracing("b.avi", 6))
    with pytest.raises(
        BadInput, match=r"v\.csv: holds the tracings of 2 clips \(a, b\); the clip's name must tell which"
    ) as error:
        read_annotation(path)
    assert error.value.command_line == "--clip NAME"
    with pytest.raises(BadInput, match="no tracing of 'c'"):
        read_annotation(path, Known(clip="c"))
    with pytest.raises(BadInput, match="7 frames or more"):
        read_annotation(path, Known(n_frames=6, clip="b"))
    assert read_annotation(table(tmp_path / "one.csv", tracing("a.avi", 5))).n_frames == 6


def test_tracings_of_different_length_are_spaced_evenly(tmp_path, caplog):
    path = table(tmp_path / "v.csv", tracing("a", 0), tracing("a", 1, (5, 9)))
    found = read_annotation(path)
    assert found.annotated.all() and "spaced evenly" in caplog.text
    np.testing.assert_allclose(found.positions[[0, 3, -1], 1], [[47, 80], [56, 20], [65, 80]], atol=1e-4)


@pytest.mark.parametrize("rows", ["a,1,2,3,4,0\n", "a,1,2,3,4,0\n" * 2, "a,1,2,3,x,0\n" * 4, "a,1,2,3,4,1.5\n" * 4, ""])
def test_damaged_tracings_are_refused(tmp_path, rows):
    with pytest.raises(BadInput, match=r"v\.csv"):
        read_annotation(table(tmp_path / "v.csv", rows))
