"""Reading files with weights: no code of the file is ever run, and whatever is wrong with it ends in one line."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import BadInput
from ..i18n import tr as _

# Schedulers of older PyTorch keep one of their own functions in a training checkpoint. It is not needed: these names
# are read as `_left_out`, which does nothing.
_LEFT_OUT = (
    "torch.optim.lr_scheduler.OneCycleLR",
    "torch.optim.lr_scheduler.OneCycleLR._annealing_cos",
    "torch.optim.lr_scheduler.OneCycleLR._annealing_linear",
    "builtins.getattr",
    "__builtin__.getattr",
)


class WeightsFile(NamedTuple):
    """A file that was read once, so that its digest is of what is used.

    Attributes:
        name: without folder.
        content: the bytes.
        sha256: hex digest.
    """

    name: str
    content: bytes
    sha256: str


def read_file(path: Path) -> WeightsFile:
    """Read a file whole.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise BadInput(
            _("{name}: cannot be read ({value}).").format(name=Path(path).name, value=error.strerror or error)
        ) from error
    return WeightsFile(Path(path).name, content, hashlib.sha256(content).hexdigest())


def read_tensors(file: WeightsFile, look: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the tensors of a .pth, .pt or .safetensors file by name, and what a .safetensors file says about itself.

    Accepted are a state dict, one under `model_state_dict`, `state_dict` or `model`, and names behind `module.`.

    Args:
        file: what `read_file` gave.
        look: a sentence that says which file to pick instead.

    Raises:
        BadInput: damaged, no weights, or it would need code to be read.
    """
    if file.content[8:9] == b"{":
        return _read_safetensors(file)
    return _find_state(_read_pickled(file, look), file.name, look), {}


def load_state(model: Any, state: Mapping[str, Any], name: str, title: str, look: str) -> None:
    """Put tensors into a torch module of the same names and shapes.

    Raises:
        BadInput: they are of another network, or hold values that are not numbers.
    """
    import torch

    wanted = model.state_dict()
    differ = sum(getattr(state.get(key), "shape", None) != value.shape for key, value in wanted.items())
    unknown = sum(key not in wanted for key in state)
    if differ or unknown:
        raise BadInput(
            _(
                "{name}: is not a checkpoint of {title}: {differ} tensors missing or of another shape, "
                "{unknown} unknown. {look}"
            ).format(name=name, title=title, differ=differ, unknown=unknown, look=look)
        )
    check_finite(state, name)
    with torch.no_grad():
        model.load_state_dict(dict(state))


def check_finite(state: Mapping[str, Any], name: str) -> None:
    """Pass tensors of numbers only.

    Raises:
        BadInput: one of them holds others.
    """
    import torch

    for key, value in state.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise BadInput(
                _("{name}: tensor '{key}' holds values that are not numbers. Fetch the file again.").format(
                    name=name, key=key
                )
            )


def is_torchscript(file: WeightsFile) -> bool:
    """Whether the file is a TorchScript program."""
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            return any("/code/" in name or name.endswith("constants.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def check_archive(file: WeightsFile) -> None:
    """Check the checksums of a file in the zip format, as PyTorch writes it; other files pass.

    Raises:
        BadInput: damaged.
    """
    if not file.content.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            damaged = archive.testzip()
    except Exception as error:  # zipfile, zlib and struct raise what they met
        raise BadInput(_("{name}: damaged or cut short. Fetch the file again.").format(name=file.name)) from error
    if damaged is not None:
        raise BadInput(
            _("{name}: damaged ({name2}). Fetch the file again.").format(name=file.name, name2=Path(damaged).name)
        )


def _read_safetensors(file: WeightsFile) -> tuple[dict[str, Any], dict[str, str]]:
    from safetensors.torch import load

    try:
        state = load(file.content)
        length = int.from_bytes(file.content[:8], "little")
        metadata = json.loads(file.content[8 : 8 + length]).get("__metadata__") or {}
    except Exception as error:  # whatever the bytes: SafetensorError, KeyError of an unknown type of number...
        raise BadInput(_("{name}: damaged or cut short. Fetch the file again.").format(name=file.name)) from error
    return _without_prefix(state), metadata


def _read_pickled(file: WeightsFile, look: str) -> Any:
    import torch

    check_archive(file)
    allowing: Any = getattr(torch.serialization, "safe_globals", lambda names: nullcontext())  # since PyTorch 2.5
    try:
        with warnings.catch_warnings(), allowing([(_left_out, name) for name in _LEFT_OUT]):
            warnings.simplefilter("ignore")  # of a pickle protocol that it may not understand: then it fails below
            return torch.load(io.BytesIO(file.content), map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the bytes: an unpickler raises anything
        text = str(error)
        if "GLOBAL " in text:
            needed = text.split("GLOBAL ")[1].split()[0]
            raise BadInput(
                _(
                    "{name}: refused, because reading it would run code from the file ({needed}). "
                    "Ask its author for plain weights (a state dict or .safetensors)."
                ).format(name=file.name, needed=needed)
            ) from error
        raise BadInput(
            _("{name}: damaged, cut short or not a checkpoint. {look}").format(name=file.name, look=look)
        ) from error


def _left_out(*_arguments: Any) -> None:
    """Stand in for a function that a checkpoint names."""


def _find_state(loaded: Any, name: str, look: str) -> dict[str, Any]:
    import torch

    if isinstance(loaded, Mapping):
        for key in ("model_state_dict", "state_dict", "model"):
            if isinstance(loaded.get(key), Mapping):
                loaded = loaded[key]
                break
        if loaded and all(isinstance(value, torch.Tensor) for value in loaded.values()):
            return _without_prefix(loaded)
        if any("optimizer" in str(key) or key == "param_groups" for key in loaded):
            raise BadInput(
                _("{name}: holds an optimizer's state only, no weights. {look}").format(name=name, look=look)
            )
    raise BadInput(_("{name}: holds no weights. {look}").format(name=name, look=look))


def _without_prefix(state: Mapping[str, Any]) -> dict[str, Any]:
    return {str(key)[7:] if str(key).startswith("module.") else str(key): value for key, value in state.items()}
