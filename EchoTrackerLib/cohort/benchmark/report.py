"""Table 1 as text: trackers in rows, the paper's figures in columns, on the 256 grid, in px and in mm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...tracks.metrics import THRESHOLDS
from ..published import MARK, TRACKING
from ..statistics import holm, mean_interval, paired_p
from ..tables import Table, markdown, number_text, with_interval, write_csv, write_pages
from .run import Result, figure

UNITS = {"px of the 256 x 256 grid": "", "px of the clip": "_native_px", "mm": "_mm"}
_DELTAS = (*(f"delta_{k}" for k in THRESHOLDS), "delta_avg")
_MEANING = (
    "delta_k: percent of the visible positions after the query frame that are less than k off, delta_avg their mean; "
    "MTE: mean over points of the median distance over time; survival: mean over points of the percent of visible "
    "frames before the first error above 50 px of the grid. Means over clips; in brackets 95 % intervals by bootstrap "
    "over {groups} ({n}, 5000 resamples). Equal inputs, weights and code give equal bytes; times, which do not, are in "
    "speed.md."
)


def write_tables(folder: Path, results: Sequence[Result], trackers: Sequence[str], about: str) -> list[Path]:
    """Write table.md, .csv, .tex, speed.md, .csv and clips.csv into a folder; return their paths.

    Args:
        folder: an existing one.
        results: in the order of the data set.
        trackers: in the order of the comparison; the first is the one that others are tested against.
        about: a line on what was measured.
    """
    common = compared(results, trackers)
    tables = [*_main(common, trackers), _tests(common, trackers), *_parts(common, trackers), _left_out(results, common)]
    tables = [table for table in tables if table.rows]
    pages = write_pages(folder, tables, "Trackers on clips with truth", about)
    paths = [folder / name for name in ("table.csv", "speed.md", "speed.csv", "clips.csv")]
    write_csv(paths[0], *_long(common, trackers))
    speed = _speed(common, trackers)
    paths[1].write_text(markdown([speed], "Time and memory"), encoding="utf-8", newline="\n")
    write_csv(paths[2], *_costs(common))
    write_csv(paths[3], *_clips(results))
    return [*pages, *paths]


def compared(results: Sequence[Result], trackers: Sequence[str]) -> list[Result]:
    """Return the results on the clips that every tracker has figures of: only on these are trackers compared."""
    measured: dict[str, set[str]] = {}
    for result in results:
        if not result.reason:
            measured.setdefault(result.clip, set()).add(result.tracker)
    return [r for r in results if not r.reason and measured[r.clip].issuperset(trackers)]


def _main(results: Sequence[Result], trackers: Sequence[str]) -> list[Table]:
    """Return a table a unit; units that no clip has are left out. Published rows stand beside the grid's."""
    tables = []
    n = len({result.subject for result in results})
    by_clip = all(result.subject == result.clip for result in results)
    for unit, end in UNITS.items():
        if not any(math.isfinite(figure(result, f"delta_avg{end}")) for result in results):
            continue
        names = [f"{delta}{end}" for delta in _DELTAS] + [f"mte{end or '_px'}"] + ["survival"] * (not end)
        rows = []
        for tracker in trackers:
            mine = [result for result in results if result.tracker == tracker]
            known = [result for result in mine if math.isfinite(figure(result, names[-1]))]
            cells = [tracker, str(len(known))]
            for name in names:
                found = mean_interval([figure(r, name) for r in mine], [r.subject for r in mine])
                with_ci = name.startswith(("delta_avg", "mte"))
                digits = 2 if name.startswith("mte") else 1
                low, high = (found.low, found.high) if with_ci else (math.nan, math.nan)
                cells.append(with_interval(found.value, low, high, digits))
            rows.append(tuple(cells))
        header = ["tracker", "clips", *(f"<{k}" for k in THRESHOLDS), "delta_avg", "MTE"] + ["survival"] * (not end)
        notes: tuple[str, ...] = ()
        if not end:
            rows += [
                (f"{p.name} ({MARK})", "-", *map(str, p.within), str(p.average), f"{p.mte_px:.2f}", "-")
                for p in TRACKING
            ]
            notes = (_MEANING.format(groups="clips" if by_clip else "subjects", n=n),)
        tables.append(Table(f"Accuracy, {unit}", tuple(header), tuple(rows), notes))
    return tables


def _tests(results: Sequence[Result], trackers: Sequence[str]) -> Table:
    """Return each tracker against the first on the same clips: mean difference, interval, adjusted p."""
    rows = []
    tested = {name: [compared_to_first(results, trackers[0], t, name) for t in trackers[1:]] for name in TESTED}
    for k, tracker in enumerate(trackers[1:]):
        cells = [f"{tracker} - {trackers[0]}"]
        for name in TESTED:
            mean, adjusted = tested[name][k][0], holm([p for _mean, p in tested[name]])[k]
            cells += [with_interval(mean.value, mean.low, mean.high, 2, signed=True), number_text(adjusted, 4)]
        rows.append(tuple(cells))
    note = (
        "Means of the differences on the same clips with 95 % bootstrap intervals; p of Wilcoxon's signed-rank test, "
        "two-sided, adjusted after Holm for the number of trackers; none with fewer than six clips (or subjects)."
    )
    return Table("Paired with the first tracker", ("difference", "delta_avg", "p", "MTE", "p"), tuple(rows), (note,))


TESTED = ("delta_avg", "mte_px")


def compared_to_first(results: Sequence[Result], first: str, other: str, name: str) -> tuple[Any, float]:
    """Return (mean difference other - first with its interval, unadjusted p) of a figure over the common clips."""
    ours = {result.clip: result for result in results if result.tracker == other}
    theirs = {result.clip: result for result in results if result.tracker == first}
    clips = [clip for clip in ours if clip in theirs]
    a, b = ([figure(side[clip], name) for clip in clips] for side in (ours, theirs))
    groups = [ours[clip].subject for clip in clips]
    return mean_interval([x - y for x, y in zip(a, b)], groups), paired_p(a, b, groups)


