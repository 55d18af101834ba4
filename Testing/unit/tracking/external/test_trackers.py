"""The adapters hand over and take back coordinates in each model's own order and convention."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput, LicenceNotAccepted, MissingDependency, OutOfMemory, Package
from EchoTrackerLib.tracking.external import cotracker, myotracker, pips2, raft, source, tapir
from EchoTrackerLib.tracking.external.adapter import ExternalTracker, Preparation, unchanged
from EchoTrackerLib.tracking.optical_flow import FlowTracker
from EchoTrackerLib.tracking.registry import create_tracker, tracker_infos
from EchoTrackerLib.tracking.tracker import TrackerOptions

CONSENT = TrackerOptions(accept_licence=True, device="cpu")
MOTION = np.array([3.0, -1.0])  # px of the model's image per frame, (x, y): not symmetric
POINTS = np.array([[40.0, 20.0], [150.0, 90.0]])


@pytest.fixture(autouse=True)
def no_code_here(monkeypatch, tmp_path_factory):
    """Whoever runs the tests may have the authors' code, loaded already; these are of machines without it."""
    monkeypatch.setattr(source, "CODE_FOLDER", tmp_path_factory.mktemp("code"))
    packages = {module.CODE.module.split(".")[0] for module in (cotracker, pips2, tapir)}
    for name in [name for name in sys.modules if name.split(".")[0] in packages]:
        monkeypatch.delitem(sys.modules, name)


def true_paths(points_xy: torch.Tensor, frames: int, start: int) -> torch.Tensor:
    """[N, 2] (x, y) -> [N, T, 2] (x, y)."""
    steps = torch.arange(frames) - start
    return points_xy[:, None] + steps[None, :, None] * torch.tensor(MOTION).float()


class FakeCoTracker(torch.nn.Module):
    def forward(self, video, queries, backward_tracking):
        assert video.shape[2] == 3
        assert float(video.max()) > 1.5
        start = int(queries[0, 0, 0])
        assert backward_tracking == (start > 0)  # a second pass only where something lies before the query
        paths = true_paths(queries[0, :, 1:], video.shape[1], start)  # (t, x, y)
        return paths.transpose(0, 1)[None], torch.ones(1, video.shape[1], queries.shape[1])


class FakeTapir(torch.nn.Module):
    def forward(self, video, queries):
        assert video.shape[-1] == 3
        assert float(video.min()) < 0
        assert float(video.max()) <= 1
        paths = true_paths(queries[0, :, 1:].flip(-1), video.shape[1], int(queries[0, 0, 0]))  # (t, y, x)
        surely = torch.full((1, *paths.shape[:2]), -9.0)
        return {"tracks": paths[None], "occlusion": surely, "expected_dist": surely}


class FakePips(torch.nn.Module):
    def forward(self, start, video, iters, beautify):
        torch.tensor(0.0).cuda()  # as the authors' code does, on a machine without CUDA too
        paths = true_paths(start[0, 0], video.shape[1], 0)
        return [paths.transpose(0, 1)[None]], None, None, None


class FakeMyoTracker(torch.nn.Module):
    def forward(self, video, queries):
        assert float(video.max()) <= 1
        return true_paths(queries[0].flip(-1), video.shape[1], 0).flip(-1).transpose(0, 1)[None]  # (y, x)


def clip_of(frames: int = 5) -> Cine:
    rng = np.random.default_rng(0)
    return Cine(rng.integers(0, 256, (frames, 120, 200), dtype=np.uint8), np.arange(frames) / 30.0)


MODELS = [
    (cotracker.COTRACKER3, cotracker.predictor(FakeCoTracker()), Preparation(unchanged)),
    (tapir.TAPIR, tapir.predictor(FakeTapir()), tapir.PREPARATION),
    (pips2.INFO, pips2.predictor(FakePips()), pips2.PREPARATION),
    (myotracker.INFO, myotracker.predictor(FakeMyoTracker()), myotracker.PREPARATION),
]


