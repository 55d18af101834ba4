"""The scene with and without Slicer's application, and without slicer-core."""

from __future__ import annotations

import subprocess
import sys
import types
from pathlib import Path

import pytest
import scene_data

from EchoTrackerLib.errors import MissingDependency
from EchoTrackerLib.scene.clip.cine import add_cine
from EchoTrackerLib.scene.mrml.environment import new_scene, slicer_environment

ROOT = Path(__file__).resolve().parents[4]


def test_scenes_are_independent():
    first, second = new_scene(), new_scene()
    add_cine(first.scene, scene_data.make_cine())
    assert second.scene.GetNumberOfNodesByClass("vtkMRMLSequenceNode") == 0
    assert set(first.logics) >= {"Sequences", "Markups", "Plots", "Tables", "SubjectHierarchy"}


def test_outside_the_application_it_says_so():
    with pytest.raises(MissingDependency, match="3D Slicer application"):
        slicer_environment()


def test_inside_the_application_its_scene_and_logics_are_used(monkeypatch):
    import slicer

    own = new_scene()
    module = types.SimpleNamespace(logic=lambda: own.logics["Sequences"])
    monkeypatch.setattr(slicer, "modules", types.SimpleNamespace(sequences=module), raising=False)
    monkeypatch.setattr(slicer, "mrmlScene", own.scene, raising=False)
    application = types.SimpleNamespace(applicationLogic=lambda: own.application_logic)
    monkeypatch.setattr(slicer, "app", application, raising=False)
    environment = slicer_environment()
    assert environment.scene is own.scene
    assert environment.logics == {"Sequences": own.logics["Sequences"]}
    assert environment.application_logic is own.application_logic


def test_without_slicer_core_the_room_imports_and_says_what_to_install():
    code = """
import sys
sys.modules["slicer"] = sys.modules["vtk"] = sys.modules["vtkmodules"] = None
import importlib, pkgutil
import EchoTrackerLib.scene as room
for module in pkgutil.iter_modules(room.__path__):
    importlib.import_module(f"EchoTrackerLib.scene.{module.name}")
from EchoTrackerLib.scene.mrml.environment import new_scene
try:
    new_scene()
except Exception as error:
    print(type(error).__name__, error)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("MissingDependency") and "pip install" in run.stdout
