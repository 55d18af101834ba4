"""What a synthetic clip is made of: one frozen set of numbers, and the ranges it is drawn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Optional

import numpy as np

from ..errors import BadInput
from ..i18n import tr as _
from .ranges import TRAINING, WIDE, Ranges

__all__ = ("TRAINING", "VIEWS", "WIDE", "PhantomParameters", "Ranges", "draw_parameters")

VIEWS = ("A4C", "A2C", "APLAX", "RV", "SAX")
N_SEGMENTS = 6


@dataclass(frozen=True)
class PhantomParameters:
    """All that a synthetic clip depends on; with equal parameters the clip is equal to the byte.

    Lengths in mm, times in s, angles in degrees, levels in dB relative to the myocardium's mean, unless the name says
    otherwise. Tuples of six hold one number for each wall segment, from the left base over the apex to the right base
    (short axis: around the circle).
    """

    seed: int = 0
    view: str = "A4C"
    rows: int = 256
    cols: int = 256
    # Cycle
    heart_rate: float = 65.0  # beats per minute
    fps: float = 50.0
    beats: float = 1.0
    n_frames: Optional[int] = None  # overrides `beats`
    start_phase: float = 0.0  # fraction of the cycle at the first frame; 0 is end-diastole
    diastasis_level: float = 0.22  # fraction of the peak deformation left between filling and atrial kick
    # Chamber
    length_mm: float = 84.0  # apex to base along the axis, mid-wall, end-diastole
    half_width_mm: float = 30.0  # largest half width of the mid-wall
    wall_mm: float = 9.5
    apex_depth_mm: float = 24.0
    axis_offset_mm: float = 4.0  # apex to the right of the probe's axis
    tilt_deg: float = -4.0
    shape_mm: float = 1.5  # SD of the smooth departures from the model contour
    # Deformation
    longitudinal: float = 0.165  # peak shortening along the wall as a fraction (SAX: through-plane)
    epicardial_inward_mm: float = 2.0
    shear: float = 0.12  # tangential displacement of the inner against the outer layer, per thickness
    twist_deg: float = 8.0  # SAX rotation at end-systole
    apex_motion_mm: float = 1.5
    neighbour_motion: float = 1.0  # of right ventricle and atria against their normal
    segment_gain: tuple[float, ...] = (1.0,) * N_SEGMENTS  # 1 normal, 0 akinetic, negative dyskinetic
    segment_delay_s: tuple[float, ...] = (0.0,) * N_SEGMENTS
    segment_post_systolic: tuple[float, ...] = (0.0,) * N_SEGMENTS  # fraction of the peak
    # Probe and breathing
    swing_mm: float = 1.5  # motion of the whole heart within the beat
    drift_mm: float = 1.0
    rotation_deg: float = 1.5
    breathing_mm: float = 0.5
    breathing_period_s: float = 4.0
    # Out-of-plane motion: speckle loses half its correlation over `elevation_mm`
    elevation_mm: float = 4.5
    out_of_plane_mm: float = 2.5
    out_of_plane_drift_mm: float = 0.8
    # Scatterers
    tissue_density: float = 3.0  # per mm^2
    bright_tail: float = 0.7  # SD of the log amplitude: bright dots
    patchiness_db: float = 5.5
    blood_db: float = -27.0
    background_db: float = -5.0
    lung_db: float = 20.0  # further loss away from the heart
    liver_db: float = -12.0  # at the left, outside the pericardium; even texture
    border_roughness_mm: float = 0.8
    pericardium_db: float = 10.0
    border_db: float = 3.0
    leaflet_db: float = 8.0
    anisotropy_db: float = 7.0  # loss where the wall runs along the beam
    trabeculae: int = 6
    # Beam
    depth_mm: float = 155.0
    sector_deg: float = 80.0
    wavelength_mm: float = 0.5
    pulse_mm: float = 0.58  # SD of the axial pulse's amplitude
    beam_deg: float = 0.85  # SD of the lateral beam's amplitude at the focus
    focus_mm: float = 80.0
    focus_range_mm: float = 70.0
    side_lobe: float = 0.03
    # Losses and haze
    noise_db: float = -27.0
    jitter: float = 0.6  # noise as a share of the local echo: stitched beams, motion within a frame
    noise_slope_db_per_cm: float = 0.5
    attenuation_db_per_cm: float = 0.3
    haze_db: float = -9.0
    haze_range_mm: float = 22.0
    clutter_db: float = -27.0  # static haze over the cavity
    near_field_mm: float = 14.0
    dropout_db: tuple[float, float, float] = (3.0, 2.0, 6.0)  # left wall, apex, right wall
    shadow_deg: float = 0.0  # width of a rib shadow at a side of the sector
    shadow_side: int = 1  # -1 left, 1 right
    shadow_db: float = 20.0
    # Display
    gain_db: float = 36.0  # gray level of the myocardium above black
    dynamic_range_db: float = 62.0
    gamma: float = 1.35
    speckle_reduction: float = 0.7  # incoherent averaging of the intensity, in resolution cells
    persistence: float = 0.2  # share of the neighboring frames, symmetric so that nothing lags behind the truth
    smoothing_px: float = 0.5
    edge_enhancement: float = 0.4
    image_width: float = 1.02  # of the image as a fraction of the sector's width; below 1 crops the sides
    crop_top_mm: float = 0.0
    jpeg_quality: int = 92
    codec_skip: float = 0.0  # gray levels of change below which a codec repeats an 8 x 8 block
    text: bool = False
    ecg: bool = False

    def __post_init__(self) -> None:
        if self.view not in VIEWS:
            raise BadInput(
                _("Unknown view '{view}'. Use one of {names}.").format(view=self.view, names=", ".join(VIEWS))
            )
        for name in ("segment_gain", "segment_delay_s", "segment_post_systolic"):
            if len(getattr(self, name)) != N_SEGMENTS:
                raise BadInput(_("'{name}' needs {n_segments} numbers.").format(name=name, n_segments=N_SEGMENTS))
        if self.seed < 0:
            raise BadInput(_("The seed of a phantom must not be negative ({seed}).").format(seed=self.seed))
        if min(self.rows, self.cols) < 32 or self.frame_count < 2 or self.fps <= 0 or self.heart_rate <= 0:
            raise BadInput(_("A phantom needs at least 32 x 32 pixels and 2 frames, and positive rates."))

    @property
    def frame_count(self) -> int:
        """Number of frames of the clip."""
        if self.n_frames is not None:
            return self.n_frames
        return round(self.beats * self.cycle_s * self.fps) + 1

    @property
    def cycle_s(self) -> float:
        """Duration of one beat in s."""
        return 60.0 / self.heart_rate

    def to_json(self) -> str:
        """Return the parameters as JSON text with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> PhantomParameters:
        """Return the parameters of `to_json`; raises BadInput for unknown names."""
        values: Mapping[str, Any] = json.loads(text)
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise BadInput(_("Unknown phantom parameters: {names}.").format(names=", ".join(sorted(unknown))))
        plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**plain)

    @property
    def digest(self) -> str:
        """SHA-256 of the parameters, hex."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def draw_parameters(
    seed: int, ranges: Ranges = TRAINING, view: Optional[str] = None, **fixed: Any
) -> PhantomParameters:
    """Draw one parameter set; deterministic in `seed`, `ranges` and `view`.

    Args:
        seed: also the seed of the clip's scatterers and noise.
        ranges: TRAINING, or WIDE for benchmarks.
        view: one of VIEWS; None draws one (apical views twice as often as RV and SAX).
        fixed: fields to set instead of drawing them, e.g. `n_frames=24, rows=128, cols=128`.
    """
    rng = np.random.default_rng([max(seed, 0), 20240501])
    drawn: dict[str, Any] = {name: float(rng.uniform(*limits)) for name, limits in ranges.values.items()}
    drawn["trabeculae"] = round(drawn["trabeculae"])
    drawn_view = str(rng.choice(VIEWS, p=(0.28, 0.24, 0.24, 0.12, 0.12)))
    drawn.update(seed=seed, view=view or drawn_view, start_phase=float(rng.choice([0.0, rng.uniform(0.0, 1.0)])))
    drawn["beats"] = float(rng.choice([1.0, 1.0, rng.uniform(1.0, 2.0), rng.uniform(2.0, 3.0)]))
    if rng.random() < ranges.reduced:
        drawn["longitudinal"] *= float(rng.uniform(0.2, 0.8))
        drawn["epicardial_inward_mm"] *= 0.4
    drawn.update(_draw_regional(rng, ranges))
    drawn["axis_offset_mm"] = _kept_in_sector(drawn)
    reach = drawn["apex_depth_mm"] + drawn["length_mm"]
    drawn["depth_mm"] = float(reach * rng.uniform(1.12, 1.5))
    drawn["dropout_db"] = tuple(float(v) for v in rng.gamma(1.0, 5.0, 3).clip(0.0, 20.0))
    if rng.random() < ranges.shadow:
        drawn["shadow_deg"] = float(rng.uniform(4.0, 18.0))
    drawn["shadow_side"] = int(rng.choice([-1, 1]))
    drawn["shadow_db"] = float(rng.uniform(8.0, 30.0))
    drawn["jpeg_quality"] = int(rng.choice([100, 95, 90, 80, 65, 50, 35]))
    drawn["codec_skip"] = float(rng.choice([0.0, 0.0, rng.uniform(0.5, 2.5)]))
    drawn["crop_top_mm"] = float(rng.choice([0.0, rng.uniform(0.0, 12.0)]))
    drawn["text"] = bool(rng.random() < ranges.overlay)
    drawn["ecg"] = bool(rng.random() < ranges.overlay)
    return PhantomParameters(**{**drawn, **fixed})


def _kept_in_sector(drawn: Mapping[str, Any]) -> float:
    """The drawn offset of the axis, moved as an examiner would move the probe: the ventricle mostly in the sector."""
    offset = float(drawn["axis_offset_mm"])
    tilt = 0.0 if drawn["view"] == "SAX" else np.radians(drawn["tilt_deg"])
    half = np.tan(np.radians(0.5 * drawn["sector_deg"]))
    for share in (0.35, 0.8):  # of the way from apex to base
        along = share * drawn["length_mm"]
        depth = drawn["apex_depth_mm"] + np.cos(tilt) * along
        room = max(half * depth - 0.9 * drawn["half_width_mm"] - 0.5 * drawn["wall_mm"], 0.0)
        centre = offset - np.sin(tilt) * along
        offset += float(np.clip(centre, -room, room) - centre)
    return offset


def _draw_regional(rng: np.random.Generator, ranges: Ranges) -> dict[str, tuple[float, ...]]:
    """Gain, delay and post-systolic shortening of the six segments: small scatter, and perhaps one weak region."""
    gain = rng.normal(1.0, 0.08, N_SEGMENTS)
    delay = rng.normal(0.0, 0.008, N_SEGMENTS)
    post = np.clip(rng.normal(0.0, 0.02, N_SEGMENTS), 0.0, None)
    if rng.random() < ranges.regional:
        centre, width = rng.uniform(0, N_SEGMENTS - 1), rng.uniform(0.5, 1.6)
        weight = np.exp(-0.5 * ((np.arange(N_SEGMENTS) - centre) / width) ** 2)
        gain += weight * (rng.uniform(ranges.gain_low, 0.6) - 1.0)
        delay += weight * rng.uniform(0.0, ranges.delay_s)
        post += weight * rng.choice([0.0, rng.uniform(0.05, 0.35)])
    return {
        "segment_gain": tuple(gain.tolist()),
        "segment_delay_s": tuple(delay.tolist()),
        "segment_post_systolic": tuple(post.tolist()),
    }
