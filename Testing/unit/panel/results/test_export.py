"""Export: complete or nothing, in small steps, with progress and Cancel."""

from __future__ import annotations

import pytest
from panel_host import make_cine

from EchoTrackerLib.errors import Package
from EchoTrackerLib.panel.results import export_presenter as exporting

FILES = {"tracks.npz", "tracks.csv", "overlay.mp4", "strain.csv", "strain.json", "strain.png", "scene.mrb"}
FILES.add("summary.json")


@pytest.fixture
def tracked(bench):
    bench.load(make_cine(frames=16))
    bench.put()
    bench.track()
    return bench


@pytest.fixture
def step_by_step(monkeypatch):
    """A turn of the window after each step, however fast the machine."""
    monkeypatch.setattr(exporting, "_BUSY_S", -1.0)


def export(bench, folder) -> None:
    bench.answers.folder = folder
    bench.ui.exportButton.click()


def wait(bench) -> bool:
    return bench.host.waitFor(lambda: not bench.panel.export.running, 60)


def test_export_is_complete(tracked, tmp_path):
    export(tracked, tmp_path)
    assert wait(tracked)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert "tracks.npz" in tracked.ui.exportMessageLabel.text
    assert not tracked.ui.exportProgressBar.visible


def test_window_is_alive_meanwhile(tracked, tmp_path, step_by_step):
    from PySide6 import QtCore

    turns, shown = [], []  # of the event loop; values of the progress bar
    timer = QtCore.QTimer()
    timer.timeout.connect(lambda: turns.append(tracked.panel.export.running))
    timer.start(0)
    seen = lambda value: shown.append(value) if tracked.panel.export.running else None  # noqa: E731
    tracked.ui.exportProgressBar.connect("valueChanged(int)", seen)
    export(tracked, tmp_path)
    assert not tracked.ui.exportButton.enabled
    assert tracked.ui.exportCancelButton.visible
    assert wait(tracked)
    timer.stop()
    tracked.ui.exportProgressBar.disconnect("valueChanged(int)", seen)
    assert sum(turns) > 16
    assert len(set(shown)) > 16
    assert shown == sorted(shown)
    video = [value for value in shown if 5 < value < 80]
    assert max(b - a for a, b in zip(video, video[1:])) < 25, "the window waits for a quarter of the video"


def test_cancel_leaves_nothing(tracked, tmp_path, step_by_step):
    (tmp_path / "tracks.npz").write_bytes(b"older")
    export(tracked, tmp_path)
    assert tracked.host.waitFor(lambda: tracked.ui.exportProgressBar.value > 20, 30)
    tracked.ui.exportCancelButton.click()
    assert not tracked.panel.export.running
    assert [path.name for path in tmp_path.iterdir()] == ["tracks.npz"]
    assert (tmp_path / "tracks.npz").read_bytes() == b"older"
    assert "nothing was written" in tracked.ui.exportMessageLabel.text
    assert tracked.ui.exportButton.enabled
    export(tracked, tmp_path)
    assert wait(tracked)
    assert {path.name for path in tmp_path.iterdir()} == FILES


@pytest.mark.parametrize("event", ["scene", "quit"])
def test_closing_leaves_nothing(tracked, tmp_path, step_by_step, event):
    export(tracked, tmp_path)
    assert tracked.host.waitFor(lambda: tracked.ui.exportProgressBar.value > 20, 30)
    if event == "scene":
        tracked.scene.Clear()
    else:
        tracked.host.quit()
    tracked.host.settle()
    assert list(tmp_path.iterdir()) == []
    assert not tracked.panel.export.running
    if event == "quit":
        tracked.host.renew()


def test_clip_removed_meanwhile_is_still_exported_as_it_was(tracked, tmp_path):
    export(tracked, tmp_path)
    tracked.scene.RemoveNode(tracked.parameters.browser)
    assert wait(tracked)
    assert {"tracks.npz", "overlay.mp4", "strain.json"} <= {path.name for path in tmp_path.iterdir()}


def test_folder_that_cannot_be_written(tracked, tmp_path):
    (tmp_path / "file").touch()
    export(tracked, tmp_path / "file" / "folder")
    assert wait(tracked)
    assert "cannot be written" in tracked.ui.exportMessageLabel.text
    assert tracked.ui.exportButton.enabled


def test_missing_packages_are_offered_and_left_out_when_declined(tracked, tmp_path, monkeypatch):
    import builtins

    real = builtins.__import__
    hidden = ("av", "matplotlib")

    def without(name, *arguments, **keywords):
        if name.split(".")[0] in hidden:
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(Package, "is_installed", property(lambda package: package.module not in hidden))
    monkeypatch.setattr(builtins, "__import__", without)
    tracked.answers.yes = False
    export(tracked, tmp_path)
    assert wait(tracked)
    assert "av" in tracked.answers.asked[0]
    written = {path.name for path in tmp_path.iterdir()}
    assert written == FILES - {"overlay.mp4", "strain.png"}
    assert "overlay.mp4 was not written" in tracked.ui.exportMessageLabel.text
