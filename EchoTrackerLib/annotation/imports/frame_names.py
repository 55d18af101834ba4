"""Which frame of a clip an image file is, by its name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any, Optional

from ...errors import BadInput
from ...i18n import tr as _


def ranks(values: Sequence[Any]) -> list[int]:
    """Return the place of each value in their order, from 0."""
    order = sorted(range(len(values)), key=lambda k: values[k])
    places = [0] * len(values)
    for place, k in enumerate(order):
        places[k] = place
    return places


def name_numbers(names: Sequence[str]) -> Optional[list[int]]:
    """Return the last number in each file name, None unless all have one and all differ."""
    found = [re.findall(r"\d+", PurePosixPath(name.replace("\\", "/")).stem) for name in names]
    numbers = [int(digits[-1]) if digits else -1 for digits in found]
    return numbers if min(numbers, default=0) >= 0 and len(set(numbers)) == len(numbers) else None


def frames_by_name(names: Sequence[str], n_frames: Optional[int]) -> list[int]:
    """Return the frame (from 0) of each image by the number in its name.

    Args:
        names: of the images, in any order.
        n_frames: of the clip, None when unknown.

    Raises:
        BadInput: the names do not tell the order; more images than frames; or fewer, and it cannot be told whether
            their numbers count from 0 or from 1.
    """
    numbers = name_numbers(names)
    if numbers is None:
        raise BadInput(_("the file names of its images do not tell the order of the frames. Number them."))
    count, low, high = len(numbers), min(numbers), max(numbers)
    if n_frames is None and high - low + 1 != count:
        raise BadInput(
            _(
                "lists {count} images numbered {low} to {high} with gaps; which frames they are depends on "
                "how many the clip has."
            ).format(count=count, low=low, high=high),
            "--frames N",
        )
    if n_frames is None or count == n_frames:
        return ranks(numbers)
    if count > n_frames:
        raise BadInput(
            _("lists {count} images, but the clip has {n_frames} frames. Choose the clip it was made on.").format(
                count=count, n_frames=n_frames
            )
        )
    if low == 0 and high < n_frames:
        return numbers
    if low > 0 and high == n_frames:
        return [number - 1 for number in numbers]
    raise BadInput(
        _(
            "lists {count} images numbered {low} to {high} for a clip of {n_frames} frames: whether they "
            "count from 0 or from 1 cannot be told. Export all frames."
        ).format(count=count, low=low, high=high, n_frames=n_frames)
    )
