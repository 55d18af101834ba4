"""The house rules of DESIGN.md that a linter does not check."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "EchoTrackerLib"
FILE_SCOPE = ("torch", "av", "matplotlib", "cv2", "pandas", "dask", "SimpleITK", "pydicom", "slicer", "vtk")
ROOMS = tuple(sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
HEAVY = (*FILE_SCOPE, "PIL", "scipy")
# The network and the training loop are imported inside functions, so they may need torch at the top.
MAY_IMPORT_TORCH = ("tracking", "training")
SOURCES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "EchoTracker").rglob("*.py"), ROOT / "run.py"])


def test_rooms_and_files_were_found() -> None:
    assert len(ROOMS) > 10
    assert len(SOURCES) > 200


def test_no_folder_holds_more_than_15_files() -> None:
    parts = [ROOT / name for name in ("EchoTrackerLib", "EchoTracker", "Testing")]
    full = {}
    for folder in {path.parent for part in parts for path in part.rglob("*.py")}:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if len(files) > 15:
            full[folder.relative_to(ROOT).as_posix()] = len(files)
    assert full == {}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_importing_every_room_imports_no_heavy_library() -> None:
    rooms = ", ".join(f"EchoTrackerLib.{room}" for room in ROOMS)
    code = f"import EchoTrackerLib, {rooms}, sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = (
        "import sys; from EchoTrackerLib.commands.main import build_parser; build_parser(); "
        f"print([m for m in {FILE_SCOPE!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_source_is_python_3_9(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    postponed = any(isinstance(n, ast.ImportFrom) and n.module == "__future__" for n in tree.body)
    unions = [n for n in ast.walk(tree) if isinstance(n, ast.arg) and isinstance(n.annotation, ast.BinOp)]
    unions += [n for n in ast.walk(tree) if isinstance(n, ast.AnnAssign) and isinstance(n.annotation, ast.BinOp)]
    assert postponed or not unions, "without `from __future__ import annotations` Python 3.9 evaluates `X | None`"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=name_of)
def test_heavy_libraries_are_imported_inside_functions(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0]
    allowed = {"torch"} if room in MAY_IMPORT_TORCH else {"slicer", "vtk"} if room in ("scene", "panel") else set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    assert found & set(FILE_SCOPE) <= allowed


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_nodes_leave_the_scene_in_one_place(path: Path) -> None:
    """Slicer logs an error when a node is removed twice, as displays are that went with what they draw."""
    if path != PACKAGE / "scene" / "mrml" / "nodes.py":
        assert ".RemoveNode(" not in path.read_text(encoding="utf-8"), "use nodes.remove or nodes.remove_with_display"


def test_no_large_or_foreign_file_is_tracked() -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in listing.stdout.split("\0") if name]
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in paths if path.exists()}
    assert not [name for name in sizes if name.endswith((".dcm", ".mp4", ".avi", ".mrb", ".pth"))]
    too_large = {n: s for n, s in sizes.items() if s > (25_000_000 if n.endswith(".safetensors") else 1_500_000)}
    assert not too_large
