"""run.py: what it says where something is missing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def launcher() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", ROOT / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_imports_only_the_standard_library() -> None:
    code = "import runpy, sys; sys.path.insert(0, ''); runpy.run_path('run.py', run_name='launcher')"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], cwd=ROOT, check=True)


def test_names_missing_libraries_and_stops(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(launcher.sys, "platform", "linux")
    monkeypatch.setattr(launcher.ctypes.util, "find_library", lambda name: None if name == "EGL" else name)
    monkeypatch.setattr(launcher, "install", lambda extra: pytest.fail("must stop before installing"))
    assert launcher.main(["test"]) == 2
    message = capsys.readouterr().err
    assert "libegl1" in message
    assert "apt-get install" in message


def test_a_failed_installation_ends_with_a_hint(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(extra: str) -> Path:
        raise subprocess.CalledProcessError(1, "pip")

    monkeypatch.setattr(launcher, "missing_libraries", list)
    monkeypatch.setattr(launcher, "install", fail)
    assert launcher.main(["info", "clip.dcm"]) == 1
    assert "Installing failed" in capsys.readouterr().err


def test_a_second_start_installs_nothing(launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commands: list[list[str]] = []

    def create(folder: Path, with_pip: bool) -> None:
        for name in ("bin/python", "Scripts/python.exe"):
            (folder / name).parent.mkdir(parents=True)
            (folder / name).touch()

    monkeypatch.setattr(launcher, "VENV", tmp_path / "venv")
    monkeypatch.setattr(launcher.venv, "create", create)
    monkeypatch.setattr(launcher.subprocess, "run", lambda command, check: commands.append(command))
    python = launcher.install("all")
    assert python.exists()
    assert len(commands) == 2
    assert launcher.install("all") == python
    assert len(commands) == 2


def test_each_test_file_runs_once(launcher: ModuleType) -> None:
    watched, others, alone = launcher.split_tests()
    taken = [
        file
        for path in (*watched, *others, *(path for own in alone.values() for path in own))
        for file in ([path] if path.is_file() else path.rglob("test_*.py"))
    ]
    assert sorted(taken) == sorted((ROOT / "Testing").rglob("test_*.py"))
    assert len(taken) > 70
    assert ROOT / "Testing" / "unit" / "scene" in watched


def test_all_checks_run_and_failures_are_told(
    launcher: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(launcher, "call", lambda command: commands.append([str(part) for part in command]) or 0)
    assert launcher.run_tests(Path("python"), []) == 0
    assert sum("pytest" in command for command in commands) == 2 + len(launcher.split_tests()[2])
    assert [command[-1] for command in commands if "--cov" in command] == ["--cov"]  # takes what follows for itself
    monkeypatch.setattr(launcher, "call", lambda command: int("mypy" in command))
    assert launcher.run_tests(Path("python"), []) == 1
    assert capsys.readouterr().err == "Failed: mypy\n"
