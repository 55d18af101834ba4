"""Each adapter against its authors' own code, where that is in ~/.EchoTracker/Code: random weights, MyoTracker's own.

The authors' pipelines are written down as they use their models themselves; docs/trackers.md says what to clone.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.phantom.cache import generate_cached
from EchoTrackerLib.phantom.parameters import WIDE, draw_parameters
from EchoTrackerLib.phantom.sample import wall_points
from EchoTrackerLib.tracking.external import cotracker, myotracker, pips2, raft, tapir
from EchoTrackerLib.tracking.external.adapter import bilinear
from EchoTrackerLib.tracking.external.source import CODE_FOLDER, AuthorsCode, first_on_path
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.tracker import TrackerInfo, TrackerOptions

POINTS = np.array([[20.25, 30.0], [70.0, 12.5], [95.0, 60.75]])
CONSENT = TrackerOptions(accept_licence=True, device="cpu")
T, ROWS, COLS = 4, 72, 104  # no power of two, another ratio than any model's


@pytest.fixture
def clip() -> Cine:
    rng = np.random.default_rng(3)
    coarse = torch.from_numpy(rng.uniform(0, 255, (T, 1, 12, 18)).astype(np.float32))
    frames = F.interpolate(coarse, (ROWS, COLS), mode="bicubic").clamp(0, 255)[:, 0].numpy().astype(np.uint8)
    return Cine(frames, np.arange(T) / 40.0)


def authors_module(code: AuthorsCode, info: TrackerInfo):
    """The module of the authors' code; the test is skipped where it is not here."""
    missing = [package.module for package in info.packages if not package.is_installed]
    folder = code.folder(CONSENT)
    if folder is None or missing:
        pytest.skip(f"{info.title}: {code.url} is not in ~/.EchoTracker/Code, or its packages are missing {missing}")
    with first_on_path(folder):
        return importlib.import_module(code.module)


def saved(module: torch.nn.Module, path: Path) -> TrackerOptions:
    torch.save(module.state_dict(), path)
    return replace(CONSENT, weights=path)


def video(clip: Cine) -> torch.Tensor:
    """[1, T, 3, rows, cols], 0..255."""
    return torch.from_numpy(clip.frames.copy())[None, :, None].float().repeat(1, 1, 3, 1, 1)


@pytest.mark.parametrize("info", cotracker.INFOS, ids=lambda info: info.name)
@pytest.mark.parametrize("query_frame", [0, 2])
def test_cotracker(info, query_frame, clip, tmp_path):
    module = authors_module(cotracker.CODE, info)
    torch.manual_seed(0)
    window = {"cotracker2": 8, "cotracker3": 60}[info.name]
    own = module.CoTrackerPredictor(checkpoint=None, v2=info.name == "cotracker2", window_len=window)
    options = saved(own.model, tmp_path / "weights.pth")
    queries = torch.tensor(np.column_stack([np.full(len(POINTS), query_frame), POINTS]))[None].float()
    expected, seen = own(video(clip), queries=queries, backward_tracking=query_frame > 0)
    tracks = create_tracker(info.name, options).track(clip, POINTS, query_frame)
    np.testing.assert_allclose(tracks.positions, expected[0].numpy().transpose(1, 0, 2), atol=1e-3)
    inside = ((expected >= -0.5) & (expected <= torch.tensor([COLS - 0.5, ROWS - 0.5]))).all(-1)
    np.testing.assert_array_equal(tracks.visible, (seen & inside)[0].numpy().T)
    assert len(tracks.weights_sha256) == 64


