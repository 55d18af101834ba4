"""Agreement of two annotation sets of the clip: figures, strips over time, the worst frames."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Optional, Protocol

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from ..scene.annotation import read_annotation
from ..strain.agreement import Agreement
from ..strain.annotation_agreement import AnnotationAgreement, Distances, compare_annotations
from ..tracks.files import complete_file
from .annotate_desk import Desk
from .dialogs import Dialogs

_WORST = 20
_FILTERS = _("Table") + " (*.csv)"


@dataclass(frozen=True)
class ShownAgreement:
    """What the widgets show.

    Attributes:
        unit: "mm", or "px" where the pixel size is unknown.
        summary: sentences.
        segments: rows of name, n, mean, SD, 95 % in `unit`; None where it is not known.
        points: label and mean of each point.
        strips: distances [N, T] in `unit`, NaN where not both sets annotate.
        limit: distance that a strip shows as full.
        worst: label, frame from 1, distance in `unit`; worst first.
    """

    unit: str
    summary: str
    segments: Sequence[tuple[str, int, Optional[float], Optional[float], Optional[float]]]
    points: Sequence[tuple[str, Optional[float]]]
    strips: np.ndarray
    limit: float
    worst: Sequence[tuple[str, int, float]]


class AgreementView(Protocol):
    """What the presenter needs of the widgets."""

    def showPairs(self, sets: Sequence[tuple[str, str]], first: str, second: str) -> None:
        """Fill both lists of sets with (node ID, name)."""
        ...

    def showAgreement(self, shown: Optional[ShownAgreement]) -> None:
        """Show the figures; None hides them."""
        ...


class AgreementPresenter:
    """Compares two sets when asked."""

    def __init__(self, desk: Desk, view: AgreementView, dialogs: Dialogs, go_to: Callable[[str, int], None]) -> None:
        self._desk, self._view, self._dialogs, self._go_to = desk, view, dialogs, go_to
        self._first = self._second = ""
        self._found: Optional[AnnotationAgreement] = None
        self._names = ("", "")
        desk.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the sets of the clip; figures of sets that are gone are removed."""
        sets = [(sequence.GetID(), self._desk.name(sequence)) for sequence in self._desk.sets]
        known = [identifier for identifier, _name in sets]
        if self._found is not None and not {self._first, self._second} <= set(known):
            self._found = None
            self._view.showAgreement(None)
        if self._first not in known:
            self._first = known[0] if known else ""
        if self._second not in known or self._second == self._first:
            others = [identifier for identifier in known if identifier != self._first]
            self._second = others[0] if others else ""
        self._view.showPairs(sets, self._first, self._second)

    def choose(self, first: str, second: str) -> None:
        """The user chose two sets."""
        self._first, self._second = first, second

    def compare(self) -> None:
        """Compare the two sets and show both.

        Raises:
            BadInput: fewer than two sets, or they have nothing in common.
        """
        scene = self._desk.session.scene
        pair = [scene.GetNodeByID(identifier) if identifier else None for identifier in (self._first, self._second)]
        if None in pair or pair[0] is pair[1]:
            raise BadInput(_("Agreement needs two different sets of this clip."))
        first, second = (read_annotation(scene, sequence) for sequence in pair)
        self._found = compare_annotations(first, second)
        self._names = (self._desk.name(pair[0]), self._desk.name(pair[1]))
        self._desk.compare(*pair)
        self._view.showAgreement(shown_agreement(self._found, self._names))

    def goTo(self, label: str, frame: int) -> None:
        """Show a frame (from 1) and choose a point."""
        self._go_to(label, frame - 1)

    def choosePoint(self, label: str) -> None:
        """Choose a point and stay on the frame."""
        self._go_to(label, self._desk.session.frame)

    def end(self) -> None:
        """Show the chosen set alone again."""
        self._found = None
        self._desk.compare()
        self._view.showAgreement(None)

    def export(self) -> None:
        """Ask for a file and write every distance and the figures into it."""
        if self._found is None:
            raise BadInput(_("Compare two sets first."))
        path = self._dialogs.saveFile(_("Write the agreement"), "agreement.csv", _FILTERS)
        if path is not None:
            write_agreement(path, self._found, self._names)


