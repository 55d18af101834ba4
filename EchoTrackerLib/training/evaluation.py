"""Figures on clips that are not trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable

import numpy as np

from ..tracks.metrics import point_tracking_metrics
from .batch import draw_batch
from .configuration import TrainingConfig
from .objectives import Objective, to_tensors
from .samples import FolderSource, TrainingClip, read_sample


class _OneClip:
    def __init__(self, sample: TrainingClip) -> None:
        self.sample = sample

    def draw(self, rng: np.random.Generator) -> TrainingClip:
        return self.sample


def check_on(folder: Path, config: TrainingConfig, most: int = 8) -> Callable[[Objective], dict[str, float]]:
    """Return a function that tracks up to `most` clips of a folder and gives the mean of their figures.

    Every clip is used whole and unchanged, at the size that is trained at, from a query frame that depends on the
    clip's number only. Besides the network's figures there are those of points that never move.

    Raises:
        BadInput: the folder holds no clip.
    """
    samples = [read_sample(path) for path in FolderSource(folder).paths[:most]]
    check = replace(config, frames=100_000, shortest=None, augment=False, lines=1.0)
    batches = [draw_batch(_OneClip(sample), check, 0, number) for number, sample in enumerate(samples)]

    def evaluate(objective: Objective) -> dict[str, float]:
        device = next(objective.model.parameters()).device
        results = []
        for number, batch in enumerate(batches):
            loss, positions = objective.loss(to_tensors(batch, device), np.random.default_rng(number))
            figures = {"loss": float(loss.detach())}
            static = np.repeat(batch.tracks[:, batch.query_frame, None], len(batch.frames), axis=1)
            for prefix, estimate in (("", positions.cpu().numpy()), ("static_", static)):
                if len(estimate) and batch.query_frame < len(batch.frames) - 1:
                    measured = point_tracking_metrics(
                        batch.tracks, estimate, batch.visible, (config.size, config.size), batch.query_frame
                    )
                    figures.update({prefix + name: float(value) for name, value in measured.items()})
            results.append(figures)
        return {name: float(np.mean([r[name] for r in results if name in r])) for name in results[0]}

    return evaluate
