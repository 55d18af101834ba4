"""The training loop: deterministic given the seed, and resumable to the step."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

import numpy as np
import torch
from torch import Tensor

from ..errors import BadInput
from ..progress import IsCancelled, Progress, never_cancelled, no_progress
from ..resources import resource_path
from ..tracking.echotracker.checkpoint import read_checkpoint
from ..tracking.echotracker.network import EchoTrackerNet
from ..tracking.echotracker.tracker import BUNDLED_WEIGHTS as ECHOTRACKER
from ..tracking.wallnet.tracker import BUNDLED_WEIGHTS as WALLNET
from ..tracking.wallnet.weights import read_weights
from .batch import draw_batch
from .checkpoint import is_checkpoint, load_checkpoint, save_checkpoint
from .configuration import TrainingConfig, config_from_json
from .objectives import Objective, create_objective, to_tensors
from .samples import Source
from .windows import fit_windows

CHECKPOINT = "checkpoint.pt"
_logger = logging.getLogger("EchoTracker")
# record(tag, value, step): where the curves go, e.g. TensorBoard.
Record = Callable[[str, float, int], None]


@dataclass
class TrainingRun:
    """A training run in memory.

    Attributes:
        config: the recipe.
        objective: network and loss.
        optimizer: AdamW over the parameters that are not frozen.
        step: optimizer steps done.
        metrics: the latest figures, for logs and exported files.
        seconds: time spent training, over all sessions.
        start: where EchoTracker's refinement begins, as the file of the initial weights says; "" if none says it.
    """

    config: TrainingConfig
    objective: Objective
    optimiser: torch.optim.Optimizer
    step: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    start: str = ""


def start_run(config: TrainingConfig, initial: Optional[Path] = None) -> TrainingRun:
    """Return a fresh run, its weights random by the seed or those of `initial` (see `initial_weights`)."""
    torch.manual_seed(config.seed)
    objective, start = create_objective(config), ""
    if initial is not None:
        state, objective_then, start = initial_weights(initial, config.model)
        only_encoders = config.objective == "tracks" != objective_then
        if only_encoders:
            fresh = objective.model.state_dict()
            state = {name: state[name] if name.startswith("fnet") else fresh[name] for name in fresh}
        wrong = {k for k, v in objective.model.state_dict().items() if k not in state or state[k].shape != v.shape}
        if wrong:
            raise BadInput(f"{initial.name}: is of another network; it lacks {len(wrong)} of its tensors.")
        objective.model.load_state_dict(state)
    for name, parameter in objective.model.named_parameters():
        parameter.requires_grad_(not any(name.startswith(prefix) for prefix in config.freeze))
    trained = [p for p in objective.model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(
        trained, lr=config.learning_rate, weight_decay=config.weight_decay, eps=config.epsilon
    )
    return TrainingRun(config, objective, optimiser, start=start)


def initial_weights(path: Path, model: str) -> tuple[dict[str, Tensor], str, str]:
    """Return tensors by name, the objective that they were trained for, and where the refinement starts ("": not said).

    Args:
        path: a run's checkpoint, or any file that the tracker of `model` takes as its weights; "bundled": its own.
        model: "echotracker" or "wallnet".

    Raises:
        BadInput: not readable, or of another network; the message says what it seems to be.
    """
    if str(path) == "bundled":
        path = resource_path({"echotracker": ECHOTRACKER, "wallnet": WALLNET}[model])
    if is_checkpoint(path):
        state = load_checkpoint(path)
        return state["model"], json.loads(state["config"]).get("objective", "tracks"), state.get("start", "")
    if model == "wallnet":
        return dict(read_weights(path).state), "tracks", ""
    weights = read_checkpoint(path)
    return dict(weights.state), "tracks", weights.start


def prepare(run: TrainingRun, source: Source, progress: Progress = no_progress) -> None:
    """Do what comes before the first step, if the recipe asks for it: fit the refinement to correlation windows."""
    if isinstance(run.objective.model, EchoTrackerNet) and run.config.windows:
        left = fit_windows(run.objective.model, source, run.config, run.config.windows, progress)
        run.metrics["windows_px"] = left


def resume_run(path: Path) -> TrainingRun:
    """Return the run exactly as it was when its checkpoint was written."""
    state = load_checkpoint(path)
    run = start_run(config_from_json(state["config"], path.name))
    run.objective.model.load_state_dict(state["model"])
    run.optimiser.load_state_dict(state["optimiser"])
    run.step, run.metrics, run.seconds = state["step"], dict(state["metrics"]), state["seconds"]
    run.start = state.get("start", "")
    return run


def save_run(run: TrainingRun, path: Path) -> None:
    """Write the run's checkpoint; the data position is the step itself (see `draw_batch`)."""
    save_checkpoint(
        path,
        {
            "config": run.config.to_json(),
            "model": run.objective.model.state_dict(),
            "optimiser": run.optimiser.state_dict(),
            "step": run.step,
            "metrics": run.metrics,
            "seconds": run.seconds,
            "start": run.start,
        },
    )


