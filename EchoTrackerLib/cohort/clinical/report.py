"""Table 2 as text and pictures: agreement of GLS with the reference and between two examinations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from ...agreement import compare
from ...strain.agreement.figures import draw_bland_altman
from ...strain.agreement.pairs import Pairs
from ...strain.pictures.drawing import save
from ..published import STRAIN
from ..statistics import mean_interval
from ..tables import Table, number_text, with_interval, write_csv, write_pages
from .exams import Clip, Exam, Pair, exams, read_twice, repeated, retested, with_reference

_OTHERS = "published, other populations"
_MEANING = (
    "GLS in percent, shortening negative, mean of the views of an examination. Differences are tracker minus reference "
    "and first minus second examination (the published table does not say its sign; its rows agree with method minus "
    "reference). mu: mean difference with its 95 % interval (Student); sigma: standard deviation of the differences (n "
    "- 1) with its 95 % interval (chi-square); MAD: mean absolute difference with its 95 % interval by bootstrap over "
    "subjects. Rows of other populations are no comparison."
)
_REPEATED = (
    "All visits of the subjects that have two or more with a value. Within-subject SD: the root of the pooled variance "
    "of a subject's visits (Bland and Altman, BMJ 1996;313:744), with its 95 % interval (chi-square); two measurements "
    "of one subject differ by less than the repeatability (1.96 sqrt(2) SD) in 95 %. A method that always gives the "
    "same value repeats best: read it beside the agreement."
)
KINDS: dict[str, tuple[Callable[[Sequence[Exam], str], list[Pair]], tuple[str, str]]] = {
    "reference": (with_reference, ("tracker", "reference")),
    "retest": (retested, ("first examination", "second examination")),
    "readers": (read_twice, ("first reader", "second reader")),
}


def write_tables(folder: Path, clips: Sequence[Clip], trackers: Sequence[str], about: str) -> list[Path]:
    """Write table.md, .csv, .tex, exams.csv, clips.csv and Bland-Altman plots into a folder; return their paths.

    Args:
        folder: an existing one.
        clips: in the order of the manifest.
        trackers: in the order of the table.
        about: a line on what was measured.
    """
    found = exams(clips)
    pairs = {(kind, t): take(found, t) for kind, (take, _names) in KINDS.items() for t in trackers}
    tables = [_table(pairs, trackers)]
    several = {tracker: repeated(found, tracker) for tracker in trackers}
    if any(len(values) > 2 for mine in several.values() for values in mine.values()):
        header = ("tracker", "subjects", "visits", "mean GLS", "within-subject SD", "repeatability")
        rows = tuple((t, *_repeated_cells(list(several[t].values()))) for t in trackers)
        tables.append(Table("Repeatability over all visits", header, rows, (_REPEATED,)))
    if any(pairs["readers", tracker] for tracker in trackers):
        rows = tuple((t, *_cells(pairs["readers", t])) for t in trackers)
        tables.append(Table("Two readers of one examination", ("tracker", "n", "mu", "sigma", "MAD"), rows))
    void = [exam for exam in found if not math.isfinite(exam.gls_percent)]
    if void:
        rows = tuple(
            (f"{e.subject} {e.visit} {e.reader}, {e.tracker}".replace("  ", " "), e.void_because) for e in void
        )
        tables.append(Table("Examinations without a value", ("examination", "why"), rows))
    pages = write_pages(folder, tables, "Global longitudinal strain: agreement and repeatability", about)
    paths = [folder / name for name in ("table.csv", "exams.csv", "clips.csv")]
    write_csv(paths[0], *_long(pairs, trackers))
    write_csv(paths[1], [f.name for f in fields(Exam)], ({**asdict(e), "views": " ".join(e.views)} for e in found))
    write_csv(paths[2], *_clips(clips))
    return [*pages, *paths, *_plots(folder, pairs, trackers)]


def _table(pairs: dict[tuple[str, str], list[Pair]], trackers: Sequence[str]) -> Table:
    rows = [(t, *_cells(pairs["reference", t]), *_cells(pairs["retest", t])) for t in trackers]
    for row in STRAIN:
        retest = row.retest or (None, None, None)
        rows.append((f"{row.name} ({_OTHERS})", *_published(row.reference), *_published(retest)))
    header = ("tracker", "n", "mu", "sigma", "MAD", "n retest", "mu retest", "sigma retest", "MAD retest")
    return Table("GLS against the reference, and test-retest", header, tuple(rows), (_MEANING,))


def _published(values: Sequence[Any]) -> tuple[str, ...]:
    return ("-", *(number_text(value) for value in values))


def figures(pairs: Sequence[Pair]) -> dict[str, float]:
    """Return n, mu, sigma, mad and their intervals (`_low`, `_high`); NaN where pairs do not suffice."""
    from scipy.stats import chi2

    differences = [first - second for _subject, first, second in pairs]
    mad = mean_interval([abs(d) for d in differences], [subject for subject, _first, _second in pairs])
    found = {"n": float(len(pairs)), "mad": mad.value, "mad_low": mad.low, "mad_high": mad.high}
    if len(pairs) < 2:
        single = differences[0] if differences else math.nan
        return {
            **found,
            "mu": single,
            **dict.fromkeys(("mu_low", "mu_high", "sigma", "sigma_low", "sigma_high"), math.nan),
        }
    a = compare(np.array([p[1] for p in pairs]), np.array([p[2] for p in pairs]))
    low, high = (a.sd * math.sqrt((a.n - 1) / chi2.ppf(q, a.n - 1)) for q in (0.975, 0.025))
    mu_low, mu_high = a.bias_interval
    return {
        **found,
        "mu": a.bias,
        "mu_low": mu_low,
        "mu_high": mu_high,
        "sigma": a.sd,
        "sigma_low": low,
        "sigma_high": high,
    }


def within_subject(values: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Return the within-subject standard deviation and its 95 % interval; NaN without a subject of two visits.

    Args:
        values: two or more of each subject.
    """
    from scipy.stats import chi2

    degrees = sum(len(mine) - 1 for mine in values)
    if degrees == 0:
        return math.nan, math.nan, math.nan
    squares = sum(float(np.sum((np.asarray(mine) - np.mean(mine)) ** 2)) for mine in values)
    low, high = (math.sqrt(squares / chi2.ppf(q, degrees)) for q in (0.975, 0.025))
    return math.sqrt(squares / degrees), low, high


