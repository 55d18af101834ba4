"""What all pictures of this room share: figures that need no window, files with the same bytes from the same input."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO, Union

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#555555"  # of Okabe and Ito's palette, told apart with any color vision


def new_figure(width: float, height: float, tight: bool = True) -> Any:
    """Return an empty matplotlib figure of so many inches that needs no screen; `tight` lets it arrange its parts."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained" if tight else None)
    FigureCanvasAgg(figure)
    return figure


def plain(text: str) -> str:
    """Return text that a user may have typed so that matplotlib draws its dollar signs instead of formulas."""
    return text.replace("$", r"\$")


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Return the text broken into lines of at most `width` inches at `size` points; a longer word is cut."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    measure, font = TextToPath(), FontProperties(size=size)
    points = {" ": float(measure.get_text_width_height_descent("i i", font, False)[0])}
    points[" "] -= 2 * float(measure.get_text_width_height_descent("i", font, False)[0])
    room = 0.95 * 72 * width  # hinted text on a screen is a little wider
    lines, line, used = [], "", 0.0
    for word in text.split():
        while word:
            if word not in points:
                points[word] = float(measure.get_text_width_height_descent(word, font, False)[0])
            space = points[" "] if line else 0.0
            if used + space + points[word] <= room:
                line, used, word = f"{line} {word}" if line else word, used + space + points[word], ""
            elif line:
                lines.append(line)
                line, used = "", 0.0
            else:
                cut = max(1, int(0.9 * len(word) * room / points[word]))
                lines.append(word[:cut])
                word = word[cut:]
    return [*lines, line] if line else lines


def save(figure: Any, path: Union[Path, BinaryIO], dpi: int = 150) -> None:
    """Save a figure as PNG, SVG or PDF by the suffix, to a stream as PNG, without dates or random names."""
    import matplotlib as mpl

    metadata = {".svg": {"Date": None, "Creator": None}, ".pdf": {"CreationDate": None, "Creator": None}}
    suffix = Path(path).suffix.lower() if isinstance(path, (str, Path)) else ".png"
    with mpl.rc_context({"svg.hashsalt": "EchoTracker", "pdf.fonttype": 42}):
        figure.savefig(path, dpi=dpi, metadata=metadata.get(suffix, {"Software": None}))
