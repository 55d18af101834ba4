"""How well strain repeats over recordings of one view: the same wall tracked in each, no truth needed.

    python Testing/benchmarks/consecutive_beats.py WALL.csv CLIP CLIP ... --tracker classical

Each clip holds about one beat of the same heart, and the wall fits the first frame of all of them. Printed are each
clip's peak-to-peak strain of the whole line, their mean and SD (which beats differ in by nature), and the means of
forward-backward distance and of the distance between first and last frame, both in px of a 256 x 256 grid.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from EchoTrackerLib.cine.reading import read_cine
from EchoTrackerLib.tracking.registry import DEFAULT_TRACKER, create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions
from EchoTrackerLib.tracks import quality
from EchoTrackerLib.tracks.queries import read_queries


def figures(clip: Path, wall: Path, tracker_name: str) -> tuple[float, float, float]:
    """Peak-to-peak strain (percent), forward-backward distance and closure (grid px) of one clip."""
    cine = read_cine(clip)
    points = read_queries(wall, cine)[1]
    tracker, last, size = create_tracker(tracker_name, TrackerOptions(wall=True)), cine.n_frames - 1, cine.size
    positions = tracker.track(cine, points, 0).positions
    length = np.linalg.norm(np.diff(positions, axis=0), axis=-1).sum(axis=0)
    back = tracker.track(cine, np.clip(positions[:, last], 0, np.array(size) - 1), last).positions
    apart = quality.forward_backward(positions, back, 0, size)[:, 1:].mean()
    closure = np.linalg.norm((positions[:, last] - positions[:, 0]) * 256 / np.array(size), axis=-1).mean()
    return 100 * (length.min() / length.max() - 1), float(apart), float(closure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wall", type=Path)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--tracker", default=DEFAULT_TRACKER)
    arguments = parser.parse_args()
    rows = np.array([figures(clip, arguments.wall, arguments.tracker) for clip in arguments.clips])
    for clip, row in zip(arguments.clips, rows):
        print(f"{clip.stem}: strain {row[0]:.1f} %, forward-backward {row[1]:.2f}, closure {row[2]:.2f}")
    strain, apart, closure = rows.T
    print(f"mean {strain.mean():.2f}, SD {strain.std(ddof=1):.2f}; {apart.mean():.2f}; {closure.mean():.2f}")


if __name__ == "__main__":
    main()
