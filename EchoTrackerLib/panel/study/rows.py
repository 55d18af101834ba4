"""Rows of the section "Study": one a clip."""

from __future__ import annotations

from typing import NamedTuple

from ...i18n import tr as _
from ...scene.study.record import LEFT_OUT


class StudyRow(NamedTuple):
    """One clip as the table shows it: name, view (as `StudyClip.view`), value; whether it is the chosen one."""

    name: str
    view: str
    value: str
    current: bool


def view_title(view: str) -> str:
    """Return what the user reads for a view of the study."""
    return {"": _("guess"), LEFT_OUT: _("left out")}.get(view, view)
