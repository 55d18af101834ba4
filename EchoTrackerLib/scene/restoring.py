"""What a scene that was loaded needs before it is used: data of earlier versions moved to where saving keeps them."""

from __future__ import annotations

from typing import Any

from . import results as study
from . import strain as strain_scene
from . import trajectories
from .mrml import nodes, values
from .mrml.colors import EARLIER_TABLE
from .strain import read_strain


def restore(scene: Any) -> None:
    """Mend what an earlier version saved or lost; call it when a scene was loaded, it is cheap and may be repeated."""
    for owner in nodes.nodes_of(scene, "vtkMRMLStorableNode"):
        values.take_over_text(scene, owner)
    for model in nodes.nodes_of(scene, "vtkMRMLModelNode"):
        if nodes.role_of(model) == trajectories.ROLE and model.GetDisplayNode() is not None:
            _recolor(scene, model)
    for table in nodes.nodes_of(scene, "vtkMRMLColorTableNode"):
        if table.GetAttribute(EARLIER_TABLE) is not None:
            nodes.remove(scene, table.GetStorageNode(), table)
    for browser in nodes.browsers_of(scene):
        if any(table.GetHideFromEditors() for table in _strain_tables(scene, browser)):
            measured = read_strain(scene, browser)
            if measured is not None:
                study.set_strain(scene, browser, measured)


def _recolor(scene: Any, model: Any) -> None:
    """Color trajectories anew whose color table is gone, or is one that earlier versions made."""
    colors = model.GetDisplayNode().GetColorNode()
    scalar = model.GetDisplayNode().GetActiveScalarName()
    if (colors is None or colors.GetAttribute(EARLIER_TABLE) is not None) and model.GetPolyData() is not None:
        names = trajectories.scalar_names(model)
        if names:
            trajectories.colour_by(scene, model, scalar if scalar in names else names[0])


def _strain_tables(scene: Any, browser: Any) -> list[Any]:
    clip = browser.GetMasterSequenceNode()
    roles = (strain_scene.MARKS_ROLE, strain_scene.CURSOR_ROLE)
    return [table for role in roles for table in nodes.results_of(scene, clip, role, "vtkMRMLTableNode")]
