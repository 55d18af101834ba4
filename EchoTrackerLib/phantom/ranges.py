"""What phantom parameters are drawn from: TRAINING, and WIDE for benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Ranges:
    """Uniform (low, high) ranges of numeric parameters and probabilities of what may happen in a clip.

    `values` names fields of `PhantomParameters`; the others are drawn by `draw_parameters` itself.
    """

    values: Mapping[str, tuple[float, float]]
    regional: float  # probability of a regional abnormality
    reduced: float  # probability of a globally reduced function
    shadow: float
    overlay: float  # of burned-in text, and of an ECG
    gain_low: float  # lowest regional gain (negative: dyskinesia)
    delay_s: float


_TRAINING_VALUES = {
    "heart_rate": (50.0, 110.0),
    "fps": (30.0, 90.0),
    "diastasis_level": (0.12, 0.35),
    "length_mm": (72.0, 96.0),
    "half_width_mm": (23.0, 34.0),
    "wall_mm": (7.5, 12.0),
    "apex_depth_mm": (16.0, 34.0),
    "axis_offset_mm": (-12.0, 14.0),
    "tilt_deg": (-16.0, 14.0),
    "shape_mm": (0.5, 2.5),
    "longitudinal": (0.12, 0.2),
    "epicardial_inward_mm": (0.5, 3.5),
    "shear": (-0.1, 0.3),
    "twist_deg": (2.0, 12.0),
    "apex_motion_mm": (-1.0, 3.5),
    "neighbour_motion": (0.5, 1.3),
    "swing_mm": (0.0, 4.0),
    "drift_mm": (0.0, 3.0),
    "rotation_deg": (0.0, 4.0),
    "breathing_mm": (0.0, 3.0),
    "breathing_period_s": (2.5, 6.0),
    "elevation_mm": (3.0, 8.0),
    "out_of_plane_mm": (0.3, 4.0),
    "out_of_plane_drift_mm": (0.0, 2.0),
    "tissue_density": (1.5, 4.0),
    "bright_tail": (0.3, 1.0),
    "patchiness_db": (3.5, 9.0),
    "blood_db": (-34.0, -20.0),
    "lung_db": (4.0, 28.0),
    "liver_db": (-30.0, 0.0),
    "border_roughness_mm": (0.2, 1.6),
    "speckle_reduction": (0.0, 1.0),
    "background_db": (-16.0, -1.0),
    "pericardium_db": (3.0, 13.0),
    "border_db": (0.0, 6.0),
    "leaflet_db": (3.0, 12.0),
    "anisotropy_db": (2.0, 12.0),
    "trabeculae": (0.0, 14.0),
    "sector_deg": (62.0, 92.0),
    "wavelength_mm": (0.42, 0.8),
    "pulse_mm": (0.45, 1.0),
    "beam_deg": (0.65, 1.5),
    "focus_mm": (60.0, 110.0),
    "focus_range_mm": (40.0, 100.0),
    "side_lobe": (0.01, 0.06),
    "noise_db": (-38.0, -20.0),
    "jitter": (0.0, 1.0),
    "noise_slope_db_per_cm": (0.0, 1.2),
    "attenuation_db_per_cm": (-0.2, 0.9),
    "haze_db": (-16.0, 4.0),
    "haze_range_mm": (10.0, 34.0),
    "clutter_db": (-38.0, -18.0),
    "near_field_mm": (6.0, 20.0),
    "gain_db": (26.0, 42.0),
    "dynamic_range_db": (50.0, 70.0),
    "gamma": (0.9, 1.6),
    "persistence": (0.0, 0.4),
    "smoothing_px": (0.2, 1.1),
    "edge_enhancement": (0.0, 0.8),
    "image_width": (0.85, 1.15),
}

_WIDER_VALUES = {
    "heart_rate": (45.0, 130.0),
    "fps": (20.0, 120.0),
    "length_mm": (66.0, 104.0),
    "half_width_mm": (20.0, 38.0),
    "wall_mm": (6.5, 14.0),
    "tilt_deg": (-22.0, 20.0),
    "longitudinal": (0.11, 0.22),
    "shear": (-0.2, 0.4),
    "swing_mm": (0.0, 6.0),
    "drift_mm": (0.0, 5.0),
    "rotation_deg": (0.0, 6.0),
    "breathing_mm": (0.0, 5.0),
    "elevation_mm": (2.5, 8.0),
    "out_of_plane_mm": (0.3, 5.5),
    "out_of_plane_drift_mm": (0.0, 3.0),
    "tissue_density": (1.0, 5.0),
    "blood_db": (-38.0, -16.0),
    "beam_deg": (0.5, 1.8),
    "pulse_mm": (0.35, 1.3),
    "jitter": (0.0, 1.3),
    "noise_db": (-46.0, -18.0),
    "haze_db": (-20.0, 8.0),
    "clutter_db": (-42.0, -14.0),
    "gain_db": (22.0, 46.0),
    "dynamic_range_db": (46.0, 84.0),
    "gamma": (0.75, 2.0),
    "persistence": (0.0, 0.55),
    "sector_deg": (55.0, 96.0),
    "image_width": (0.7, 1.3),
}

TRAINING = Ranges(_TRAINING_VALUES, 0.35, 0.3, 0.35, 0.3, -0.2, 0.06)
WIDE = Ranges({**_TRAINING_VALUES, **_WIDER_VALUES}, 0.5, 0.4, 0.45, 0.4, -0.4, 0.1)
