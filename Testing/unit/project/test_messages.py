"""Messages: what a user of Slicer can meet passes tr(), and frames are named as the reader counts them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.i18n import frame_number, frames_counted_from
from EchoTrackerLib.tracking.checks import check_request

ROOT = Path(__file__).resolve().parents[3]
# Rooms whose messages the panel shows; cohort, training and commands speak in a terminal only.
SHOWN = ("cine", "tracks", "annotation", "phantom", "strain", "tracking", "review", "scene", "panel")
ERRORS = {"BadInput", "MissingDependency", "OutOfMemory", "EchoTrackerError"}


def untranslated(path: Path) -> tuple[int, list[str]]:
    """Return how many errors a file makes, and where one is made from a plain string."""
    made, plain = 0, []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
            made += 1
            if isinstance(node.args[0], (ast.Constant, ast.JoinedStr)):
                plain.append(f"{path.name}:{node.lineno}")
    return made, plain


@pytest.mark.parametrize("room", SHOWN)
def test_errors_of_the_rooms_that_slicer_shows_can_be_translated(room):
    counts = [untranslated(path) for path in sorted((ROOT / "EchoTrackerLib" / room).rglob("*.py"))]
    assert sum(made for made, _ in counts) >= 3
    assert [place for _, plain in counts for place in plain] == []


@pytest.mark.parametrize("room", SHOWN)
def test_no_message_of_the_panel_names_an_option_of_the_command_line(room):
    """Errors carry those beside their text (`command_line`), and only the command line shows them."""
    named = []
    for path in sorted((ROOT / "EchoTrackerLib" / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                text = str(getattr(node.args[0], "value", ""))
                named += [f"{path.name}:{node.lineno}"] if re.search(r"(?<!\w)--[a-z]", text) else []
    allowed = ("pairs.py", "measurements.py", "dicom.py", "packages.py")  # the command line alone, and options of pip
    assert [
        place for place in named if not place.startswith(("pairs.py", "measurements.py", "dicom.py", *allowed))
    ] == []


def test_no_field_is_filled_in_before_tr():
    """An f-string inside tr() is another text each time: no translation of it is ever found."""
    found, calls = [], 0
    for path in sorted((ROOT / "EchoTrackerLib").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "tr"):
                calls += 1
                found += [f"{path.name}:{node.lineno}"] if isinstance(node.args[0], ast.JoinedStr) else []
    assert calls > 500 and found == []


def test_slicers_translators_find_every_text():
    """Slicer's lupdate_preprocess.py finds calls by a pattern, not by parsing: _( "text" "text" ) and nothing else."""
    pattern = re.compile(r"""[^_]_\(\s*?(".+?")\s*?\)""", re.DOTALL)
    found = 0
    for path in [*sorted((ROOT / "EchoTrackerLib").rglob("*.py")), ROOT / "EchoTracker" / "EchoTracker.py"]:
        text = path.read_text(encoding="utf-8")
        calls = [
            node
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
        ]
        assert all(isinstance(call.args[0], ast.Constant) for call in calls), path.name
        wanted = Counter(call.args[0].value for call in calls)
        literals = [literal for literal in pattern.findall(text) if "_(" not in literal]
        assert Counter(ast.literal_eval(f"({literal})") for literal in literals) == wanted, path.name
        found += len(calls)
    assert found > 800


def test_frames_are_named_as_the_reader_counts():
    clip = Cine(np.zeros((4, 8, 8), np.uint8), np.arange(4) / 50.0, None, source="clip")
    with frames_counted_from(0), pytest.raises(BadInput, match="frame 4 is outside the clip; choose 0 to 3"):
        check_request(clip, np.array([[1.0, 1.0]]), 4)
    with frames_counted_from(1), pytest.raises(BadInput, match="frame 5 is outside the clip; choose 1 to 4"):
        check_request(clip, np.array([[1.0, 1.0]]), 4)
    with frames_counted_from(0):
        assert frame_number(0) == 0
