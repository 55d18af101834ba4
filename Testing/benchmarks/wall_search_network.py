"""The network that looks for the wall and the most likely wall by it, in PyTorch, to be fitted; strips to vary."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from EchoTrackerLib.strain.outline.evidence import DILATIONS, DOUBT_RANGE, EVERY, LEAST_VARIANCE, MOST, PLACE
from EchoTrackerLib.strain.outline.strip import CHANNELS, PLACES, REACH

WIDTH, KERNEL = 16, (3, 5)
FIRST_PRIOR = (0.035, 0.12, 0.012, 0.15, 0.025, 0.010, 0.12)  # of `course.usual_covariances`
FIRST_FLOOR = 1e-3
STRETCH = 0.15  # SD of its log
BEYOND = CHANNELS.index("beyond")
GRAYS = [CHANNELS.index(name) for name in ("alike", "mean", "dark", "bright")]


class WallNetwork(nn.Module):
    """`evidence.border_evidence` and `course.course_given` for many strips at once, with all that is fitted."""

    def __init__(self, depth: np.ndarray, usual: np.ndarray) -> None:
        """Begin with random weights; `depth` [D] of the strips, `usual` [S] thickness of the template."""
        super().__init__()
        widths = (len(CHANNELS), *[WIDTH] * (len(DILATIONS) - 1), 4)
        layers: list[nn.Module] = []
        for number, dilation in enumerate(DILATIONS):
            size = KERNEL if number < len(DILATIONS) - 1 else (3, 3)
            padding = (dilation[0] * (size[0] // 2), dilation[1] * (size[1] // 2))
            layers += [nn.Conv2d(widths[number], widths[number + 1], size, padding=padding, dilation=dilation)]
            layers += [nn.Tanh()]
        self.layers = nn.Sequential(*layers[:-1])
        self.log_prior = nn.Parameter(torch.log(torch.tensor(FIRST_PRIOR)))
        self.log_floor = nn.Parameter(torch.log(torch.tensor(FIRST_FLOOR)))
        self.depth = torch.as_tensor(depth, dtype=torch.float32)
        self.usual = torch.as_tensor(usual[::EVERY], dtype=torch.float32)

    def forward(self, strips: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Strips [B, C, S, D]: scores [B, 2, S', D] of the borders, mean and variance [B, 2, S'] of offset, thickness.

        Those of a Gaussian whose covariance before a look is the prior's.
        """
        scores = self.layers(strips[:, :, ::EVERY].clamp(-MOST, MOST))
        chance = torch.softmax(scores[:, :2], -1)
        seen = (chance * self.depth).sum(-1)
        spread = (chance * (self.depth - seen[..., None]) ** 2).sum(-1)
        doubt = torch.exp((chance * scores[:, 2:]).sum(-1).clamp(*DOUBT_RANGE))
        variance = LEAST_VARIANCE + (spread + torch.exp(self.log_floor)) * doubt
        of_offset, of_thickness = self._covariances()
        same, other = of_offset + of_thickness / 4, of_offset - of_thickness / 4
        before = torch.cat([torch.cat([same, other], 1), torch.cat([other, same], 1)])
        shared = torch.cat([torch.cat([of_offset] * 2, 1), torch.cat([-of_thickness / 2, of_thickness / 2], 1)])
        factor = torch.linalg.cholesky(before + torch.diag_embed(variance.flatten(1)))
        unexpected = torch.cat([seen[:, 0] + self.usual / 2, seen[:, 1] - self.usual / 2], 1)[..., None]
        mean = (shared @ torch.cholesky_solve(unexpected, factor))[..., 0]
        whitened = torch.linalg.solve_triangular(factor, shared.T.expand(len(strips), -1, -1), upper=False)
        left = torch.cat([of_offset.diagonal(), of_thickness.diagonal()]) - (whitened**2).sum(1)
        mean, left = (v.reshape(len(strips), 2, -1) for v in (mean, left.clamp(1e-7)))
        return scores[:, :2], torch.stack([mean[:, 0], mean[:, 1] + self.usual], 1), left

    def _covariances(self) -> tuple[torch.Tensor, torch.Tensor]:
        """`course.usual_covariances`."""
        between, reach, at_clicks, click_reach, whole, changes, change_reach = torch.exp(self.log_prior)
        place = torch.as_tensor(PLACE, dtype=torch.float32)
        apart = (place[:, None] - place) ** 2
        from_click = (place[:, None] - torch.tensor([0.0, 0.5, 1.0])).abs().min(1).values
        share = torch.sin(0.5 * np.pi * from_click / 0.25)
        regular = 1e-6 * torch.eye(len(place))
        distance = between**2 * share[:, None] * share * torch.exp(-0.5 * apart / reach**2)
        distance = distance + at_clicks**2 * torch.exp(-0.5 * apart / click_reach**2)
        thickness = whole**2 + changes**2 * torch.exp(-0.5 * apart / change_reach**2)
        return distance + regular, thickness + regular

    def weights(self) -> dict[str, np.ndarray]:
        """A network of `evidence.trained_networks`, by name."""
        convolutions = [layer for layer in self.layers if isinstance(layer, nn.Conv2d)]
        named = {
            f"{kind}{number}": values.detach().numpy().astype(np.float16)
            for number, layer in enumerate(convolutions)
            for kind, values in (("kernel", layer.weight), ("bias", layer.bias))
        }
        prior, floor = (torch.exp(log).detach().numpy() for log in (self.log_prior, self.log_floor))
        return {**named, "prior": prior, "floor": floor}