def _parts(results: Sequence[Result], trackers: Sequence[str]) -> list[Table]:
    """Return delta_avg and MTE by view, by level and by segment of the wall."""
    views = sorted({result.facts["view"] for result in results if result.facts["view"]})
    groups: list[tuple[str, list[tuple[str, Any, str]]]] = [("view", [(view, None, view) for view in views])]
    for kind, title in (("levels", "part of the wall"), ("segments", "segment")):
        names = dict.fromkeys(name for result in results for name in result.facts[kind])
        groups.append((title, [(name, (kind, name), "") for name in names]))
    tables = []
    for title, members in groups:
        rows = []
        for label, part, view in members:
            cells = [label]
            count = 0
            for tracker in trackers:
                mine = [r for r in results if r.tracker == tracker and view in ("", r.facts["view"])]
                deltas, errors = ([figure(r, name, part) for r in mine] for name in ("delta_avg", "mte_px"))
                known = [value for value in deltas if math.isfinite(value)]
                cells.append(
                    f"{number_text(_mean(known), 1)} / {number_text(_mean([e for e in errors if math.isfinite(e)]))}"
                )
                count = max(count, len(known))
            rows.append((cells[0], str(count), *cells[1:]))
        if rows:
            note = "delta_avg in percent / MTE in px of the grid; means over the clips that have the part."
            tables.append(Table(f"By {title}", (title, "clips", *trackers), tuple(rows), (note,)))
    return tables


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def _left_out(results: Sequence[Result], common: Sequence[Result]) -> Table:
    """Return what is not in the tables, and why."""
    rows = [(f"{r.clip}, {r.tracker}", r.reason) for r in results if r.reason]
    partly = {r.clip for r in results if not r.reason} - {r.clip for r in common}
    rows += [
        (clip, "Left out for all trackers, since not every one could be measured on it.") for clip in sorted(partly)
    ]
    return Table("Not in the tables", ("clip", "why"), tuple(rows))


def _long(results: Sequence[Result], trackers: Sequence[str]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return table.csv: a line a tracker, unit and figure with its interval, and the comparison with the first."""
    lines = []
    for tracker in trackers:
        mine = [result for result in results if result.tracker == tracker]
        for name in sorted({name for result in mine for name in result.facts["figures"]}):
            values, groups = [figure(r, name) for r in mine], [r.subject for r in mine]
            mean = mean_interval(values, groups)
            line = {"tracker": tracker, "figure": name, "clips": sum(map(math.isfinite, values)), "mean": mean.value}
            line.update(low_95=mean.low, high_95=mean.high)
            if tracker != trackers[0] and name in TESTED:
                difference, p = compared_to_first(results, trackers[0], tracker, name)
                line.update(difference=difference.value, difference_low_95=difference.low)
                line.update(difference_high_95=difference.high, p_unadjusted=p)
            lines.append(line)
    columns = ["tracker", "figure", "clips", "mean", "low_95", "high_95"]
    return [*columns, "difference", "difference_low_95", "difference_high_95", "p_unadjusted"], lines


def _clips(results: Sequence[Result]) -> tuple[list[str], list[dict[str, Any]]]:
    """Return clips.csv: a line a clip and tracker with every figure, or the reason."""
    facts = ("view", "frames", "points", "points_left_out", "query_frame", "wall", "device", "weights_sha256")
    names = sorted({name for result in results for name in result.facts.get("figures", {})})
    lines = [
        {
            "clip": r.clip,
            "subject": r.subject,
            "tracker": r.tracker,
            "reason": r.reason,
            **{name: r.facts.get(name) for name in facts},
            **r.facts.get("figures", {}),
        }
        for r in results
    ]
    return ["clip", "subject", "tracker", "reason", *facts, *names], lines


def _speed(results: Sequence[Result], trackers: Sequence[str]) -> Table:
    rows = []
    for tracker in trackers:
        mine = [result for result in results if result.tracker == tracker]
        seconds = mean_interval([r.facts["seconds"] for r in mine], [r.subject for r in mine])
        frames = sum(r.facts["frames"] for r in mine)
        per_frame = 1000 * sum(r.facts["seconds"] for r in mine) / frames if frames else math.nan
        memory, gpu = (max((r.facts[k] for r in mine), default=math.nan) for k in ("memory_mib", "gpu_mib"))
        devices = ", ".join(sorted({r.facts["device"] for r in mine}))
        cells = (
            with_interval(seconds.value, seconds.low, seconds.high),
            number_text(per_frame, 1),
            number_text(memory, 0),
            number_text(gpu, 0),
        )
        rows.append((tracker, devices, *cells))
    rows += [(f"{p.name} ({MARK})", "GPU, not said which", f"{p.seconds:.2f}", "-", "-", "-") for p in TRACKING]
    note = (
        "AIT: mean time a clip in seconds, reading and weights not counted, on the machines and with the load of this "
        "run; memory: the most that the process held while it tracked a clip, GPU memory: the most that PyTorch held."
    )
    return Table("Speed", ("tracker", "device", "AIT s", "ms a frame", "memory MiB", "GPU MiB"), tuple(rows), (note,))


def _costs(results: Sequence[Result]) -> tuple[list[str], list[dict[str, Any]]]:
    names = ("frames", "points", "device", "seconds", "memory_mib", "gpu_mib")
    lines = [{"clip": r.clip, "tracker": r.tracker, **{k: r.facts[k] for k in names}} for r in results]
    return ["clip", "tracker", *names], lines
