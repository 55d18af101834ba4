"""The phantom's motion: exact, invertible, physiological."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.phantom.anatomy import build_anatomy
from EchoTrackerLib.phantom.cycle import activity, aortic_closure_s
from EchoTrackerLib.phantom.motion import Motion, build_motion
from EchoTrackerLib.phantom.parameters import VIEWS, WIDE, PhantomParameters, draw_parameters


def _motion(parameters: PhantomParameters) -> Motion:
    times = (np.arange(parameters.frame_count) / parameters.fps) + parameters.start_phase * parameters.cycle_s
    return build_motion(parameters, build_anatomy(parameters), times)


def _heart(parameters: PhantomParameters) -> np.ndarray:
    anatomy = build_anatomy(parameters)
    rng = np.random.default_rng(0)
    wall = np.concatenate([anatomy.layer(n) for n in (-0.5, 0.0, 0.5)])
    return np.concatenate([wall, wall + rng.normal(0.0, 8.0, wall.shape)])


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_inverse_returns_the_material_point(view: str, seed: int) -> None:
    parameters = draw_parameters(seed, WIDE, view=view, n_frames=40)
    motion, points = _motion(parameters), _heart(parameters)
    moved = motion.forward(points)
    for frame in (0, 13, 39):
        back = motion.inverse(moved[:, frame], frame)
        assert np.abs(back - points).max() < 1e-4  # mm


@pytest.mark.parametrize("view", VIEWS)
def test_the_map_never_folds(view: str) -> None:
    for seed in range(6):
        parameters = draw_parameters(seed, WIDE, view=view, beats=1.0)
        motion, points = _motion(parameters), _heart(parameters)
        for frame in range(0, motion.n_frames, 3):
            assert np.linalg.det(motion.jacobian(points, frame)).min() > 0.05


def test_jacobian_is_the_derivative() -> None:
    motion = _motion(PhantomParameters(seed=5, n_frames=20, rotation_deg=0.0))
    points = _heart(PhantomParameters(seed=5))[::9]
    step = 1e-4
    for axis in (0, 1):
        shift = np.zeros(2)
        shift[axis] = step
        numeric = (motion.forward(points + shift) - motion.forward(points - shift))[:, 12] / (2 * step)
        assert np.allclose(motion.jacobian(points, 12)[:, :, axis], numeric, atol=1e-5)


def test_the_fast_path_of_the_scatterers_is_the_exact_map() -> None:
    parameters = draw_parameters(8, view="A4C", n_frames=30)
    motion, points = _motion(parameters), _heart(parameters)
    moving = motion.moving(points)
    for frame in (0, 9, 17, 29):
        fast = motion.rigid(moving.material + moving.displacement(frame), frame)
        assert np.abs(fast - motion.forward(points)[:, frame]).max() < 1e-3  # mm
        assert np.allclose(motion.forward_on(points, frame), motion.forward(points)[:, frame])


def test_the_cycle_ejects_fills_and_closes() -> None:
    parameters = PhantomParameters(heart_rate=60.0)
    times = np.linspace(0.0, 1.0, 1001)
    curve = activity(parameters, times)
    closure = aortic_closure_s(60.0)
    assert curve[0] == pytest.approx(0.0, abs=1e-9) and curve[-1] == pytest.approx(0.0, abs=1e-9)
    assert times[np.argmax(curve)] == pytest.approx(closure, abs=0.01)
    filling, diastasis = np.gradient(curve, times), slice(620, 850)
    assert filling[400:620].min() < -3.0  # rapid filling
    assert np.abs(filling[diastasis]).max() < 1.0
    assert filling[880:].min() < -1.5  # atrial kick


@pytest.mark.parametrize("heart_rate", [45.0, 130.0])
def test_the_cycle_is_periodic_at_all_rates(heart_rate: float) -> None:
    parameters = PhantomParameters(heart_rate=heart_rate)
    times = np.linspace(0.0, parameters.cycle_s, 50)
    assert np.allclose(activity(parameters, times), activity(parameters, times + 2 * parameters.cycle_s))
    assert activity(parameters, times).min() >= 0.0


def _wall(parameters: PhantomParameters, across: float) -> np.ndarray:
    return _motion(parameters).forward(build_anatomy(parameters).layer(across))


def test_the_wall_shortens_thickens_and_the_base_descends() -> None:
    parameters = PhantomParameters(seed=3, swing_mm=0.0, drift_mm=0.0, rotation_deg=0.0, breathing_mm=0.0)
    anatomy = build_anatomy(parameters)
    mid, endo, epi = (_wall(parameters, n) for n in (0.0, -0.5, 0.5))
    length = np.linalg.norm(np.diff(mid, axis=0), axis=-1).sum(0)
    thickness = np.linalg.norm(epi - endo, axis=-1)
    systole = int(np.argmin(length))
    assert -0.25 < length[systole] / length[0] - 1.0 < -0.14
    side = np.r_[10:40, 80:110]
    assert 1.15 < (thickness[side, systole] / thickness[side, 0]).mean() < 1.7
    descent = ((mid[0] - mid[0, 0]) @ -anatomy.axis)[systole]
    assert 6.0 < descent < 20.0  # mm, mitral annulus towards the apex
    assert np.linalg.norm(mid[anatomy.apex, systole] - mid[anatomy.apex, 0]) < 4.0


def test_a_dyskinetic_segment_lengthens_while_others_shorten() -> None:
    gain = (1.0, 1.0, 1.0, 1.0, -0.4, -0.4)
    quiet = {"swing_mm": 0.0, "drift_mm": 0.0, "rotation_deg": 0.0}
    mid = _wall(PhantomParameters(seed=4, segment_gain=gain, epicardial_inward_mm=0.5, **quiet), 0.0)
    part = np.linalg.norm(np.diff(mid, axis=0), axis=-1)
    groups = np.array_split(part, 6)
    strain = np.array([g.sum(0)[19] / g.sum(0)[0] - 1.0 for g in groups])
    assert strain[5] > 0.02 and strain[0] < -0.1


def test_delay_and_post_systolic_shortening_move_the_peak() -> None:
    def peak(**changes: tuple[float, ...]) -> float:
        parameters = replace(PhantomParameters(seed=4, fps=100.0), **changes)
        part = np.linalg.norm(np.diff(_wall(parameters, 0.0), axis=0), axis=-1)
        return float(np.argmin(part[84:100].sum(0)) / 100.0)

    normal = peak()
    assert peak(segment_delay_s=(0.0, 0.0, 0.0, 0.0, 0.08, 0.08)) > normal + 0.04
    assert peak(segment_post_systolic=(0.0, 0.0, 0.0, 0.0, 0.5, 0.5)) > normal + 0.02


def test_short_axis_turns_and_contracts() -> None:
    quiet = {"swing_mm": 0.0, "drift_mm": 0.0, "rotation_deg": 0.0, "breathing_mm": 0.0}
    mid = _wall(PhantomParameters(seed=6, view="SAX", twist_deg=10.0, **quiet), 0.0)
    around = mid - mid.mean(axis=0)
    angle = np.unwrap(np.arctan2(around[..., 1], around[..., 0]), axis=1)
    systole = int(np.argmax(np.abs(angle.mean(0) - angle.mean(0)[0])))
    assert np.degrees(np.abs(angle.mean(0)[systole] - angle.mean(0)[0])) == pytest.approx(10.0, abs=2.0)
    assert np.linalg.norm(around, axis=-1).mean(0)[systole] < 0.95 * np.linalg.norm(around, axis=-1).mean(0)[0]


def test_parameters_come_back_from_json() -> None:
    parameters = draw_parameters(99, WIDE)
    assert PhantomParameters.from_json(parameters.to_json()) == parameters
    assert PhantomParameters.from_json(parameters.to_json()).digest == parameters.digest
    assert replace(parameters, seed=100).digest != parameters.digest
    with pytest.raises(BadInput, match="colour"):
        PhantomParameters.from_json('{"colour": 1}')


def test_unusable_parameters_are_refused() -> None:
    with pytest.raises(BadInput, match="PLAX"):
        PhantomParameters(view="PLAX")
    with pytest.raises(BadInput, match="segment_gain"):
        PhantomParameters(segment_gain=(1.0,))
    with pytest.raises(BadInput, match="negative"):
        draw_parameters(-1)
    with pytest.raises(BadInput, match="2 frames"):
        PhantomParameters(n_frames=1)


def test_the_wide_ranges_contain_the_training_ranges() -> None:
    from EchoTrackerLib.phantom.parameters import TRAINING

    for name, (low, high) in TRAINING.values.items():
        wide_low, wide_high = WIDE.values[name]
        assert wide_low <= low and high <= wide_high, name
    draws = [draw_parameters(seed) for seed in range(60)]
    assert {p.view for p in draws} == set(VIEWS)
    assert len({p.digest for p in draws}) == 60
    assert draw_parameters(7) == draw_parameters(7)
