"""Which device and which precision a network runs with."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import Any, Callable, TypeVar

from ..errors import BadInput, OutOfMemory
from ..i18n import tr as _

DEVICES = ("auto", "cuda", "mps", "cpu")
_Result = TypeVar("_Result")
_log = logging.getLogger("EchoTracker")
PRECISIONS = ("auto", "float32", "float64", "bfloat16")


def thread_settings(count: int) -> dict[str, str]:
    """Return the environment of a process that computes with `count` threads of the CPU; 0: as many as it has cores.

    PyTorch, numpy's linear algebra and the classical tracker read it when they start.
    """
    return {"OMP_NUM_THREADS": str(count)} if count > 0 else {}


def available_devices() -> list[str]:
    """Return the devices that this machine's torch can use, the fastest first."""
    import torch

    found = ["cuda"] if torch.cuda.is_available() else []
    if torch.backends.mps.is_available():
        found.append("mps")
    return [*found, "cpu"]


def choose_device(wanted: str = "auto") -> Any:
    """Return the `torch.device` for "auto", "cuda", "mps" or "cpu".

    Raises:
        BadInput: no such device here.
    """
    import torch

    found = available_devices()
    if wanted == "auto":
        return torch.device(found[0])
    if wanted not in found:
        raise BadInput(
            _("Device '{wanted}' is not available here; there is: {names}.").format(
                wanted=wanted, names=", ".join(["auto", *found])
            )
        )
    return torch.device(wanted)


def choose_precision(wanted: str, device: Any) -> Any:
    """Return the `torch.dtype` for "auto", "float32", "float64" or "bfloat16".

    "auto" is float32 on every machine, so that the same input gives the same tracks; bfloat16 must be asked for.

    Raises:
        BadInput: the device cannot do it.
    """
    import torch

    if wanted not in PRECISIONS:
        raise BadInput(
            _("Precision '{wanted}' is unknown; there is: {names}.").format(wanted=wanted, names=", ".join(PRECISIONS))
        )
    if wanted == "auto":
        return torch.float32
    if wanted == "float64" and device.type == "mps":
        raise BadInput(
            _("Device 'mps' has no float64; choose another precision or device."), "--precision float32 or --device cpu"
        )
    return getattr(torch, wanted)


def full_digits() -> AbstractContextManager[Any]:
    """Return a context in which float32 is float32 on CUDA too: without TF32, without algorithms chosen by a timing."""
    import torch

    return torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=False)


def on_cpu_if_short(run: Callable[[Any], _Result], device: Any) -> tuple[_Result, Any, list[str]]:
    """Return what `run(device)` returns, the device that did it, and warnings; the CPU takes what has no room there.

    Raises:
        OutOfMemory: the CPU's memory does not suffice either.
    """
    try:
        return run(device), device, []
    except OutOfMemory:
        if device.type == "cpu":
            raise
    text = _("The memory of device '{0}' did not suffice; tracked on the CPU.").format(device.type)
    _log.warning(text)
    cpu = choose_device("cpu")
    return run(cpu), cpu, [text]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception of torch or Python says that memory did not suffice."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text
