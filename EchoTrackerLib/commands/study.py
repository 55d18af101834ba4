"""`echotracker study`: up to three apical views of one heart, with one bull's-eye and one page to hand on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..files import complete_folder
from ..strain.files import write_strain
from ..strain.pictures.bullseye import model_for, printed, save_bullseye, title_of
from ..strain.pictures.scales import QUANTITIES
from ..strain.report.content import Part, report_of_study
from ..strain.report.files import write_report
from ..strain.study.bullseye import MODELS
from ..strain.study.files import write_study
from ..strain.study.manifest import MeasuredStudy, measure_manifest, read_manifest
from .output import add_command
from .strain import add_dicom_arguments, clip_of, identified_by


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "study",
        "Measure the apical views of one heart together: GLS per view and their mean, 16, 17 and 18 segments, "
        "bull's-eye, a one-page report (PDF, HTML). The manifest lists the clips: docs/study.md.",
        "study heart01.csv --out heart01",
    )
    parser.add_argument("manifest", type=Path, metavar="MANIFEST", help="CSV, one line a clip: view, tracks, clip ...")
    parser.add_argument("--segments", type=int, default=17, choices=MODELS, help="of the bull's-eye (default 17)")
    parser.add_argument(
        "--subject", default="", metavar="NAME", help="written into the files (default: the manifest's name)"
    )
    add_dicom_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and write; return the exit code."""
    measured = measure_manifest(read_manifest(arguments.manifest))
    pairs = zip(measured.entries, measured.tracks)
    cines = [None if entry.clip is None else clip_of(entry.clip, tracks) for entry, tracks in pairs]
    subject = arguments.subject or arguments.manifest.stem
    with complete_folder(arguments.out) as folder:
        names = _write(folder, measured, subject, arguments.segments)
        parts = [
            Part(member.name, member.strain, tracks, cine)
            for member, tracks, cine in zip(measured.study.members, measured.tracks, cines)
        ]
        report = report_of_study(measured.study, parts, arguments.segments, subject)
        source = identified_by([entry.clip for entry in measured.entries]) if arguments.identifiers else None
        names += [path.name for path in write_report(folder, report, arguments.dicom, source)]
    study = measured.study
    for text in study.notes:
        sys.stderr.write(f"note: {text}\n")
    for member in study.members:
        for text in member.strain.warnings:
            sys.stderr.write(f"warning: {member.view} {member.name}: {text}\n")
    lines = [str(arguments.out / name) for name in names]
    for view, result in study.views.items():
        why = f": {result.void_because}" if result.void_because else f", beats: {result.n_beats}"
        lines.append(f"{view} GLS {printed(result.gls_percent, 2)}{why}")
    lines.append(title_of(study.gls_by_view))
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _write(folder: Path, measured: MeasuredStudy, subject: str, model: int) -> list[str]:
    """Write the study's own files and those of its clips; return their names within the folder."""
    study = measured.study
    names = [path.name for path in write_study(folder, study, subject)]
    shown = model_for(tuple(study.views), model)
    for quantity in QUANTITIES:
        title = title_of(study.gls_by_view) if quantity is QUANTITIES[0] else quantity.label.capitalize()
        for suffix in ("png", "svg"):
            names.append(f"bullseye-{quantity.key}.{suffix}")
            save_bullseye(folder / names[-1], study.values(quantity.source), shown, quantity, title)
    for k, (member, entry) in enumerate(zip(study.members, measured.entries)):
        inside = folder / f"{k + 1}-{member.view}"
        inside.mkdir()
        written = write_strain(inside, member.strain, source=entry.tracks.name)
        names += [f"{inside.name}/{path.name}" for path in written]
    return names
