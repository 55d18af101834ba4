"""Fit the network that looks for the wall, on synthetic clips, and measure what it finds on clips it has not seen.

    python Testing/benchmarks/fit_wall_search.py --write
    python Testing/benchmarks/fit_wall_search.py --test-only

Clips with drawn parameters (wide ranges, one second at 22 frames/s) give strips round templates through three clicks,
which lie where the wall is or beside it as a hand would set them, at end-diastole and on other frames. The network's
scores of both borders make, for each place along the wall, the chance of each offset and thickness; its cross-entropy
with the truth is minimized (Adam). With `--write` the weights go into `Resources/Wall`. The test: the 40 clips of
`bench accuracy` with the three clicks exactly on the wall and 1.5 % of the axis beside it. Fitting needs PyTorch.
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
from EchoTrackerLib.phantom.parameters import WIDE, draw_parameters
from EchoTrackerLib.phantom.phantom import Phantom
from EchoTrackerLib.strain.outline.evidence import DILATIONS, MOST, OFFSETS, THICKNESSES, WEIGHTS
from EchoTrackerLib.strain.outline.search import find_wall
from EchoTrackerLib.strain.outline.strip import CHANNELS, PLACES, Strip, read_strip
from EchoTrackerLib.strain.wall_template import curve_from_clicks, wall_template

REPOSITORY = Path(__file__).resolve().parents[2]
FIT_SEEDS = (*range(820_000, 820_060), *range(830_000, 830_070))
CLICK_NOISE = (0.0, 0.01, 0.02, 0.01, 0.02, 0.02, 0.03)  # SD, shares of the axis; the first three at end-diastole
HIDDEN, KERNELS = 8, (5, 5, 5, 3)
EPOCHS, BATCH, RATE = 24, 16, 6e-3
BLUR = (0.01, 0.015)  # of the truth: SD of offset and thickness


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


def examples(seed: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Strips [C, S, D] of one clip with the true offsets and thicknesses [S]."""
    view = VIEWS[seed % len(VIEWS)]
    phantom = generate_cached(draw_parameters(seed, WIDE, view, fps=22.0, n_frames=22))
    rng = np.random.default_rng(seed)
    for number, noise in enumerate(CLICK_NOISE):
        frame = phantom.ed_frame if number < 3 else int(rng.integers(0, phantom.cine.n_frames))
        wall = borders(phantom, frame)
        curve = curve_from_clicks(wall.clicks(noise, rng), wall_template(view), PLACES)
        strip = read_strip(phantom.cine.frames, curve, frame)
        offset, inner, outer = (crossings(strip, line) for line in (wall.mid, wall.endo, wall.epi))
        yield strip.seen.astype(np.float32), offset, outer - inner


def target(offset: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """Chances [M, S, O * W] round the truth [M, S]; all 0 where it is not known."""
    known = np.isfinite(offset) & np.isfinite(thickness) & (np.abs(offset) < OFFSETS[-1])
    a = (OFFSETS[:, None] - np.nan_to_num(offset)[..., None, None]) / BLUR[0]
    b = (THICKNESSES - np.clip(np.nan_to_num(thickness), *THICKNESSES[[0, -1]])[..., None, None]) / BLUR[1]
    log = (-0.5 * (a**2 + b**2)).reshape(*offset.shape, -1)
    chance = np.exp(log - log.max(axis=-1, keepdims=True))
    return np.asarray(known[..., None] * chance / chance.sum(axis=-1, keepdims=True), dtype=np.float32)


def network() -> Any:
    """The network of `evidence.border_scores` in PyTorch."""
    from torch import nn

    widths = (len(CHANNELS), *[HIDDEN] * (len(KERNELS) - 1), 2)
    layers: list[Any] = []
    for number, (size, dilation) in enumerate(zip(KERNELS, DILATIONS)):
        padding = dilation * (size // 2)
        layers += [nn.Conv2d(widths[number], widths[number + 1], size, padding=padding, dilation=dilation), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def wall_scores(scores: Any, depth: np.ndarray) -> Any:
    """Scores [B, 2, S, D] of the borders as those of offsets and thicknesses [B, S, O * W]."""
    import torch

    offset, thickness = np.meshgrid(OFFSETS, THICKNESSES, indexing="ij")
    total = 0
    for border, sign in ((0, -0.5), (1, 0.5)):
        at = ((offset + sign * thickness).ravel() - depth[0]) / (depth[1] - depth[0])
        below = torch.as_tensor(np.floor(at + 1e-9).astype(int))
        share = torch.as_tensor((at - np.floor(at + 1e-9)).astype(np.float32))
        total = total + scores[:, border][..., below] * (1 - share) + scores[:, border][..., below + 1] * share
    return total


def fit(clips: int) -> dict[str, np.ndarray]:
    """Fit to this many clips; return the weights by name."""
    import torch

    torch.manual_seed(0)
    parts = [part for seed in FIT_SEEDS[:clips] for part in examples(seed)]
    seen, offset, thickness = (np.stack(values) for values in zip(*parts))
    strips, truth = torch.as_tensor(np.clip(seen, -MOST, MOST)), torch.as_tensor(target(offset, thickness))
    depth = read_depth()
    net = network()
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, weight_decay=1e-4)
    per_epoch = max(1, len(strips) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * per_epoch)
    for epoch in range(EPOCHS):
        order, total = torch.randperm(len(strips)), 0.0
        for number in range(per_epoch):
            chosen = order[number * BATCH : (number + 1) * BATCH]
            x, chance = varied(strips[chosen]), truth[chosen]
            if torch.rand(()) < 0.5:  # the other way round
                x, chance = x.flip(2), chance.flip(1)
            log = torch.log_softmax(wall_scores(net(x), depth), -1)
            loss = -(chance * log).sum() / chance.sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss)
        print(f"epoch {epoch + 1}: {total / per_epoch:.3f}", file=sys.stderr, flush=True)
    convolutions = [layer for layer in net if hasattr(layer, "weight")]
    return {
        f"{kind}{number}": values.detach().numpy().astype(np.float16)
        for number, layer in enumerate(convolutions)
        for kind, values in (("kernel", layer.weight), ("bias", layer.bias))
    }


def varied(strips: Any) -> Any:
    """Strips with other gains and offsets; now and then without what lies beyond the sector."""
    import torch

    beyond = len(CHANNELS) - 1
    strips, count = strips.clone(), len(strips)
    strips[:, :beyond] *= torch.exp(0.25 * torch.randn(count, beyond, 1, 1))
    strips[:, :beyond] += 0.2 * torch.randn(count, beyond, 1, 1)
    if torch.rand(()) < 0.2:
        strips[:, beyond] = 0
    return strips.clamp(-MOST, MOST)


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
