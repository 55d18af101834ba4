"""Agreement of two annotation sets of the clip: figures, strips over time, the worst frames."""

from __future__ import annotations

import math
from typing import Callable, Optional

import numpy as np

from ....agreement import Agreement
from ....annotation.agreement import ANNOTATED, AnnotationAgreement, Distances, compare_annotations
from ....annotation.agreement_files import write_agreement
from ....annotation.annotation import State
from ....errors import BadInput
from ....i18n import readable
from ....i18n import tr as _
from ....scene.annotation.sequence import read_annotation
from ...qt.dialogs import Dialogs
from ..editors import SetEditors
from .view import AgreementWidgets, ShownAgreement

_FILTERS = _("Table of all distances") + " (*.csv);;" + _("Picture of the distances over time") + " (*.svg)"


class AgreementPresenter:
    """Compares two sets when asked."""

    def __init__(
        self, editors: SetEditors, view: AgreementWidgets, dialogs: Dialogs, go_to: Callable[[str, int], None]
    ) -> None:
        self._editors, self._view, self._dialogs, self._go_to = editors, view, dialogs, go_to
        self._first = self._second = ""
        self._found: Optional[AnnotationAgreement] = None
        self._names = ("", "")
        editors.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the sets of the clip; figures of sets that are gone are removed."""
        sets = [(sequence.GetID(), self._editors.name(sequence)) for sequence in self._editors.sets]
        known = [identifier for identifier, _name in sets]
        if self._found is not None and not {self._first, self._second} <= set(known):
            self._found = None
            self._view.show_agreement(None)
        if self._first not in known:
            self._first = known[0] if known else ""
        if self._second not in known or self._second == self._first:
            others = [identifier for identifier in known if identifier != self._first]
            self._second = others[0] if others else ""
        self._view.show_pairs(sets, self._first, self._second)

    def choose(self, first: str, second: str) -> None:
        """The user chose two sets."""
        self._first, self._second = first, second

    def compare(self, placed_only: bool = False) -> None:
        """Compare the two sets and show both; all that is annotated counts, or only what people placed.

        Raises:
            BadInput: fewer than two sets, or they have nothing in common.
        """
        scene = self._editors.session.scene
        pair = [scene.GetNodeByID(identifier) if identifier else None for identifier in (self._first, self._second)]
        if None in pair or pair[0] is pair[1]:
            raise BadInput(_("Agreement needs two different sets of this clip."))
        first, second = (read_annotation(scene, sequence) for sequence in pair)
        try:
            self._found = compare_annotations(first, second, (State.PLACED,) if placed_only else ANNOTATED)
        except BadInput:
            self.end()
            raise
        self._names = (self._editors.name(pair[0]), self._editors.name(pair[1]))
        self._editors.compare(*pair)
        self._view.show_agreement(shown_agreement(self._found, self._names))

    def go_to(self, label: str, frame: int) -> None:
        """Show a frame (from 1) and choose a point."""
        self._go_to(label, frame - 1)

    def choose_point(self, label: str) -> None:
        """Choose a point and stay on the frame."""
        self._go_to(label, self._editors.session.frame)

    def end(self) -> None:
        """Show the chosen set alone again."""
        self._found = None
        self._editors.compare()
        self._view.show_agreement(None)

    def export(self) -> None:
        """Ask for a file and write every distance and the figures into it."""
        if self._found is None:
            raise BadInput(_("Compare two sets first."))
        path = self._dialogs.save_file(_("Write the agreement"), "agreement.csv", _FILTERS)
        if path is not None:
            write_agreement(path, self._found, self._names)


def shown_agreement(found: AnnotationAgreement, names: tuple[str, str]) -> ShownAgreement:
    """Return what the widgets show of an agreement of two sets with these names."""
    points = [(_("All points"), found.overall), *found.by_point.items()]
    return ShownAgreement(
        found.unit,
        _summary(found, names),
        [
            (name, d.n, *_figures(d, found.unit), _figures(d, "px")[0])
            for name, d in [(_("All points"), found.overall), *found.by_segment.items()]
        ],
        [(name, _figures(d, found.unit)[0], _figures(d, "px")[0]) for name, d in points],
        np.vstack([found.over_time, found.distance]),
        found.full_scale,
        [
            (e.label, e.frame + 1, _("{first} to {last}").format(first=e.first + 1, last=e.last + 1), e.distance)
            for e in found.worst_episodes()
        ],
    )


def _figures(d: Distances, unit: str) -> tuple[Optional[float], Optional[float], Optional[float]]:
    values = (d.mean_mm, d.sd_mm, d.upper_mm) if unit == "mm" else (d.mean_px, d.sd_px, d.upper_px)
    mean, sd, upper = (round(value, 2) if math.isfinite(value) else None for value in values)
    return mean, sd, upper


def _summary(found: AnnotationAgreement, names: tuple[str, str]) -> str:
    kind = _("the same annotator twice") if found.is_intra_observer else _("two annotators")
    if not all(found.annotators):
        kind = _("annotators not named")
    pair = _("'{a}' and '{b}' ({kind}), {n} positions.")
    lines = [pair.format(a=names[0], b=names[1], kind=kind, n=found.overall.n)]
    d = found.overall
    figures = {"mm": (d.mean_mm, d.sd_mm, d.upper_mm), "px": (d.mean_px, d.sd_px, d.upper_px)}
    for unit in dict.fromkeys((found.unit, "px")):
        mean, sd, upper = figures[unit]
        text = _("Distance {mean:.2f} ± {sd:.2f} {unit} (mean ± SD), 95 % below {upper:.2f} {unit}.")
        lines.append(text.format(mean=mean, sd=sd, upper=upper, unit=unit))
    return "\n".join([*lines, _axis(_("Across"), found.x, found.unit), _axis(_("Down"), found.y, found.unit)])


def _axis(name: str, agreement: Agreement, unit: str) -> str:
    text = _("{axis}: bias {bias}, 95 % limits {low} to {high} {unit}, {icc}.")
    known = math.isfinite(agreement.icc_absolute)
    return text.format(
        axis=name,
        bias=readable(agreement.bias, 2, signed=True),
        low=readable(agreement.lower_limit, 2, signed=True),
        high=readable(agreement.upper_limit, 2, signed=True),
        unit=unit,
        icc=_("ICC {icc:.3f}").format(icc=agreement.icc_absolute) if known else _("ICC needs three frames a point"),
    )
