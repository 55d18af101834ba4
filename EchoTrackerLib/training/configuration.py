"""What a training run depends on; the defaults are the recipe of the EchoTracker paper."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Optional

from ..errors import BadInput


@dataclass(frozen=True)
class TrainingConfig:
    """Recipe of a run. The defaults are the paper's (MICCAI 2024); every other value is a departure by name.

    Attributes:
        model: "echotracker" or "wallnet".
        objective: "tracks"; or, before the tracks, for the encoders of EchoTracker alone, "patches" (the fine one
            learns to describe patches) and then "matching" (both learn to find points again).
        steps: optimizer steps.
        accumulate: clips a step.
        frames: length of a clip; shorter clips are used whole.
        shortest: with a number, clips have a random length from this to `frames`.
        size: px of the square clip.
        points: tracks of a clip that are trained on.
        iterations: refinements.
        learning_rate, weight_decay, epsilon: of AdamW.
        schedule: "one-cycle", linear with `warm_up`, or "flat" after the warm-up.
        clip_norm: of the gradient.
        gamma: weight of an earlier prediction against the next one.
        query: "first", "random" or "late" (near 72-75 % of the clip).
        augment: impartial motion and varied looks.
        velocity: weight of the error of frame-to-frame motion.
        lines: share of clips of which whole lines of points are taken instead of any points.
        precision_weight: weight of precise displacements beside the cross-entropy of matches.
        scattered: share of clips whose frames are drawn from the whole clip instead of being consecutive (for
            matching).
        local: the weights of EchoTracker's frame flow and start position stay zero: crops teach only what is seen
            around a point, which holds for whole frames as well.
        windows: clips from whose correlation windows EchoTracker's refinement is fitted before the first step.
        freeze: names that the frozen parameters begin with.
        precision: "float32", or "bfloat16" for mixed precision.
        seed: of weights, data and augmentation.
        save_every: steps between checkpoints.
        evaluate_every: steps between evaluations on `--check` data.
        phantom: share of phantom clips made on the fly beside the given data.
    """

    model: str = "echotracker"
    objective: str = "tracks"
    steps: int = 100_000
    accumulate: int = 1
    frames: int = 24
    shortest: Optional[int] = None
    size: int = 256
    points: int = 128
    iterations: int = 4
    learning_rate: float = 5e-4
    weight_decay: float = 1e-6
    epsilon: float = 1e-8
    schedule: str = "one-cycle"
    warm_up: float = 0.1
    clip_norm: float = 10.0
    gamma: float = 0.8
    query: str = "first"
    augment: bool = False
    velocity: float = 0.0
    lines: float = 0.0
    precision_weight: float = 0.3
    scattered: float = 0.0
    local: bool = False
    windows: int = 0
    freeze: tuple[str, ...] = ()
    precision: str = "float32"
    seed: int = 0
    save_every: int = 100
    evaluate_every: int = 0
    phantom: float = 0.0

    def __post_init__(self) -> None:
        choices = {
            "model": ("echotracker", "wallnet"),
            "objective": ("tracks", "matching", "patches"),
            "schedule": ("one-cycle", "flat"),
            "query": ("first", "random", "late"),
            "precision": ("float32", "bfloat16"),
        }
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise BadInput(f"Training option {name} = '{getattr(self, name)}'; it can be {', '.join(allowed)}.")
        for name in ("steps", "accumulate", "points", "iterations", "save_every"):
            if getattr(self, name) < 1:
                raise BadInput(f"Training option {name} must be at least 1, not {getattr(self, name)}.")
        if self.frames < 2 or (self.shortest is not None and not 2 <= self.shortest <= self.frames):
            raise BadInput("A training clip needs at least 2 frames, and `shortest` at most `frames`.")
        if self.size < 32 or self.size % 16:
            raise BadInput(f"Training option size must be a multiple of 16 from 32 on, not {self.size}.")

    def to_json(self) -> str:
        """Return the configuration as JSON text."""
        return json.dumps(asdict(self), indent=1)

    def changed(self, **values: Any) -> TrainingConfig:
        """Return a copy with these values; None keeps the present one."""
        return replace(self, **{name: value for name, value in values.items() if value is not None})


_IMPARTIAL = TrainingConfig(query="random", augment=True)

# Names for `train --config`.
PRESETS = {
    "paper": TrainingConfig(),
    "fine-tune": _IMPARTIAL.changed(
        size=256,
        shortest=8,
        points=64,
        freeze=("fnet.", "delta_block_spatial"),
        learning_rate=5e-5,
        steps=500,
        save_every=50,
    ),
    "echotracker-patches": _IMPARTIAL.changed(
        objective="patches", size=128, frames=4, points=8, scattered=1.0, learning_rate=2e-3, steps=2000
    ),
    "echotracker-encoders": _IMPARTIAL.changed(
        objective="matching",
        size=128,
        frames=6,
        points=96,
        scattered=0.5,
        learning_rate=1.5e-3,
        steps=3000,
        precision_weight=4.0,
    ),
    "echotracker-small": _IMPARTIAL.changed(
        size=128,
        frames=24,
        shortest=8,
        points=64,
        local=True,
        windows=400,
        velocity=0.3,
        freeze=("fnet.", "delta_block_spatial"),
        steps=20_000,
    ),
    "wallnet": _IMPARTIAL.changed(
        model="wallnet",
        steps=4000,
        frames=10,
        size=128,
        points=96,
        scattered=1.0,
        learning_rate=1.5e-3,
        weight_decay=1e-5,
        clip_norm=5.0,
    ),
}


def config_from_json(text: str, name: str = "configuration") -> TrainingConfig:
    """Return the configuration written by `to_json`.

    Raises:
        BadInput: not JSON, or an unknown option; the message names it.
    """
    try:
        values = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{name}: is not JSON ({error}).") from error
    known = {field.name for field in fields(TrainingConfig)}
    if not isinstance(values, dict) or set(values) - known:
        unknown = ", ".join(sorted(set(values) - known)) if isinstance(values, dict) else "not an object"
        raise BadInput(f"{name}: unknown training options ({unknown}); known are {', '.join(sorted(known))}.")
    if "freeze" in values:
        values["freeze"] = tuple(values["freeze"])
    try:
        return TrainingConfig(**values)
    except TypeError as error:
        raise BadInput(f"{name}: {error}.") from error
