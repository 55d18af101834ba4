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


def save(figure: Any, path: Union[Path, BinaryIO], dpi: int = 150) -> None:
    """Save a figure as PNG, SVG or PDF by the suffix, to a stream as PNG, without dates or random names."""
    import matplotlib as mpl

    metadata = {".svg": {"Date": None, "Creator": None}, ".pdf": {"CreationDate": None, "Creator": None}}
    suffix = Path(path).suffix.lower() if isinstance(path, (str, Path)) else ".png"
    with mpl.rc_context({"svg.hashsalt": "EchoTracker", "pdf.fonttype": 42}):
        figure.savefig(path, dpi=dpi, metadata=metadata.get(suffix, {"Software": None}))