@pytest.mark.parametrize("info", tapir.INFOS, ids=lambda info: info.name)
@pytest.mark.parametrize("query_frame", [0, 2])
def test_tapir(info, query_frame, clip, tmp_path):
    """As in torch_tapir_demo.ipynb; its coordinates are counted from the edge of the image."""
    from PIL import Image

    module = authors_module(tapir.CODE, info)
    torch.manual_seed(0)
    own = (
        module.TAPIR(pyramid_level=1) if info.name == "bootstapir" else module.TAPIR(pyramid_level=0, extra_convs=False)
    )
    options = saved(own, tmp_path / "weights.pt")
    frames = [np.asarray(Image.fromarray(frame).resize((256, 256), Image.Resampling.LANCZOS)) for frame in clip.frames]
    grid = torch.from_numpy(np.repeat(np.stack(frames)[..., None], 3, axis=-1)).float() / 255 * 2 - 1
    raster = (POINTS + 0.5) * [256 / COLS, 256 / ROWS]
    queries = np.column_stack([np.full(len(POINTS), query_frame), raster[:, ::-1]])
    with torch.inference_mode():
        answer = own.eval()(grid[None], torch.from_numpy(queries)[None].float())
    expected = answer["tracks"][0].numpy() * [COLS / 256, ROWS / 256] - 0.5
    tracks = create_tracker(info.name, options).track(clip, POINTS, query_frame)
    others = np.arange(T) != query_frame
    np.testing.assert_allclose(tracks.positions[:, others], expected[:, others], atol=1e-3)
    np.testing.assert_array_equal(tracks.positions[:, query_frame], POINTS.astype(np.float32))


@pytest.mark.parametrize("query_frame", [0, 2, 3])
def test_pips2(query_frame, clip, tmp_path, monkeypatch):
    """As in demo.py and, for the coordinates, test_on_tap.py; from a later query frame in both directions."""
    module = authors_module(pips2.CODE, pips2.INFO)
    torch.manual_seed(0)
    own = module.Pips(stride=8).eval()
    with torch.no_grad():  # random weights throw points far away
        own.delta_block.dense.weight.mul_(0.05)
    scheduler = {"anneal_func": torch.optim.lr_scheduler.OneCycleLR._annealing_cos}
    torch.save({"model_state_dict": own.state_dict(), "scheduler_state_dict": scheduler}, tmp_path / "model.pth")
    monkeypatch.setattr(torch.Tensor, "cuda", lambda tensor: tensor)

    def run(part: Cine) -> np.ndarray:
        rgbs = torch.from_numpy(bilinear(part.frames, (896, 512)))[None, :, None].expand(-1, -1, 3, -1, -1)
        theirs = F.interpolate(video(part)[0], (512, 896), mode="bilinear")
        assert float((rgbs[0] - theirs).abs().max()) < 1e-3  # rounding, which random weights amplify
        start = torch.tensor(POINTS * [896 / COLS, 512 / ROWS]).float()
        with torch.no_grad():
            found = own(start[None, None].repeat(1, rgbs.shape[1], 1, 1), rgbs, iters=16, beautify=True)[0][-1]
        return found[0].numpy().transpose(1, 0, 2) * [COLS / 896, ROWS / 512]

    expected = np.empty((len(POINTS), T, 2))
    if query_frame < T - 1:
        expected[:, query_frame:] = run(
            replace(clip, frames=clip.frames[query_frame:], times_s=clip.times_s[query_frame:])
        )
    if query_frame > 0:
        before = replace(clip, frames=clip.frames[query_frame::-1].copy(), times_s=clip.times_s[: query_frame + 1])
        expected[:, : query_frame + 1] = run(before)[:, ::-1]
    expected[:, query_frame] = POINTS
    monkeypatch.undo()
    tracker = create_tracker("pips2", replace(CONSENT, weights=tmp_path / "model.pth"))
    tracks = tracker.track(clip, POINTS, query_frame)
    assert np.abs(expected - POINTS[:, None]).max() > 0.1
    np.testing.assert_allclose(tracks.positions, expected, atol=1e-3)


