"""`echotracker phantom`: a synthetic clip with exactly known motion, as files."""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInput
from ..files import complete_folder
from ..phantom.parameters import TRAINING, VIEWS, WIDE, PhantomParameters, draw_parameters
from .output import add_command, terminal_progress

if TYPE_CHECKING:
    from ..phantom.phantom import Phantom

SAMPLES = ("clean", "noisy")
RANGES = {"training": TRAINING, "wide": WIDE}


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser."""
    parser = add_command(
        subparsers,
        "phantom",
        "Make a synthetic clip with its exact motion: phantom.npz, .dcm, .mp4, truth and strain.",
        "phantom --seed 7 --view A4C --out out",
    )
    parser.add_argument("--seed", type=int, default=0, help="draws the clip's parameters and speckle (default 0)")
    parser.add_argument("--view", choices=VIEWS, help="default: drawn")
    parser.add_argument("--ranges", choices=tuple(RANGES), default="training", help="what parameters are drawn from")
    parser.add_argument("--sample", choices=SAMPLES, help="a fixed sample clip instead of drawn parameters")
    parser.add_argument("--parameters", type=Path, metavar="JSON", help="parameters.json of an earlier call")
    parser.add_argument("--size", type=int, metavar="PX", help="rows and columns (default 256)")
    parser.add_argument("--frames", type=int, metavar="T", help="number of frames (default: 1 to 3 beats)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Make the clip and write its files; return the exit code."""
    parameters = _parameters(arguments)
    from ..phantom.phantom import generate

    with complete_folder(arguments.out) as folder:
        with terminal_progress() as progress:
            phantom = generate(parameters, progress)
        _write(folder, phantom)
        names = sorted(path.name for path in folder.iterdir())
    strain = phantom.true_strain_percent[phantom.es_frame]
    lines = [str(arguments.out / name) for name in names]
    lines.append(
        f"true strain of the mid-wall {strain:.2f} % (ED frame {phantom.ed_frame}, ES frame {phantom.es_frame})"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _parameters(arguments: argparse.Namespace) -> PhantomParameters:
    if arguments.parameters is not None:
        try:
            parameters = PhantomParameters.from_json(arguments.parameters.read_text(encoding="utf-8"))
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise BadInput(f"{arguments.parameters.name}: is not a phantom's parameters.json ({error}).") from error
    elif arguments.sample is not None:
        from ..phantom.sample import SAMPLE_A4C, SAMPLE_NOISY

        parameters = SAMPLE_A4C if arguments.sample == "clean" else SAMPLE_NOISY
    else:
        parameters = draw_parameters(arguments.seed, RANGES[arguments.ranges], view=arguments.view)
    if arguments.size is not None:
        parameters = replace(parameters, rows=arguments.size, cols=arguments.size)
    return replace(parameters, n_frames=arguments.frames) if arguments.frames is not None else parameters


def _write(folder: Path, phantom: Phantom) -> None:
    """Clip as npz (with `tracks`, `visible`), DICOM and MP4; truth; overlay; strain; parameters."""
    import numpy as np

    from ..cine.export import write_dicom, write_mp4
    from ..cine.overlay import write_overlay
    from ..tracks.files import write_tracks

    cine, truth = phantom.cine, phantom.truth
    with (folder / "phantom.npz").open("wb") as stream:
        np.savez_compressed(
            stream,
            frames=cine.frames,
            times_s=cine.times_s,
            spacing_mm=np.asarray(cine.spacing_mm),
            tracks=np.concatenate(list(phantom.contours.values())),
            visible=np.concatenate([phantom.visible(line) for line in phantom.contours.values()]),
            labels=np.array([f"{name}-{i + 1}" for name, line in phantom.contours.items() for i in range(len(line))]),
            ed_frame=phantom.ed_frame,
            es_frame=phantom.es_frame,
        )
    write_dicom(folder / "phantom.dcm", cine, seed=phantom.parameters.digest)
    write_mp4(folder / "phantom.mp4", cine)
    write_tracks(folder / "truth.npz", truth)
    write_overlay(folder / "overlay.mp4", cine, truth.positions, truth.visible)
    (folder / "parameters.json").write_text(phantom.parameters.to_json() + "\n", encoding="utf-8")
    _write_strain(folder / "truth_strain.csv", phantom)


def _write_strain(path: Path, phantom: Phantom) -> None:
    """One row a frame: time, mid-wall, endocardial and epicardial strain, six segments, all in percent."""
    segments = phantom.segment_strain_percent
    layers = {name: phantom.layer_strain_percent(name) for name in phantom.contours}
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        names = [f"{name}_percent" for name in layers] + [f"mid_segment_{i + 1}_percent" for i in range(len(segments))]
        writer.writerow(["frame", "time_s", *names])
        for t, time in enumerate(phantom.cine.times_s):
            values = [curve[t] for curve in layers.values()] + [curve[t] for curve in segments]
            writer.writerow([t, f"{time:.6f}", *(f"{value:.4f}" for value in values)])