def _repeated_cells(values: Sequence[Sequence[float]]) -> tuple[str, ...]:
    sd, low, high = within_subject(values)
    everything = [value for mine in values for value in mine]
    mean = float(np.mean(everything)) if everything else math.nan
    cells = (number_text(mean), with_interval(sd, low, high), number_text(1.96 * math.sqrt(2) * sd))
    return (str(len(values)), str(len(everything)), *cells)


def _cells(pairs: Sequence[Pair]) -> tuple[str, ...]:
    found = figures(pairs)
    cells = (
        with_interval(found[k], found[f"{k}_low"], found[f"{k}_high"], signed=k == "mu") for k in ("mu", "sigma", "mad")
    )
    return (str(len(pairs)), *cells)


def _long(pairs: dict[tuple[str, str], list[Pair]], trackers: Sequence[str]) -> tuple[list[str], list[dict[str, Any]]]:
    lines = [
        {"compared": kind, "tracker": tracker, **figures(pairs[kind, tracker]), "n": len(pairs[kind, tracker])}
        for kind in KINDS
        for tracker in trackers
        if pairs[kind, tracker]
    ]
    ends = ("", "_low", "_high")
    return ["compared", "tracker", "n", *(f"{k}{end}" for k in ("mu", "sigma", "mad") for end in ends)], lines


def _clips(clips: Sequence[Clip]) -> tuple[list[str], list[dict[str, Any]]]:
    own = ("id", "subject", "visit", "reader", "view")
    names = ("ed_frame", "es_frame", "frames", "points", "wall", "weights_sha256", "warnings")
    lines = [
        {
            **{name: clip.row.id if name == "id" else clip.row.text(name) for name in own},
            "tracker": clip.tracker,
            "gls_percent": clip.gls_percent,
            "reference_percent": clip.reference_percent,
            "reason": clip.reason,
            **{name: clip.facts.get(name) for name in names},
        }
        for clip in clips
    ]
    return [*own, "tracker", "gls_percent", "reference_percent", "reason", *names], lines


def _plots(folder: Path, pairs: dict[tuple[str, str], list[Pair]], trackers: Sequence[str]) -> list[Path]:
    paths = []
    for kind, (_take, names) in KINDS.items():
        for tracker in trackers:
            mine = pairs[kind, tracker]
            if len(mine) < 2:
                continue
            first, second = (np.array([pair[k] for pair in mine]) for k in (1, 2))
            measured = Pairs("gls_percent", tuple((p[0],) for p in mine), first, second, (), compare(first, second))
            paths.append(folder / f"bland-altman-{kind}-{tracker}.png")
            save(draw_bland_altman(measured, (tracker, "reference") if kind == "reference" else names), paths[-1])
    return paths
