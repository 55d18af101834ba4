"""`echotracker train`: train a tracker's network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Optional

from ...errors import BadInput
from ..output import add_command, terminal_progress

_RECIPES = ("paper", "fine-tune", "echotracker-patches", "echotracker-encoders", "echotracker-small", "wallnet")


def add_parser(subparsers: Any) -> None:
    """Add the command's parser."""
    parser = add_command(
        subparsers,
        "train",
        "Train a tracker's network on synthetic or annotated clips; goes on where an earlier call was stopped.",
        "train --config wallnet --data clips/ --steps 4000 --out runs/wallnet",
    )
    parser.add_argument(
        "--config", default="paper", help=f"{', '.join(_RECIPES)}, or a JSON file of options (default: paper)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="folders of .npz clips with frames [T, rows, cols], tracks [N, T, 2] px and visible [N, T]; "
        "FOLDER=SHARE weights them",
    )
    parser.add_argument(
        "--warp",
        type=Path,
        nargs="+",
        default=[],
        metavar="CLIP",
        help="real clips (any that can be loaded) whose frames are moved by known smooth motion",
    )
    parser.add_argument(
        "--phantom", type=float, help="share of synthetic clips made on the way; 1 without --data and --warp"
    )
    parser.add_argument(
        "--write-clips",
        type=int,
        metavar="N",
        help="don't train: write N such clips into --out, to be read by later calls with --data (much faster than "
        "making them at each step); goes on where an earlier call was stopped",
    )
    parser.add_argument("--steps", type=int, help="optimizer steps in all")
    parser.add_argument("--seed", type=int)
    parser.add_argument(
        "--init",
        type=Path,
        metavar="FILE",
        help="weights to begin with: checkpoint.pt of another run, any file that `track --weights` takes for this "
        "network (the published checkpoint, a .safetensors file), or 'bundled'",
    )
    parser.add_argument("--check", type=Path, help="folder of .npz clips for evaluation; not trained on")
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda or mps")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.add_argument("--out", type=Path, required=True, help="folder of checkpoint and log")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Train, or write clips for training; a run in --out is continued to the step."""
    if arguments.write_clips is not None:
        return _write_clips(arguments)
    import torch

    from ...training.evaluation import check_on
    from ...training.log import training_log
    from ...training.loop import CHECKPOINT, prepare, resume_run, start_run, train

    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    checkpoint = arguments.out / CHECKPOINT
    if checkpoint.exists():
        training = resume_run(checkpoint)
        training.config = training.config.changed(steps=arguments.steps)
    else:
        config = _config(arguments.config).changed(
            steps=arguments.steps, seed=arguments.seed, phantom=arguments.phantom
        )
        training = start_run(config, arguments.init)
    try:
        training.objective.model.to(arguments.device)
    except (RuntimeError, AssertionError) as error:
        raise BadInput(f"--device {arguments.device}: cannot be used here; try --device cpu.") from error
    source = _source(arguments.data, arguments.warp, training.config)
    evaluate = None if arguments.check is None else check_on(arguments.check, training.config)
    with training_log(arguments.out / "log", training.step) as record, terminal_progress() as progress:
        if training.step == 0:
            prepare(training, source, progress)
        train(training, source, arguments.out, record, evaluate, progress)
    return 0


def _write_clips(arguments: argparse.Namespace) -> int:
    """Write the clips that are missing in --out; clip k depends on the seed and on k only."""
    import numpy as np

    from ...training.samples import write_sample

    if arguments.write_clips < 1:
        raise BadInput(f"--write-clips {arguments.write_clips}: must be at least 1.")
    config = _config(arguments.config).changed(seed=arguments.seed, phantom=arguments.phantom)
    source = _source(arguments.data, arguments.warp, config)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{arguments.out}: cannot be written ({error.strerror}). Choose another --out.") from error
    with terminal_progress() as progress:
        for number in range(arguments.write_clips):
            progress("Clips", number / arguments.write_clips)
            path = arguments.out / f"clip-{config.seed}-{number:05d}.npz"
            if not path.exists():
                write_sample(path, source.draw(np.random.default_rng([config.seed, number])))
        progress("Clips", 1.0)
    return 0


def _config(name: str) -> Any:
    from ...training.configuration import PRESETS, config_from_json

    if name in PRESETS:
        return PRESETS[name]
    try:
        return config_from_json(Path(name).read_text(encoding="utf-8"), Path(name).name)
    except OSError as error:
        raise BadInput(f"--config {name}: is neither a file nor one of {', '.join(PRESETS)}.") from error


def _source(folders: list[Path], warped: list[Path], config: Any) -> Any:
    from ...cine.reading import read_cine
    from ...training.samples import FolderSource, MixedSource, PhantomSource, Source, WarpSource, warpable

    sources: list[Source] = []
    shares: list[float] = []
    for text in map(str, folders):
        folder, _, share = text.partition("=")
        sources.append(FolderSource(Path(folder)))
        shares.append(_share(share, text))
    length = 2 * config.frames if config.augment else config.frames  # of a clip, frames
    if warped:
        sources.append(WarpSource([warpable(read_cine(path)) for path in warped], length, round(1.25 * config.size)))
        shares.append(1.0)
    synthetic: Optional[float] = config.phantom if sources else 1.0
    if synthetic:
        sources.append(PhantomSource(length))
        shares.append(synthetic)
    return MixedSource(sources, shares)


def _share(text: str, option: str) -> float:
    try:
        share = float(text or 1)
    except ValueError as error:
        raise BadInput(f"--data {option}: what follows '=' must be a number, the folder's share.") from error
    if share <= 0:
        raise BadInput(f"--data {option}: the share must be above 0.")
    return share