def loss_of(network: WallNetwork, strips: torch.Tensor, truth: torch.Tensor, done: float) -> torch.Tensor:
    """What is minimized for strips [B, C, S, D] with true depths [B, 2, S'] of both borders, NaN where not known.

    Absolute errors of the mid-wall and (half) of the thickness in percent; how well the errors fit the SD that goes
    with them (Laplace); and, at first more, the cross-entropy of each border's chances. `done` is the share of the fit.
    """
    scores, mean, left = network(strips)
    known = torch.isfinite(truth).all(1, keepdim=True).float()
    truth = torch.nan_to_num(truth)
    true = torch.stack([truth.mean(1), truth[:, 1] - truth[:, 0]], 1)
    off = (mean - true).abs()
    nearness = torch.softmax(-0.5 * ((network.depth - truth[..., None]) / 0.012) ** 2, -1)
    entropy = -(nearness * torch.log_softmax(scores, -1)).sum(-1)
    fit = off / left.sqrt() + 0.5 * left.log()
    share = torch.tensor([1.0, 0.5])[:, None]
    total = 100 * share * off + 0.05 * fit + 0.3 * max(0.1, 1 - done) * entropy
    return (total * known).sum() / known.sum()


def varied(strips: torch.Tensor) -> torch.Tensor:
    """Strips [B, C, S, D] as other machines and patients might show them.

    Other gain and offset, uneven gain, a bright line outside the wall, a sector that is lost, no sector's edge.
    """
    strips, count = strips.clone(), len(strips)
    strips[:, :BEYOND] *= torch.exp(0.25 * torch.randn(count, BEYOND, 1, 1))
    strips[:, :BEYOND] += 0.2 * torch.randn(count, BEYOND, 1, 1)
    if torch.rand(()) < 0.2:
        strips[:, BEYOND] = 0
    along = torch.linspace(0, 1, PLACES)[:, None]
    across = torch.linspace(-1, 1, strips.shape[3])[None]
    size = torch.randn(count, 4, 1, 1)
    uneven = size[:, :1] * (2 * along - 1) + size[:, 1:2] * across
    strips[:, GRAYS] += 0.3 * (uneven + size[:, 2:3] * torch.sin(2 * np.pi * (along + size[:, 3:])))
    for strip in strips:
        if torch.rand(()) < 0.25:
            place, half, depth, thin, bright = torch.rand(5)
            line = torch.exp(-0.5 * ((along - place) / (0.1 + 0.2 * half)) ** 2)
            line = line * torch.exp(-0.5 * ((across - (0.25 + 0.44 * depth)) / (0.03 + 0.06 * thin)) ** 2)
            strip[GRAYS] += (1 + 2 * bright) * line
        if torch.rand(()) < 0.25:
            place, half = torch.rand(2)
            lost = torch.exp(-0.5 * ((along - place) / (0.04 + 0.08 * half)) ** 2)
            strip[:BEYOND] *= 1 - 0.9 * lost
            strip[GRAYS] -= 0.7 * lost
    return strips.clamp(-MOST, MOST)


def stretched(strips: torch.Tensor, truth: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Strips [B, C, S, D] with walls thicker or thinner and elsewhere, and their true depths [B, 2, S']."""
    count, _channels, rows, cols = strips.shape
    size = torch.exp(STRETCH * torch.randn(count, 1))
    moved = 0.15 * STRETCH * torch.randn(count, 1)
    source = (torch.linspace(-1, 1, cols) - moved / REACH) / size
    across = source[:, None].expand(count, rows, cols)
    along = torch.linspace(-1, 1, rows)[None, :, None].expand(count, rows, cols)
    strips = nn.functional.grid_sample(
        strips, torch.stack([across, along], -1), padding_mode="border", align_corners=True
    )
    return strips, truth * size[..., None] + moved[..., None]


def impoverished(strips: torch.Tensor) -> torch.Tensor:
    """Strips [B, C, S, D] whose grays are cut off at black and white now and then, and without some channels."""
    count = len(strips)
    cut = torch.rand(2, count, 1, 1, 1) < 0.35
    black = torch.where(cut[0], -0.9 + 0.9 * torch.rand(count, 1, 1, 1), torch.tensor(-MOST))
    white = torch.where(cut[1], 0.8 + 1.5 * torch.rand(count, 1, 1, 1), torch.tensor(MOST))
    strips[:, GRAYS] = torch.minimum(torch.maximum(strips[:, GRAYS], black), white)
    strips[:, :BEYOND] *= (torch.rand(count, BEYOND, 1, 1) >= 0.12).float()
    return strips