def learning_rate(config: TrainingConfig, step: int) -> float:
    """One-cycle linear schedule: from 1/25 of the rate up to it, then down to nearly nothing; or flat."""
    rise = max(config.warm_up * config.steps, 1.0)
    if step < rise:
        return config.learning_rate * (0.04 + 0.96 * step / rise)
    if config.schedule == "flat":
        return config.learning_rate
    return config.learning_rate * max(1 - (step - rise) / max(config.steps - rise, 1), 4e-6)


def train(
    run: TrainingRun,
    source: Source,
    folder: Path,
    record: Optional[Record] = None,
    evaluate: Optional[Callable[[Objective], dict[str, float]]] = None,
    progress: Progress = no_progress,
    cancelled: IsCancelled = never_cancelled,
) -> TrainingRun:
    """Train until the configured number of steps is done; write `checkpoint.pt` to `folder` on the way.

    Args:
        run: from `start_run` or `resume_run`; changed in place.
        source: clips.
        folder: gets the checkpoint; written at the end and on cancelling, too.
        record: gets loss, learning rate and metrics.
        evaluate: called every `evaluate_every` steps.
        progress: fraction of all steps.
        cancelled: asked before each step.
    """
    config, path = run.config, folder / CHECKPOINT
    model = run.objective.model
    device = next(model.parameters()).device
    while run.step < config.steps and not cancelled():
        began = time.monotonic()
        figures = optimise(run, source, device)
        run.seconds += time.monotonic() - began
        run.step += 1
        run.metrics.update(figures)
        if record is not None:
            for name, value in figures.items():
                record(f"train/{name}", value, run.step)
        if evaluate is not None and config.evaluate_every and run.step % config.evaluate_every == 0:
            with _evaluating(model):
                checked = evaluate(run.objective)
            run.metrics.update({f"check_{name}": value for name, value in checked.items()})
            for name, value in checked.items():
                if record is not None:
                    record(f"check/{name}", value, run.step)
            _logger.info("Step %d: %s", run.step, {k: round(v, 3) for k, v in checked.items()})
        if run.step % config.save_every == 0:
            save_run(run, path)
        progress("Training", run.step / config.steps)
    save_run(run, path)
    return run


def optimise(run: TrainingRun, source: Source, device: torch.device) -> dict[str, float]:
    """One optimizer step over `accumulate` clips; return loss, error and learning rate."""
    config, model = run.config, run.objective.model
    rate = learning_rate(config, run.step)
    for group in run.optimiser.param_groups:
        group["lr"] = rate
    run.optimiser.zero_grad(set_to_none=True)
    losses, errors = [], []
    for part in range(config.accumulate):
        batch = to_tensors(draw_batch(source, config, run.step, part), device)
        rng = np.random.default_rng([config.seed, run.step, part, 1_000_000])
        torch.manual_seed(int(rng.integers(2**31)))
        with torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16"):
            loss, positions = run.objective.loss(batch, rng)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"The loss of step {run.step + 1} is not finite; lower the learning rate.")
        (loss / config.accumulate).backward()
        losses.append(float(loss.detach()))
        if len(positions):
            errors.append(_mean_error(positions, batch.tracks, batch.visible))
    norm = torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], config.clip_norm)
    run.optimiser.step()
    figures = {"loss": float(np.mean(losses)), "gradient_norm": float(norm), "learning_rate": rate}
    if errors:
        figures["error_px"] = float(np.mean([e[0] for e in errors]))
        figures["error_of_static"] = float(np.mean([e[0] / max(e[1], 1e-3) for e in errors]))
    return figures


def _mean_error(positions: Tensor, truth: Tensor, visible: Tensor) -> tuple[float, float]:
    """Mean distance px of a result, and of points that stay where their track's median is."""
    distance = torch.linalg.norm(positions - truth, dim=-1)[visible].mean()
    still = torch.linalg.norm(truth.median(1, keepdim=True).values - truth, dim=-1)[visible].mean()
    return float(distance), float(still)


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train()
