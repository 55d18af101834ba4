"""Where along a line something lies, given scores of each place and what is expected of neighbors: an exact chain."""

from __future__ import annotations

import numpy as np


def marginals(score: np.ndarray, steps: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the probability [S, O, W] of each state at each place, given the log scores [S, O, W] of all places.

    Args:
        score: log of how likely each state is at each place by itself.
        steps: log of how likely it is that each of the two numbers of a state changes by -k ... k from place to place.
    """
    forward, backward = np.zeros_like(score), np.zeros_like(score)
    for s in range(1, len(score)):
        forward[s] = _passed(forward[s - 1] + score[s - 1], steps)
    for s in range(len(score) - 2, -1, -1):
        backward[s] = _passed(backward[s + 1] + score[s + 1], steps)
    joint = forward + backward + score
    joint -= joint.max(axis=(1, 2), keepdims=True)
    found = np.exp(joint)
    return np.asarray(found / found.sum(axis=(1, 2), keepdims=True))


def _passed(message: np.ndarray, steps: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Return the log of a message [O, W] after one place."""
    from scipy.ndimage import convolve1d

    message = message - message.max()
    weights = np.exp(message)
    for axis, step in enumerate(steps):
        weights = convolve1d(weights, np.exp(step), axis=axis, mode="constant")
    return np.asarray(np.log(np.maximum(weights, 1e-30)))
