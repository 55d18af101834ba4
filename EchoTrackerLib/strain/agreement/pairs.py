"""Pairs of two tables of measurements, by identifier and never by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...agreement import Agreement, compare
from ...errors import BadInput
from ...i18n import tr as _
from .measurements import Identifier, Measurements, shown

_AS_SHARES = 30.0  # a ratio of typical sizes from which on one of two strains is taken for a share instead of percent


@dataclass(frozen=True)
class Pairs:
    """One measure of both tables.

    Attributes:
        measure: its name; "a = b" where the tables name it differently.
        identifiers: of the n complete pairs, in the order of the first table.
        first, second: float64 [n].
        incomplete: identifiers of both tables that lack a value in one.
        agreement: the figures.
    """

    measure: str
    identifiers: tuple[Identifier, ...]
    first: np.ndarray
    second: np.ndarray
    incomplete: tuple[Identifier, ...]
    agreement: Agreement


@dataclass(frozen=True)
class Comparison:
    """Two tables compared.

    Attributes:
        names: of the two.
        pairs: one a measure.
        only_first, only_second: identifiers without a partner.
        notes: what the reader should know.
    """

    names: tuple[str, str]
    pairs: tuple[Pairs, ...]
    only_first: tuple[Identifier, ...]
    only_second: tuple[Identifier, ...]
    notes: tuple[str, ...]


def compare_measurements(
    first: Measurements, second: Measurements, measures: Sequence[str] = (), magnitudes: bool = False
) -> Comparison:
    """Pair two tables by identifier and compare what both measured.

    Args:
        first, second: the tables; differences are first minus second.
        measures: names, or "name in first=name in second"; all that both have when empty.
        magnitudes: compare absolute values, for tables one of which leaves the sign out.

    Raises:
        BadInput: no common identifier or measure, fewer than two complete pairs, or values that cannot be of one kind.
    """
    if first.name == second.name:
        first, second = (replace(t, name=f"{t.name} ({which})") for t, which in ((first, "A"), (second, "B")))
    partners = set(second.identifiers)
    both = tuple(i for i in first.identifiers if i in partners)
    if not both:
        raise BadInput(
            _("{name} and {name2} have no identifier in common; the first ones are '{shown}' and '{shown2}'.").format(
                name=first.name,
                name2=second.name,
                shown=shown(first.identifiers[0]),
                shown2=shown(second.identifiers[0]),
            )
        )
    named = [_named(name, first, second) for name in measures] or [(n, n) for n in first.values if n in second.values]
    if not named:
        raise BadInput(
            _(
                "{name} and {name2} have no measure in common: {names} and {names2}. Name the columns with --value A=B."
            ).format(name=first.name, name2=second.name, names=", ".join(first.values), names2=", ".join(second.values))
        )
    paired = set(both)
    only_first, only_second = (tuple(i for i in table.identifiers if i not in paired) for table in (first, second))
    notes = [f"{table.name}: {note}" for table in (first, second) for note in table.notes]
    if only_first or only_second:
        notes.append(
            _("{n} identifier(s) are in {name} only and {n2} in {name2} only; they are left out.").format(
                n=len(only_first), name=first.name, n2=len(only_second), name2=second.name
            )
        )
    notes += _alike(only_first, only_second)
    if magnitudes:
        notes.append(_("Absolute values are compared."))
    pairs = tuple(_pairs(a, b, both, first, second, magnitudes) for a, b in named)
    return Comparison((first.name, second.name), pairs, only_first, only_second, tuple(notes))


def _named(name: str, first: Measurements, second: Measurements) -> tuple[str, str]:
    """Return the names of a measure in both tables."""
    a, _sign, b = name.partition("=")
    wanted = (a.strip(), (b or a).strip())
    for column, table in zip(wanted, (first, second)):
        if column not in table.values:
            raise BadInput(
                _("{name}: has no measure '{column}'. It has: {names}.").format(
                    name=table.name, column=column, names=", ".join(table.values)
                )
            )
    return wanted


def _pairs(
    a: str, b: str, both: tuple[Identifier, ...], first: Measurements, second: Measurements, magnitudes: bool
) -> Pairs:
    values = np.array([(first.values[a][i], second.values[b][i]) for i in both], dtype=np.float64)
    if magnitudes:
        values = np.abs(values)
    complete = np.asarray(np.isfinite(values).all(axis=1))
    x, y = values[complete].T
    measure = a if a == b else f"{a} = {b}"
    if len(x) < 2:
        raise BadInput(
            _("{measure}: agreement needs two complete pairs at least; there are {n}.").format(
                measure=measure, n=len(x)
            )
        )
    _check_kind(measure, x, y, (first.name, second.name))
    return Pairs(
        measure=measure,
        identifiers=tuple(i for i, k in zip(both, complete) if k),
        first=x,
        second=y,
        incomplete=tuple(i for i, k in zip(both, complete) if not k),
        agreement=compare(x, y),
    )


def _check_kind(measure: str, x: np.ndarray, y: np.ndarray, names: tuple[str, str]) -> None:
    """Raise BadInput where one table leaves the sign out, or gives shares where the other gives percent."""
    if ((x < 0).all() and (y > 0).all()) or ((x > 0).all() and (y < 0).all()):
        raise BadInput(
            _(
                "{measure}: all values of one table are negative and all of the other positive. "
                "Compare their magnitudes with --magnitudes, or mend the signs."
            ).format(measure=measure)
        )
    sizes = float(np.median(np.abs(x))), float(np.median(np.abs(y)))
    if "percent" in measure and min(sizes) > 0 and max(sizes) / min(sizes) > _AS_SHARES:
        small = names[int(sizes[1] < sizes[0])]
        raise BadInput(
            _("{measure}: the values of {small} look like shares, not percent. Give both in percent.").format(
                measure=measure, small=small
            )
        )


def _alike(only_first: Sequence[Identifier], only_second: Sequence[Identifier]) -> list[str]:
    """Return a warning where identifiers differ only in what spreadsheets change: leading zeros, case, ".0"."""

    def plain(identifier: Identifier) -> Identifier:
        return tuple(part.casefold().removesuffix(".0").lstrip("0 ") for part in identifier)

    others = {plain(i): i for i in only_second}
    found = [(i, others[plain(i)]) for i in only_first if plain(i) in others]
    if not found:
        return []
    a, b = found[0]
    return [
        _("{n} identifier(s) differ only in case or leading zeros, e.g. '{shown}' and '{shown2}'.").format(
            n=len(found), shown=shown(a), shown2=shown(b)
        )
    ]
