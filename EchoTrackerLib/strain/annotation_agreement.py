"""Do two annotators (or one, twice) put the same points at the same places? Distances, limits of agreement, ICC."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..tracks.annotation import Annotation
from ..tracks.files import complete_file
from .agreement import Agreement, compare


@dataclass(frozen=True)
class Distances:
    """Distances between two sets over some cells; in mm NaN when the spacing is unknown.

    Attributes:
        n: cells that both sets annotate.
        mean_px, sd_px: mean and standard deviation (n - 1) of the distances.
        upper_px: 95 % of the distances are shorter.
        mean_mm, sd_mm, upper_mm: the same in mm.
    """

    n: int
    mean_px: float
    sd_px: float
    upper_px: float
    mean_mm: float
    sd_mm: float
    upper_mm: float


@dataclass(frozen=True)
class AnnotationAgreement:
    """Agreement of two annotation sets of one clip.

    Attributes:
        labels: of the N points that both sets have.
        distance_px: float [N, T], NaN where not both sets annotate.
        distance_mm: the same in mm, or None when the spacing is unknown.
        overall, by_point, by_segment: distances; points by label, segments by name in the order of the first set.
        by_frame: float [T], mean distance in px.
        x, y: Bland-Altman limits and ICC along columns and rows, first set minus second, in mm when the spacing is
            known and in px otherwise. Values are positions about the mean place of the point in both sets: agreement
            about the motion and a constant shift, not about points being apart from each other.
    """

    labels: tuple[str, ...]
    distance_px: np.ndarray
    distance_mm: Optional[np.ndarray]
    overall: Distances
    by_point: dict[str, Distances]
    by_segment: dict[str, Distances]
    by_frame: np.ndarray
    x: Agreement
    y: Agreement

    def worst_frames(self, count: int = 10) -> list[tuple[str, int, float]]:
        """Return (label, 0-based frame, distance px) of the greatest distances, one a point and frame, worst first."""
        known = np.where(np.isfinite(self.distance_px), self.distance_px, -1.0)
        order = np.argsort(-known, axis=None, kind="stable")[:count]
        cells = [np.unravel_index(flat, known.shape) for flat in order]
        return [(self.labels[i], int(t), float(known[i, t])) for i, t in cells if known[i, t] >= 0]


def compare_annotations(first: Annotation, second: Annotation) -> AnnotationAgreement:
    """Return the agreement of two sets; points are matched by their names, cells count where both sets annotate.

    Raises:
        BadInput: other frames, no common point, or fewer than two common cells.
    """
    if first.n_frames != second.n_frames:
        raise BadInput(f"The sets have {first.n_frames} and {second.n_frames} frames; compare sets of one clip.")
    labels = tuple(label for label in first.labels if label in second.labels)
    if not labels:
        raise BadInput("The two sets have no point name in common.")
    a = [first.labels.index(label) for label in labels]
    b = [second.labels.index(label) for label in labels]
    both = first.annotated[a] & second.annotated[b]
    if both.sum() < 2:
        raise BadInput("Agreement needs at least two positions that both sets annotate.")
    here, there = (
        np.where(both[..., None], s.positions[i].astype(np.float64), np.nan) for s, i in ((first, a), (second, b))
    )
    row, col = first.spacing_mm or (np.nan, np.nan)
    pixels = np.linalg.norm(here - there, axis=-1)
    millimetres = np.linalg.norm((here - there) * (col, row), axis=-1)
    scale = (1.0, 1.0) if first.spacing_mm is None else (col, row)
    segments = np.array([first.segments[i] for i in a])
    named = [name for name in dict.fromkeys(segments.tolist()) if name]
    return AnnotationAgreement(
        labels=labels,
        distance_px=pixels,
        distance_mm=None if first.spacing_mm is None else millimetres,
        overall=_distances(pixels, millimetres),
        by_point={label: _distances(pixels[i], millimetres[i]) for i, label in enumerate(labels)},
        by_segment={name: _distances(pixels[segments == name], millimetres[segments == name]) for name in named},
        by_frame=np.array([_mean(column) for column in pixels.T]),
        x=compare(*_motion(here[..., 0] * scale[0], there[..., 0] * scale[0])),
        y=compare(*_motion(here[..., 1] * scale[1], there[..., 1] * scale[1])),
    )


def draw_heat_strip(agreement: AnnotationAgreement, path: Path) -> None:
    """Write a PNG with one row a point and one column a frame, coloured by distance; grey where not both annotate."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    known = agreement.distance_mm if agreement.distance_mm is not None else agreement.distance_px
    unit = "px" if agreement.distance_mm is None else "mm"
    n, t = known.shape
    figure = Figure(figsize=(8, 1.4 + 0.22 * max(n, 3)), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.add_subplot()
    axes.set_facecolor("0.8")
    limit = max(float(np.nanpercentile(known, 98)), 1e-6)
    image = axes.imshow(known, aspect="auto", cmap="cividis", vmin=0, vmax=limit, extent=(0.5, t + 0.5, n - 0.5, -0.5))
    axes.set_yticks(range(n), agreement.labels, fontsize=7)
    axes.set_xlabel("frame")
    axes.set_title(f"Distance between the two sets ({unit}); grey: not annotated in both", fontsize=9)
    figure.colorbar(image, ax=axes, label=unit, extend="max")
    with complete_file(Path(path)) as partial:
        figure.savefig(partial, dpi=150)


def _motion(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return both series [N * T] about each point's mean place."""
    centre = np.array([[_mean(np.concatenate([a, b]))] for a, b in zip(first, second)])
    return (first - centre).ravel(), (second - centre).ravel()


def _mean(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _distances(pixels: np.ndarray, millimetres: np.ndarray) -> Distances:
    figures: list[float] = []
    for values in (pixels, millimetres):
        known = values[np.isfinite(values)]
        sd = float(known.std(ddof=1)) if len(known) > 1 else float("nan")
        figures += [_mean(known), sd, float(np.percentile(known, 95)) if len(known) else float("nan")]
    return Distances(int(np.isfinite(pixels).sum()), *figures)
