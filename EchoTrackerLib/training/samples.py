"""One training clip: frames and the true tracks of many points; where such clips come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Protocol

import numpy as np

from ..cine.cine import Cine
from ..errors import BadInput
from ..files import complete_file
from ..npz import read_npz

SIDE_PX = 256  # of a whole frame, as the networks see it


@dataclass(frozen=True)
class TrainingClip:
    """Frames with the truth.

    Attributes:
        frames: uint8 or float32 [T, rows, cols], gray levels 0..255.
        tracks: float32 [N, T, 2] px.
        visible: bool [N, T]; only visible positions are trained on.
        lines: (how many, points in each): the first points lie in order along so many lines; (0, 0) for none.
    """

    frames: np.ndarray
    tracks: np.ndarray
    visible: np.ndarray
    lines: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        if self.tracks.shape[1:] != (len(self.frames), 2) or self.visible.shape != self.tracks.shape[:2]:
            raise BadInput(
                f"A training clip needs tracks [N, T, 2] and visible [N, T] for its {len(self.frames)} frames, "
                f"not {list(self.tracks.shape)} and {list(self.visible.shape)}."
            )


def write_sample(path: Path, sample: TrainingClip) -> None:
    """Write a clip as `read_sample` reads it; the file appears when it is complete."""
    with complete_file(path) as part, part.open("wb") as stream:
        np.savez_compressed(
            stream, frames=sample.frames, tracks=sample.tracks, visible=sample.visible, lines=np.array(sample.lines)
        )


class Source(Protocol):
    """A stream of clips; the same generator state gives the same clip."""

    def draw(self, rng: np.random.Generator) -> TrainingClip:
        """Return one clip."""
        ...


def read_sample(path: Path) -> TrainingClip:
    """Read an npz with `frames` [T, rows, cols], `tracks` [N, T, 2] (x, y) px, `visible` [N, T] and maybe `lines`.

    Raises:
        BadInput: the file is something else; the message says what is wrong.
    """
    try:
        data = read_npz(path)
    except (BadInput, OSError) as error:
        raise BadInput(f"{path.name}: {error}") from error
    missing = {"frames", "tracks", "visible"} - set(data)
    if missing:
        raise BadInput(f"{path.name}: lacks {', '.join(sorted(missing))}; see the help of `train --data`.")
    frames, tracks, visible = data["frames"], data["tracks"], data["visible"]
    lines = tuple(int(v) for v in data["lines"]) if "lines" in data else (0, 0)
    if frames.ndim != 3 or tracks.ndim != 3 or tracks.shape[1:] != (len(frames), 2):
        raise BadInput(
            f"{path.name}: frames must be [T, rows, cols] and tracks [N, T, 2], "
            f"not {list(frames.shape)} and {list(tracks.shape)}."
        )
    finite = np.isfinite(tracks).all(-1)
    tracks = np.where(finite[..., None], tracks, 0).astype(np.float32)
    return TrainingClip(frames, tracks, visible.astype(bool) & finite, (lines[0], lines[1]))


class FolderSource:
    """Clips from the npz files of a folder and of the folders in it, e.g. a user's own annotations."""

    def __init__(self, folder: Path) -> None:
        self.paths = sorted(folder.rglob("*.npz"))
        if not self.paths:
            raise BadInput(f"{folder}: holds no .npz file; expected clips with frames, tracks and visible.")

    def draw(self, rng: np.random.Generator) -> TrainingClip:
        """See `Source.draw`."""
        return read_sample(self.paths[rng.integers(len(self.paths))])


