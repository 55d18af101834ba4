"""Quality assurance of large sets by sampling: which tracks to look at, and what their errors say about all.

Tracks are put into strata by their confidence and a fixed number is drawn from each, so that rare bad tracks are
looked at too; the estimate weighs each stratum by its share of the whole set (Cochran, Sampling Techniques, 3rd ed.,
1977, chapter 5).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _

ERROR_TYPES = ("drift", "jump", "swap", "off wall")
STRATA = (0.5, 0.8, 0.95)  # borders of the mean confidence


@dataclass(frozen=True)
class Drawn:
    """A track to look at.

    Attributes:
        track: its number in the whole set.
        stratum: 0 is the lowest confidence.
    """

    track: int
    stratum: int


@dataclass(frozen=True)
class ErrorRate:
    """An estimated share of erroneous tracks.

    Attributes:
        rate: 0..1.
        low, high: 95 % confidence interval.
        examined, errors: tracks looked at, and those with an error.
    """

    rate: float
    low: float
    high: float
    examined: int
    errors: int


def strata_of(confidence: np.ndarray, borders: Sequence[float] = STRATA) -> np.ndarray:
    """Return the stratum int [N] of each track by its mean confidence [N]; NaN goes to the lowest."""
    return np.searchsorted(np.asarray(borders), np.nan_to_num(np.asarray(confidence), nan=-1.0), side="right")


def draw_sample(
    confidence: np.ndarray, n: int, seed: int, borders: Sequence[float] = STRATA
) -> tuple[list[Drawn], dict[int, int]]:
    """Draw about n tracks, equally many from each stratum that has them.

    Args:
        confidence: float [N], mean confidence of each track.
        n: how many; all when the set is smaller.
        seed: equal seeds draw equal samples.
        borders: of the strata.

    Returns:
        The drawn tracks in random order (so that the reader cannot guess the stratum), and the size of each stratum
        in the whole set.

    Raises:
        BadInput: n is not positive.
    """
    if n < 1:
        raise BadInput(_("A sample needs at least one track, not {n}.").format(n=n))
    stratum = strata_of(confidence, borders)
    rng = np.random.default_rng(seed)
    sizes = {int(s): int(np.sum(stratum == s)) for s in np.unique(stratum)}
    drawn: list[Drawn] = []
    left = min(n, len(stratum))
    # From the smallest stratum on: what it cannot give goes to the larger ones.
    for rank, (s, size) in enumerate(sorted(sizes.items(), key=lambda item: (item[1], item[0]))):
        take = min(size, math.ceil(left / (len(sizes) - rank)))
        members = rng.choice(np.flatnonzero(stratum == s), size=take, replace=False)
        drawn += [Drawn(int(track), s) for track in members]
        left -= take
    return [drawn[i] for i in rng.permutation(len(drawn))], sizes


def clopper_pearson(errors: int, examined: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share (Clopper and Pearson, Biometrika 1934;26:404); never too narrow.

    Raises:
        BadInput: more errors than examined.
    """
    from scipy.stats import binomtest

    _check_counts(errors, examined)
    if examined == 0:
        return 0.0, 1.0
    interval = binomtest(errors, examined).proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)


def estimate_error_rate(
    counts: Mapping[int, tuple[int, int]], sizes: Mapping[int, int], level: float = 0.95
) -> ErrorRate:
    """Estimate the share of erroneous tracks in the whole set from a stratified sample.

    With one stratum the interval is exact (`clopper_pearson`). With several it is Wilson's around the weighted rate,
    with the effective sample size that has the same variance; each stratum's variance enters with (errors + 1) /
    (examined + 2), because a stratum in which no error was found still may hold some. A stratum examined completely
    adds no variance.

    Args:
        counts: (errors, examined) by stratum.
        sizes: how many tracks each stratum has in the whole set.
        level: of the interval.

    Raises:
        BadInput: a stratum of which nothing was examined, more examined than there are, or no strata.
    """
    strata = [s for s, size in sizes.items() if size > 0]
    for s in strata:
        errors, examined = counts.get(s, (0, 0))
        if not 0 < examined <= sizes[s]:
            raise BadInput(
                _("Stratum {s}: {examined} of {sizes} tracks were examined; at least one is needed.").format(
                    s=s, examined=examined, sizes=sizes[s]
                )
            )
        _check_counts(errors, examined)
    if not strata:
        raise BadInput(_("There are no tracks to estimate an error rate for."))
    total = sum(sizes[s] for s in strata)
    all_errors, all_examined = (sum(counts[s][k] for s in strata) for k in (0, 1))
    rate = variance = smooth_rate = 0.0
    for s in strata:
        errors, examined = counts[s]
        weight = sizes[s] / total
        smooth = (errors + 1) / (examined + 2)
        rate += weight * errors / examined
        smooth_rate += weight * smooth
        variance += weight**2 * smooth * (1 - smooth) / examined * (1 - examined / sizes[s])
    if variance == 0.0:  # everything was examined
        return ErrorRate(rate, rate, rate, all_examined, all_errors)
    if len(strata) == 1:
        return ErrorRate(rate, *clopper_pearson(all_errors, all_examined, level), all_examined, all_errors)
    effective = smooth_rate * (1 - smooth_rate) / variance
    low, high = wilson_of_share(rate, effective, level)
    return ErrorRate(rate, low, high, all_examined, all_errors)


def error_type_counts(labelled: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return how many of the examined tracks show each error type; a track may show several.

    Raises:
        BadInput: an unknown error type.
    """
    unknown = {kind for kinds in labelled for kind in kinds} - set(ERROR_TYPES)
    if unknown:
        raise BadInput(
            _("Unknown error type: {names}. There are: {names2}.").format(
                names=", ".join(sorted(unknown)), names2=", ".join(ERROR_TYPES)
            )
        )
    return {kind: sum(kind in kinds for kinds in labelled) for kind in ERROR_TYPES}


def wilson_of_share(rate: float, effective: float, level: float) -> tuple[float, float]:
    """Return Wilson's score interval (J Am Stat Assoc 1927;22:209) of a rate; the sample size need not be whole."""
    z = _normal_quantile(level)
    denominator = 1 + z**2 / effective
    centre = (rate + z**2 / (2 * effective)) / denominator
    half = z / denominator * math.sqrt(rate * (1 - rate) / effective + z**2 / (4 * effective**2))
    # At the ends the two terms are equal; rounding must not leave a rate of 0 outside its interval.
    return 0.0 if rate <= 0 else max(0.0, centre - half), 1.0 if rate >= 1 else min(1.0, centre + half)


def _normal_quantile(level: float) -> float:
    from scipy.stats import norm

    return float(norm.ppf(0.5 + level / 2))


def _check_counts(errors: int, examined: int) -> None:
    if not 0 <= errors <= examined:
        raise BadInput(_("{errors} errors in {examined} tracks cannot be.").format(errors=errors, examined=examined))
