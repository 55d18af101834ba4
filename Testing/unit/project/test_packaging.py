"""The extension as Slicer packages it: metadata, lists of files, an installation that imports."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
UI = ET.parse(ROOT / "Resources" / "UI" / "EchoTracker.ui").getroot()
ALL_UI = [ET.parse(path).getroot() for path in sorted((ROOT / "Resources" / "UI").glob("*.ui"))]
MODULE = (ROOT / "EchoTracker" / "EchoTracker.py").read_text(encoding="utf-8")
# widget class -> types of parameters that have a connector in Slicer 5.8
CONNECTORS = {
    "QCheckBox": "bool",
    "QSpinBox": "int",
    "ctkSliderWidget": "float",
    "QComboBox": "str",
    "qMRMLNodeComboBox": "vtkMRML",
}


def metadata() -> dict[str, str]:
    return dict(re.findall(r'^set\((EXTENSION_\w+) "([^"\n]*)"\)$', CMAKE, re.MULTILINE))


def test_metadata_is_complete_and_on_single_lines():
    facts = metadata()
    wanted = ("HOMEPAGE", "CONTRIBUTORS", "DESCRIPTION", "ICONURL", "SCREENSHOTURLS", "DEPENDS")
    assert all(facts.get(f"EXTENSION_{key}") for key in wanted)
    assert facts["EXTENSION_DEPENDS"] == "PyTorch"
    assert "project(EchoTracker)" in CMAKE
    assert len(re.findall(r"set\(EXTENSION_", CMAKE)) == len(facts)


def test_icon_and_screenshots_exist():
    facts = metadata()
    for url in (facts["EXTENSION_ICONURL"], *facts["EXTENSION_SCREENSHOTURLS"].split()):
        assert (ROOT / url.split("/main/")[1]).is_file(), url


def test_icon_is_128_px():
    header = (ROOT / "Resources/Icons/EchoTracker.png").read_bytes()[:24]
    assert (int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")) == (128, 128)


def test_index_entry_agrees():
    entries = [path for path in ROOT.rglob("EchoTracker.json") if ".venv" not in path.parts]
    if not entries:
        pytest.skip("no draft of the index entry yet")
    entry = json.loads(entries[0].read_text(encoding="utf-8"))
    assert entry["build_dependencies"] == ["PyTorch"]
    assert entry["category"] == metadata()["EXTENSION_CATEGORY"]


def test_no_big_files_in_the_repository():
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    sizes = {name: (ROOT / name).stat().st_size for name in names if name and (ROOT / name).is_file()}
    assert all(size < 1e6 or "Models" in name for name, size in sizes.items()), sizes
    assert sum(sizes.values()) < 100e6


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The extension installed by CMake with a stand-in for Slicer's macro."""
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    folder = tmp_path_factory.mktemp("cmake")
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    stub = ROOT / "Testing" / "packaging" / "stub"
    for command in (
        ["cmake", *generator, f"-DSlicer_DIR={stub}", "-S", str(ROOT), "-B", str(folder / "build")],
        ["cmake", "--build", str(folder / "build")],
        ["cmake", "--install", str(folder / "build"), "--prefix", str(folder / "install")],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "install" / "lib" / "Slicer-5.8" / "qt-scripted-modules"


def test_installation_has_everything_in_place(installed):
    assert (installed / "EchoTracker.py").is_file()
    assert (installed / "EchoTrackerLib" / "tracking" / "worker.py").is_file()
    assert (installed / "Resources" / "Icons" / "EchoTracker.png").is_file()
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "EchoTrackerLib").rglob("*.py")}
    there = {path.relative_to(installed).as_posix() for path in (installed / "EchoTrackerLib").rglob("*.py")}
    assert there == sources
    assert len(there) > 200
    assert (installed / "Resources" / "UI" / "EchoTracker.ui").is_file()
    assert not (installed / "Resources" / "Screenshots").exists()
    top = {path.name for path in installed.iterdir()}
    assert top == {"EchoTracker.py", "EchoTrackerLib", "Resources"}