@pytest.mark.parametrize(("info", "predict", "preparation"), MODELS, ids=lambda value: getattr(value, "name", ""))
@pytest.mark.parametrize("query_frame", [0, 2, 4])
def test_coordinate_order_and_direction(info, predict, preparation, query_frame):
    clip = clip_of()
    tracks = ExternalTracker(info, predict, preparation, CONSENT).track(clip, POINTS, query_frame)
    step = MOTION * np.array(clip.size) / (info.native_size or clip.size)
    passed = np.arange(5) - query_frame
    if info.query_frames == "first":  # run both ways: the fake moves away from the query in either
        passed = np.abs(passed)
    np.testing.assert_allclose(tracks.positions, POINTS[:, None] + passed[None, :, None] * step, atol=1e-3)
    np.testing.assert_array_equal(tracks.positions[:, query_frame], POINTS.astype(np.float32))
    assert tracks.tracker == info.name and tracks.options["precision"] == "float32"


def seen_by(preparation: Preparation, points) -> np.ndarray:
    """The positions that a model of 256 x 256 gets for points of a clip of 1024 x 512."""
    return preparation.to_model(np.array(points, dtype=float), np.array([256 / 1024, 256 / 512]))


def test_each_keeps_its_authors_convention():
    edges = [[-0.5, -0.5], [1023.5, 511.5]]
    np.testing.assert_allclose(seen_by(tapir.PREPARATION, edges), [[0, 0], [256, 256]])  # counted from the edge
    np.testing.assert_allclose(seen_by(myotracker.PREPARATION, edges), [[-0.5, -0.5], [255.5, 255.5]])
    np.testing.assert_allclose(seen_by(pips2.PREPARATION, [[100, 100]]), [[25, 50]])  # the ratio of the sizes
    for preparation in (tapir.PREPARATION, myotracker.PREPARATION, pips2.PREPARATION):
        back = preparation.to_clip(seen_by(preparation, POINTS), np.array([256 / 1024, 256 / 512]))
        np.testing.assert_allclose(back, POINTS, atol=1e-9)


@pytest.mark.parametrize("tracker", [t for t in MODELS if t[2].corner is not None], ids=lambda t: t[0].name)
def test_points_stay_on_the_pixels_they_were_set_on(tracker):
    """A model that finds the bright spot must find it where the clip has it, at every place of the image."""
    info, _predict, preparation = tracker
    for x, y in ((0, 0), (40, 30), (199, 119)):
        frame = np.zeros((120, 200), dtype=np.float32)
        frame[y, x] = 255
        size = info.native_size or (200, 120)
        spot = preparation.resize(frame.astype(np.uint8)[None], size)[0].clip(0)
        if not spot.sum():
            continue  # missed by a resize without smoothing
        rows, cols = np.indices(spot.shape)
        center = np.array([(spot * cols).sum(), (spot * rows).sum()]) / spot.sum() + 0.5 - preparation.corner
        found = preparation.to_clip(center[None], np.array(size) / (200, 120))[0]
        assert np.abs(found - (x, y)).max() < 0.55, (info.name, x, y, found)


def test_wall_is_regularised_only_when_asked_for_and_named():
    line = np.stack([np.linspace(15, 180, 12), np.full(12, 60.0)], axis=1)
    info, _predict, preparation = MODELS[0]

    def shaky(_frames, points, _query_frame, _device):
        rng = np.random.default_rng(1)
        return points[:, None] + rng.normal(0, 1, (len(points), 5, 2)), None

    plain, wall = (
        ExternalTracker(info, shaky, preparation, replace(CONSENT, wall=on)).track(clip_of(), line)
        for on in (False, True)
    )
    assert plain.options["wall"] is False and wall.options["wall"] == "regularized afterwards"

    def unevenness(tracks) -> float:
        return float(np.abs(np.diff(tracks.positions - tracks.positions[:, :1], n=2, axis=0)).mean())

    assert unevenness(wall) < 0.5 * unevenness(plain)


