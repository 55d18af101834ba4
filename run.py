#!/usr/bin/env python3
"""Launcher: makes `.venv`, installs the project into it, and runs a command. Standard library only.

python3 run.py demo [--out DIR]   a synthetic clip, tracked, with strain, overlay video and Slicer scene
python3 run.py test               lint, types, import contract, tests
python3 run.py panel --screenshot FILE   the module's panel in the stand-in host
python3 run.py COMMAND ...        any command of `echotracker` (see: python3 run.py --help)
"""

from __future__ import annotations

import ctypes.util
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
# Development pins what pyproject.toml leaves open: one PyTorch for everybody who compares figures.
TORCH = os.environ.get("ECHOTRACKER_TORCH", "torch==2.13.0" if sys.version_info >= (3, 10) else "torch>=2.2")
OLDEST_PYTHON = (3, 9)
# Folders of Testing/unit whose tests measure the coverage of the rooms of the same name (see pyproject.toml).
WATCHED = ("annotation", "cine", "review", "scene", "strain", "tracks")
WINDOWS = ("host", "module", "panel")  # folders of Testing/unit whose tests open a window
# Library, as the linker knows it -> the Debian package that brings it. Rendering and Qt need them, on Linux only.
LIBRARIES = {
    "EGL": "libegl1",
    "GL": "libgl1",
    "OpenGL": "libopengl0",
    "GLX": "libglx0",
    "EGL_mesa": "libegl-mesa0",
    "X11": "libx11-6",
    "Xrender": "libxrender1",
    "xkbcommon": "libxkbcommon0",
    "fontconfig": "libfontconfig1",
    "dbus-1": "libdbus-1-3",
    "glib-2.0": "libglib2.0-0",
    "gssapi_krb5": "libgssapi-krb5-2",
}


def main(arguments: list[str]) -> int:
    """Run the launcher; return the exit code of what it ran."""
    if sys.version_info < OLDEST_PYTHON:
        return stop(f"Python {'.'.join(map(str, OLDEST_PYTHON))} or later is needed; this is {sys.version.split()[0]}.")
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        if not (VENV / "installed-all").exists() and not (VENV / "installed-test").exists():
            return 0
        arguments = ["--help"]
    if arguments[0] == "libraries":
        print(" ".join(missing_libraries()))
        return 0
    needs_host = arguments[0] in ("test", "panel")
    missing = missing_libraries() if arguments[0] in ("test", "panel", "demo") else []
    if missing:
        return stop(
            f"These system libraries are missing: {', '.join(missing)}.\n"
            f"Install them, then run this again. On Debian and Ubuntu:\n  sudo apt-get install {' '.join(missing)}"
        )
    try:
        python = install("test" if needs_host else "all")
    except subprocess.CalledProcessError as error:
        return stop(
            f"Installing failed (see above). Delete {VENV} and try again once that is mended.", error.returncode
        )
    if arguments[0] == "test":
        return run_tests(python, arguments[1:])
    if arguments[0] == "panel":
        return call([python, ROOT / "Testing" / "host" / "panel.py", *arguments[1:]])
    return call([python, "-m", "EchoTrackerLib", *arguments])


def install(extra: str) -> Path:
    """Make `.venv` and install the project with `extra` once; return its Python."""
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    recipe = (ROOT / "pyproject.toml").read_bytes() + TORCH.encode() + sys.version.encode()
    wanted = hashlib.sha256(recipe).hexdigest()
    stamps = [VENV / f"installed-{name}" for name in (extra, "test")]
    if python.exists() and any(stamp.exists() and stamp.read_text() == wanted for stamp in stamps):
        return python
    print("Installing into .venv (once; some minutes and 3 to 4 GB, more with CUDA) ...", flush=True)
    if not python.exists():
        try:
            venv.create(VENV, with_pip=True)
        except (subprocess.CalledProcessError, ImportError):
            print("Python's venv module is incomplete. On Debian and Ubuntu: sudo apt-get install python3-venv")
            raise subprocess.CalledProcessError(1, "venv") from None
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    subprocess.run([*pip, TORCH], check=True)
    subprocess.run([*pip, "--editable", f"{ROOT}[{extra}]", TORCH], check=True)
    stamps[0].write_text(wanted)
    return python


def run_tests(python: Path, arguments: list[str]) -> int:
    """Run lint, types, import contract and tests; with arguments, pytest alone with those."""
    if arguments:
        return call([python, "-m", "pytest", *arguments])
    watched, others, alone = split_tests()
    checks: dict[str, list] = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "lint-imports": [python.with_name("lint-imports" + python.suffix)],
        # Fails below the coverage that pyproject.toml asks for. After --cov a file would be taken for its argument.
        "tests with coverage": [python, "-m", "pytest", *watched, "--cov"],
        "tests": [python, "-m", "pytest", *others],
        **{
            f"tests of {folder.relative_to(ROOT).as_posix()}": [python, "-m", "pytest", *own]
            for folder, own in alone.items()
        },
    }
    failed = []
    for name, check in checks.items():
        print(f"\n== {name}", flush=True)
        if call(check):
            failed.append(name)
    if failed:
        return stop("Failed: " + "; ".join(failed), 1)
    return 0


def split_tests() -> tuple[list[Path], list[Path], dict[Path, list[Path]]]:
    """Return the tests of the rooms whose coverage is measured, which takes time, all others, and those run alone.

    What opens a window has a process of its own: the host, the module, the panel as a whole and each of its sections. A
    window, its scene and how the panel counts frames live as long as their process.
    """
    unit = ROOT / "Testing" / "unit"
    watched = [unit / name for name in WATCHED]
    empty = [folder.name for folder in watched if not any(folder.rglob("test_*.py"))]
    if empty:
        raise SystemExit(f"No tests in Testing/unit/{', '.join(empty)}: WATCHED in run.py names a folder that moved.")
    windows = [unit / name for name in WINDOWS]
    sections = [folder for folder in sorted((unit / "panel").iterdir()) if any(folder.rglob("test_*.py"))]
    alone = {folder: sorted(folder.glob("test_*.py")) for folder in windows}
    alone.update({folder: [folder] for folder in sections})
    if not all(alone.values()):
        raise SystemExit(f"No tests in one of Testing/unit/{', '.join(WINDOWS)}: WINDOWS in run.py names what moved.")
    others = [
        path for path in sorted(unit.iterdir()) if path not in (*watched, *windows) and path.name != "conftest.py"
    ]
    others = [path for path in others if path.name.startswith("test_") or any(path.rglob("test_*.py"))]
    return watched, others, alone


def missing_libraries() -> list[str]:
    """Return the Debian packages of the system libraries that rendering needs and this Linux lacks."""
    if not sys.platform.startswith("linux"):
        return []
    return sorted({package for name, package in LIBRARIES.items() if ctypes.util.find_library(name) is None})


def call(command: list) -> int:
    """Run a command in the caller's folder, with the project's settings; return its exit code (130 on Ctrl+C)."""
    environment = {"OMP_WAIT_POLICY": "PASSIVE", **os.environ, "PYTHONUTF8": "1"}
    is_check = any(str(part) in ("ruff", "mypy", "pytest") or "lint-imports" in str(part) for part in command)
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT if is_check else None, env=environment)
    try:
        return process.wait()
    except KeyboardInterrupt:  # the command got the same signal and ends by itself
        return process.wait()


def stop(message: str, code: int = 2) -> int:
    """Print why the launcher stops; return the exit code."""
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
