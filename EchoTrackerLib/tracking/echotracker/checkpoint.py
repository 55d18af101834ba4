"""Reading weights of the published architecture, and saying what a wrong file seems to be."""

from __future__ import annotations

import hashlib
import json
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ...errors import BadInput

_LOOK = "Pick the EchoTracker checkpoint (model-000000000.pth) or a .safetensors file trained here."
# A word in a tensor's name -> the network that has it; the first hit wins.
_SIGNS = (
    ("norm_out", "another version of EchoTracker"),
    ("updateformer", "a CoTracker checkpoint"),
    ("time_blocks", "a CoTracker checkpoint"),
    ("space_virtual", "a CoTracker checkpoint"),
    ("torch_pips_mixer", "a TAPIR checkpoint"),
    ("resnet_torch", "a TAPIR checkpoint"),
    ("delta_block.first_block_conv", "a PIPs++ checkpoint"),
    ("delta_block", "an EchoTracker of another version or PIPs++"),
    ("tracker", "another point tracker (perhaps EchoTracker2 or LocoTrack)"),
)


@dataclass(frozen=True)
class Checkpoint:
    """Weights that fit the network.

    Attributes:
        state: tensors by the published names, float32.
        query_mode: "first" (original), "any" (updated form), or None when the file does not say.
        sha256: hex digest of the file.
        warning: what the file says its users must know, or "".
        start: where the refinement begins: "coarse" (the first stage) or "half" (see `half_size`).
    """

    state: Mapping[str, Any]
    query_mode: Optional[str]
    sha256: str
    warning: str = ""
    start: str = "coarse"


def read_checkpoint(path: Path) -> Checkpoint:
    """Read and check a .pth, .pt or .safetensors file.

    Accepted are a state dict, one under `model_state_dict` (or `state_dict`), and names behind `module.`.
    No code of the file is ever run.

    Raises:
        BadInput: not readable, needs code to unpickle, or of another network; the message says which.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path.name}: cannot be read ({error.strerror}).") from error
    sha256 = hashlib.sha256(content).hexdigest()
    if len(content) > 8 and content[8:9] == b"{":
        state, facts = _read_safetensors(path, content)
    else:
        del content
        state, facts = _find_state(_read_pickled(path), path.name), {}
    state = _check(state, path.name)
    return Checkpoint(state, facts.get("query_mode"), sha256, facts.get("warning", ""), facts.get("start", "coarse"))


def _read_safetensors(path: Path, content: bytes) -> tuple[Mapping[str, Any], dict[str, str]]:
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        state = load(content)
        length = int.from_bytes(content[:8], "little")
        metadata = json.loads(content[8 : 8 + length]).get("__metadata__") or {}
    except (SafetensorError, ValueError) as error:
        raise BadInput(f"{path.name}: damaged or cut short ({error}). Fetch the file again.") from error
    for key, allowed in (("query_mode", ("first", "any")), ("start", ("coarse", "half"))):
        if key in metadata and metadata[key] not in allowed:
            raise BadInput(f"{path.name}: its {key} '{metadata[key]}' is unknown ({' or '.join(allowed)} is meant).")
    return _without_prefix(state), metadata


def _read_pickled(path: Path) -> Any:
    import torch

    _refuse_torchscript(path)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        text = str(error)
        if "Unsupported" in text or "GLOBAL" in text or "weights_only" in text.lower():
            needed = text.split("GLOBAL ")[1].split()[0] if "GLOBAL " in text else "code of its author"
            raise BadInput(
                f"{path.name}: refused, because reading it would run code from the file ({needed}). "
                "Ask its author for plain weights (a state dict or .safetensors)."
            ) from error
        raise BadInput(f"{path.name}: is not a checkpoint. {_LOOK}") from error
    except (RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise BadInput(f"{path.name}: damaged, cut short or not a checkpoint. {_LOOK}") from error


def _refuse_torchscript(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        if any("/code/" in name or name.endswith("constants.pkl") for name in archive.namelist()):
            raise BadInput(
                f"{path.name}: is a TorchScript program (perhaps MyoTracker), not EchoTracker weights. "
                "Choose the MyoTracker tracker for it, or pick the EchoTracker checkpoint."
            )


def _find_state(loaded: Any, name: str) -> Mapping[str, Any]:
    """Return the tensors in what `torch.load` gave."""
    import torch

    if isinstance(loaded, Mapping):
        for key in ("model_state_dict", "state_dict", "model"):
            if isinstance(loaded.get(key), Mapping):
                return _without_prefix(loaded[key])
        if loaded and all(isinstance(value, torch.Tensor) for value in loaded.values()):
            return _without_prefix(loaded)
        if any("optimizer" in str(key) or key == "param_groups" for key in loaded):
            raise BadInput(f"{name}: holds an optimizer's state only, no weights. {_LOOK}")
    raise BadInput(f"{name}: holds no weights. {_LOOK}")


def _without_prefix(state: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key)[7:] if str(key).startswith("module.") else str(key): value for key, value in state.items()}


def _check(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the tensors as float32 when names, shapes and values fit the network."""
    import torch

    from .network import EchoTrackerNet

    with torch.device("meta"):
        wanted = {key: tuple(value.shape) for key, value in EchoTrackerNet().state_dict().items()}
    missing = [key for key in wanted if key not in state]
    extra = [key for key in state if key not in wanted]
    if missing or extra:
        seems = _what_it_seems(state, wanted)
        raise BadInput(f"{name}: seems to be {seems}: {len(missing)} tensors missing, {len(extra)} unknown. {_LOOK}")
    for key, shape in wanted.items():
        value = state[key]
        if not isinstance(value, torch.Tensor) or tuple(value.shape) != shape:
            found = list(getattr(value, "shape", [])) or type(value).__name__
            raise BadInput(
                f"{name}: tensor '{key}' is {found}, not {list(shape)}: another version of the network. {_LOOK}"
            )
        if not bool(torch.isfinite(value).all()):
            raise BadInput(f"{name}: tensor '{key}' holds values that are not numbers. Fetch the file again.")
    return {key: state[key].float() for key in wanted}


def _what_it_seems(state: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    if sum(key in wanted for key in state) > len(wanted) // 2:
        return "an incomplete or extended EchoTracker checkpoint (EchoTracker2?)"
    text = " ".join(state)
    for sign, what in _SIGNS:
        if sign in text:
            return what
    return "a checkpoint of another network"