def test_short_of_memory_it_goes_on_on_the_cpu_and_says_so():
    info, _predict, preparation = MODELS[0]

    def predict(frames, points, _query_frame, device):
        if device.type != "cpu":
            raise RuntimeError("CUDA out of memory")
        return np.repeat(points[:, None], len(frames), axis=1), None

    tracker = ExternalTracker(info, predict, preparation, CONSENT)
    tracker.device = SimpleNamespace(type="cuda")
    tracks = tracker.track(clip_of(), POINTS)
    assert tracks.options["device"] == "cpu" and "tracked on the CPU" in tracks.warnings[0]
    tracker.predict = lambda *_arguments: (_ for _ in ()).throw(MemoryError())
    with pytest.raises(OutOfMemory, match="memory does not suffice"):
        tracker.track(clip_of(), POINTS)


def test_long_clips_get_a_warning():
    info, predict, preparation = MODELS[2]
    tracker = ExternalTracker(info, predict, preparation, CONSENT, longest=4)
    assert "up to 4 frames, this one has 5" in tracker.track(clip_of(), POINTS).warnings[0]
    assert tracker.track(clip_of(4), POINTS).warnings == ()


def test_without_consent_none_is_made():
    peers = [info for info in tracker_infos() if info.needs_licence_consent]
    assert {info.name for info in peers} >= {
        "cotracker2", "cotracker3", "bootstapir", "tapir", "pips2", "myotracker", "raft",
    }  # fmt: skip
    for info in peers:
        with pytest.raises(LicenceNotAccepted) as error:
            create_tracker(info.name)
        assert info.licence in str(error.value) and "--accept-licence" in str(error.value)


def test_each_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "CODE_FOLDER", tmp_path)
    monkeypatch.setattr(Package, "is_installed", True)
    monkeypatch.setattr(source.importlib.util, "find_spec", lambda name: None)
    for name, repository in (("tapir", "tapnet"), ("bootstapir", "tapnet"), ("pips2", "pips2")):
        with pytest.raises(MissingDependency, match=f"git clone https://github.com/.*/{repository}") as error:
            create_tracker(name, CONSENT)
        assert error.value.command_line == "--code DIR"
        with pytest.raises(BadInput, match="is not a checkout"):
            create_tracker(name, replace(CONSENT, code=tmp_path / "nowhere"))
    with pytest.raises(BadInput, match="pick its weights") as error:
        create_tracker("myotracker", CONSENT)
    assert error.value.command_line == "--weights FILE"


@pytest.mark.parametrize("info", tracker_infos(), ids=lambda info: info.name)
def test_each_names_the_packages_that_it_lacks(info, monkeypatch):
    monkeypatch.setattr(Package, "is_installed", False)
    if not info.packages:
        assert create_tracker(info.name).info.name == info.name
        return
    with pytest.raises(MissingDependency) as error:
        create_tracker(info.name, CONSENT)
    assert error.value.packages == info.packages
    for package in info.packages:
        assert package.module in str(error.value) and (package.steps or package.pip_name) in str(error.value)


def offline(*_args, **_kwargs):
    raise OSError("no route")


def test_cotracker_tells_missing_code_from_missing_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.hub, "load", offline)
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "hub"))
    with pytest.raises(MissingDependency, match=r"code, which could not be fetched \(OSError: no route\).*82e02e8"):
        create_tracker("cotracker3", CONSENT)
    checkout = stand_in(tmp_path)
    monkeypatch.setitem(sys.modules, "cotracker", None)
    del sys.modules["cotracker"]
    with pytest.raises(MissingDependency, match=r"weights could not be fetched from https.*scaled_offline\.pth"):
        create_tracker("cotracker3", replace(CONSENT, code=checkout))
    with pytest.raises(BadInput, match=r"absent\.pth: cannot be read"):
        create_tracker("cotracker3", replace(CONSENT, code=checkout, weights=tmp_path / "absent.pth"))


