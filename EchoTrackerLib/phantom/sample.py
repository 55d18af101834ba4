"""Fixed clips for the demo and the module's sample data."""

from __future__ import annotations

import numpy as np

from ..cine.geometry import resample_line
from .parameters import PhantomParameters
from .phantom import LAYERS, Phantom

SAMPLE_A4C = PhantomParameters(seed=4, view="A4C", fps=50.0, heart_rate=66.0, longitudinal=0.165)
SAMPLE_NOISY = PhantomParameters(
    seed=11,
    view="A4C",
    fps=45.0,
    heart_rate=74.0,
    longitudinal=0.15,
    segment_gain=(1.0, 1.0, 0.7, 0.1, 0.4, 0.9),
    segment_delay_s=(0.0, 0.0, 0.01, 0.03, 0.02, 0.0),
    segment_post_systolic=(0.0, 0.0, 0.05, 0.2, 0.1, 0.0),
    noise_db=-24.0,
    haze_db=-4.0,
    out_of_plane_drift_mm=1.5,
    clutter_db=-22.0,
    dropout_db=(2.0, 7.0, 10.0),
    shadow_deg=8.0,
    breathing_mm=2.0,
    drift_mm=2.0,
    out_of_plane_mm=3.5,
    jpeg_quality=75,
    ecg=True,
    text=True,
)


def wall_points(phantom: Phantom, layer: str = "mid", n: int = 40) -> np.ndarray:
    """Points float32 [n, 2] px along a layer ("endo", "mid", "epi") of the wall on the ED frame, left base first."""
    line = resample_line(phantom.anatomy.layer(LAYERS[layer]), n, phantom.anatomy.closed)
    return phantom.grid.to_pixels(phantom.motion.forward(line)[:, phantom.ed_frame]).astype(np.float32)
