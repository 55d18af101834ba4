"""Which device and which precision a network runs with."""

from __future__ import annotations

import functools
import time
from typing import Any

from ..errors import BadInput

DEVICES = ("auto", "cuda", "mps", "cpu")
PRECISIONS = ("auto", "float32", "float64", "bfloat16")
_BFLOAT16_MUST_GAIN = 1.15  # below this, `auto` keeps float32: the loss of digits is not worth it


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
        raise BadInput(f"Device '{wanted}' is not available here; there is: {', '.join(['auto', *found])}.")
    return torch.device(wanted)


def choose_precision(wanted: str, device: Any) -> Any:
    """Return the `torch.dtype` for "auto", "float32", "float64" or "bfloat16".

    "auto" is float32, or bfloat16 where a short measurement on this device finds it clearly faster.

    Raises:
        BadInput: the device cannot do it.
    """
    import torch

    if wanted not in PRECISIONS:
        raise BadInput(f"Precision '{wanted}' is unknown; there is: {', '.join(PRECISIONS)}.")
    if wanted == "auto":
        return torch.bfloat16 if bfloat16_gain(device.type) > _BFLOAT16_MUST_GAIN else torch.float32
    if wanted == "float64" and device.type == "mps":
        raise BadInput("Device 'mps' has no float64; choose --precision float32 or --device cpu.")
    return getattr(torch, wanted)


@functools.lru_cache(maxsize=8)
def bfloat16_gain(device_type: str) -> float:
    """Return how many times faster a convolution like the encoder's runs in bfloat16 than in float32, measured once.

    1.0 where bfloat16 has no hardware support.
    """
    import torch

    if device_type == "mps" or (device_type == "cuda" and not torch.cuda.is_bf16_supported()):
        return 1.0
    try:
        return _seconds(torch.float32, device_type) / _seconds(torch.bfloat16, device_type)
    except RuntimeError:
        return 1.0


def _seconds(dtype: Any, device_type: str) -> float:
    """Shortest of several runs of one 3x3 convolution, in seconds."""
    import torch
    import torch.nn.functional as F

    x = torch.zeros(1, 32, 96, 96, dtype=dtype, device=device_type).to(memory_format=torch.channels_last)
    weight = torch.zeros(32, 32, 3, 3, dtype=dtype, device=device_type).to(memory_format=torch.channels_last)
    times = []
    with torch.inference_mode():
        for _ in range(5):
            start = time.perf_counter()
            F.conv2d(x, weight, padding=1)
            if device_type == "cuda":
                torch.cuda.synchronize()
            times.append(time.perf_counter() - start)
    return min(times)
