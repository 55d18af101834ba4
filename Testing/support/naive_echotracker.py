"""The EchoTracker network written as plainly as its definition reads: slow, for tests of the fast form only."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Optional

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

State = Mapping[str, Tensor]


def formula_weights(shapes: Mapping[str, tuple[int, ...]], dtype: torch.dtype = torch.float64) -> dict[str, Tensor]:
    """Return reproducible random weights, the same on every machine: a normal draw seeded by the tensor's name."""
    state = {}
    for name, shape in shapes.items():
        x = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
        value = 0.01 * x if len(shape) == 1 else x / np.sqrt(np.prod(shape[1:]))
        state[name] = torch.from_numpy(value.astype(np.float32)).to(dtype)
    return state


def _conv2d(state: State, name: str, x: Tensor, stride: int = 1) -> Tensor:
    weight = state[f"{name}.weight"]
    return F.conv2d(x, weight, state[f"{name}.bias"], stride=stride, padding=weight.shape[-1] // 2)


def _conv1d(state: State, name: str, x: Tensor) -> Tensor:
    return F.conv1d(x, state[f"{name}.conv.weight"], state[f"{name}.conv.bias"], padding=1)


def encode(state: State, name: str, frames: Tensor, stride: int) -> Tensor:
    """Frames [S,1,H,W] normalized -> features [S,64,H//stride,W//stride], all frames at once."""
    size = (frames.shape[-2] // stride, frames.shape[-1] // stride)
    x = F.relu(F.instance_norm(_conv2d(state, f"{name}.conv1", frames, 2)))
    layers = []
    for layer in (1, 2, 3, 4):
        for block in (0, 1):
            prefix = f"{name}.layer{layer}.{block}"
            step = 2 if layer > 1 and block == 0 else 1
            y = F.relu(F.instance_norm(_conv2d(state, f"{prefix}.conv1", x, step)))
            y = F.relu(F.instance_norm(_conv2d(state, f"{prefix}.conv2", y)))
            if step > 1:
                x = F.instance_norm(_conv2d(state, f"{prefix}.downsample.0", x, step))
            x = F.relu(x + y)
        layers.append(F.interpolate(x, size, mode="bilinear", align_corners=True))
    x = F.relu(F.instance_norm(_conv2d(state, f"{name}.conv2", torch.cat(layers, 1))))
    return _conv2d(state, f"{name}.conv3", x)


def delta_block(state: State, name: str, x: Tensor) -> Tensor:
    """Inputs [N, C, S] -> coordinate corrections [N, S, 2]."""
    x = F.relu(_conv1d(state, f"{name}.first_block_conv", x))
    for i in range(8):
        prefix = f"{name}.basicblock_list.{i}"
        y = x if i == 0 else F.relu(F.instance_norm(x))
        y = F.relu(F.instance_norm(_conv1d(state, f"{prefix}.conv1", y)))
        y = _conv1d(state, f"{prefix}.conv2", y)
        extra = y.shape[1] - x.shape[1]
        x = y + F.pad(x, (0, 0, extra // 2, extra - extra // 2))
    return F.linear(F.relu(x).transpose(1, 2), state[f"{name}.dense.weight"], state[f"{name}.dense.bias"])


def _pyramid(maps: Tensor) -> list[Tensor]:
    levels = [maps]
    for _ in range(3):
        levels.append(F.avg_pool2d(levels[-1], 2))
    return levels


def _feature_at(image: Tensor, position: Tensor) -> Tensor:
    """image [64,h,w], position (x, y) -> [64]: bilinear, neighbor indices clamped."""
    x, y = position.tolist()
    x0, y0 = math.floor(x), math.floor(y)
    total = torch.zeros_like(image[:, 0, 0])
    for ix, wx in ((x0, 1 - (x - x0)), (x0 + 1, x - x0)):
        for iy, wy in ((y0, 1 - (y - y0)), (y0 + 1, y - y0)):
            total = total + wx * wy * image[:, min(max(iy, 0), image.shape[1] - 1), min(max(ix, 0), image.shape[2] - 1)]
    return total


def _window(correlation: Tensor, centre: Tensor) -> Tensor:
    """correlation [h,w] -> 49 values around center, x offset slow, y offset fast, zero outside."""
    h, w = correlation.shape
    offsets = torch.arange(-3, 4, dtype=correlation.dtype)
    x = (centre[0] + offsets)[:, None].expand(7, 7)
    y = (centre[1] + offsets)[None, :].expand(7, 7)
    grid = torch.stack([2 * x / max(w - 1, 1) - 1, 2 * y / max(h - 1, 1) - 1], -1)
    return F.grid_sample(correlation[None, None], grid[None], align_corners=True).flatten()


def _embedding(coords: Tensor) -> Tensor:
    """coords [N,S,2] -> [N,S,66]."""
    motion = coords[:, 1:] - coords[:, :-1]
    motion = torch.cat([motion, motion[:, -1:]], 1)
    frequencies = 10000.0 ** (-torch.arange(16, dtype=coords.dtype) / 15)
    x, y = motion[..., :1] * frequencies, motion[..., 1:] * frequencies
    return torch.cat([x.sin(), x.cos(), y.sin(), y.cos(), motion], -1)


def predict(state: State, video: Tensor, queries: Tensor, query_frame: Optional[int], iterations: int = 4) -> Tensor:
    """video [S,1,H,W] 0..255, queries [N,2] px -> predictions [1+iterations,S,N,2] px."""
    n_frames, n_points, q = len(video), len(queries), query_frame or 0
    frames = 2 * video / 255 - 1
    coarse = _pyramid(encode(state, "fnet", frames, 8))
    fine = _pyramid(encode(state, "fnet_fine", frames, 2))

    coords = (queries / 8)[:, None].expand(n_points, n_frames, 2)
    target = torch.stack([_feature_at(coarse[0][q], c) for c in queries / 8])
    maps = [torch.einsum("nc,schw->nshw", target, level) / 8 for level in coarse]
    maps = [F.interpolate(m, (14, 14), mode="bilinear", align_corners=True) for m in maps]
    correlation = torch.stack(maps).mean(0).flatten(2)
    images = torch.cat([frames[-1:], frames[1:] - frames[:-1]])
    flow = F.interpolate(images, (50, 60), mode="bilinear", align_corners=False).flatten(1)
    flow = flow.expand(n_points, -1, -1)
    inputs = torch.cat([correlation, flow, _embedding(coords), coords[:, :1].expand_as(coords)], -1)
    coords = coords + delta_block(state, "delta_block_spatial", inputs.transpose(1, 2))
    if query_frame is not None:
        coords[:, q] = queries / 8
    predictions = [coords * 8]

    coords = coords * 4
    start = coords[:, q : q + 1].expand_as(coords)
    template = torch.stack([_feature_at(fine[0][q], c) for c in coords[:, q]])
    for _ in range(iterations):
        rows = []
        for n in range(n_points):
            for t in range(n_frames):
                earlier = [(max(t - k, 0)) for k in (2, 4)]
                targets = [template[n]] + [_feature_at(fine[0][e], coords[n, e]) for e in earlier]
                rows.append(
                    torch.cat(
                        [
                            _window(torch.einsum("c,chw->hw", f, level[t]) / 8, coords[n, t] / 2**i)
                            for f in targets
                            for i, level in enumerate(fine)
                        ]
                    )
                )
        correlation = torch.stack(rows).reshape(n_points, n_frames, 588)
        correlation = F.linear(correlation, state["linear.weight"], state["linear.bias"])
        inputs = torch.cat([correlation, flow, _embedding(coords), start], -1)
        coords = coords + delta_block(state, "delta_block_temporal", inputs.transpose(1, 2))
        predictions.append(coords * 2)
    return torch.stack(predictions).transpose(1, 2)
