"""How a wall usually runs beside its template, and how it runs given what was seen of its borders: Gaussian processes.

Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, 2.2.
"""

from __future__ import annotations

import numpy as np

_LEAST = 1e-6  # variance that keeps the covariances regular


def usual_covariances(place: np.ndarray, prior: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the covariances [S, S] of the wall's distance from its template, and of its thickness, before a look.

    Args:
        place: [S], 0 (left annulus) to 1 (right annulus).
        prior: [7]: SD of the distance midway between two clicks and how far along the wall it reaches; SD at the clicks
            and its reach; SD of the whole wall's thickness, of its changes, and their reach. Shares of the axis (SD)
            and of the wall (reach).
    """
    between, reach, at_clicks, click_reach, whole, changes, change_reach = (float(value) for value in prior)
    apart = (place[:, None] - place) ** 2
    from_click = np.abs(place[:, None] - np.array([0.0, 0.5, 1.0])).min(axis=1)
    share = np.sin(0.5 * np.pi * from_click / 0.25)
    regular = _LEAST * np.eye(len(place))
    distance = between**2 * share[:, None] * share * _smooth(apart, reach) + at_clicks**2 * _smooth(apart, click_reach)
    return distance + regular, whole**2 + changes**2 * _smooth(apart, change_reach) + regular


def _smooth(apart: np.ndarray, reach: float) -> np.ndarray:
    """Return the correlation of places that lie `apart` (squared)."""
    return np.asarray(np.exp(-0.5 * apart / reach**2))


def course_given(
    depth: np.ndarray, variance: np.ndarray, usual: np.ndarray, covariances: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean offset of the mid-wall and mean thickness, each [S], and the offset's SD [S].

    Args:
        depth: [2, S] of the inner and the outer border, as seen.
        variance: [2, S] of that.
        usual: [S], mean thickness before a look.
        covariances: of `usual_covariances`.
    """
    from scipy.linalg import cho_factor, cho_solve

    of_offset, of_thickness = covariances
    # inner = offset - thickness / 2, outer = offset + thickness / 2
    same, other = of_offset + of_thickness / 4, of_offset - of_thickness / 4
    seen = np.block([[same, other], [other, same]]) + np.diag(variance.ravel())
    with_offset = np.hstack([of_offset, of_offset])
    with_thickness = np.hstack([-of_thickness / 2, of_thickness / 2])
    factor = cho_factor(seen)
    unexpected = cho_solve(factor, np.r_[depth[0] + usual / 2, depth[1] - usual / 2])
    explained = (with_offset * cho_solve(factor, with_offset.T).T).sum(axis=1)
    sd = np.sqrt(np.maximum(np.diag(of_offset) - explained, 0.0))
    return with_offset @ unexpected, usual + with_thickness @ unexpected, sd
