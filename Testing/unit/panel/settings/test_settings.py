"""The page in Slicer's application settings, what new scenes start with, and the folder of models."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.panel.qt.dialogs import SlicerDialogs
from EchoTrackerLib.panel.settings import settings
from EchoTrackerLib.panel.settings.weights_folder import ModelFolder, default_folder


@pytest.fixture
def page(running_host, tmp_path):
    """The page; all settings are put back afterwards."""
    import slicer

    running_host.install()
    made = slicer.modules.EchoTrackerInstance._settingsPage
    made.fill_trackers()  # as when it is shown
    before = made.tracker.currentIndex, made.device.currentIndex, made.confidence.checked, made.folder.directory
    made.folder.directory = str(tmp_path / "models")
    yield made
    made.tracker.currentIndex, made.device.currentIndex, made.confidence.checked, made.folder.directory = before


def new_scene(bench):
    """Empty the scene, and forget the parameters as another session of Slicer does."""
    node = bench.parameters.parameterNode
    bench.scene.Clear()
    bench.host.leaveModule()
    bench.widget._setParameterNode(None)
    bench.scene.RemoveNode(node)
    bench.widget.enter()


def test_page_is_in_the_application_settings(page):
    import slicer

    pages = slicer.app.settingsDialog().pages
    titles = [pages.tabText(i) for i in range(pages.count)]
    assert titles.count("EchoTracker") >= 1
    stored = slicer.app.userSettings()
    for key in (settings.DEVICE, settings.TRACKER, settings.CONFIDENCE, settings.MODEL_FOLDER):
        assert stored.contains(key), key
    for widget in (page.tracker, page.device, page.confidence, page.folder, page.open, page.clear):
        assert widget.toolTip


def test_new_scenes_start_with_the_users_choice(bench, page):
    bench.host.dialogs.target = SlicerDialogs()  # the settings are Slicer's
    page.device.currentIndex = page.device.findData("cpu")
    page.tracker.currentIndex = page.tracker.findData("static")
    page.confidence.checked = False
    new_scene(bench)
    parameters = bench.parameters
    assert (parameters.device, parameters.tracker, parameters.withConfidence) == ("cpu", "static", False)
    assert bench.ui.deviceComboBox.currentText == "cpu"
    parameters.device = "cuda"  # what a scene says wins over the default
    bench.widget.enter()
    bench.panel.enter(parameters)
    assert parameters.device == "cuda"


def test_settings_that_make_no_sense_are_left_out(bench):
    bench.answers.settings = {settings.DEVICE: "quantum", settings.TRACKER: "gone", settings.CONFIDENCE: ""}
    bench.panel._asks, before = bench.answers, bench.panel._asks
    try:
        new_scene(bench)
        assert (bench.parameters.device, bench.parameters.tracker) == ("auto", "")
        assert bench.parameters.withConfidence
    finally:
        bench.panel._asks = before


def test_size_open_and_clear(page, tmp_path, monkeypatch):
    import qt
    import slicer

    weights = tmp_path / "net.pt"
    weights.write_bytes(b"x" * 1_500_000)
    kept = ModelFolder(Path(page.folder.directory))
    kept.keep(weights)
    (kept.folder / "somebody else's.pt").write_bytes(b"y")
    page._show_size()
    assert page.size.text == "1 files, 1.5 MB"
    opened = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", opened.append)
    page.open.click()
    assert opened[0].toLocalFile() == str(kept.folder)
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *a, **k: False)
    page.clear.click()
    assert kept.size() == 1_500_000
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *a, **k: True)
    page.clear.click()
    assert [path.name for path in kept.folder.iterdir()] == ["somebody else's.pt"]
    assert page.size.text == "0 files, 0.0 MB"


def test_kept_weights_are_a_checked_copy(bench, tmp_path):
    picked = tmp_path / "stick" / "net.pt"
    picked.parent.mkdir()
    picked.write_bytes(b"weights")
    bench.answers.settings[settings.MODEL_FOLDER] = str(tmp_path / "models")
    bench.load()
    bench.put()
    bench.ui.advancedGroup.collapsed = False
    bench.ui.weightsPathLineEdit.currentPath = str(picked)
    bench.ui.keepWeightsButton.click()
    copy = tmp_path / "models" / "net.pt"
    assert bench.parameters.weights == bench.ui.weightsPathLineEdit.currentPath == str(copy)
    assert "kept in" in bench.ui.trackMessageLabel.text
    picked.unlink()
    bench.track()
    copy.write_bytes(b"damaged")
    with pytest.raises(BadInput, match=r"net\.pt are not those that were kept"):
        bench.panel.track.start()
    assert not bench.runner.running
    bench.parameters.weights = ""
    bench.ui.advancedGroup.collapsed = True


def test_keeping_without_a_file_is_refused(bench):
    bench.load()
    with pytest.raises(BadInput, match="first"):
        bench.panel.track.keep_weights()


def test_model_folder(tmp_path):
    folder = ModelFolder(tmp_path / "models")
    assert (folder.checksums(), folder.size(), folder.clear()) == ({}, 0, 0)
    one, two = tmp_path / "a" / "net.pt", tmp_path / "b" / "net.pt"
    for path, content in ((one, b"1"), (two, b"22")):
        path.parent.mkdir()
        path.write_bytes(content)
    first, again, second = folder.keep(one), folder.keep(one), folder.keep(two)
    assert first == again
    assert second.name == "net (2).pt"
    assert folder.checksums()["net.pt"] == hashlib.sha256(b"1").hexdigest()
    assert folder.size() == 3
    assert folder.holds(first)
    assert not folder.holds(one)
    folder.check(one)  # not ours
    with pytest.raises(BadInput, match="could not be kept"):
        folder.keep(tmp_path / "missing.pt")
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="folder in the settings"):
        ModelFolder(tmp_path / "file" / "below").keep(one)
    (folder.folder / "checksums.json").write_text("{damaged")
    assert folder.checksums() == {}


def test_folder_without_a_choice_is_in_the_home(bench):
    assert settings.model_folder(bench.answers) == default_folder()
    assert default_folder().is_relative_to(Path.home())
