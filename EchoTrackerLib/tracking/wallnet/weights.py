"""Reading WallNet's weights."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadInput


@dataclass(frozen=True)
class Weights:
    """Tensors by name, float32, and the SHA-256 of their file."""

    state: Mapping[str, Any]
    sha256: str


def read_weights(path: Path) -> Weights:
    """Read a .safetensors file written by `export`; names, shapes and values are checked.

    Raises:
        BadInput: not readable, or of another network.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    from .network import WallNet

    try:
        content = Path(path).read_bytes()
        state = load(content)
    except OSError as error:
        raise BadInput(f"{Path(path).name}: cannot be read ({error.strerror}).") from error
    except (SafetensorError, ValueError) as error:
        raise BadInput(f"{Path(path).name}: is not a .safetensors file, or damaged. Fetch the file again.") from error
    with torch.device("meta"):
        wanted = {name: tuple(value.shape) for name, value in WallNet().state_dict().items()}
    found = {name: tuple(value.shape) for name, value in state.items()}
    if found != wanted:
        raise BadInput(f"{Path(path).name}: holds the weights of another network; WallNet needs its own file.")
    if not all(bool(torch.isfinite(value).all()) for value in state.values()):
        raise BadInput(f"{Path(path).name}: holds values that are not numbers. Fetch the file again.")
    return Weights({name: value.float() for name, value in state.items()}, hashlib.sha256(content).hexdigest())
