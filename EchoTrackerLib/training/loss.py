"""What is minimized."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def sequence_loss(
    predictions: Sequence[Tensor], truth: Tensor, visible: Tensor, gamma: float, velocity: float = 0.0
) -> Tensor:
    """Mean over n predictions of gamma^(n-1-i) times the mean absolute error over visible positions.

    The loss of the EchoTracker paper; `velocity` adds the error of the motion from frame to frame.

    Args:
        predictions: tensors [N, T, 2] px, the last one is the result.
        truth: [N, T, 2] px.
        visible: bool [N, T].
        gamma: weight of an earlier prediction against the next one.
        velocity: weight of the motion's error.
    """
    weight = visible.to(truth.dtype)
    both = weight[:, 1:] * weight[:, :-1]
    total = truth.new_zeros(())
    for i, prediction in enumerate(predictions):
        error = prediction - truth
        loss = (error.abs().mean(-1) * weight).sum() / weight.sum().clamp(min=1)
        if velocity:
            motion = (error[:, 1:] - error[:, :-1]).abs().mean(-1)
            loss = loss + velocity * (motion * both).sum() / both.sum().clamp(min=1)
        total = total + gamma ** (len(predictions) - 1 - i) * loss
    return total / len(predictions)


def displacement_loss(error: Tensor, covariance: Tensor) -> Tensor:
    """Negative log-likelihood [...] of errors [..., 2] px under a bivariate Student distribution (4 degrees).

    Heavier tails than the normal distribution's let a few hopeless matches be hopeless.
    """
    determinant = torch.linalg.det(covariance).clamp(min=1e-8)
    squared = (error[..., None, :] @ torch.linalg.inv(covariance) @ error[..., None])[..., 0, 0]
    return 3 * torch.log1p(squared / 4) + 0.5 * torch.log(determinant)


def expected_offset(windows: Tensor, radius: int) -> Tensor:
    """Mean (x, y) offset [..., 2] in cells under the softmax of windows [..., (2 radius + 1)^2], slow x, fast y."""
    axis = torch.arange(-radius, radius + 1, device=windows.device, dtype=windows.dtype)
    offsets = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1).flatten(0, 1)
    return torch.softmax(windows, dim=-1) @ offsets


def offset_loss(wrong: Tensor, valid: Tensor) -> Tensor:
    """Mean Huber loss of wrong offsets [..., 2] over the valid ones [...], squared below a quarter of a cell."""
    error = F.smooth_l1_loss(wrong, torch.zeros_like(wrong), beta=0.25, reduction="none").sum(-1)
    return (error * valid).sum() / valid.sum().clamp(min=1)


def matching_loss(logits: Tensor, target: Tensor, valid: Tensor) -> Tensor:
    """Cross-entropy of correlation maps with the true place, spread over its four cells.

    Args:
        logits: [M, h, w], scaled correlations.
        target: [M, 2] (x, y) in cells of the map.
        valid: bool [M]; targets outside the map are left out as well.
    """
    height, width = logits.shape[-2:]
    limit = target.new_tensor([width - 1, height - 1])
    valid = valid & (target >= 0).all(-1) & (target <= limit).all(-1)
    logits, target = logits[valid], target[valid]
    if not len(logits):
        return logits.sum()
    log_probability = torch.log_softmax(logits.flatten(1), -1)
    cell = target.floor()
    part = target - cell
    loss = target.new_zeros(len(target))
    for dx in (0, 1):
        for dy in (0, 1):
            weight = (part[:, 0] if dx else 1 - part[:, 0]) * (part[:, 1] if dy else 1 - part[:, 1])
            x, y = (cell[:, 0] + dx).clamp(max=width - 1), (cell[:, 1] + dy).clamp(max=height - 1)
            loss = loss - weight * log_probability.gather(1, (y * width + x).long()[:, None])[:, 0]
    return loss.mean()
