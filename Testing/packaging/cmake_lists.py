"""The lists of files in CMakeLists.txt: read, compared with the disk, rewritten (`python3 cmake_lists.py`)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS, RESOURCES = "ECHOTRACKER_SCRIPTS", "ECHOTRACKER_RESOURCES"
# In the repository for README and index only.
NOT_PACKAGED = ("Resources/Screenshots/",)


def listed(name: str) -> list[str]:
    """Return the entries of `set(NAME ...)` in CMakeLists.txt."""
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(rf"set\({name}\n(.*?)\n?  \)", text, re.DOTALL).group(1).split()


def on_disk(name: str) -> list[str]:
    """Return the files that belong into the list."""
    folder, pattern = ("EchoTrackerLib", "*.py") if name == SCRIPTS else ("Resources", "*")
    paths = (path for path in (ROOT / folder).rglob(pattern) if path.is_file() and "__pycache__" not in path.parts)
    names = (path.relative_to(ROOT).as_posix() for path in paths)
    return sorted(n for n in names if not n.startswith(NOT_PACKAGED) and not Path(n).name.startswith("."))


def main() -> int:
    """Rewrite the lists."""
    path = ROOT / "CMakeLists.txt"
    text = path.read_text(encoding="utf-8")
    for name in (SCRIPTS, RESOURCES):
        lines = "".join(f"  {entry}\n" for entry in on_disk(name))
        text = re.sub(rf"set\({name}\n.*?  \)", f"set({name}\n{lines}  )", text, flags=re.DOTALL)
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
