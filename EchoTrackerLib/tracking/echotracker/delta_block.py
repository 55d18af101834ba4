"""The DeltaBlock: a one-dimensional residual network over time that proposes a correction of each point's path."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WIDTHS = (64, 64, 128, 128, 256, 256, 512, 512)  # channels of the eight residual blocks


def full_precision(x: Tensor) -> torch.autocast:
    """Return a context without autocast: corrections of coordinates need more digits than bfloat16 has."""
    return torch.autocast(x.device.type, enabled=False)


def normalise_sequences(x: Tensor) -> Tensor:
    """Instance normalization over time without affine parameters, eps 1e-5, of [N, C, S]."""
    return F.instance_norm(x, eps=1e-5)


class SameConv1d(nn.Module):
    """A convolution over time, kernel 3, whose output is as long as its input (the checkpoint's `.conv` level)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, S] -> [N, outputs, S]."""
        return self.conv(x)


class ResidualBlock1d(nn.Module):
    """Norm, ReLU, convolution, twice, and the input added with zero channels where there are too few."""

    def __init__(self, inputs: int, outputs: int, is_first: bool) -> None:
        super().__init__()
        self.conv1 = SameConv1d(inputs, outputs)
        self.conv2 = SameConv1d(outputs, outputs)
        self.is_first = is_first
        extra = outputs - inputs
        self.padding = (0, 0, extra // 2, extra - extra // 2)

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs, S] -> [N, outputs, S]."""
        y = x if self.is_first else torch.relu_(normalise_sequences(x))
        y = torch.relu_(normalise_sequences(self.conv1(y)))
        return self.conv2(y) + F.pad(x, self.padding)


class DeltaBlock(nn.Module):
    """Corrections [N, S, 2] (map units) from what is known about each point at each time.

    The first convolution is given in parts, because most of its inputs (`shared_inputs`, the frame flow) are the
    same for every point and every iteration: their share is computed once by `shared_term`.

    Args:
        correlation: channels in front of the shared ones.
        shared: channels that are the same for every point.
        own: channels behind the shared ones.
    """

    def __init__(self, correlation: int, shared: int, own: int) -> None:
        super().__init__()
        self.split = (correlation, shared, own)
        self.first_block_conv = SameConv1d(sum(self.split), WIDTHS[0])
        inputs = (WIDTHS[0], *WIDTHS[:-1])
        self.basicblock_list = nn.ModuleList(
            ResidualBlock1d(before, after, is_first=i == 0) for i, (before, after) in enumerate(zip(inputs, WIDTHS))
        )
        self.dense = nn.Linear(WIDTHS[-1], 2)

    def shared_term(self, shared: Tensor) -> Tensor:
        """Shared inputs [S, shared] -> their share of the first convolution, bias included, [1, 64, S]."""
        conv = self.first_block_conv.conv
        weight = conv.weight.split(self.split, dim=1)[1]
        return F.conv1d(shared.T[None], weight, conv.bias, padding=1)

    def point_weight(self) -> Tensor:
        """Return the first convolution's weight for each point's own inputs [correlation, own], [64, ., 3]."""
        correlation, _, own = self.first_block_conv.conv.weight.split(self.split, dim=1)
        return torch.cat([correlation, own], dim=1)

    def forward(self, inputs: Tensor, weight: Tensor, shared_term: Tensor) -> Tensor:
        """Return corrections [N, S, 2].

        Args:
            inputs: [N, C, S], each point's own inputs.
            weight: [64, C, 3], the first convolution's weight for them.
            shared_term: [1, 64, S].
        """
        with full_precision(inputs):
            x = torch.relu(F.conv1d(inputs, weight, padding=1) + shared_term)
            for block in self.basicblock_list:
                x = block(x)
            return self.dense(torch.relu(x).transpose(1, 2))
