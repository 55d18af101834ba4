"""Speckle statistics of the phantom against real clips: a table, and a figure without any real image.

python Testing/benchmarks/phantom_statistics.py [--clips FOLDER] [--figure PNG]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from speckle_statistics import LAGS, SpeckleStatistics, speckle_statistics  # noqa: E402

from EchoTrackerLib.cine.reading import read_cine  # noqa: E402
from EchoTrackerLib.phantom.parameters import draw_parameters  # noqa: E402
from EchoTrackerLib.phantom.phantom import Phantom, generate  # noqa: E402
from EchoTrackerLib.phantom.sample import SAMPLE_A4C, SAMPLE_NOISY  # noqa: E402

# Points on the walls of the real clips, (x, y) px on the 256 grid, placed by eye on the named frame.
REAL = {
    "a4c_45f_1024x768.mp4": (
        "real A4C",
        0,
        (
            (117, 158),
            (112, 145),
            (110, 133),
            (109, 115),
            (110, 100),
            (112, 75),
            (116, 52),
            (152, 62),
            (160, 85),
            (164, 112),
            (166, 125),
            (165, 140),
        ),
    ),
    "aplax_68f_630x584.mp4": (
        "real APLAX",
        17,
        (
            (80, 125),
            (85, 150),
            (92, 175),
            (105, 195),
            (115, 210),
            (183, 100),
            (187, 125),
            (190, 150),
            (176, 180),
            (187, 200),
        ),
    ),
}
N_DRAWN = 24


def on_grid(frames: np.ndarray) -> np.ndarray:
    """Resize uint8 [T, rows, cols] to [T, 256, 256] as trackers do."""
    from PIL import Image

    return np.stack([np.asarray(Image.fromarray(f).resize((256, 256), Image.Resampling.BILINEAR)) for f in frames])


def of_phantom(phantom: Phantom) -> SpeckleStatistics:
    """Statistics along the mid-wall, where it is in the sector."""
    frame = phantom.ed_frame if phantom.ed_frame + max(LAGS) < phantom.cine.n_frames else 0
    seen = phantom.visible(phantom.contours["mid"])[:, frame]
    return speckle_statistics(phantom.cine.frames, phantom.contours["mid"][seen, frame][2:-2:3], frame)


def main() -> None:
    """Measure, print the table, draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clips", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    rows: dict[str, SpeckleStatistics] = {}
    for file, (name, frame, points) in REAL.items():
        if (arguments.clips / file).exists():
            frames = on_grid(read_cine(arguments.clips / file).frames)
            rows[name] = speckle_statistics(frames, np.asarray(points, float), frame)
    samples = {"phantom clean": generate(SAMPLE_A4C), "phantom noisy": generate(SAMPLE_NOISY)}
    rows.update({name: of_phantom(phantom) for name, phantom in samples.items()})
    drawn = [of_phantom(generate(draw_parameters(seed, n_frames=12, start_phase=0.0))) for seed in range(N_DRAWN)]
    print("| wall of | gray mean | gray SD | texture SD | axial px | lateral px | NCC +1 | +2 | +4 | +8 |")
    print("| --- |" + " --- |" * 9)
    for name, s in rows.items():
        print(_row(name, np.array(_figures(s))[None], ("{0:.2f}",)))
    print(
        _row(f"{N_DRAWN} drawn, 10-50-90 %", np.array([_figures(s) for s in drawn]), ("{0:.2f}", "{1:.2f}", "{2:.2f}"))
    )
    if arguments.figure is not None:
        draw(arguments.figure, rows, drawn, samples)


def _figures(s: SpeckleStatistics) -> list[float]:
    return [s.grey_mean, s.grey_sd, s.fine_sd, s.axial_px, s.lateral_px, *s.decorrelation]


def _row(name: str, values: np.ndarray, forms: tuple[str, ...]) -> str:
    low, middle, high = np.percentile(values, (10, 50, 90), axis=0)
    cells = [" ".join(form.format(a, b, c) for form in forms) for a, b, c in zip(low, middle, high)]
    return "| " + " | ".join([name, *cells]) + " |"


def draw(
    path: Path, rows: dict[str, SpeckleStatistics], drawn: list[SpeckleStatistics], samples: dict[str, Phantom]
) -> None:
    """Curves of all, the range of drawn clips as a band, and frames of phantoms only."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 7), layout="constrained")
    panels = figure.subplots(2, 4)
    curves = (
        ("gray level in the wall", "share of pixels", np.arange(32) * 8 + 4, "histogram"),
        ("axial lag, px", "autocorrelation", np.arange(9), "axial"),
        ("lateral lag, px", "autocorrelation", np.arange(9), "lateral"),
        ("frames later", "best match (NCC)", np.array(LAGS), "decorrelation"),
    )
    colours = ("#d62728", "#ff7f0e", "#1f77b4", "#17becf")
    for axes, (x_label, y_label, x, name) in zip(panels[0], curves):
        band = np.percentile([getattr(s, name) for s in drawn], (10, 90), axis=0)
        axes.fill_between(x, *band, color="0.85", label=f"{len(drawn)} drawn clips, 10–90 %")
        for (label, statistics), colour in zip(rows.items(), colours[-len(rows) :]):
            axes.plot(x, getattr(statistics, name), color=colour, label=label, lw=1.6)
        axes.set(xlabel=x_label, ylabel=y_label)
        axes.grid(alpha=0.3)
    panels[0, 0].legend(fontsize=8)
    extra = {
        view: generate(draw_parameters(seed, view=view, n_frames=3)) for seed, view in ((12, "APLAX"), (15, "A2C"))
    }
    for axes, (label, phantom) in zip(panels[1], {**samples, **extra}.items()):
        axes.imshow(phantom.cine.frames[0], cmap="gray", vmin=0, vmax=255)
        axes.set_title(label if label in samples else f"phantom {label}, drawn", fontsize=9)
        axes.axis("off")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)


if __name__ == "__main__":
    main()
