"""Fixtures of the panel's tests: the stand-in host, an empty scene, a fake runner, answers instead of dialogs."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]

pytest.importorskip("PySide6", reason="the stand-in host needs PySide6")
pytest.importorskip("slicer", reason="the stand-in host needs slicer-core")

from EchoTrackerLib.cine.cine import Cine  # noqa: E402
from EchoTrackerLib.tracking.exchange import Job  # noqa: E402
from EchoTrackerLib.tracking.job import Outcome  # noqa: E402
from EchoTrackerLib.tracks.tracks import APEX, Tracks  # noqa: E402


class FakeRunner:
    """Ends when told: `finish()` moves every point by (1, 0.5) px a frame, `fail(kind, message)` does what it says."""

    def __init__(self) -> None:
        self.job: Optional[Job] = None
        self.closed = self.cancelled = 0
        self._done: Any = None
        self._progress: Any = None

    @property
    def running(self) -> bool:
        return self.job is not None

    def start(self, job: Job, on_progress: Any, on_done: Any) -> None:
        assert not self.running
        self.job, self._progress, self._done = job, on_progress, on_done

    def poll(self) -> None:
        """Nothing happens by itself."""

    def progress(self, stage: str, fraction: float) -> None:
        self._progress(stage, fraction)

    def cancel(self) -> None:
        self.cancelled += 1
        if self.running:
            self.fail("cancelled", "Cancelled; nothing was changed.")

    def close(self) -> None:
        self.closed += 1
        self.job = None

    def _end(self, outcome: Outcome) -> None:
        self.job = None
        self._done(outcome)

    def fail(self, kind: str, message: str) -> None:
        self._end(Outcome(kind, message=message))

    def finish(self, positions: Optional[np.ndarray] = None) -> None:
        self._end(Outcome("done", made_tracks(self.job, positions)))


def made_tracks(job: Job, positions: Optional[np.ndarray] = None) -> Tracks:
    """Tracks of a job; by default a beating wall: points move towards their center and back."""
    n, t = len(job.points), job.cine.n_frames
    if positions is None:
        centre = job.points.mean(axis=0)
        beat = 1 - 0.2 * np.sin(np.pi * np.arange(t) / max(t - 1, 1))
        positions = centre + (job.points - centre)[:, None] * beat[None, :, None]
    return Tracks(
        positions.astype(np.float32),
        np.ones((n, t), dtype=bool),
        job.labels,
        job.cine.times_s,
        job.cine.spacing_mm,
        job.query_frame,
        job.tracker,
        confidence=np.full((n, t), 0.9, dtype=np.float32),
        options={} if job.apex is None else {APEX: job.apex},  # as `run_job` notes it
    )


class Answers:
    """Answers the dialogs' questions."""

    def __init__(self) -> None:
        self.file: Optional[Path] = None
        self.folder: Optional[Path] = None
        self.text = ""
        self.yes = True
        self.asked: list[str] = []
        self.settings: dict[str, str] = {}
        self.dicom: dict[str, Path] = {}

    def open_file(self, title: str, filters: str) -> Optional[Path]:
        return self.file

    def save_file(self, title: str, name: str, filters: str) -> Optional[Path]:
        return self.file

    def open_folder(self, title: str) -> Optional[Path]:
        return self.folder

    def confirm(self, text: str) -> bool:
        self.asked.append(text)
        return self.yes

    def clipboard(self) -> str:
        return self.text

    def waiting(self) -> Any:
        return nullcontext()

    def setting(self, key: str, value: Optional[str] = None) -> str:
        if value is not None:
            self.settings[key] = value
        return self.settings.get(key, "")

    def dicom_file(self, uid: str) -> Optional[Path]:
        return self.dicom.get(uid)


class Exchangeable:
    """What the panel is given as dialogs or runner: passes everything on to `target`, which each test may set."""

    def __init__(self, target: Any) -> None:
        self.target = target

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


def make_cine(
    frames: int = 12, size: tuple[int, int] = (160, 120), spacing: Any = (0.5, 0.5), colour: bool = False, **facts: Any
) -> Cine:
    """A clip of smooth noise."""
    rng = np.random.default_rng(3)
    width, height = size
    grey = rng.integers(20, 200, (frames, height, width), dtype=np.uint8)
    times = facts.pop("times_s", np.arange(frames) * 0.02)
    rgb = None
    if colour:
        rgb = np.stack([grey] * 3, axis=-1)
        rgb[:, :20, :20] = (200, 30, 30)
    return Cine(grey, times, spacing, name=facts.pop("name", "clip"), colour=rgb, **facts)


class Bench:
    """What a test works on: the host, the module's widget, its panel, runner and answers."""

    def __init__(self, host: Any) -> None:
        import slicer

        self.host, self.widget, self.scene = host, host.widget, slicer.mrmlScene
        self.ui, self.panel = host.widget.ui, host.widget.panel
        self.runner, self.answers = FakeRunner(), Answers()
        host.runner.target, host.dialogs.target = self.runner, self.answers

    @property
    def parameters(self) -> Any:
        return self.widget._parameterNode

    def load(self, cine: Optional[Cine] = None) -> Any:
        """Put a clip into the scene and choose it; return its browser."""
        from EchoTrackerLib.scene.clip.cine import add_cine

        browser = add_cine(self.scene, cine or make_cine()).browser
        self.parameters.browser = browser
        self.host.settle()
        return browser

    def put(self, count: int = 12) -> np.ndarray:
        """Put points on an arch; return them in px."""
        from EchoTrackerLib.scene.points import Points

        angle = np.linspace(0, np.pi, count)
        width, height = self.panel.session.cine().size
        arch = np.stack([width / 2 - 0.3 * width * np.cos(angle), 0.8 * height - 0.5 * height * np.sin(angle)], -1)
        self.panel.points.set(Points(tuple(f"mid {i + 1:02d}" for i in range(count)), arch.astype(np.float32)))
        return arch

    def start(self) -> None:
        """Press Track; the runner goes on when the test says so."""
        self.ui.trackButton.click()
        assert self.runner.running, self.ui.trackButton.toolTip

    def track(self) -> None:
        """Press Track and let the runner finish."""
        self.start()
        self.runner.finish()
        self.host.settle()

    def result(self) -> Any:
        """Return the clip's tracks as the scene has them."""
        from EchoTrackerLib.scene.results import find_results
        from EchoTrackerLib.scene.tracks import read_tracks

        return read_tracks(self.scene, find_results(self.scene, self.parameters.browser).tracks.sequence)

    def node_ids(self) -> list[str]:
        """Return the IDs of the scene's nodes, in order, without singletons."""
        nodes = [self.scene.GetNthNode(i) for i in range(self.scene.GetNumberOfNodes())]
        return sorted(node.GetID() for node in nodes if not node.GetSingletonTag())

    def click_px(self, x: float, y: float) -> None:
        """Click on an image position in the red view."""
        import slicer

        from EchoTrackerLib.scene.mrml import plane

        ras = plane.pixels_to_world(np.array([[x, y]]), self.panel.session.proxy)[0]
        view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
        self.host.click(view, *self.host.viewPosition("Red", ras))


def table_column(table, number):
    """What a column of a table holds, from top to bottom."""
    import qt

    return [table.item(row, number).data(qt.Qt.DisplayRole) for row in range(table.rowCount)]
