"""WallNet: where in another frame is what was here? A learned match with a learned, calibrated uncertainty.

The features around the present position in one frame are correlated with the template from another. Read as
probabilities, the correlations give the expected displacement and its covariance; both are trained on known motion.
`follow` turns many such displacements into trajectories.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .encoder import STRIDES, Encoder, network_input, sample

RADII = (4, 3, 3)  # cells, of the correlation window on each level
FLOOR_PX = 0.1  # a displacement is never held to be more certain


class WallNet(nn.Module):
    """An encoder, and how sharply the correlations of each level are to be read."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.log_scale = nn.Parameter(torch.full((len(STRIDES),), 2.7))

    def features(self, frames: Tensor) -> list[Tensor]:
        """Features of frames [T, H, W] (0..255): maps [T, C, h, w] of three levels."""
        return list(self.encoder(network_input(frames)))

    def appearance(self, maps: Sequence[Tensor], positions: Tensor) -> list[Tensor]:
        """Features [N, T, C] of each level at positions [N, T, 2] px in each frame's maps."""
        return [
            sample(level, (positions / stride).transpose(0, 1)).transpose(0, 1) for level, stride in zip(maps, STRIDES)
        ]

    def correlations(self, features: Tensor, maps: Tensor, level: int) -> Tensor:
        """Scaled correlations [T, N, h, w] of features [N, T, C] (or [N, 1, C]) with a level's maps [T, C, h, w]."""
        volume = torch.matmul(features.transpose(0, 1), maps.flatten(2))
        return volume.reshape(len(maps), -1, *maps.shape[-2:]) * self.log_scale[level].exp()

    def window(self, correlations: Tensor, positions: Tensor, level: int) -> Tensor:
        """What correlations [T, N, h, w] are around positions [N, T, 2] px: [N, T, W]."""
        n, t = positions.shape[:2]
        centres = (positions / STRIDES[level]).transpose(0, 1).reshape(t * n, 1, 2)
        maps = correlations.reshape(t * n, 1, *correlations.shape[-2:])
        return sample(maps, centres + self._offsets(level, centres))[..., 0].reshape(t, n, -1).transpose(0, 1)

    def matched_window(self, features: Tensor, maps: Tensor, positions: Tensor, level: int) -> Tensor:
        """The same window without the whole maps of correlations, which is much faster where only it is needed.

        Args:
            features: [N, T, C].
            maps: [T, C, h, w] of the level.
            positions: [N, T, 2] px.
            level: index into STRIDES.
        """
        n, t = positions.shape[:2]
        offsets = self._offsets(level, positions)
        at = (positions / STRIDES[level]).transpose(0, 1)[:, :, None] + offsets  # [T, N, W, 2]
        seen = sample(maps, at.reshape(t, -1, 2)).reshape(t, n, len(offsets), -1)
        return torch.einsum("tnwc,ntc->ntw", seen, features) * self.log_scale[level].exp()

    def displacement(self, window: Tensor, level: int) -> tuple[Tensor, Tensor]:
        """Expected displacement [N, T, 2] px and its covariance [N, T, 2, 2] of a window [N, T, W]."""
        probability = torch.softmax(window, -1)
        offsets = self._offsets(level, window) * STRIDES[level]
        mean = probability @ offsets
        spread = offsets - mean[..., None, :]
        covariance = torch.einsum("ntw,ntwi,ntwj->ntij", probability, spread, spread)
        return mean, covariance + FLOOR_PX**2 * torch.eye(2, device=mean.device, dtype=mean.dtype)

    @staticmethod
    def _offsets(level: int, like: Tensor) -> Tensor:
        """Places (x, y) of a window [W, 2] in cells."""
        axis = torch.arange(-RADII[level], RADII[level] + 1, device=like.device, dtype=like.dtype)
        return torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(-1, 2)
