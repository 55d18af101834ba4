"""The chart of a strain measurement: the curves of one beat, its phases, its values beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...cine.ecg import Ecg
from ...i18n import tr as _
from ..marks import opening_times_s, phase_marks, unmarked_sentences
from ..strain import LAGRANGIAN, Strain, StrainCurve
from ..timing.moved import ED
from ..timing.phases import Phases
from ..timing.sources import AVC
from .bullseye import printed
from .colors import segment_color, segment_style
from .drawing import new_figure, plain, save, wrapped

_SIZE_INCHES = (8.0, 5.0)
_POST_SYSTOLIC_INCHES = 1.2  # what its name needs between those of the phases
_POST_SYSTOLIC = "0.93"
ECG_COLOR = "#117733"
_ECG_ROOM = 0.16  # of the height of the curves


def save_chart(path: Path, strain: Strain, r_times_s: Sequence[float] = (), ecg: Optional[Ecg] = None) -> None:
    """Save the chart as PNG (1200 x 750 px), SVG or PDF; the same measurement gives the same bytes."""
    save(draw_chart(strain, r_times_s, ecg), path)


def draw_chart(strain: Strain, r_times_s: Sequence[float] = (), ecg: Optional[Ecg] = None) -> Any:
    """Return a matplotlib figure; R waves (s on the scale of the frames' times) become marks at the lower edge.

    The clip's ECG becomes a strip below the curves.
    """
    figure = new_figure(*_SIZE_INCHES)
    axes = figure.add_subplot()
    draw_curves(axes, strain, r_times_s, ecg)
    axes.set_title(" ", pad=12)  # room for the names of the phases
    figure.suptitle(chart_title(strain), x=0.01, ha="left", fontweight="bold", fontsize=12)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8, alignment="left", **legend_title(strain))
    caption = plain("\n".join(wrapped(_caption(strain), 0.97 * _SIZE_INCHES[0], 7.5)))
    figure.supxlabel(caption, fontsize=7.5, color="0.35", x=0.01, ha="left", linespacing=1.4)
    return figure


def draw_curves(axes: Any, strain: Strain, r_times_s: Sequence[float] = (), ecg: Optional[Ecg] = None) -> None:
    """Draw the shown beat's curves and phases into axes: global bold, with its drift thin, segments in their colors.

    Every line's label is its name and its end-systolic value, so that a legend can be made beside the axes.
    """
    times, phases = strain.times_s, strain.phases
    curves = [strain.curve, *strain.segments]
    axes.plot(times, strain.percent, color="black", linewidth=2.6, zorder=4, label=_label(strain.curve, phases))
    if strain.drift_compensated:
        label = f"global, drift of {printed(strain.curve.drift_percent)} left in"
        axes.plot(times, strain.curve.uncompensated_percent, color="0.55", linewidth=1.0, label=label)
    for piece in strain.segments:
        looks = {"color": segment_color(piece.name), "linestyle": segment_style(piece.name)}
        axes.plot(times, piece.percent, linewidth=1.3, label=_label(piece, phases), **looks)
    _mark_phases(axes, strain)
    for time_s in r_times_s:
        axes.annotate("R", (time_s, 0), (0, 5), ("data", "axes fraction"), "offset points", ha="center", fontsize=6)
        axes.plot(time_s, 0.0, "^", color="0.25", markersize=6, transform=axes.get_xaxis_transform(), clip_on=False)
    axes.axhline(0, color="0.7", linewidth=0.8, zorder=0)
    axes.set_xlim(times[0], times[-1])
    if not any(math.isfinite(value) for curve in curves for value in curve.percent):
        axes.set_ylim(-25, 5)
        axes.text(0.5, 0.5, "no strain", ha="center", va="center", color="0.4", transform=axes.transAxes)
    if ecg is not None:
        _draw_ecg(axes, ecg)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("strain (%)" if strain.definition == LAGRANGIAN else "natural strain (%)")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_ecg(axes: Any, ecg: Ecg) -> None:
    """Draw the ECG at the lower edge, and move the curves above it; it has no scale there."""
    low, high = axes.get_ylim()
    axes.set_ylim(low - (high - low) * _ECG_ROOM, high)
    place = axes.get_xaxis_transform()
    bottom, top = 0.03, _ECG_ROOM / (1 + _ECG_ROOM) - 0.01
    axes.plot(ecg.times_s, ecg.within(bottom, top), color=ECG_COLOR, linewidth=0.9, transform=place, zorder=1)
    name = "ECG" if ecg.unit is None else f"ECG ({float(np.ptp(ecg.values)):.3g} {ecg.unit})"
    axes.text(0.995, top, name, color=ECG_COLOR, fontsize=7, ha="right", va="bottom", transform=axes.transAxes)


def chart_title(strain: Strain) -> str:
    """Return view, global value and beat, e.g. "A4C  GLS -17.9 % (mean of 3 beats, SD 0.8), beat 2 shown"."""
    name = strain.measure if strain.definition == LAGRANGIAN else f"natural {strain.measure}"
    if not math.isfinite(strain.gls_percent):
        return f"{strain.view}  no {name}".strip()
    text = f"{strain.view}  {name} {printed(strain.gls_percent)}".strip()
    n = len(strain.used)
    if n > 1:
        return (
            f"{text} (mean of {n} beats, SD {printed(strain.gls_sd_percent, unit='')}), beat {strain.shown + 1} shown"
        )
    return f"{text}, beat {strain.shown + 1} of {len(strain.beats)}" if len(strain.beats) > 1 else text


def legend_title(strain: Strain) -> dict[str, Any]:
    """Return the legend's title and its size, as matplotlib's arguments."""
    beat = f"beat {strain.shown + 1}, " if len(strain.beats) > 1 else ""
    return {"title": f"{beat}at end-systole", "title_fontsize": 9}


def es_name(strain: Strain) -> str:
    """Return what stands at end-systole: "AVC" where aortic valve closure is known, else "ES"."""
    return "AVC" if strain.phases.es_source.startswith(AVC) else "ES"


def _label(curve: StrainCurve, phases: Phases) -> str:
    void = curve.void_because or phases.void_because  # of a beat that is cut off before ES nothing is an ES value
    return f"{curve.name}  {printed(math.nan if void else float(curve.percent[phases.es]))}"


def _mark_phases(axes: Any, strain: Strain) -> None:
    """Draw lines at ED, ES or AVC and MVO of every beat, shade what comes after systole, dot the global value.

    The lines of the beats that are not shown are fainter.
    """
    phases, times = strain.phases, strain.times_s
    place = {"xytext": (0, 3), "textcoords": "offset points", "ha": "center", "va": "bottom", "fontsize": 8.5}
    for kind, frame in phase_marks(strain):
        own = frame in (phases.ed, phases.es, phases.cycle_end)
        color = "0.4" if own else "0.75"
        axes.axvline(times[frame], color=color, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0.5)
        name = "ED" if kind == ED else es_name(strain)
        axes.annotate(
            name, (times[frame], 1.0), xycoords=("data", "axes fraction"), color="black" if own else "0.6", **place
        )
    for time_s in opening_times_s(strain):
        axes.axvline(time_s, color="0.4", linewidth=0.9, linestyle=(0, (1, 2)), zorder=0.5)
        axes.annotate("MVO", (time_s, 1.0), xycoords=("data", "axes fraction"), **place)
    if phases.es > phases.ed and math.isfinite(phases.es_doubt_ms):
        end = times[-1 if phases.cycle_end is None else phases.cycle_end]
        axes.axvspan(times[phases.es], end, color=_POST_SYSTOLIC, linewidth=0, zorder=0)
        width = axes.get_position().width * axes.get_figure().get_figwidth()
        if (end - times[phases.es]) / (times[-1] - times[0]) * width > _POST_SYSTOLIC_INCHES:
            middle = (times[phases.es] + end) / 2
            axes.annotate("post-systolic", (middle, 1.0), xycoords=("data", "axes fraction"), **place, color="0.45")
    if not strain.curve.void_because:
        axes.plot(times[phases.es], strain.percent[phases.es], "o", color="black", markersize=7, zorder=5)


def _caption(strain: Strain) -> str:
    """Return the definition below the curves."""
    phases, times = strain.phases, strain.times_s
    space = "\N{NO-BREAK SPACE}"
    parts = [
        _("{upper}{definition}; reference: tracked wall at ED.").format(
            upper=strain.definition[0].upper(), definition=strain.definition[1:]
        )
    ]
    parts.append(_("Linear drift over the cycle removed.") if strain.drift_compensated else "Drift not compensated.")
    for name, frame, doubt, source in (
        ("ED", phases.ed, phases.ed_doubt_ms, phases.ed_source),
        (es_name(strain), phases.es, phases.es_doubt_ms, phases.es_source),
    ):
        sure = f" \N{PLUS-MINUS SIGN}{space}{doubt:.0f}{space}ms" if math.isfinite(doubt) and doubt >= 0.5 else ""
        parts.append(
            _("{name} {times:.3f}{space}s{sure}: {source}.").format(
                name=name, times=times[frame], space=space, sure=sure, source=source
            )
        )
    if strain.layer:
        parts.append(f"Layer: {strain.layer}.")
    if strain.void_because:
        parts.append(f"No {strain.measure}: {strain.void_because}.")
    parts += [*unmarked_sentences(strain), *strain.lost]
    if strain.unit == "px":
        parts.append("Pixel spacing unknown.")
    parts.append("Research use only.")
    return " ".join(parts)
