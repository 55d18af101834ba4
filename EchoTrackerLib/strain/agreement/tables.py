"""A comparison as tables: CSV of the figures and of the pairs, Markdown, LaTeX."""

from __future__ import annotations

import csv
import math
from dataclasses import fields
from pathlib import Path

from ...agreement import Agreement, Interval
from ...i18n import readable
from ...i18n import tr as _
from .measurements import shown
from .pairs import Comparison, Pairs

_HEADER = (
    "measure", "n", "bias [95 % CI]", "SD", "lower limit [95 % CI]", "upper limit [95 % CI]", "MAD",
    "ICC(2,1) [95 % CI]", "ICC(3,1) [95 % CI]", "within-subject CV (%)", "MDC", "CV without bias (%)",
    "MDC without bias", "slope [95 % CI]", "p of slope",
)  # fmt: skip
_MEANING = _(
    "Differences are {first} minus {second}. Bias: their mean; SD: their standard deviation (n - 1); limits of "
    "agreement: bias -/+ 1.96 SD (Bland and Altman 1986); MAD: mean absolute difference; ICC(2,1): absolute agreement, "
    "ICC(3,1): consistency, blind to a bias (Shrout and Fleiss 1979). Within-subject CV: sqrt(sum d^2 / 2n) over the "
    "mean of all values; MDC (minimal detectable change): 1.96 sqrt(2) sqrt(sum d^2 / 2n); both see the bias. The "
    "figures named 'without bias' are the same of SD / sqrt(2) and do not see it. Slope: of the differences on the "
    "means of the pairs (proportional bias)."
)


def write_tables(folder: Path, found: Comparison) -> list[Path]:
    """Write agreement.csv, agreement.md, agreement.tex and pairs.csv into an existing folder; return their paths."""
    paths = [folder / name for name in ("agreement.csv", "agreement.md", "agreement.tex", "pairs.csv")]
    names = [field.name for field in fields(Agreement)]
    with paths[0].open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["measure", *(column for name in names for column in _columns(name))])
        writer.writerows([pairs.measure, *_exact(pairs.agreement, names)] for pairs in found.pairs)
    paths[1].write_text(markdown(found), encoding="utf-8", newline="\n")
    paths[2].write_text(latex(found), encoding="utf-8", newline="\n")
    with paths[3].open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("measure", "identifier", "first", "second", "mean", "difference"))
        for pairs in found.pairs:
            for identifier, a, b in zip(pairs.identifiers, pairs.first.tolist(), pairs.second.tolist()):
                writer.writerow((pairs.measure, shown(identifier), a, b, (a + b) / 2, a - b))
    return paths


def markdown(found: Comparison) -> str:
    """Return the comparison as a Markdown page."""
    first, second = found.names
    lines = [f"# Agreement of {first} and {second}", "", f"| {' | '.join(_HEADER)} |"]
    lines.append(f"| --- |{' ---: |' * (len(_HEADER) - 1)}")
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row(pairs))} |" for pairs in found.pairs]
    lines += ["", _MEANING.format(first=first, second=second), ""]
    for name, identifiers in ((first, found.only_first), (second, found.only_second)):
        if identifiers:
            lines += [
                _("Only in {name}: {names}.").format(name=name, names=", ".join(shown(i) for i in identifiers)),
                "",
            ]
    for pairs in found.pairs:
        if pairs.incomplete:
            lines += [
                _("{measure}: no value in one of the two: {listed}.").format(
                    measure=pairs.measure, listed=_listed(pairs)
                ),
                "",
            ]
    lines += [line for note in found.notes for line in (f"Note: {note}", "")]
    return "\n".join([*lines, "Research use only.", ""])


def latex(found: Comparison) -> str:
    """Return the comparison as a LaTeX table that needs no package."""
    rows = [" & ".join(_escaped(cell) for cell in line) + r" \\" for line in (_HEADER, *map(row, found.pairs))]
    columns = "l" + "r" * (len(_HEADER) - 1)
    return "\n".join(
        [
            "% wide: set it in landscape or with \\footnotesize",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\hline",
            rows[0],
            r"\hline",
            *rows[1:],
            r"\hline",
            r"\end{tabular}",
            "% " + _MEANING.format(first=found.names[0], second=found.names[1]),
            *(f"% {note}" for note in found.notes),
            "",
        ]
    )


def row(pairs: Pairs) -> tuple[str, ...]:
    """Return the figures of one measure as they are printed, in the order of the header."""
    a = pairs.agreement
    return (
        pairs.measure,
        str(a.n),
        _with(a.bias, a.bias_interval),
        figure(a.sd),
        _with(a.lower_limit, a.lower_limit_interval),
        _with(a.upper_limit, a.upper_limit_interval),
        figure(a.mean_absolute_difference),
        _with(a.icc_absolute, a.icc_absolute_interval),
        _with(a.icc_consistency, a.icc_consistency_interval),
        figure(a.within_subject_cv_percent, 1),
        figure(a.minimal_detectable_change),
        figure(a.cv_without_bias_percent, 1),
        figure(a.minimal_detectable_change_without_bias),
        _with(a.slope, a.slope_interval),
        "<0.001" if a.slope_p < 0.001 else figure(a.slope_p, 3),
    )


def figure(value: float, digits: int = 2) -> str:
    """Return a number as people read it; a dash when it is not known."""
    return readable(value, digits) if math.isfinite(value) else "\N{EN DASH}"


def _with(value: float, interval: Interval) -> str:
    return f"{figure(value)} [{figure(interval[0])}, {figure(interval[1])}]"


def _columns(name: str) -> tuple[str, ...]:
    """Return the columns of one figure: an interval has two."""
    return (f"{name}_low", f"{name}_high") if name.endswith("_interval") else (name,)


def _exact(agreement: Agreement, names: list[str]) -> list[object]:
    """Return the figures unrounded; empty when not known."""
    values = [getattr(agreement, name) for name in names]
    flat = [part for value in values for part in (value if isinstance(value, tuple) else (value,))]
    return ["" if isinstance(value, float) and not math.isfinite(value) else value for value in flat]


def _listed(pairs: Pairs) -> str:
    return ", ".join(shown(i) for i in pairs.incomplete)


def _escaped(text: str) -> str:
    """Return the text with LaTeX's signs made plain."""
    for sign in "&%#_$":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("<", "$<$").replace("\N{EN DASH}", "--").replace("\N{MINUS SIGN}", "$-$")