def test_installed_package_imports_and_finds_its_resources(installed):
    code = (
        "import EchoTrackerLib.panel.panel, EchoTrackerLib.tracking.registry as r;"
        "from EchoTrackerLib.resources import resource_path;"
        "import EchoTrackerLib, pathlib, sys;"
        f"assert pathlib.Path(EchoTrackerLib.__file__).is_relative_to({str(installed)!r});"
        "resource_path('UI/EchoTracker.ui'); resource_path('Wall/EchoTrackerWallTemplate.json'); r.tracker_infos();"
        "assert not {'torch', 'qt', 'PySide6', 'av', 'matplotlib'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=installed, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def bound_widgets() -> dict[str, str]:
    found = {}
    for widget in UI.iter("widget"):
        name = widget.find("property[@name='SlicerParameterName']/string")
        if name is not None:
            found[name.text] = widget.get("class")
    return found


def test_bound_parameters_exist_and_have_connectors():
    parameters = dict(re.findall(r"^    (\w+): (?:Annotated\[)?(\w+)", MODULE, re.MULTILINE))
    for name, widget in bound_widgets().items():
        assert name in parameters, name
        assert parameters[name].startswith(CONNECTORS[widget]), (name, widget)


PANEL = sorted((ROOT / "EchoTrackerLib" / "panel").rglob("*.py"))


def test_widgets_used_in_the_code_exist():
    names = {element.get("name") for ui in ALL_UI for element in ui.iter() if element.get("name")}
    used = [(path, name) for path in PANEL for name in re.findall(r"\bui\.(\w+)", path.read_text(encoding="utf-8"))]
    assert len(used) > 200
    for path, name in used:
        assert name in names, f"{path.relative_to(ROOT)}: {name}"


def test_all_texts_of_the_ui_are_filled_and_controls_have_tool_tips():
    quiet = {"QLabel", "QWidget", "qMRMLWidget", "ctkCollapsibleButton", "ctkCollapsibleGroupBox", "QProgressBar"}
    for widget in (widget for ui in ALL_UI for widget in ui.iter("widget")):
        if widget.get("class") in quiet:
            continue
        tip = widget.find("property[@name='toolTip']/string")
        assert tip is not None, widget.get("name")
        assert tip.text, widget.get("name")


def test_every_mrml_widget_gets_the_scene():
    receivers = {c.findtext("receiver") for c in UI.iter("connection")}
    wanted = {w.get("name") for w in UI.iter("widget") if w.get("class", "").startswith("qMRML")} - {"EchoTracker"}
    assert receivers == wanted


def test_module_file_is_short_and_found_by_the_extension_wizard():
    assert len(MODULE.splitlines()) < 350
    assert "class EchoTracker(ScriptedLoadableModule):" in MODULE
    assert "class EchoTrackerFileReader" in MODULE


def test_presenters_know_no_qt():
    """Presenters can be tested and used without a window: Qt is imported in `qt/` and in the sections' views only."""
    with_qt = []
    for path in PANEL:
        names = re.findall(r"^\s*(?:import|from) (qt|ctk|PySide6)\b", path.read_text(encoding="utf-8"), re.MULTILINE)
        if names:
            with_qt.append(path)
            assert path.parent.name == "qt" or path.stem.endswith("view") or path.name == "icons.py", path.relative_to(
                ROOT
            )
    assert len(with_qt) > 5
    assert len(PANEL) > 50


def test_shortcuts_in_the_documentation_are_those_of_the_panel():
    from EchoTrackerLib.panel.qt.shortcuts import SHORTCUTS

    text = (ROOT / "docs" / "panel.md").read_text(encoding="utf-8")
    for keys, _name, title in SHORTCUTS:
        assert f"| {keys} | {title} |" in text


def test_pictures_in_the_documentation_exist():
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / picture).is_file(), picture


def test_long_texts_do_not_widen_the_panel():
    """A section of CTK is never narrower than its size hint, which a wrapped label would stretch to 80 characters."""
    for widget in (widget for ui in ALL_UI for widget in ui.iter("widget")):
        if widget.get("class") == "QLabel" and widget.find("property[@name='wordWrap']") is not None:
            policy = widget.find("property[@name='sizePolicy']/sizepolicy")
            assert policy is not None, widget.get("name")
            assert policy.get("hsizetype") == "Ignored", widget.get("name")


def test_the_description_of_the_extension_has_no_semicolon():
    """CMake takes it for the end of the text: the .s4ext was cut there."""
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    values = re.findall(r'set\(EXTENSION_\w+ "([^"]*)"\)', text)
    assert len(values) >= 6
    assert not [value for value in values if ";" in value]
