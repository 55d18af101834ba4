"""Aortic valve closure that one clip's file holds, for the study's other clips, scaled by RR, as `study` does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Optional

from ...i18n import tr as _
from ...scene.given import given, set_given
from ...scene.strain import given_frames
from ...strain.strain import Strain
from ...strain.study.timing import rr_s, scaled_avc_s
from ...strain.timing.sources import AVC, GIVEN, IN_THE_FILE
from ...tracks.tracks import Tracks
from ..strain_settings import StrainSettings, measure_wall


class Clip(NamedTuple):
    """A clip of the study: its sequence browser, its measurement."""

    browser: Any
    strain: Strain


def takers(clips: Mapping[str, Clip]) -> tuple[Optional[str], list[str]]:
    """Return (the clip whose file holds closure, those that may take it); None and [] where there is nothing to do.

    A clip keeps an end-systole or a closure of its own, and one that the user took away.
    """
    source = next((name for name, clip in clips.items() if _es(clip).endswith(IN_THE_FILE)), None)
    if source is None:
        return None, []
    rr = rr_s(clips[source].strain)
    found = []
    for name, clip in clips.items():
        known = any(b.phases.es_source == GIVEN or b.phases.es_source.startswith(AVC) for b in clip.strain.beats)
        if not known and not given(clip.browser).alone and scaled_avc_s(1.0, rr, rr_s(clip.strain)) is not None:
            found.append(name)
    return source, found


def give(clips: Mapping[str, Clip], source: str, name: str, avc_s: float, parameters: Any, tracks: Tracks) -> Strain:
    """Keep the scaled closure of `source` with a clip and return its new measurement."""
    clip = clips[name]
    keep(clip.browser, scaled_ms(1000 * avc_s, clips[source].strain, clip.strain), source)
    return measured(clip, parameters, tracks)


def measured(clip: Clip, parameters: Any, tracks: Tracks) -> Strain:
    """Return the measurement of a clip with all that was said of it."""
    ed, es = given_frames(clip.browser) or (0, 0)
    settings = StrainSettings(clip.strain.view, ed, es, parameters.driftCompensation)
    return measure_wall(tracks, settings, **given(clip.browser).settings)


def scaled_ms(avc_ms: float, source: Strain, own: Strain) -> float:
    """Return the closure of a clip (whole ms) by that of another one; 0 where there is none or an RR is unknown."""
    return float(round(1000 * (scaled_avc_s(avc_ms / 1000, rr_s(source), rr_s(own)) or 0)))


def keep(browser: Any, closure_ms: float, source: str) -> None:
    """Keep a closure with a clip, and from which other clip it is; none is not taken over again by itself."""
    known = closure_ms > 0
    said = given(browser)._replace(closure_ms=closure_ms, closure_from=source if known else "", alone=not known)
    set_given(browser, said)


def keep_opening(browser: Any, strain: Strain, source: str) -> None:
    """Keep the mitral valve opening with its clip that a measurement has from another one; the user's own stays."""
    if strain.mvo_source != GIVEN:
        opening_ms = float(round(1000 * (strain.mvo_s or 0)))
        said = given(browser)._replace(opening_ms=opening_ms, opening_from=source if opening_ms else "")
        set_given(browser, said)


def note(source: str, names: list[str]) -> str:
    """Return what is said of it."""
    return _("Aortic valve closure in the file of {source} is used for {names}, scaled by RR.").format(
        source=source, names=", ".join(names)
    )


def _es(clip: Clip) -> str:
    source = clip.strain.phases.es_source
    return source if source.startswith(AVC) else ""
