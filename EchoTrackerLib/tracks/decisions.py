"""What a reviewer decided about tracks: accept, reject, needs correction, with a reason; per point and per segment.

Decisions are kept by name, so they stay true when points are selected, and travel with the tracks in npz and JSON files
and in the scene.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import BadInput
from ..i18n import tr as _

UNDECIDED, ACCEPTED, REJECTED, TO_CORRECT = "undecided", "accepted", "rejected", "needs correction"
STATUSES = (UNDECIDED, ACCEPTED, REJECTED, TO_CORRECT)
_REASON_LENGTH = 500


@dataclass(frozen=True)
class Decision:
    """One of `STATUSES`, and why.

    Attributes:
        status: one of `STATUSES`.
        reason: as typed, at most 500 characters; never a patient's name.
    """

    status: str = UNDECIDED
    reason: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise BadInput(
                _("'{status}' is not a decision. Use one of: {names}.").format(
                    status=self.status, names=", ".join(STATUSES)
                )
            )
        if len(self.reason) > _REASON_LENGTH:
            raise BadInput(
                _("A reason has at most {reason_length} characters; this one has {n}.").format(
                    reason_length=_REASON_LENGTH, n=len(self.reason)
                )
            )


@dataclass(frozen=True)
class Review:
    """Decisions by point label and by segment name; what is not listed is undecided."""

    points: Mapping[str, Decision] = field(default_factory=dict)
    segments: Mapping[str, Decision] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.points or self.segments)


def decide_points(review: Review, labels: Iterable[str], decision: Decision) -> Review:
    """Return the review with this decision about these points."""
    return replace(review, points=_with(review.points, labels, decision))


def decide_segments(review: Review, names: Iterable[str], decision: Decision) -> Review:
    """Return the review with this decision about these segments; decisions about single points stay and win."""
    return replace(review, segments=_with(review.segments, names, decision))


def decision_of(review: Review, label: str, segment: str = "") -> Decision:
    """Return what holds for a point: its own decision, else that of its segment ("": of none)."""
    own = review.points.get(label)
    if own is not None:
        return own
    return review.segments.get(segment, Decision()) if segment else Decision()


def rejected(review: Review, labels: Sequence[str], segments: Sequence[str]) -> tuple[str, ...]:
    """Return the labels of the points that are rejected, by themselves or with their segment, in their order.

    Args:
        review: the decisions.
        labels: N names of points.
        segments: the N points' segments, "" for a point on none.
    """
    pairs = zip(labels, segments)
    return tuple(label for label, segment in pairs if decision_of(review, label, segment).status == REJECTED)


def changed_names(before: Review, after: Review) -> tuple[set[str], set[str]]:
    """Return the names of (points, segments) whose own decision differs between two reviews."""

    def differing(old: Mapping[str, Decision], new: Mapping[str, Decision]) -> set[str]:
        return {name for name in {*old, *new} if old.get(name) != new.get(name)}

    return differing(before.points, after.points), differing(before.segments, after.segments)


def review_document(review: Review) -> dict[str, Any]:
    """Return the decisions as plain values for JSON, sorted by name."""
    return {
        part: {name: {"status": d.status, "reason": d.reason} for name, d in sorted(getattr(review, part).items())}
        for part in ("points", "segments")
    }


def review_from_document(document: Any) -> Review:
    """Return the decisions of `review_document`.

    Raises:
        BadInput: it is something else.
    """
    try:
        parts = {
            part: {str(name): Decision(str(d["status"]), str(d["reason"])) for name, d in document[part].items()}
            for part in ("points", "segments")
        }
    except (TypeError, KeyError, AttributeError) as error:
        raise BadInput(_("The review decisions are damaged ({error!r}).").format(error=error)) from error
    return Review(**parts)


def _with(old: Mapping[str, Decision], names: Iterable[str], decision: Decision) -> dict[str, Decision]:
    """Return the decisions with new ones; undecided means not listed, except that a reason is kept."""
    new = dict(old)
    for name in names:
        if decision == Decision():
            new.pop(name, None)
        else:
            new[name] = decision
    return new
