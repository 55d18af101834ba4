"""`info`: what a clip holds: frames, times, spacing, regions, and what the user should know before tracking.

With `--json` one object with these keys, which stay as they are:

| key | value |
| --- | --- |
| name | the clip's file name without suffix (no folder) |
| frames, rows, cols | numbers |
| fps | frames per second by the median frame interval; null for one frame and where times are unknown |
| irregular_times | true when a frame interval differs from the median by more than 10 % |
| times_s | frame times in s, the first 0 |
| time_source | e.g. "FrameTimeVector", "FrameTime", "time stamps of the video", "unknown" |
| spacing_mm | [row, col], or null when unknown |
| spacing_source | e.g. "DICOM region 1 (tissue)", "PixelSpacing", "unknown" |
| regions | list of {"kind", "bounds_px": [x0, y0, x1, y1] (inclusive), "spacing_mm": [row, col] or null} |
| colour | whether the clip has colored pixels |
| heart_rate_bpm | number or null |
| r_times_s | R waves in s after the first frame, or null |
| ecg | {"samples", "first_s", "last_s", "unit" or null}, or null |
| avc_s | aortic valve closure in s after the R wave, or null |
| warnings | list of sentences |
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from ..cine.cine import Cine
from ..cine.ecg import Ecg
from ..cine.times import ASSUMED_FPS, is_irregular
from .output import add_command, terminal_progress

_KEYS = (
    "keys of --json: name, frames, rows, cols, fps, irregular_times, times_s, time_source, spacing_mm [row, col] or\n"
    "null, spacing_source, regions [{kind, bounds_px [x0, y0, x1, y1], spacing_mm}], colour, heart_rate_bpm,\n"
    "r_times_s, avc_s, ecg {samples, first_s, last_s, unit}, warnings"
)


def add_parser(subparsers: Any) -> None:
    """Add `info` to the command line."""
    parser = add_command(
        subparsers,
        "info",
        "Show frames, times, pixel spacing and where they come from, regions and warnings of a clip.",
        "info clip.dcm --json",
    )
    parser.epilog = f"{parser.epilog}\n\n{_KEYS}"
    parser.add_argument("clip", type=Path, metavar="CLIP", help="any clip that `track` reads")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run `info`."""
    from ..cine.reading import read_cine

    with terminal_progress() as progress:
        cine = read_cine(arguments.clip, progress)
    facts = describe(cine)
    text = json.dumps(facts, allow_nan=False) if arguments.json else as_text(facts)
    sys.stdout.write(text + "\n")
    return 0


def describe(cine: Cine) -> dict[str, Any]:
    """Return the facts of a clip under the keys of `--json`."""
    return {
        "name": cine.name,
        "frames": cine.n_frames,
        "rows": cine.size[1],
        "cols": cine.size[0],
        "fps": None if cine.known_fps is None else round(cine.known_fps, 6),
        "irregular_times": is_irregular(cine.times_s),
        "times_s": [round(float(t), 6) for t in cine.times_s],
        "time_source": cine.time_source,
        "spacing_mm": None if cine.spacing_mm is None else list(cine.spacing_mm),
        "spacing_source": cine.spacing_source,
        "regions": [
            {
                "kind": region.kind,
                "bounds_px": list(region.bounds_px),
                "spacing_mm": None if region.spacing_mm is None else list(region.spacing_mm),
            }
            for region in cine.regions
        ],
        "colour": cine.colour is not None,
        "heart_rate_bpm": cine.heart_rate_bpm,
        "r_times_s": None if cine.r_times_s is None else [round(float(t), 6) for t in cine.r_times_s],
        "avc_s": cine.avc_s,
        "ecg": None if cine.ecg is None else _ecg(cine.ecg),
        "warnings": list(cine.warnings),
    }


def _ecg(ecg: Ecg) -> dict[str, Any]:
    return {"samples": len(ecg.times_s), "first_s": ecg.times_s[0], "last_s": ecg.times_s[-1], "unit": ecg.unit}


def as_text(facts: dict[str, Any]) -> str:
    """Return the facts of `describe` as lines to read."""
    lines = [
        facts["name"],
        f"  frames   {facts['frames']}, {facts['cols']} x {facts['rows']} px (columns x rows)"
        + (", color" if facts["colour"] else ", gray"),
        f"  times    {_times_text(facts)}",
        f"  spacing  {_spacing_text(facts)}",
    ]
    if facts["heart_rate_bpm"] is not None:
        lines.append(f"  heart    {facts['heart_rate_bpm']:g} beats/min")
    if facts["r_times_s"] is not None:
        lines.append("  R waves  " + ", ".join(f"{time:.3f}" for time in facts["r_times_s"]) + " s")
    if facts["avc_s"] is not None:
        lines.append(f"  AVC      {1000 * facts['avc_s']:.0f} ms after the R wave")
    if facts["ecg"] is not None:
        ecg = facts["ecg"]
        lines.append(f"  ECG      {ecg['samples']} samples, {ecg['first_s']:.3f} to {ecg['last_s']:.3f} s")
    for index, region in enumerate(facts["regions"], start=1):
        x0, y0, x1, y1 = region["bounds_px"]
        lines.append(
            f"  region {index} {region['kind']}, columns {x0} to {x1}, rows {y0} to {y1}, "
            + ("no scale in cm" if region["spacing_mm"] is None else _mm_text(region["spacing_mm"]))
        )
    lines += [f"  warning: {warning}" for warning in facts["warnings"]]
    return "\n".join(lines)


def _times_text(facts: dict[str, Any]) -> str:
    if facts["frames"] == 1:
        return f"one frame ({facts['time_source']})"
    if facts["fps"] is None:
        return f"unknown: {facts['frames']} frames, played at {ASSUMED_FPS:g} frames/s"
    kind = "irregular, median " if facts["irregular_times"] else ""
    return f"{kind}{facts['fps']:.2f} frames/s, {facts['times_s'][-1]:.3f} s ({facts['time_source']})"


def _spacing_text(facts: dict[str, Any]) -> str:
    if facts["spacing_mm"] is None:
        return "unknown: lengths will be in px"
    return f"{_mm_text(facts['spacing_mm'])} ({facts['spacing_source']})"


def _mm_text(spacing: Any) -> str:
    return f"{spacing[0]:.4g} x {spacing[1]:.4g} mm (row x column)"
