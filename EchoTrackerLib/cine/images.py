"""Clips as image files: a folder of PNG/JPEG/TIFF in the order of the numbers in their names, or a multi-page TIFF."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..progress import Progress, no_progress
from .cine import Cine
from .names import clip_name
from .pixels import FrameCollector, colour_warnings, repeat_warnings, to_uint8
from .times import UNKNOWN, Times, assumed_times, settle_times

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".gif", ".webp")


def read_images(path: Path, files: Sequence[Path], progress: Progress = no_progress) -> Cine:
    """Read image files as the frames of the clip `path` (their folder, or the one file of several frames).

    Frames are sorted by the numbers in the names (frame2 before frame10). The spacing is not known; times are those at
    which an animated GIF, PNG or WebP shows its frames, else unknown.

    Raises:
        BadInput: a file is damaged, frames differ in size, or there is none.
    """
    ordered = sorted(files, key=natural_key)
    collector = FrameCollector(len(ordered), path.name)
    deep: list[np.ndarray] = []
    delays_ms: list[float] = []
    for index, file in enumerate(ordered, start=1):
        for frame, delay_ms in _pages(file):
            delays_ms.append(delay_ms)
            if frame.dtype == np.uint8:
                collector.add(frame)
            else:
                deep.append(frame)
        progress("Reading clip", index / max(len(ordered), 1))
    warnings: tuple[str, ...] = ()
    if deep:
        warnings = _add_deep(path, collector, deep)
    grey, colour = collector.finish()
    times = _times(delays_ms) if len(ordered) == 1 else assumed_times(len(grey))
    return Cine(
        frames=grey,
        times_s=times.times_s,
        name=clip_name(path),
        source=path.absolute().name,
        time_source=times.source,
        colour=colour,
        warnings=(*warnings, *times.warnings, *repeat_warnings(grey), *colour_warnings(colour)),
    )


def natural_key(path: Path) -> list[tuple[int, str]]:
    """Return a sort key in which the numbers of a file name count as numbers."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _times(delays_ms: list[float]) -> Times:
    """Return the times of an animation from how long it shows each frame; a GIF rounds them to 10 ms."""
    if len(delays_ms) < 2 or min(delays_ms[:-1]) <= 0:
        return assumed_times(len(delays_ms))
    times = np.cumsum([0.0, *delays_ms[:-1]]) / 1000.0
    found = settle_times(times, "display times of the animation")
    said = _("The times are those at which the animation shows its frames, which are often rounded or slowed down.")
    return found if found.source == UNKNOWN else Times(found.times_s, found.source, (said, *found.warnings))


def _pages(file: Path) -> Iterator[tuple[np.ndarray, float]]:
    """Yield the frames of a file and for how many ms each is shown (0: the file does not say)."""
    from PIL import Image, ImageSequence

    try:
        with Image.open(file) as image:
            for page in ImageSequence.Iterator(image):
                yield _as_array(page), float(page.info.get("duration") or 0.0)
    except MemoryError:
        raise
    except Exception as error:  # Pillow's plugins raise what they met
        raise BadInput(
            _("{name}: cannot be read as an image; it is damaged or cut off. Copy it again.").format(name=file.name)
        ) from error


def _as_array(page: Any) -> np.ndarray:
    if page.mode in ("I;16", "I;16B", "I;16L", "I", "F"):
        return np.asarray(page)
    return np.asarray(page.convert("L" if page.mode in ("1", "L", "LA") else "RGB"))


def _add_deep(path: Path, collector: FrameCollector, deep: list[np.ndarray]) -> tuple[str, ...]:
    """Map 16- and 32-bit frames to 8 bits together, so that brightness does not jump between frames."""
    if collector.count or len({frame.shape for frame in deep}) > 1:
        raise BadInput(
            _("{name}: the images differ in size or depth. All frames of a clip must be alike.").format(name=path.name)
        )
    frames, warning = to_uint8(np.stack(deep))
    for frame in frames:
        collector.add(frame)
    return (warning,) if warning else ()