def shown_agreement(found: AnnotationAgreement, names: tuple[str, str]) -> ShownAgreement:
    """Return what the widgets show of an agreement of two sets with these names."""
    in_mm = found.distance_mm is not None
    unit = "mm" if in_mm else "px"
    strips = found.distance_mm if found.distance_mm is not None else found.distance_px
    known = strips[np.isfinite(strips)]
    rows = [(_("All points"), found.overall), *found.by_segment.items()]
    return ShownAgreement(
        unit,
        _summary(found, names, unit),
        [(name, d.n, *_figures(d, in_mm)) for name, d in rows],
        [(label, _figures(found.by_point[label], in_mm)[0]) for label in found.labels],
        strips,
        max(float(np.percentile(known, 98)), 1e-6) if len(known) else 1.0,
        _worst(found.labels, strips),
    )


def write_agreement(path: Path, found: AnnotationAgreement, names: tuple[str, str]) -> None:
    """Write a CSV with one line a point and frame that both sets annotate, and the figures in comment lines first."""
    unit = "px" if found.distance_mm is None else "mm"
    with complete_file(Path(path)) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        for line in _summary(found, names, unit).splitlines():
            file.write(f"# {line}\n")
        writer = csv.writer(file)
        writer.writerow(("label", "frame", "distance_px", "distance_mm"))
        for i, t in zip(*np.nonzero(np.isfinite(found.distance_px))):
            mm = "" if found.distance_mm is None else f"{found.distance_mm[i, t]:.4f}"
            writer.writerow((found.labels[i], int(t), f"{found.distance_px[i, t]:.4f}", mm))


def _worst(labels: tuple[str, ...], distances: np.ndarray) -> list[tuple[str, int, float]]:
    """Return (label, frame from 1, distance) of the greatest of distances [N, T], worst first."""
    order = np.argsort(-np.nan_to_num(distances, nan=-1.0), axis=None, kind="stable")[:_WORST]
    cells = [(int(flat) // distances.shape[1], int(flat) % distances.shape[1]) for flat in order]
    return [(labels[i], t + 1, round(float(distances[i, t]), 2)) for i, t in cells if np.isfinite(distances[i, t])]


def _figures(d: Distances, in_mm: bool) -> tuple[Optional[float], Optional[float], Optional[float]]:
    values = (d.mean_mm, d.sd_mm, d.upper_mm) if in_mm else (d.mean_px, d.sd_px, d.upper_px)
    mean, sd, upper = (round(value, 2) if math.isfinite(value) else None for value in values)
    return mean, sd, upper


def _summary(found: AnnotationAgreement, names: tuple[str, str], unit: str) -> str:
    mean, sd, upper = _figures(found.overall, unit == "mm")
    lines = [
        _(
            "'{a}' and '{b}', {n} positions: distance {mean} ± {sd} {unit} (mean ± SD), 95 % below {upper} {unit}."
        ).format(a=names[0], b=names[1], n=found.overall.n, mean=mean, sd=sd, upper=upper, unit=unit),
        _axis(_("Across"), found.x, unit),
        _axis(_("Down"), found.y, unit),
    ]
    return "\n".join(lines)


def _axis(name: str, agreement: Agreement, unit: str) -> str:
    text = _("{axis}: difference {bias:+.2f} {unit}, 95 % limits {low:+.2f} to {high:+.2f} {unit}, ICC {icc:.3f}.")
    return text.format(
        axis=name,
        bias=agreement.bias,
        low=agreement.lower_limit,
        high=agreement.upper_limit,
        icc=agreement.icc_absolute,
        unit=unit,
    )
