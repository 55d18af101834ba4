"""What a piece of work costs: seconds, and the most memory that this process held meanwhile."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_MIB = 1 << 20
_SELF = Path("/proc/self")


@dataclass
class Cost:
    """Filled in when the work is done.

    Attributes:
        seconds: by the wall clock.
        memory_mib: the most resident memory of this process meanwhile (Linux); NaN where the system does not tell.
        gpu_mib: the most memory that PyTorch held on the GPU meanwhile; NaN without one.
    """

    seconds: float = math.nan
    memory_mib: float = math.nan
    gpu_mib: float = math.nan


@contextmanager
def measured() -> Iterator[Cost]:
    """Yield a `Cost` that holds what the block cost once it has ended."""
    cost = Cost()
    torch = sys.modules.get("torch")  # a tracker that uses it was made before
    gpu = torch is not None and torch.cuda.is_available()
    if gpu and torch is not None:
        torch.cuda.reset_peak_memory_stats()
    with suppress(OSError):
        (_SELF / "clear_refs").write_text("5")  # the peak begins anew
    start = time.perf_counter()
    yield cost
    if gpu and torch is not None:
        torch.cuda.synchronize()
        cost.gpu_mib = torch.cuda.max_memory_allocated() / _MIB
    cost.seconds = time.perf_counter() - start
    with suppress(OSError, IndexError):
        cost.memory_mib = float((_SELF / "status").read_text().split("VmHWM:")[1].split()[0]) / 1024
