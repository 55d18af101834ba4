import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.errors import BadInput, Cancelled
from EchoTrackerLib.tracking.classical.settings import Settings
from EchoTrackerLib.tracking.classical.tracker import follow_on, gpu_for
from EchoTrackerLib.tracking.matching.pyramid import Pyramid, build_pyramid
from EchoTrackerLib.tracking.matching.windows import gaussian_window, sample
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.tracker import TrackerOptions

T, ROWS, COLS = 16, 140, 180


def speckle(rng: np.random.Generator, shape: tuple[int, ...] = (ROWS, COLS)) -> np.ndarray:
    field = rng.normal(size=(2, *shape))
    amplitude = np.hypot(*(gaussian_filter(part, (1.5, 2.2)) for part in field))
    decibel = 20 * np.log10(amplitude / amplitude.mean() + 0.03)
    return np.clip(150 + 4 * decibel, 0, 255)


def displaced(points: np.ndarray, t: float) -> np.ndarray:
    """Forward motion: a beat that pulls down and squeezes; closed after T frames."""
    phase = np.sin(np.pi * t / (T - 1)) ** 2
    x, y = points[..., 0], points[..., 1]
    return np.stack([x + phase * (4 + 0.03 * (x - 90)), y - phase * (10 + 0.06 * (y - 70))], axis=-1)


def clip(seed: int = 0) -> Cine:
    rng = np.random.default_rng(seed)
    texture, other = speckle(rng), speckle(rng)
    y, x = np.mgrid[:ROWS, :COLS].astype(float)
    grid = np.stack([x, y], axis=-1)
    frames = []
    for t in range(T):
        source = grid.copy()
        for _ in range(6):
            source = grid - (displaced(source, t) - source)
        mix = 0.5 * t / (T - 1)
        tissue = (1 - mix) * texture + mix * other
        frame = map_coordinates(tissue, [source[..., 1], source[..., 0]], order=1, mode="reflect")
        frames.append(np.clip(frame + rng.normal(0, 4, frame.shape), 0, 255))
    return Cine(np.array(frames, np.uint8), np.arange(T) / 60)


@pytest.fixture(scope="module")
def cine() -> Cine:
    return clip()


QUERIES = np.stack(np.meshgrid(np.linspace(30, 150, 5), np.linspace(40, 110, 4)), axis=-1).reshape(-1, 2)


def truth_from(queries: np.ndarray, query_frame: int) -> np.ndarray:
    material = queries.copy()
    for _ in range(20):
        material = material + queries - displaced(material, query_frame)
    return np.stack([displaced(material, t) for t in range(T)], axis=1)


@pytest.mark.parametrize("query_frame", [0, 7, T - 1])
def test_follows_decorrelating_speckle_from_any_query_frame(cine, query_frame):
    tracks = create_tracker("classical").track(cine, QUERIES, query_frame)
    truth = truth_from(QUERIES, query_frame)
    error = np.linalg.norm(tracks.positions - truth, axis=-1)
    still = np.linalg.norm(QUERIES[:, None] - truth, axis=-1)
    assert error.mean() < 0.5
    assert error.mean() < still.mean() / 6
    np.testing.assert_allclose(tracks.positions[:, query_frame], QUERIES, atol=1e-4)
    assert tracks.query_frame == query_frame and tracks.tracker == "classical"


def test_wall_is_followed_and_named(cine):
    wall = np.stack([np.full(20, 90.0), np.linspace(35, 110, 20)], axis=1)
    tracks = create_tracker("classical", TrackerOptions(wall=True)).track(cine, wall)
    assert np.linalg.norm(tracks.positions - truth_from(wall, 0), axis=-1).mean() < 0.5
    assert tracks.options["wall"] is True


def test_same_input_gives_same_tracks(cine):
    tracker = create_tracker("classical")
    first, second = tracker.track(cine, QUERIES[:4]), tracker.track(cine, QUERIES[:4])
    np.testing.assert_array_equal(first.positions, second.positions)


def test_points_on_the_border_are_tracked_and_hidden_outside(cine):
    corners = np.array([[0, 0], [COLS - 1, 0], [COLS - 1, ROWS - 1], [0.2, ROWS - 0.6]])
    tracks = create_tracker("classical").track(cine, corners)
    assert np.isfinite(tracks.positions).all()
    inside = (tracks.positions >= -0.5).all(-1) & (tracks.positions <= [COLS - 0.5, ROWS - 0.5]).all(-1)
    np.testing.assert_array_equal(tracks.visible, inside)


@pytest.mark.parametrize("name", ["classical", "static"])
def test_one_point_two_frames_and_a_black_clip(name):
    cine = Cine(np.zeros((2, 20, 24), np.uint8), np.array([0.0, 0.1]))
    tracks = create_tracker(name).track(cine, np.array([[5.0, 6.0]]))
    np.testing.assert_allclose(tracks.positions, np.full((1, 2, 2), [5.0, 6.0]), atol=1e-3)


@pytest.mark.parametrize("name", ["classical", "static", "optical-flow"])
def test_refuses_what_cannot_be_tracked(name, cine):
    if name == "optical-flow":
        pytest.importorskip("cv2", reason="OpenCV is optional")
    tracker = create_tracker(name)
    one = Cine(cine.frames[:1], cine.times_s[:1])
    with pytest.raises(BadInput, match="one frame"):
        tracker.track(one, QUERIES)
    with pytest.raises(BadInput, match="query frame 16"):
        tracker.track(cine, QUERIES, T)
    with pytest.raises(BadInput, match="point 2"):
        tracker.track(cine, np.array([[5.0, 5.0], [COLS + 3.0, 5.0]]))
    with pytest.raises(BadInput, match="point 1"):
        tracker.track(cine, np.array([[np.nan, 5.0]]))
    with pytest.raises(BadInput, match="at least one"):
        tracker.track(cine, np.zeros((0, 2)))


