from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.tracking.classical import chain
from EchoTrackerLib.tracking.classical.clutter import FEW_FRAMES, find_clutter
from EchoTrackerLib.tracking.classical.settings import Settings
from EchoTrackerLib.tracking.classical.tracker import follow_on
from EchoTrackerLib.tracking.matching.links import Coupling, neighbour_coupling
from EchoTrackerLib.tracking.matching.lucas_kanade import match
from EchoTrackerLib.tracking.matching.pyramid import PADDING_PX, Level, build_pyramid, make_level
from EchoTrackerLib.tracking.matching.still import AS_SEEN, look, share_that_stays
from EchoTrackerLib.tracking.matching.windows import gaussian_window
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions

T, SIZE = 32, 160
POINTS = np.stack([np.full(12, 80.0), np.linspace(30, 130, 12)], axis=1)


def speckle(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = gaussian_filter(rng.standard_normal((2, SIZE, SIZE)), (0, 1.2, 1.8))
    return np.hypot(*field) / np.hypot(*field).mean()


def swinging(haze: float, size: float = 7.0) -> tuple[Cine, np.ndarray]:
    """Tissue that swings by 7 px, under speckle that stays; returns the clip and the displacement [T, 2]."""
    shift = size * np.sin(np.linspace(0, 2 * np.pi, T))[:, None] * np.array([1.0, 0.4])
    tissue, veil = speckle(1), speckle(2)
    y, x = np.mgrid[:SIZE, :SIZE].astype(float)
    frames = []
    for dx, dy in shift:
        moved = map_coordinates(tissue, [y - dy, x - dx], order=1, mode="reflect")
        frames.append(np.clip(60 * moved + haze * veil, 0, 255))
    return Cine(np.array(frames, np.uint8), np.arange(T) / 40.0), shift


def test_still_speckle_is_told_from_moving_speckle():
    for haze, low, high in ((0.0, 0.0, 0.25), (90.0, 0.5, 1.0)):
        cine, _shift = swinging(haze)
        pyramid = build_pyramid(cine, POINTS)
        clutter = find_clutter(pyramid)
        assert clutter is not None
        for level in clutter.still.levels:
            share = level.images[0, PADDING_PX + 10 : -PADDING_PX - 10, PADDING_PX + 10 : -PADDING_PX - 10, 3]
            assert low <= np.median(share) <= high
        windows = share_that_stays(clutter.still.levels[0], pyramid.from_clip(POINTS), gaussian_window(14.0))
        assert low <= np.median(windows) <= high


@pytest.mark.parametrize("haze", [0.0, 90.0])
def test_tissue_that_hardly_moves_is_told_from_what_stays(haze):
    """Of both a fixed place sees the same texture on all frames; what tissue's motion accounts for is taken off."""
    cine, shift = swinging(haze, 1.0)
    pyramid = build_pyramid(cine, POINTS)
    clutter = find_clutter(pyramid)
    assert clutter is not None
    truth = pyramid.from_clip(POINTS[None] + shift[:, None])
    found = share_that_stays(clutter.still.levels[0], truth[0], gaussian_window(14.0))
    own = clutter.beside(truth).own
    assert found.mean() > 0.4  # by the look of it much stays, tissue or not
    rest = (found - own) / (1 - own)
    assert rest.mean() < 0.1 if haze == 0 else rest.mean() > 0.4


def test_a_window_counts_where_nothing_stays_in_it():
    """Half of each window is a mark that stays: the other half's motion is found, and little is trusted to it."""
    rng = np.random.default_rng(3)
    texture = 60 * gaussian_filter(rng.standard_normal((100, 100)), 1.5) / 0.2 + 100
    frames = np.stack([np.roll(texture, shift, axis=1) for shift in (0, 2)])
    frames[:, 50:] = texture[50:]
    level = make_level(frames.astype(np.float32))
    stays = np.zeros((100, 100))
    stays[50:] = 0.97
    still = level.mean(stays)
    points, window = np.array([[40.0, 50.0], [60.0, 50.0]]), gaussian_window(10.0)

    def step(share: Level | None) -> np.ndarray:
        at = points.copy()
        for _step in range(6):
            first, second = (
                look(level, share, None, np.full(2, frame), where, window, ways=(AS_SEEN,))[0].windows
                for frame, where in ((0, points), (1, at))
            )
            at = at + match(first, second, 1.0).step
        return at - points

    assert step(None)[:, 0].max() < 1.5
    np.testing.assert_allclose(step(still), np.array([[2.0, 0.0]] * 2), atol=0.15)
    one = look(level, still, None, np.zeros(2, int), points, window)
    assert [round(float(way.trust.mean()), 2) for way in one] == pytest.approx([0.13, 0.87], abs=0.06)
    assert one[0].stays.mean() == pytest.approx(0.5, abs=0.1)


def test_frames_without_what_stays_hold_the_motion_only():
    cine, _shift = swinging(90.0)
    pyramid = build_pyramid(cine, POINTS)
    clutter = find_clutter(pyramid)
    assert clutter is not None
    for level, still in zip(pyramid.levels, clutter.still.levels):
        np.testing.assert_allclose((level.frames - still.frames).mean(axis=0), 0, atol=1e-3)


def test_short_clip_says_nothing_about_clutter():
    cine, _shift = swinging(90.0)
    short = Cine(cine.frames[: FEW_FRAMES - 1], cine.times_s[: FEW_FRAMES - 1])
    assert find_clutter(build_pyramid(short, POINTS)) is None


def test_haze_no_longer_holds_the_tracks_back(monkeypatch):
    import EchoTrackerLib.tracking.classical.tracker as classical

    cine, shift = swinging(80.0)
    truth = POINTS[:, None] + (shift - shift[0])[None]

    def error() -> float:
        found = create_tracker("classical", TrackerOptions(wall=True)).track(cine, POINTS, 0)
        return float(np.linalg.norm(found.positions - truth, axis=-1).mean())

    with_it = error()
    monkeypatch.setattr(classical, "find_clutter", lambda pyramid: None)
    without = error()
    assert with_it < 0.5 * without
    assert with_it < 1.0


def still_under_noise(size: float, keep: float, drift: int) -> Cine:
    """Tissue that stays, under noise of which a share is kept from frame to frame, `drift` px to the right."""
    rng = np.random.default_rng(5)
    tissue, noise, frames = speckle(1), np.zeros((SIZE, SIZE)), []
    for _frame in range(T):
        fresh = gaussian_filter(rng.standard_normal((SIZE, SIZE)), 2.0)
        noise = keep * np.roll(noise, drift, axis=1) + np.sqrt(1 - keep**2) * fresh / fresh.std()
        frames.append(np.clip(80 * tissue + size * noise + 20, 0, 255))
    return Cine(np.array(frames, np.uint8), np.arange(T) / 40.0)


@pytest.mark.parametrize("noise", [(3, 0.8, 2), (12, 0.0, 0), (6, 0.8, 1), (30, 0.8, 0), (12, 0.8, 0)])
def test_still_tissue_is_no_clutter(monkeypatch, noise):
    cine = still_under_noise(*noise)
    pyramid = build_pyramid(cine, POINTS)
    clutter = find_clutter(pyramid)
    assert clutter is not None and clutter.prevails(pyramid.from_clip(POINTS), 14.0)

    def error() -> float:
        found = create_tracker("classical", TrackerOptions(wall=True)).track(cine, POINTS, 3)
        return float(np.linalg.norm(found.positions - POINTS[:, None], axis=-1).mean())

    assert error() < 0.3
    if noise == (30, 0.8, 0):
        monkeypatch.setattr(chain, "NOISE", -1.0)
        assert error() > 3  # without the rule noise is followed


@pytest.mark.parametrize("lost", [1, chain.STRIDE])
def test_points_that_were_lost_are_followed_in_longer_steps(monkeypatch, lost):
    """Of two ways the one is kept that leads to places like those of the query frame; the second only if need be."""
    cine, shift = swinging(0.0)
    pyramid = build_pyramid(cine, POINTS)
    start = pyramid.from_clip(POINTS)
    truth = pyramid.from_clip(POINTS[None] + (shift - shift[0])[:, None])
    tried = []

    def follow(*given):
        tried.append(given[-1])
        return np.repeat(start[None], T, axis=0) if given[-1] == lost else truth

    monkeypatch.setattr(chain, "chain", follow)
    found, _clutter = chain.first_guess(pyramid, None, start, 0, Coupling(), Settings(), lambda done: None)
    np.testing.assert_array_equal(found, truth)
    assert tried == ([1, chain.STRIDE] if lost == 1 else [1])


def test_longer_steps_reach_every_frame():
    cine, shift = swinging(0.0, 3.0)
    pyramid = build_pyramid(cine, POINTS)
    truth = pyramid.from_clip(POINTS[None] + (shift - shift[7])[:, None])
    coupling, done = neighbour_coupling(truth[7], 0.1), []
    found = chain.chain(pyramid, None, truth[7], 7, coupling, Settings(), done.append, 3)
    assert np.abs(found - truth).max() < 0.5
    assert done == sorted(done) and done[-1] == 1


def test_torch_and_numpy_give_the_same_where_something_stays():
    """The path by which the GPU goes, on the CPU: haze prevails, so that every way to look at windows is taken."""
    torch = pytest.importorskip("torch", reason="PyTorch is optional")
    cine, _shift = swinging(90.0)
    pyramid = build_pyramid(cine, POINTS)
    start = pyramid.from_clip(POINTS)
    clutter = find_clutter(pyramid)
    assert clutter is not None and clutter.prevails(start, Settings().radius_px)
    on_numpy, _device = follow_on(None, pyramid, start, 3, True, Settings(), lambda done: None)
    on_torch, device = follow_on(torch.device("cpu"), pyramid, start, 3, True, Settings(), lambda done: None)
    assert device == "cpu"
    np.testing.assert_allclose(on_torch, on_numpy, atol=0.02)
