"""What a scene that was loaded needs before it is used: what an earlier version or a missing file lost, made anew."""

from __future__ import annotations

import logging
from typing import Any

from ..i18n import tr as _
from . import results as study
from . import strain as strain_scene
from . import trajectories
from .clip.cine import find_cine_browsers
from .mrml import nodes, values
from .mrml.colors import EARLIER_TABLE
from .strain import read_strain
from .tracks import read_tracks

_LOGGER = logging.getLogger("EchoTracker")
_DERIVED = (trajectories.ROLE, *strain_scene.ROLES)  # what can be made again from tracks and exact strain


def restore(scene: Any) -> None:
    """Mend what was lost, say what cannot be mended; call it when a scene was loaded, cheap, and may be repeated."""
    for owner in nodes.nodes_of(scene, "vtkMRMLStorableNode"):
        values.take_over_text(scene, owner)
        if nodes.role_of(owner) not in ("", *_DERIVED) and nodes.is_without_data(owner):
            _LOGGER.warning(_("The data of '%s' are missing. Is its file still beside the scene?"), owner.GetName())
    for model in nodes.nodes_of(scene, "vtkMRMLModelNode"):
        if nodes.role_of(model) == trajectories.ROLE:
            _recolor(scene, model)
    for table in nodes.nodes_of(scene, "vtkMRMLColorTableNode"):
        if table.GetAttribute(EARLIER_TABLE) is not None:
            nodes.remove(scene, table.GetStorageNode(), table)
    for browser in find_cine_browsers(scene):
        _make_derived(scene, browser)


def _recolor(scene: Any, model: Any) -> None:
    """Color trajectories anew whose color table is gone, or is one that earlier versions made."""
    display = model.GetDisplayNode()
    if display is None or model.GetPolyData() is None:
        return
    colors, scalar = display.GetColorNode(), display.GetActiveScalarName()
    names = trajectories.scalar_names(model)
    if names and (colors is None or colors.GetAttribute(EARLIER_TABLE) is not None):
        trajectories.colour_by(scene, model, scalar if scalar in names else names[0])


def _make_derived(scene: Any, browser: Any) -> None:
    """Make trajectories and strain again when a part of them is lost, or where the Save dialog would lose it."""
    clip = browser.GetMasterSequenceNode()
    parts = [n for n in nodes.nodes_of(scene, "vtkMRMLStorableNode") if nodes.role_of(n) in _DERIVED]
    parts = [part for part in parts if nodes.clip_of(part) is clip]
    tracks = study.find_results(scene, browser).tracks
    if tracks is None or not any(nodes.is_without_data(part) or part.GetHideFromEditors() for part in parts):
        return
    study.set_results(scene, browser, read_tracks(scene, tracks.sequence), read_strain(scene, browser))
