"""Every argument of every method of EchoTrackerLogic: of another type, None, an unknown value, beyond its range.

What comes is a sentence that names the argument or what was given, before anything in the scene changes.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from panel_host import FakeRunner, make_cine

from EchoTrackerLib.errors import BadInput, LicenceNotAccepted
from EchoTrackerLib.panel.scripting import Scripting

CLICKS = [[45, 100], [80, 20], [115, 100]]
FLAGS = ["no", "False", 0, 1]
NAMES = [5, "", "nonsense", ["A4C"], np.array(["A4C"])]
FRAMES = [-2, 12, 1.0, "0", True, np.nan]
PATHS = [5, "", object(), ["clip.dcm"]]
ANOTHER_NODE, EMPTY_LIST = object(), object()  # stand for nodes, which are made later
NODES = [None, "clip browser", 5, ANOTHER_NODE]
# What a sentence says instead of the argument's name.
SAYS = {"name": "sample", "clicks": "annulus", "positions": "beside the image", "queryFrame": "was placed on frame"}
SAYS.update({"path": "clip.dcm", "pointsNode": "no points", "mvoMs": "Mitral valve opening"})

WRONG = {
    "loadClip": {"path": [None, *PATHS, "/no such/clip.dcm"]},
    "makeSample": {"name": [None, *NAMES]},
    "placeWall": {
        "browserNode": NODES,
        "clicks": [None, 5, "abc", [], CLICKS[:2], [*CLICKS, [1, 1]], [[1, 2, 3]] * 3, [[np.nan, 1], *CLICKS[1:]]],
        "queryFrame": [None, -1, *FRAMES],
        "view": [None, *NAMES, "SAX"],
        "layers": [None, 0, 6, 1.0, "1", True],
        "pointsAlong": [None, 4, 101, 31.0, "31"],
        "search": [None, *FLAGS],
    },
    "placePoints": {
        "browserNode": NODES,
        "positions": [None, 5, "abc", [], [1, 2], [[1, 2], [3]], [[np.inf, 1], [2, 2]], [[-5, 1], [2, 2]]],
        "labels": [5, "ab", [], ["a"], ["a", "a"], ["a", ""], [1, 2]],
        "queryFrame": [None, -1, *FRAMES],
    },
    "track": {
        "browserNode": NODES,
        "pointsNode": [*NODES, EMPTY_LIST],
        "tracker": NAMES,
        "queryFrame": [-1, *FRAMES, 4],
        "weights": [*PATHS, "/no such/weights.pth"],
        "device": [None, *NAMES],
        "withConfidence": [None, *FLAGS],
        "wall": [None, *NAMES, True],
        "acceptLicence": [None, *FLAGS],
        "code": [*PATHS, "/no such/folder"],
        "precision": [None, *NAMES],
        "threads": [None, -1, 257, 1.5, "2", True],
        "progress": ["print", 5, 0],
    },
    "measureStrain": {
        "browserNode": NODES,
        "view": NAMES,
        "edFrame": FRAMES,
        "esFrame": FRAMES,
        "driftCompensation": FLAGS,
        "apex": ["nobody", -1, 99, 1.5, True, [3]],
        "turn": FLAGS,
        "rTimes": [5, "01", [], [0.3, 0.1], [np.nan], [None]],
        "avcMs": ["soon", np.nan, True, [300]],
        "mvoMs": ["late", np.inf, False, [400], 50, 5000],
    },
    "export": {"browserNode": NODES, "folder": [None, *PATHS]},
}
CASES = [
    (method, argument, value)
    for method, arguments in WRONG.items()
    for argument, values in arguments.items()
    for value in values
]


class Refusing(FakeRunner):
    """Takes no job."""

    def start(self, job, on_progress, on_done):
        raise AssertionError("tracking was started")


@pytest.fixture
def logic(bench):
    return bench.host.module.EchoTrackerLogic(runner=Refusing())


@pytest.fixture
def right(bench, logic, tmp_path):
    """Arguments that work, by method; the clip has a wall and its tracks."""
    from EchoTrackerLib.scene.clip.cine import add_cine
    from EchoTrackerLib.scene.results import set_results
    from EchoTrackerLib.tracking.request import Request, make_job, run_job

    cine = make_cine()
    browser = add_cine(bench.scene, cine).browser
    points = logic.placePoints(browser, [[40, 50], [60, 70]], queryFrame=2)
    wall = np.stack([np.linspace(30, 130, 9), 90 - 60 * np.sin(np.linspace(0, np.pi, 9))], -1).astype(np.float32)
    labels = [f"W{k}" for k in range(9)]
    set_results(bench.scene, browser, run_job(make_job(cine, labels, wall, 0, Request("static", confidence=False))))
    logic.getParameterNode()
    return {
        "loadClip": {"path": "clip.npz"},
        "makeSample": {},
        "placeWall": {"browserNode": browser, "clicks": CLICKS},
        "placePoints": {"browserNode": browser, "positions": [[40, 50], [60, 70]]},
        "track": {"browserNode": browser, "pointsNode": points},
        "measureStrain": {"browserNode": browser},
        "export": {"browserNode": browser, "folder": tmp_path / "results"},
    }


def stands_for(scene, value):
    """The value, or the node that it stands for."""
    import slicer

    if value is ANOTHER_NODE:
        return scene.GetFirstNodeByClass("vtkMRMLModelDisplayNode")
    return slicer.vtkMRMLMarkupsFiducialNode() if value is EMPTY_LIST else value


def test_all_arguments_are_here():
    methods = {name: f for name, f in vars(Scripting).items() if inspect.isfunction(f) and not name.startswith("_")}
    documented = {name: [a for a in inspect.signature(f).parameters if a != "self"] for name, f in methods.items()}
    assert {name: list(arguments) for name, arguments in WRONG.items()} == documented
    for name, arguments in documented.items():
        text = inspect.getdoc(methods[name])
        assert "Raises:" in text and all(argument in text for argument in arguments), name


def test_wrong_arguments_are_refused_by_name_and_change_nothing(bench, logic, right, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = bench.node_ids()
    taken = []
    for method, argument, value in CASES:
        value = stands_for(bench.scene, value)
        arguments = {**right[method], argument: value}
        try:
            getattr(logic, method)(**arguments)
        except BadInput as error:
            said = str(error)
            if argument not in said and SAYS.get(argument, argument) not in said:
                taken.append(f"{method}({argument}={value!r}): says only {said!r}")
        except Exception as error:
            taken.append(f"{method}({argument}={value!r}): {type(error).__name__}: {error}")
        else:
            taken.append(f"{method}({argument}={value!r}): was taken")
        if bench.node_ids() != before:
            taken.append(f"{method}({argument}={value!r}): changed the scene")
            before = bench.node_ids()
    assert taken == []
    assert list(tmp_path.iterdir()) == []


def test_right_arguments_of_numpy_are_taken(bench, logic, right):
    browser = right["track"]["browserNode"]
    made = logic.placeWall(browser, np.array(CLICKS), np.int64(2), layers=np.int32(1), search=np.bool_(False))
    assert made.GetNumberOfControlPoints() == 31
    assert logic.measureStrain(browser, apex=np.int64(4), turn=np.bool_(False), rTimes=np.array([0.02])) is not None


def test_consent_is_true_and_nothing_else(logic, right):
    for given in ("yes", 1, [True]):
        with pytest.raises(BadInput, match="acceptLicence must be True or False"):
            logic.track(**right["track"], tracker="cotracker3", acceptLicence=given)
    with pytest.raises(LicenceNotAccepted):
        logic.track(**right["track"], tracker="cotracker3", acceptLicence=False)
