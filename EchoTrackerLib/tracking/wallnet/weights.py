"""Reading WallNet's weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..weights import load_state, read_file, read_tensors

_LOOK = "WallNet needs its own file."


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
    from .network import WallNet

    file = read_file(path)
    state, _facts = read_tensors(file, _LOOK)
    network = WallNet()
    load_state(network, state, file.name, "WallNet", _LOOK)
    return Weights({name: value.float() for name, value in network.state_dict().items()}, file.sha256)
