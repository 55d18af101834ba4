"""`echotracker strain`: strain from tracks of points in order along the wall."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from ..cine.cine import Cine
from ..cine.reading import read_cine
from ..errors import BadInput
from ..files import complete_folder
from ..i18n import readable
from ..strain.files import write_strain
from ..strain.layers import LAYERS, measure_layers
from ..strain.report.content import Part, Report, report_of_strain
from ..strain.report.files import write_report
from ..strain.result import Smoothing, Strain, natural_strain
from ..strain.segments import MEASURED_VIEWS
from ..tracks.files import read_tracks
from ..tracks.tracks import Tracks
from .output import add_command


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "strain",
        "Measure strain of a tracked wall: strain.csv, strain.json, strain.png.",
        "strain out/tracks.npz --view A4C --out out",
    )
    parser.add_argument("tracks", type=Path, metavar="TRACKS", help="tracks.npz (or .csv, .json), points in order")
    add_strain_arguments(parser)
    page = parser.add_argument_group("report")
    page.add_argument("--report", action="store_true", help="also write a one-page report: report.pdf, report.html")
    page.add_argument(
        "--clip", type=Path, metavar="CLIP", help="the clip, for the report's image and the ECG below the curves"
    )
    add_dicom_arguments(page)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.set_defaults(run=run)


def add_dicom_arguments(group: Any) -> None:
    """Add the options of a report in DICOM."""
    group.add_argument("--dicom", action="store_true", help="write the report as DICOM too (needs highdicom)")
    group.add_argument(
        "--identifiers", action="store_true", help="take patient and study of the DICOM clip into the DICOM files"
    )


def add_strain_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of a strain measurement, the same for every command that measures one."""
    wall = parser.add_argument_group("wall")
    wall.add_argument("--view", default="", choices=("", *MEASURED_VIEWS), help="names the segments")
    wall.add_argument(
        "--layer",
        default="",
        choices=("", *LAYERS, "all"),
        help="which layer of tracks of several (default: the middle one; the others are reported too)",
    )
    wall.add_argument(
        "--apex", metavar="LABEL", help="label of the point at the apex (default: farthest from the base)"
    )
    wall.add_argument("--turn", action="store_true", help="turn a wall round that was given from right to left")
    wall.add_argument("--closed", choices=("auto", "yes", "no"), default="auto", help="closed contour (default: auto)")
    wall.add_argument(
        "--exclude", action="append", default=[], metavar="LABEL", help="leave this point out (may be repeated)"
    )
    timing = parser.add_argument_group("timing")
    timing.add_argument(
        "--ed",
        type=int,
        nargs="+",
        metavar="K",
        help="end-diastolic frame, 0-based, one or one a beat (default: found)",
    )
    timing.add_argument(
        "--es", type=int, nargs="+", metavar="K", help="end-systolic frame, 0-based, one or one a beat (default: found)"
    )
    timing.add_argument("--cycle-end", type=int, metavar="K", help="next end-diastolic frame, 0-based (default: found)")
    timing.add_argument(
        "--avc-ms", type=float, metavar="MS", help="aortic valve closure, ms after the R wave or end-diastole"
    )
    timing.add_argument(
        "--mvo-ms",
        type=float,
        metavar="MS",
        help="mitral valve opening, ms after the R wave or end-diastole: a line in the chart",
    )
    timing.add_argument(
        "--r-times",
        nargs="+",
        metavar="S",
        help="R waves in seconds on the clip's clock, its first frame at 0 (default: those of the file)",
    )
    timing.add_argument(
        "--beat",
        type=int,
        nargs="+",
        metavar="B",
        help="beats that make up the value, by the numbers that are printed, from 0 (default: all complete ones)",
    )
    curve = parser.add_argument_group("curves")
    curve.add_argument(
        "--no-drift-compensation",
        dest="drift_compensation",
        action="store_false",
        help="leave the drift over the cycle in the curves (it is reported either way)",
    )
    curve.add_argument("--natural", action="store_true", help="natural strain ln(L/L0) instead of Lagrangian")
    curve.add_argument(
        "--smooth-ms",
        type=float,
        default=0.0,
        metavar="MS",
        help="smooth lengths in time, SD of the bell (default: off)",
    )
    curve.add_argument(
        "--smooth-along",
        type=float,
        default=0.0,
        metavar="PERCENT",
        help="smooth along the wall, SD of the bell in percent of its length (default: off)",
    )


