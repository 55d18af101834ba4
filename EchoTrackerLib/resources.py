"""Where the files of `Resources/` lie: beside the package (Slicer, source tree) or inside it (pip)."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_path(relative: str) -> Path:
    """Return the path of a resource, e.g. `Models/echotracker-synthetic.safetensors`.

    Raises:
        FileNotFoundError: it is in none of the places where an installation puts it.
    """
    places = (_PACKAGE.parent / "Resources", _PACKAGE / "Resources", _PACKAGE.parent / "EchoTracker" / "Resources")
    for place in places:
        if (place / relative).exists():
            return place / relative
    raise FileNotFoundError(f"Resource '{relative}' is in none of: {', '.join(str(p) for p in places)}")
