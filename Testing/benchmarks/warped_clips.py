"""Clips of real speckle with known motion: a frame of a real clip, moved by a smooth deformation, as a data set.

    python Testing/benchmarks/warped_clips.py CLIP POINTS.csv VIEW --out DIR --count 3

The texture is the clip's first frame, on which the points lie; it loses its speckle on the way as tissue does. The
motion is smooth and random, not a heart's: the figures say how well texture like this is followed, not how well strain
is measured.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.tracks.queries import read_queries
from EchoTrackerLib.training.warp import warp_clip

FRAMES, FPS = 40, 50.0


def main() -> None:
    """Write DIR/CLIP-1.npz ..."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("points", type=Path)
    parser.add_argument("view")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=2)
    arguments = parser.parse_args()
    cine = read_cine(arguments.clip)
    labels, points = read_queries(arguments.points, cine)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number in range(1, arguments.count + 1):
        name = f"{cine.name}-{number}"
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        largest = 0.05 * cine.size[1]
        warped = warp_clip(
            cine.frames[0], FRAMES, rng, rng.uniform(0.3, 1) * largest, decorrelation=rng.uniform(0.2, 0.8)
        )
        tracks = warped.track(points, 0).astype(np.float32)
        inside = ((tracks >= 0) & (tracks <= np.array(cine.size) - 1)).all(axis=2)
        path = arguments.out / f"{name}.npz"
        facts = {"labels": np.array(labels), "times_s": np.arange(FRAMES) / FPS, "view": arguments.view, "ed_frame": 0}
        np.savez_compressed(path, frames=warped.frames, tracks=tracks, visible=inside, **facts)


if __name__ == "__main__":
    main()
