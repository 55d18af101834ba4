"""Which clips of the scene make up the study, as what views, and how it is shown; kept with the scene.

A clip's view is an attribute of its sequence node, so that it is saved with the clip; the rest is a hidden node.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from ...strain.pictures.scales import QUANTITIES
from ...strain.study.bullseye import APICAL_VIEWS, MODELS
from ...strain.study.study import Member, Study, in_view, make_study
from ...strain.study.views import view_in_name
from ..clip.cine import find_cine_browsers
from ..mrml import nodes
from ..strain import read_strain

LEFT_OUT = "left out"
_VIEW = "EchoTracker.StudyView"
_ROLE = "study"
_NAME = "EchoTracker study"


class StudyClip(NamedTuple):
    """A clip: its browser, name, view in the study ("" unknown, or `LEFT_OUT`), whether it was measured."""

    browser: Any
    name: str
    view: str
    measured: bool


class Shown(NamedTuple):
    """How the study is shown: segments of the bull's-eye, and what it shows (key of `scales.QUANTITIES`)."""

    model: int = 17
    quantity: str = QUANTITIES[0].key


def study_clips(scene: Any) -> list[StudyClip]:
    """Return the clips of the scene; a view that nobody chose is that of the measurement, else guessed by the name.

    Clips that have the same name in Slicer are told apart by a number.
    """
    found: list[StudyClip] = []
    for browser in find_cine_browsers(scene):
        sequence = browser.GetMasterSequenceNode()
        strain = read_strain(scene, browser)
        view = sequence.GetAttribute(_VIEW) or ""
        if not view and strain is not None and strain.view in APICAL_VIEWS:
            view = strain.view
        name = sequence.GetName()
        view = view or view_in_name(name)
        found.append(StudyClip(browser, _apart(name, [clip.name for clip in found]), view, strain is not None))
    return found


def _apart(name: str, taken: list[str]) -> str:
    """Return the name, with the first number that makes it differ from those that are taken."""
    numbered = (f"{name} ({k})" for k in itertools.count(2))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def set_view(browser: Any, view: str) -> None:
    """Choose the view of a clip: an apical one, `LEFT_OUT`, or "" to let it be found again."""
    browser.GetMasterSequenceNode().SetAttribute(_VIEW, view or None)


def read_study(scene: Any) -> Study:
    """Return the study of the measured clips of the scene.

    Raises:
        BadInput: no clip is measured and in an apical view, or a measurement has no segments.
    """
    members = []
    for clip in study_clips(scene):
        strain = read_strain(scene, clip.browser) if clip.view in APICAL_VIEWS else None
        if strain is not None:
            members.append(Member(clip.name, in_view(strain, clip.view)))
    return make_study(members)


def read_shown(scene: Any) -> Shown:
    """Return how the study is shown; the default where nobody chose, or where the node says what is not known."""
    node = _node(scene)
    if node is None:
        return Shown()
    model, quantity = node.GetAttribute("EchoTracker.Model") or "", node.GetAttribute("EchoTracker.Quantity") or ""
    return Shown(
        int(model) if model in [str(m) for m in MODELS] else Shown().model,
        quantity if quantity in [q.key for q in QUANTITIES] else Shown().quantity,
    )


def write_shown(scene: Any, shown: Shown) -> None:
    """Keep how the study is shown with the scene."""
    node = _node(scene)
    if node is None:
        node = nodes.add_hidden(scene, "vtkMRMLScriptedModuleNode", _NAME)
        nodes.mark(node, _ROLE)
    node.SetAttribute("EchoTracker.Model", str(shown.model))
    node.SetAttribute("EchoTracker.Quantity", shown.quantity)


def _node(scene: Any) -> Any:
    return next((n for n in nodes.nodes_of(scene, "vtkMRMLScriptedModuleNode") if nodes.role_of(n) == _ROLE), None)
