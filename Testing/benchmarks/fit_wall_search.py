"""Fit the networks that look for the wall, on synthetic clips, and measure what it finds on clips it has not seen.

    python Testing/benchmarks/fit_wall_search.py --write
    python Testing/benchmarks/fit_wall_search.py --test-only

Clips with drawn parameters (wide ranges, one beat) give strips round templates through three clicks, which lie where
the wall is or beside it as a hand would set them, at end-diastole and on other frames. Each network says where both
borders seem to lie and how much to doubt it; with what is known of walls (a Gaussian process, fitted too) the most
likely wall follows, and its error is minimized (Adam). The second network is fitted to poorer strips of walls that vary
more. With `--write` the weights go into `Resources/Wall`. The test: the 40 clips of `bench accuracy` with the three
clicks exactly on the wall and 1.5 % of the axis beside it. Fitting needs PyTorch.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from EchoTrackerLib.cine.geometry import resample_line
from EchoTrackerLib.commands.bench.accuracy import FIRST_SEED, VIEWS
from EchoTrackerLib.phantom.cache import generate_cached
from EchoTrackerLib.phantom.parameters import WIDE, PhantomParameters, draw_parameters
from EchoTrackerLib.phantom.phantom import Phantom
from EchoTrackerLib.strain.outline.evidence import EVERY, WEIGHTS
from EchoTrackerLib.strain.outline.search import find_wall
from EchoTrackerLib.strain.outline.strip import PLACES, Strip, read_strip
from EchoTrackerLib.strain.wall_template import curve_from_clicks, wall_template

REPOSITORY = Path(__file__).resolve().parents[2]
FIT_SEEDS = range(860_000, 861_400)
FIT_FPS = 45.0  # at most
CLICK_NOISE = (0.0, 0.01, 0.02, 0.03)  # SD, shares of the axis; the first two at end-diastole
EPOCHS, BATCH, RATE = 14, 16, 5e-3
MOST_AWAY, THICKNESS_RANGE = 0.16, (0.02, 0.25)  # shares of the axis; truth beyond is an error of the crossings


@dataclass(frozen=True)
class Borders:
    """Lines of the wall on one frame, each [S, 2] px."""

    endo: np.ndarray
    mid: np.ndarray
    epi: np.ndarray
    apex: int

    def clicks(self, noise: float, rng: np.random.Generator) -> np.ndarray:
        """Left annulus, apex and right annulus [3, 2], `noise` of the axis beside the wall."""
        exact = self.mid[[0, self.apex, -1]]
        return exact + rng.normal(0, noise * axis_of(exact), exact.shape) if noise else exact


def axis_of(clicks: np.ndarray) -> float:
    """Distance from annulus to apex, px."""
    return float(np.linalg.norm(clicks[1] - (clicks[0] + clicks[2]) / 2))


def borders(phantom: Phantom, frame: int) -> Borders:
    """The true borders on a frame."""
    anatomy = phantom.anatomy
    endo, mid, epi = (
        phantom.grid.to_pixels(phantom.motion.forward(anatomy.layer(depth)))[:, frame] for depth in (-0.5, 0.0, 0.5)
    )
    return Borders(endo, mid, epi, anatomy.apex)


def crossings(strip: Strip, line: np.ndarray) -> np.ndarray:
    """Depth [S] at which each normal of the strip meets a line [K, 2], nearest to 0; NaN where it does not."""
    ends = [line[:1] + 15 * (line[:1] - line[1:2]), line, line[-1:] + 15 * (line[-1:] - line[-2:-1])]
    line = np.concatenate(ends)
    found = np.full(PLACES, np.nan)
    for place, (point, normal) in enumerate(zip(strip.line, strip.normal)):
        beside = (line - point) @ np.array([-normal[1], normal[0]])
        k = np.flatnonzero((beside[:-1] * beside[1:] <= 0) & (beside[:-1] != beside[1:]))
        share = beside[k] / (beside[k] - beside[k + 1])
        depth = ((line[k] + share[:, None] * (line[k + 1] - line[k]) - point) @ normal) / strip.unit_px
        if depth.size and np.abs(depth).min() < strip.depth[-1]:
            found[place] = depth[np.abs(depth).argmin()]
    return found


def fit_parameters(seed: int) -> PhantomParameters:
    """What a clip of the fit is made of: one beat."""
    view = VIEWS[seed % len(VIEWS)]
    drawn = draw_parameters(seed, WIDE, view)
    fps = min(drawn.fps, FIT_FPS)
    return draw_parameters(seed, WIDE, view, fps=fps, n_frames=round(drawn.cycle_s * fps) + 1)


def examples(seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Strips [C, S, D] of one clip with the true depths [2, S'] of both borders, NaN where they are not known."""
    parameters = fit_parameters(seed)
    phantom, rng = generate_cached(parameters), np.random.default_rng(seed)
    for number, noise in enumerate(CLICK_NOISE):
        frame = phantom.ed_frame if number < 2 else int(rng.integers(0, phantom.cine.n_frames))
        wall = borders(phantom, frame)
        curve = curve_from_clicks(wall.clicks(noise, rng), wall_template(parameters.view), PLACES)
        strip = read_strip(phantom.cine.frames, curve, frame)
        offset, inner, outer = (crossings(strip, line) for line in (wall.mid, wall.endo, wall.epi))
        thickness = outer - inner
        known = (np.abs(offset) < MOST_AWAY) & (thickness > THICKNESS_RANGE[0]) & (thickness < THICKNESS_RANGE[1])
        yield strip.seen.astype(np.float16), np.where(known, [inner, outer], np.nan)[:, ::EVERY].astype(np.float32)