def test_myotracker(clip):
    """The authors' TorchScript file, called here as they do: rows before columns, from the first frame on."""
    file = CODE_FOLDER / "myotracker" / "myotracker" / "models" / "myotracker_scripted.pt"
    if not file.is_file():
        pytest.skip("MyoTracker: github.com/artemcher/myotracker is not in ~/.EchoTracker/Code")
    own, ratio = torch.jit.load(str(file), map_location="cpu").eval(), np.array([256 / COLS, 256 / ROWS])
    options = replace(CONSENT, weights=file)

    def expected(frames: np.ndarray) -> np.ndarray:
        grid = torch.from_numpy(bilinear(frames, (256, 256)))[None, :, None] / 255
        queries = torch.from_numpy(((POINTS + 0.5) * ratio - 0.5)[:, ::-1].copy())[None].float()
        with torch.inference_mode():
            answer = own(grid, queries)
        found = answer[0] if isinstance(answer, (tuple, list)) else answer
        return (found[0].numpy().transpose(1, 0, 2)[..., ::-1] + 0.5) / ratio - 0.5

    tracks = create_tracker(myotracker.INFO.name, options).track(clip, POINTS, 0)
    np.testing.assert_allclose(tracks.positions[:, 1:], expected(clip.frames)[:, 1:], atol=1e-3)
    np.testing.assert_array_equal(tracks.positions[:, 0], POINTS.astype(np.float32))
    # What its weights follow tells rows from columns: with these exchanged it does worse than points that stay.
    phantom = generate_cached(draw_parameters(810_001, WIDE, "A2C", beats=1.0, start_phase=0.0))
    points = wall_points(phantom, "mid", 12)
    truth = phantom.track(points, 0)
    found = create_tracker(myotracker.INFO.name, options).track(phantom.cine, points, 0).positions
    assert np.abs(found - truth).mean() < 0.7 * np.abs(truth - truth[:, :1]).mean()


def test_raft(clip, tmp_path):
    pytest.importorskip("torchvision", exc_type=(ImportError, RuntimeError), reason="torchvision is not here")
    from scipy.ndimage import map_coordinates
    from torchvision.models.optical_flow import Raft_Large_Weights, raft_large

    torch.manual_seed(0)
    own = raft_large(weights=None).eval()
    tracks = create_tracker("raft", saved(own, tmp_path / "raft.pth")).track(clip, POINTS, 0)
    assert Raft_Large_Weights.DEFAULT.url == raft.URL
    filled = F.pad(video(clip)[0], (12, 12, 28, 28), mode="replicate").to(torch.uint8)  # 104 x 72 -> 128 x 128
    at = POINTS.copy()
    for t in range(T - 1):
        with torch.inference_mode():
            first, second = Raft_Large_Weights.DEFAULT.transforms()(filled[t : t + 1], filled[t + 1 : t + 2])
            flow = own(first, second)[-1][0, :, 28:-28, 12:-12].numpy()
        at = at + np.stack([map_coordinates(flow[k], at.T[::-1], order=1, mode="nearest") for k in (0, 1)], axis=-1)
        np.testing.assert_allclose(tracks.positions[:, t + 1], at, atol=1e-2)


@pytest.mark.parametrize("code", [cotracker.CODE, tapir.CODE, pips2.CODE], ids=lambda code: code.name)
def test_checkouts_are_at_the_commit_that_the_page_names(code):
    page = (Path(__file__).resolve().parents[4] / "docs" / "trackers.md").read_text(encoding="utf-8")
    assert f"{code.url} ~/.EchoTracker/Code/{code.name}" in page and f"checkout {code.commit[:10]}\n" in page


def test_weights_of_one_peer_are_refused_by_another(tmp_path):
    module = authors_module(tapir.CODE, tapir.TAPIR)
    options = saved(module.TAPIR(pyramid_level=1), tmp_path / "boots.pt")
    with pytest.raises(BadInput, match=r"boots\.pt: is not a checkpoint of TAPIR"):
        create_tracker("tapir", options)
