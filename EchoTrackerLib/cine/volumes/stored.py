"""What a file of a volume holds, before it becomes a clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

import numpy as np


@dataclass
class StoredVolume:
    """Frames and facts of a file.

    Attributes:
        frames: [T, rows, cols] or [T, rows, cols, channels] of any type.
        ijk_to_ras: float64 [4, 4] of (column, row, slice), None when the file does not say.
        times: [T] as stored, in s; None when unknown.
        time_source: where they come from, for the clip.
        states_mm: whether the file says that its lengths are mm.
        facts: what our own sequence nodes keep of a clip (`scene.clip.facts`); empty for other files.
        is_spacing_known: what our own sequence nodes say about the spacing; None for other files.
        warnings: what the user should know.
    """

    frames: np.ndarray
    ijk_to_ras: Optional[np.ndarray] = None
    times: Optional[np.ndarray] = None
    time_source: str = ""
    states_mm: bool = False
    facts: dict[str, Any] = field(default_factory=dict)
    is_spacing_known: Optional[bool] = None
    warnings: list[str] = field(default_factory=list)
