"""A run's state on disk: either the whole of one step, or the whole of the one before."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from ..errors import BadInput
from ..files import complete_file

FORMAT = "echotracker-training-1"


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a state atomically: a kill at any moment leaves the old or the new file, never a part of one."""
    with complete_file(path) as partial:
        torch.save({"format": FORMAT, **state}, partial)


def is_checkpoint(path: Path) -> bool:
    """Return whether a file is a run's state, and not the weights of a network alone."""
    try:
        load_checkpoint(path)
    except BadInput:
        return False
    return True


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Read a state written by `save_checkpoint`; no code in the file is run.

    Raises:
        BadInput: no such file, or not a checkpoint of this training.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BadInput(f"{path}: there is no such checkpoint.") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, LookupError, OSError) as error:
        raise BadInput(f"{path.name}: is not a training checkpoint ({type(error).__name__}).") from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise BadInput(f"{path.name}: is not a checkpoint of `train`; choose checkpoint.pt of a run's folder.")
    return state
