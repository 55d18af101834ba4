"""The TOML file of trackers, and consent."""

from __future__ import annotations

from pathlib import Path

import pytest

from EchoTrackerLib.cohort.tracked import request_facts
from EchoTrackerLib.cohort.trackers import choose
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.tracking.request import Request

TOML = """
[mine]
tracker = "echotracker"
weights = "w/mine.pth"
wall = "off"

[cotracker3]
accept_licence = true
device = "cpu"
"""


def settings(folder: Path, text: str = TOML) -> Path:
    path = folder / "trackers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_sections_name_trackers_and_their_options(tmp_path: Path) -> None:
    mine, peer, static = choose(("mine", "cotracker3", "static"), settings(tmp_path), Request(precision="float64"))
    assert (mine.name, mine.request.tracker, mine.request.wall) == ("mine", "echotracker", "off")
    assert mine.request.weights == tmp_path / "w/mine.pth" and not mine.request.accept_licence
    assert peer.request.accept_licence and peer.request.device == "cpu" and peer.request.precision == "float64"
    assert static.request == Request("static", precision="float64")


def test_no_consent_no_run(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="accept"):
        choose(("cotracker3",))
    with pytest.raises(BadInput, match="accept"):
        choose(("other",), settings(tmp_path, '[other]\ntracker = "tapir"\naccept_licence = false\n'), Request())
    assert choose(("cotracker3",), None, Request(accept_licence=True))[0].request.accept_licence


@pytest.mark.parametrize(
    ("names", "text", "says"),
    [
        (("nobody",), TOML, "No tracker is called 'nobody'"),
        (("static", "static"), TOML, "once"),
        (("mine",), '[mine]\ntracker = "nobody"\n', "nobody"),
        (("mine",), '[mine]\nweight = "x"\n', "unknown key 'weight'"),
        (("static",), "[static]\naccept_licence = 1\n", "true or false"),
        (("static",), '[static]\nwall = "maybe"\n', "auto, on, off"),
        (("static",), "[static\n", "TOML"),
        (("static",), 'tracker = "static"\n', "outside a section"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, names: tuple[str, ...], text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        choose(names, settings(tmp_path, text))


def test_changed_code_of_other_authors_is_noticed_but_not_what_python_compiles(tmp_path: Path) -> None:
    folder = tmp_path / "co-tracker" / "cotracker"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "predictor.py").write_text("A = 1")
    request = Request("cotracker3", code=folder.parent, accept_licence=True)
    first = request_facts(request)["code"]
    (folder / "__pycache__" / "predictor.pyc").write_bytes(b"compiled")
    assert request_facts(request)["code"] == first != ""
    (folder / "predictor.py").write_text("A = 12")
    assert request_facts(request)["code"] != first
    assert request_facts(Request("static"))["code"] == ""
