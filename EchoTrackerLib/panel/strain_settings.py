"""The panel's settings of strain as arguments of the measurement, the same for every section and for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import BadInput
from ..i18n import tr as _
from ..review.strain import ReviewedStrain, measure_reviewed
from ..scene.given import given
from ..strain.segments import MEASURED_VIEWS
from ..strain.strain import Strain
from ..tracks.tracks import Tracks


@dataclass(frozen=True)
class StrainSettings:
    """The settings of the parameter node that a measurement depends on; frames from 1, 0 means automatic."""

    view: str = "A4C"
    edFrame: int = 0
    esFrame: int = 0
    driftCompensation: bool = True


def measure_wall(tracks: Tracks, parameters: Any, **further: Any) -> Strain:
    """Return the strain of the middle layer of the wall, or of a free list in its order, without rejected points.

    Args:
        tracks: of the wall.
        parameters: the panel's settings.
        further: arguments of `measure_strain` that the panel has no setting for.
    """
    reviewed = reviewed_wall(tracks, parameters, **further)
    if reviewed.after is None:
        raise BadInput(reviewed.problem)
    return reviewed.after


def reviewed_wall(tracks: Tracks, parameters: Any, **further: Any) -> ReviewedStrain:
    """Return the strain before and after the decisions, with the panel's settings (see `measure_wall`)."""
    _refuse_frames(tracks.n_frames, parameters)
    return measure_reviewed(tracks, **wall_settings(parameters), **further)


def _refuse_frames(n_frames: int, parameters: Any) -> None:
    """Refuse frames in the words of the panel, which counts from 1; `strain` counts from 0."""
    for name, frame in (("ED", parameters.edFrame), ("ES", parameters.esFrame)):
        if frame > n_frames:
            text = _("{name} frame {frame} is outside the clip; its frames are 1 to {n}. 0 finds it automatically.")
            raise BadInput(text.format(name=name, frame=frame, n=n_frames))
    if 0 < parameters.edFrame == parameters.esFrame:
        raise BadInput(_("ED and ES are both frame {frame}; they must differ.").format(frame=parameters.edFrame))


def wall_settings(parameters: Any, browser: Any = None) -> dict[str, Any]:
    """Return the panel's settings, and what was said of the clip, as arguments of `measure_reviewed`."""
    return {
        **(given(browser).settings if browser is not None else {}),
        "view": parameters.view if parameters.view in MEASURED_VIEWS else "",
        "ed": parameters.edFrame - 1 if parameters.edFrame > 0 else None,
        "es": parameters.esFrame - 1 if parameters.esFrame > 0 else None,
        "drift_compensation": parameters.driftCompensation,
    }