def strain_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options as settings of `measure_layers`.

    Raises:
        BadInput: times that are no numbers, or a smoothing below zero.
    """
    if arguments.smooth_ms < 0 or arguments.smooth_along < 0:
        raise BadInput("Smoothing must not be negative; 0 is off.")
    return {
        "ed": arguments.ed,
        "es": arguments.es,
        "cycle_end": arguments.cycle_end,
        "beat": arguments.beat,
        "drift_compensation": arguments.drift_compensation,
        "excluded": tuple(dict.fromkeys(arguments.exclude)),
        "view": arguments.view,
        "layer": arguments.layer,
        "apex": arguments.apex,
        "turn": arguments.turn,
        "closed": {"auto": None, "yes": True, "no": False}[arguments.closed],
        "avc_s": None if arguments.avc_ms is None else arguments.avc_ms / 1000,
        "mvo_s": None if arguments.mvo_ms is None else arguments.mvo_ms / 1000,
        "r_times_s": _seconds(arguments.r_times) if arguments.r_times else None,
        "smoothing": Smoothing(arguments.smooth_ms, arguments.smooth_along),
    }


def _seconds(words: list[str]) -> tuple[float, ...]:
    """Return numbers typed with spaces or commas between them, rising."""
    try:
        return tuple(sorted(float(word) for text in words for word in text.split(",") if word))
    except ValueError as error:
        raise BadInput(f"--r-times must be numbers, seconds on the clip's clock ({error}).") from error


def run(arguments: argparse.Namespace) -> int:
    """Measure and write; return the exit code."""
    tracks = read_tracks(arguments.tracks)
    try:
        layers = measure_layers(tracks, **strain_settings(arguments))
    except BadInput as error:
        raise BadInput(f"{arguments.tracks.name}: {error}") from error
    if arguments.natural:
        natural = {name: natural_strain(other) for name, other in layers.others.items()}
        layers = replace(layers, main=natural_strain(layers.main), others=natural)
    strain = layers.main
    cine = None if arguments.clip is None else clip_of(arguments.clip, tracks)
    report = _report(arguments, strain, tracks, cine)
    with complete_folder(arguments.out) as folder:
        paths = write_strain(folder, strain, arguments.tracks.name, layers, None if cine is None else cine.ecg)
        if report is not None:
            by = identified_by([arguments.clip]) if arguments.identifiers else None
            paths += write_report(folder, report, arguments.dicom, by)
        names = [path.name for path in paths]
    if strain.excluded:
        sys.stderr.write(f"warning: Rejected by the reviewer or left out: {', '.join(strain.excluded)}.\n")
    for warning in strain.warnings:
        sys.stderr.write(f"warning: {warning}\n")
    sys.stdout.write("\n".join([*(str(arguments.out / name) for name in names), *summary(strain)]) + "\n")
    return 0


def _report(arguments: argparse.Namespace, strain: Strain, tracks: Tracks, cine: Optional[Cine]) -> Optional[Report]:
    """Return the report where one is asked for."""
    if not (arguments.report or arguments.dicom):
        return None
    name = (arguments.clip or arguments.tracks).name
    return report_of_strain(Part(name, strain, tracks, cine))


def clip_of(path: Path, tracks: Tracks) -> Cine:
    """Read the clip that tracks were made on.

    Raises:
        BadInput: it is another one.
    """
    cine = read_cine(path)
    if cine.n_frames != tracks.n_frames:
        raise BadInput(
            f"{path.name}: has {cine.n_frames} frames, the tracks {tracks.n_frames}. Name the clip that was tracked."
        )
    return cine


def identified_by(clips: Sequence[Optional[Path]]) -> Path:
    """Return the first clip that is a DICOM file.

    Raises:
        BadInput: none is.
    """
    for clip in clips:
        if clip is not None and clip.is_file():
            with clip.open("rb") as file:
                if file.read(132)[128:] == b"DICM":
                    return clip
    raise BadInput("--identifiers: no DICOM clip is named that could tell the patient.")


def summary(strain: Strain) -> list[str]:
    """Return the lines that the terminal shows."""
    lines = []
    for number, beat in enumerate(strain.beats):
        phases = beat.phases
        value = f"{readable(beat.gls_percent, 2)} %" if not beat.void_because else f"void: {beat.void_because}"
        left_out = "" if beat.used or beat.void_because else " (left out)"
        lines.append(f"beat {number}: ED frame {phases.ed}, ES frame {phases.es}, {strain.measure} {value}{left_out}")
    lines.append(f"ED frame {strain.ed}: {strain.phases.ed_source}")
    lines.append(f"ES frame {strain.es}: {strain.phases.es_source}")
    if strain.void_because:
        return [*lines, f"{strain.measure} void: {strain.void_because}"]
    spread = f", mean of {len(strain.used)} beats, SD {strain.gls_sd_percent:.2f}" if len(strain.used) > 1 else ""
    return [*lines, f"{strain.measure} {readable(strain.gls_percent, 2)} % at end-systole{spread}, {strain.definition}"]
