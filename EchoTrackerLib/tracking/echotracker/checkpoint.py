"""Reading weights of the published architecture, and saying what a wrong file seems to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ...errors import BadInput
from ...i18n import tr as _
from ..weights import check_finite, is_torchscript, read_file, read_tensors

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
    """Read and check a .pth, .pt or .safetensors file (see `weights.read_tensors`); no code of it is ever run.

    Raises:
        BadInput: not readable, needs code to unpickle, or of another network; the message says which.
    """
    file = read_file(path)
    if is_torchscript(file):
        raise BadInput(
            _(
                "{name}: is a TorchScript program (perhaps MyoTracker), not EchoTracker weights. "
                "Choose the MyoTracker tracker for it, or pick the EchoTracker checkpoint."
            ).format(name=file.name)
        )
    state, facts = read_tensors(file, _LOOK)
    for key, allowed in (("query_mode", ("first", "any")), ("start", ("coarse", "half"))):
        if key in facts and facts[key] not in allowed:
            raise BadInput(
                _("{name}: its {key} '{facts}' is unknown ({names} is meant).").format(
                    name=file.name, key=key, facts=facts[key], names=" or ".join(allowed)
                )
            )
    start, warning = facts.get("start", "coarse"), facts.get("warning", "")
    return Checkpoint(_check(state, file.name), facts.get("query_mode"), file.sha256, warning, start)


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
        raise BadInput(
            _("{name}: seems to be {seems}: {n} tensors missing, {n2} unknown. {look}").format(
                name=name, seems=seems, n=len(missing), n2=len(extra), look=_LOOK
            )
        )
    for key, shape in wanted.items():
        value = state[key]
        if tuple(value.shape) != shape:
            raise BadInput(
                _("{name}: tensor '{key}' is {value}, not {value2}: another version of the network. {look}").format(
                    name=name, key=key, value=list(value.shape), value2=list(shape), look=_LOOK
                )
            )
    check_finite(state, name)
    return {key: state[key].float() for key in wanted}


def _what_it_seems(state: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    if sum(key in wanted for key in state) > len(wanted) // 2:
        return "an incomplete or extended EchoTracker checkpoint (EchoTracker2?)"
    text = " ".join(state)
    for sign, what in _SIGNS:
        if sign in text:
            return what
    return "a checkpoint of another network"