def test_cotracker_pins_the_commit_and_reads_the_weights_that_were_picked(tmp_path, monkeypatch):
    asked = []

    class Predictor(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = torch.nn.Linear(2, 2)

    def load(repository, entry, **options):
        asked.append((repository, entry, options["pretrained"]))
        return Predictor()

    monkeypatch.setattr(torch.hub, "load", load)
    path = tmp_path / "mine.pth"
    torch.save({"model": torch.nn.Linear(2, 2).state_dict()}, path)
    tracker = create_tracker("cotracker2", replace(CONSENT, weights=path))
    assert asked == [(f"facebookresearch/co-tracker:{cotracker.CODE.commit}", "cotracker2", False)]
    assert len(tracker.sha256) == 64
    torch.save({"model": torch.nn.Linear(3, 2).state_dict()}, path)
    with pytest.raises(BadInput, match=r"mine\.pth: is not a checkpoint of CoTracker 2"):
        create_tracker("cotracker2", replace(CONSENT, weights=path))


def stand_in(tmp_path):
    """A folder that looks like a checkout of CoTracker."""
    folder = tmp_path / "checkout" / "cotracker"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "predictor.py").write_text(
        "import torch\nclass CoTrackerPredictor(torch.nn.Module):\n"
        "    def __init__(self, checkpoint, offline, v2, window_len):\n"
        "        super().__init__(); self.model = torch.nn.Linear(2, 2)\n"
    )
    return folder.parent


class FakeRaft(torch.nn.Module):
    """Answers the same flow everywhere."""

    def forward(self, first, second):
        assert first.shape == second.shape and first.shape[1] == 3
        assert first.shape[2] % 8 == 0 and first.shape[3] % 8 == 0 and min(first.shape[2:]) >= 128
        assert float(first.min()) < 0 and float(first.max()) <= 1
        flow = torch.zeros(1, 2, *first.shape[2:])
        flow[:, 0], flow[:, 1] = 3.0, -1.0
        return [flow / 2, flow]


def test_raft_is_chained_in_both_directions():
    flow = raft.flow(FakeRaft(), torch.device("cpu"))
    tracks = FlowTracker(raft.INFO, flow, CONSENT, {"device": "cpu"}).track(clip_of(), POINTS, 2)
    passed = np.abs(np.arange(5) - 2)  # the fake's flow is the same in both directions
    np.testing.assert_allclose(tracks.positions, POINTS[:, None] + passed[None, :, None] * MOTION, atol=1e-4)


class Drifting(torch.nn.Module):
    """A TorchScript program that answers as MyoTracker does: (y, x), every point moves down by 2 px a frame."""

    def forward(self, video: torch.Tensor, queries: torch.Tensor) -> torch.Tensor:
        steps = 2.0 * torch.arange(video.shape[1])
        moved = torch.stack([steps, torch.zeros_like(steps)], dim=-1)
        return queries[:, None] + moved[None, :, None]


def test_torchscript_file_is_run_and_named_by_its_digest(tmp_path):
    path = tmp_path / "myotracker.pt"
    torch.jit.save(torch.jit.script(Drifting()), str(path))
    tracks = create_tracker("myotracker", replace(CONSENT, weights=path)).track(clip_of(), POINTS, 1)
    down = 2 * 120 / 256 * np.abs(np.arange(5) - 1)
    np.testing.assert_allclose(tracks.positions[..., 1], POINTS[:, 1:] + down, atol=1e-4)
    np.testing.assert_allclose(tracks.positions[..., 0], np.repeat(POINTS[:, :1], 5, axis=1), atol=1e-4)
    assert tracks.weights_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_broken_torchscript_and_foreign_programs_end_in_one_line(tmp_path):
    good = tmp_path / "good.pt"
    torch.jit.save(torch.jit.script(Drifting()), str(good))
    content, rng, path = good.read_bytes(), np.random.default_rng(2), tmp_path / "broken.pt"
    broken = [b"", b"no program", *(content[: int(n)] for n in rng.integers(1, len(content), 20))]
    for at in rng.integers(0, len(content), 30):
        wrong = bytearray(content)
        wrong[at] ^= 64
        broken.append(bytes(wrong))
    for attempt in broken:
        path.write_bytes(attempt)
        try:
            create_tracker("myotracker", replace(CONSENT, weights=path))
        except BadInput as error:
            assert str(error).startswith("broken.pt: ") and "\n" not in str(error)
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(path))
    with pytest.raises(BadInput, match=r"MyoTracker: the model cannot be run on this clip \([^\n]*\)\.$"):
        create_tracker("myotracker", replace(CONSENT, weights=path)).track(clip_of(), POINTS)