def test_progress_rises_to_one_and_cancelling_stops(cine):
    seen: list[float] = []
    create_tracker("classical").track(cine, QUERIES[:3], progress=lambda stage, fraction: seen.append(fraction))
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 20
    with pytest.raises(Cancelled):
        create_tracker("classical").track(cine, QUERIES[:3], cancelled=lambda: len(seen) > 0)


def test_optical_flow_follows_the_same_clip(cine):
    pytest.importorskip("cv2", reason="OpenCV is optional")
    tracks = create_tracker("optical-flow").track(cine, QUERIES, 7)
    truth = truth_from(QUERIES, 7)
    assert np.linalg.norm(tracks.positions - truth, axis=-1).mean() < 1.0


WITHOUT_TORCH = """
import sys
class NoTorch:
    def find_spec(self, name, *others):
        if name.split(".")[0] == "torch":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoTorch())
import numpy as np
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.tracking.confidence import with_confidence
from EchoTrackerLib.tracking.registry import create_tracker
from EchoTrackerLib.tracking.retrack import clip_features, retrack
frames = np.random.default_rng(0).integers(0, 255, (4, 60, 70)).astype(np.uint8)
cine, points = Cine(frames, np.arange(4) / 50), np.array([[20.0, 30.0], [40.0, 25.0]])
tracker = create_tracker("classical")
tracks = with_confidence(tracker, cine, tracker.track(cine, points))
path, _confidence = retrack(clip_features(cine), np.array([0]), points[:1])
assert np.isfinite(tracks.positions).all() and np.isfinite(path).all()
"""


def test_tracks_and_tracks_again_without_torch():
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH], check=True, cwd=Path(__file__).resolve().parents[3])


def test_windows_across_an_edge_see_its_values_go_on(cine):
    from scipy.ndimage import map_coordinates as read

    points = np.array([[2.0, 3.0], [COLS - 3.0, ROWS - 2.0]])
    level = build_pyramid(cine, points).levels[0]
    offsets, _weights = gaussian_window(14.0)
    size = np.array(level.frames.shape[:0:-1])
    centres = np.array([[0.3, 5.7], size - 1.4, [-70.2, 40.6], size + 100.0])
    at = centres[:, None] + offsets
    expected = np.stack([read(level.frames[1], a.T[::-1], order=3, mode="nearest") for a in at])
    seen = sample(level, np.ones(4, int), centres, offsets)[0]
    np.testing.assert_allclose(seen, expected, atol=2.0)


@pytest.mark.parametrize("wall", [True, False])
def test_points_whose_tissue_leaves_the_image_wait_at_its_edge(wall):
    rng = np.random.default_rng(3)
    n_frames, speed = 30, 4
    panorama = speckle(rng, (120, 160 + n_frames * speed))
    frames = [panorama[:, speed * t : speed * t + 160] + rng.normal(0, 12, (120, 160)) for t in range(n_frames)]
    cine = Cine(np.clip(frames, 0, 255).astype(np.uint8), np.arange(n_frames) / 50)
    points = np.stack([np.linspace(40, 150, 23), np.full(23, 60.0)], axis=-1).astype(np.float32)
    tracks = create_tracker("classical", TrackerOptions(wall=wall)).track(cine, points)
    assert tracks.positions[..., 0].min() > -5
    assert np.abs(tracks.positions[..., 1] - 60).max() < 12
    last = points[-1, 0] - speed * np.arange(n_frames)
    np.testing.assert_allclose(tracks.positions[-1, :, 0], last, atol=1.0)


@pytest.mark.parametrize("wall", [True, False])
def test_torch_and_numpy_give_the_same(cine, wall):
    torch = pytest.importorskip("torch", reason="PyTorch is optional")
    points = QUERIES[::4] if wall else QUERIES
    pyramid = build_pyramid(cine, points)
    start, seen = pyramid.from_clip(points), []
    numpy_s, _cpu = follow_on(None, pyramid, start, 3, wall, Settings(), lambda done: None)
    torch_s, device = follow_on(torch.device("cpu"), pyramid, start, 3, wall, Settings(), seen.append)
    assert device == "cpu" and seen[-1] == 1.0
    np.testing.assert_allclose(torch_s, numpy_s, atol=0.02)


def test_too_little_memory_on_the_device_is_no_failure(cine, monkeypatch):
    torch = pytest.importorskip("torch", reason="PyTorch is optional")

    def full(pyramid: Pyramid, device: object) -> Pyramid:
        raise torch.cuda.OutOfMemoryError

    monkeypatch.setattr(Pyramid, "on", full)
    pyramid, seen = build_pyramid(cine, QUERIES), []
    found, device = follow_on(
        torch.device("cpu"), pyramid, pyramid.from_clip(QUERIES), 0, False, Settings(), seen.append
    )
    assert np.isfinite(found).all() and device == "cpu" and seen == sorted(seen)


def test_device_is_chosen_like_any_tracker_s(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert create_tracker("classical").device is None
    assert create_tracker("classical", TrackerOptions(device="cpu")).device is None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInput, match="PyTorch"):
        gpu_for("cuda")
