"""From a training checkpoint to the weights that ship: float16 safetensors with a block of facts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from .. import __version__
from ..files import complete_file
from .checkpoint import load_checkpoint
from .configuration import config_from_json

_LICENCE = "MIT"


def export_weights(
    checkpoint: Path, out: Path, data: str, licence: str = _LICENCE, warning: str = ""
) -> dict[str, str]:
    """Write a checkpoint's weights as float16 safetensors.

    Args:
        checkpoint: from `train`.
        out: a .safetensors file; written whole or not at all.
        data: what the weights were trained on, in a sentence.
        licence: of the weights.
        warning: what every user of the weights must know; trackers pass it on with their results.

    Returns:
        The metadata of the file and, under "sha256", the digest of the file itself.

    Raises:
        BadInput: not a checkpoint.
    """
    from safetensors.torch import save

    state = load_checkpoint(checkpoint)
    metadata = {**describe(state, data, licence), **({"warning": warning} if warning else {})}
    half = {name: value.detach().half().contiguous() for name, value in state["model"].items()}
    content = save(half, metadata=metadata)
    with complete_file(out) as partial:
        partial.write_bytes(content)
    return {**metadata, "sha256": hashlib.sha256(content).hexdigest()}


def describe(state: dict[str, Any], data: str, licence: str = _LICENCE) -> dict[str, str]:
    """Return the facts of a checkpoint's state that go with the weights, all as text."""
    config = config_from_json(state["config"])
    return {
        "format": "pt",
        "made_by": f"slicer-echotracker {__version__}",
        "model": config.model,
        "recipe": config.to_json(),
        "data": data,
        "step": str(state["step"]),
        "seconds": str(round(state["seconds"])),
        "metrics": "; ".join(f"{name} {value:.4g}" for name, value in sorted(state["metrics"].items())),
        "query_mode": "first" if config.query == "first" else "any",
        "start": state.get("start") or ("half" if "delta_block_spatial" in config.freeze else "coarse"),
        "licence": licence,
    }