def fit(clips: int) -> dict[str, np.ndarray]:
    """Fit both networks to this many clips; return their weights by name, the networks along the first axis."""
    import torch

    parts = [part for seed in FIT_SEEDS[:clips] for part in examples(seed)]
    strips, truth = (torch.as_tensor(np.stack(values)) for values in zip(*parts))
    fitted = [fit_network(strips, truth, poor) for poor in (False, True)]
    return {name: np.stack([weights[name] for weights in fitted]) for name in fitted[0]}


def fit_network(strips: Any, truth: Any, poor: bool) -> dict[str, np.ndarray]:
    """Fit one network, to strips as they are or to poorer ones of walls that vary more; return its weights by name."""
    import torch
    from wall_search_network import WallNetwork, impoverished, loss_of, stretched, varied

    torch.manual_seed(0)
    template = wall_template(VIEWS[0])
    network = WallNetwork(read_depth(), np.interp(np.linspace(0, 1, PLACES), template.along, template.thickness))
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, weight_decay=1e-5)
    per_epoch = max(1, len(strips) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * per_epoch)
    for epoch in range(EPOCHS):
        order, total = torch.randperm(len(strips)), 0.0
        for number in range(per_epoch):
            chosen = order[number * BATCH : (number + 1) * BATCH]
            x, true = strips[chosen].float(), truth[chosen]
            if torch.rand(()) < 0.5:  # the other way round
                x, true = x.flip(2), true.flip(2)
            if poor:
                x, true = stretched(x, true)
                x = impoverished(varied(x))
            else:
                x = varied(x)
            loss = loss_of(network, x, true, (epoch + number / per_epoch) / EPOCHS)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"epoch {epoch + 1}: {total / per_epoch:.3f}", file=sys.stderr, flush=True)
    return network.weights()


def read_depth() -> np.ndarray:
    """The places across a strip."""
    line = curve_from_clicks(np.array([[10.0, 60], [30, 10], [50, 60]]), wall_template("A4C"), PLACES)
    return read_strip(np.zeros((1, 64, 64), np.uint8), line, 0).depth


def test(clips: int, noise: float) -> list[tuple[float, float, float, float]]:
    """For each clip: median distance of template and of found wall to the truth, error of thickness of both; shares."""
    rows = []
    for seed in range(FIRST_SEED, FIRST_SEED + clips):
        view = VIEWS[seed % len(VIEWS)]
        phantom = generate_cached(draw_parameters(seed, WIDE, view))
        wall, rng = borders(phantom, phantom.ed_frame), np.random.default_rng(seed)
        clicks = wall.clicks(noise, rng)
        template, found = wall_template(view), find_wall(phantom.cine.frames, clicks, view, phantom.ed_frame)
        curve = resample_line(curve_from_clicks(clicks, template, PLACES), PLACES)
        fine, axis = resample_line(wall.mid, 2000), axis_of(clicks)
        away = [np.median(np.linalg.norm(c[:, None] - fine, axis=-1).min(axis=1)) for c in (curve, found.line)]
        true = resample_line(phantom.anatomy.thickness[:, None], PLACES)[:, 0] / phantom.parameters.length_mm
        usual = np.interp(np.linspace(0, 1, PLACES), template.along, template.thickness)
        thick = [np.abs(width - true).mean() for width in (usual, found.thickness)]
        rows.append((away[0] / axis, away[1] / axis, *thick))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit-clips", type=int, default=len(FIT_SEEDS))
    parser.add_argument("--test-clips", type=int, default=40)
    parser.add_argument("--test-only", action="store_true", help="measure the weights that are there")
    parser.add_argument("--write", action="store_true", help="write the weights into the project")
    arguments = parser.parse_args()
    if not arguments.test_only:
        weights = fit(arguments.fit_clips)
        if arguments.write:
            np.savez_compressed(REPOSITORY / "Resources" / WEIGHTS, **weights)  # type: ignore[arg-type]
    print("| clicks beside the wall | template | found | ratio | nearer | thickness: template | found |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for noise in (0.0, 0.015):
        rows = np.array(test(arguments.test_clips, noise))
        a, b, c, d = 100 * rows.mean(axis=0)
        nearer = 100 * (rows[:, 1] < rows[:, 0]).mean()
        print(f"| {100 * noise:.1f} | {a:.2f} | {b:.2f} | {b / a:.2f} | {nearer:.0f} % | {c:.2f} | {d:.2f} |")


if __name__ == "__main__":
    main()