class PhantomSource:
    """Synthetic clips of new seeds, made when they are drawn."""

    def __init__(self, n_frames: int) -> None:
        self.n_frames = n_frames

    def draw(self, rng: np.random.Generator) -> TrainingClip:
        """See `Source.draw`."""
        from ..phantom.parameters import draw_parameters
        from ..phantom.phantom import generate

        seed = int(rng.integers(1_000_000, 2**31))  # seeds below a million are left to tests and benchmarks
        phantom = generate(draw_parameters(seed, n_frames=self.n_frames))
        contours = np.concatenate([phantom.contours[name] for name in ("endo", "mid", "epi")])
        frame = int(rng.integers(self.n_frames))
        near = contours[rng.integers(len(contours), size=160), frame] + rng.normal(scale=4.0, size=(160, 2))
        free = rng.uniform(0, 1, (120, 2)) * (np.array(phantom.cine.size) - 1)
        points = np.concatenate([near, free])
        points = points[phantom.visible(points)]
        tracks = np.concatenate([contours, phantom.track(points, frame)]).astype(np.float32)
        return TrainingClip(phantom.cine.frames, tracks, phantom.visible(tracks), (3, len(contours) // 3))


class WarpSource:
    """Frames of real clips, moved by a random smooth deformation."""

    def __init__(self, clips: Sequence[np.ndarray], n_frames: int, size: int) -> None:
        """`clips`: as of `warpable`; `size`: px of the crop, at most what there is."""
        self.clips, self.n_frames, self.size = clips, n_frames, min(size, *(min(clip.shape[1:]) for clip in clips))

    def draw(self, rng: np.random.Generator) -> TrainingClip:
        """See `Source.draw`."""
        from .warp import warp_clip

        clip = self.clips[int(rng.integers(len(self.clips)))]
        warped = warp_clip(
            clip,
            self.n_frames,
            rng,
            amplitude=float(rng.uniform(1, 14)),
            size=(self.size, self.size),
            decorrelation=float(rng.uniform(0, 0.9)),
            haze=float(rng.choice([0.0, rng.uniform(0, 1)])),
            noise=float(rng.uniform(0, 8)),
        )
        frame = int(rng.integers(self.n_frames))
        points = np.concatenate([curves(rng, self.size, 4, 24), rng.uniform(3, self.size - 4, (96, 2))])
        tracks = warped.track(points, frame).astype(np.float32)
        visible = np.asarray(((tracks >= 0) & (tracks <= self.size - 1)).all(-1))
        return TrainingClip(warped.frames, tracks, visible, (4, 24))


def warpable(cine: Cine) -> np.ndarray:
    """Gray frames of a clip, uint8 [T, `SIDE_PX`, `SIDE_PX`]: the scale at which the networks see clips."""
    import torch
    import torch.nn.functional as F

    frames = torch.from_numpy(np.ascontiguousarray(cine.frames))[:, None].float()
    small = F.interpolate(frames, (SIDE_PX, SIDE_PX), mode="bilinear", align_corners=False, antialias=True)[:, 0]
    return small.round().clamp(0, 255).to(torch.uint8).numpy()


class MixedSource:
    """Draws from several sources with given shares."""

    def __init__(self, sources: Sequence[Source], shares: Optional[Sequence[float]] = None) -> None:
        if not sources:
            raise BadInput("There is nothing to train on; give --data, or keep phantom clips on.")
        self.sources = tuple(sources)
        weights = np.asarray(shares if shares is not None else [1.0] * len(self.sources), float)
        self.shares = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> TrainingClip:
        """See `Source.draw`."""
        return self.sources[rng.choice(len(self.sources), p=self.shares)].draw(rng)


def curves(rng: np.random.Generator, size: int, count: int, points: int) -> np.ndarray:
    """Return points float64 [count * points, 2] px in order along random smooth curves."""
    t = np.linspace(0, 1, points)[:, None]
    parts = []
    for _ in range(count):
        first, last = rng.uniform(8, size - 9, (2, 2))
        middle = (first + last) / 2 + rng.normal(scale=size / 5, size=2)
        parts.append((1 - t) ** 2 * first + 2 * t * (1 - t) * middle + t**2 * last)
    return np.clip(np.concatenate(parts), 2, size - 3)
