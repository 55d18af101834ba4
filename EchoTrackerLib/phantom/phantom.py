"""Synthetic clips with exactly known motion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..cine.cine import Cine
from ..cine.geometry import resample_line
from ..errors import BadInput
from ..i18n import tr as _
from ..progress import Progress, no_progress
from ..tracks.tracks import Tracks
from .anatomy import Anatomy, build_anatomy
from .imaging import ImageGrid, image_grid
from .motion import Motion, build_motion
from .parameters import N_SEGMENTS, PhantomParameters
from .rendering import render

LAYERS = {"endo": -0.5, "mid": 0.0, "epi": 0.5}
CONTOUR_POINTS = 48


@dataclass(frozen=True)
class Phantom:
    """A synthetic clip and its truth.

    Attributes:
        parameters: what it was made from.
        cine: the clip.
        contours: layer -> positions float32 [48, T, 2] px, left base -> apex -> right base (SAX: around).
        truth: the mid-wall contour as tracks.
        ed_frame, es_frame: largest and smallest global length of the mid-wall contour, 0-based.
        motion, grid: the map and the pixels' places, for `track`.
    """

    parameters: PhantomParameters
    cine: Cine
    contours: dict[str, np.ndarray]
    truth: Tracks
    ed_frame: int
    es_frame: int
    motion: Motion
    grid: ImageGrid
    anatomy: Anatomy

    def track(self, points_px: np.ndarray, frame: int) -> np.ndarray:
        """Follow tissue points: positions float64 [N, T, 2] px of the material at `points_px` [N, 2] on a frame.

        Exact for tissue (the scatterers move by the same map); blood, leaflets and the static near field move
        differently. Raises BadInput for a frame outside the clip.
        """
        if not 0 <= frame < self.cine.n_frames:
            raise BadInput(
                _("Frame {frame} is outside the clip's {n_frames} frames.").format(
                    frame=frame, n_frames=self.cine.n_frames
                )
            )
        material = self.motion.inverse(self.grid.to_mm(np.asarray(points_px, np.float64).reshape(-1, 2)), frame)
        return self.grid.to_pixels(self.motion.forward(material))

    def visible(self, positions: np.ndarray) -> np.ndarray:
        """Whether positions [..., 2] px lie in the image's sector, bool [...]."""
        return in_sector(self.parameters, self.grid, positions)

    def layer_strain_percent(self, layer: str = "mid") -> np.ndarray:
        """Lagrangian strain of a layer's whole contour against the ED frame, percent [T]."""
        line = self.grid.to_mm(self.contours[layer])
        return _strain(_lengths(line, self.anatomy.closed).sum(0), self.ed_frame)

    @property
    def true_strain_percent(self) -> np.ndarray:
        """Lagrangian strain of the whole mid-wall contour, percent [T]; shortening negative."""
        return self.layer_strain_percent("mid")

    @property
    def segment_strain_percent(self) -> np.ndarray:
        """Strain of six segments of equal end-diastolic length of the mid-wall, percent [6, T]."""
        dense = self._dense_mid()
        part = _lengths(dense, self.anatomy.closed)
        groups = np.array_split(np.arange(len(part)), N_SEGMENTS)
        return np.stack([_strain(part[g].sum(0), self.ed_frame) for g in groups])

    def _dense_mid(self) -> np.ndarray:
        closed = self.anatomy.closed
        material = resample_line(self.anatomy.mid, N_SEGMENTS * 20 + (0 if closed else 1), closed)
        return self.motion.forward(material)


def _lengths(points: np.ndarray, closed: bool) -> np.ndarray:
    """Lengths [N - 1 or N, T] between neighbors of points [N, T, 2]."""
    following = np.concatenate([points[1:], points[:1]]) if closed else points[1:]
    return np.linalg.norm(following - points[: len(following)], axis=-1)


def _strain(length: np.ndarray, ed_frame: int) -> np.ndarray:
    return 100.0 * (length - length[ed_frame]) / length[ed_frame]


def generate(
    parameters: PhantomParameters, progress: Progress = no_progress, frames: Optional[np.ndarray] = None
) -> Phantom:
    """Make a clip; equal parameters give equal bytes.

    Args:
        parameters: see `PhantomParameters`, `draw_parameters`.
        progress: called per frame.
        frames: the frames of an earlier call with these parameters (`cache`), to save imaging them again.

    Raises:
        BadInput: frames of another clip.
    """
    p = parameters
    times = np.arange(p.frame_count) / p.fps
    phase_times = times + p.start_phase * p.cycle_s
    anatomy = build_anatomy(p)
    motion = build_motion(p, anatomy, phase_times)
    grid = image_grid(p)
    if frames is None:
        frames = render(p, anatomy, motion, grid, phase_times, progress)
    elif frames.shape != (p.frame_count, p.rows, p.cols):
        raise BadInput(_("Frames {value} are not of this phantom.").format(value=list(frames.shape)))
    cine = Cine(
        frames=frames,
        times_s=times,
        spacing_mm=(grid.spacing[1], grid.spacing[0]),
        name=f"phantom-{p.view}-{p.seed}",
        source="phantom",
        spacing_source="phantom",
        time_source="phantom",
    )
    contours = {
        name: grid.to_pixels(
            motion.forward(resample_line(anatomy.layer(across), CONTOUR_POINTS, anatomy.closed))
        ).astype(np.float32)
        for name, across in LAYERS.items()
    }
    length = _lengths(grid.to_mm(contours["mid"]), anatomy.closed).sum(0)
    ed = _end_diastole(p)
    es = ed + int(np.argmin(length[ed : ed + round(p.cycle_s * p.fps) + 1]))
    truth = Tracks(
        positions=contours["mid"],
        visible=in_sector(p, grid, contours["mid"]),
        labels=tuple(f"mid-{i + 1}" for i in range(CONTOUR_POINTS)),
        times_s=times,
        spacing_mm=cine.spacing_mm,
        query_frame=ed,
        tracker="truth",
        size=cine.size,
    )
    return Phantom(p, cine, contours, truth, ed, es, motion, grid, anatomy)


def in_sector(p: PhantomParameters, grid: ImageGrid, positions: np.ndarray) -> np.ndarray:
    """Whether positions [..., 2] px lie in the image and in its sector, bool [...]."""
    mm = grid.to_mm(positions)
    inside = (positions >= 0).all(-1) & (positions[..., 0] <= p.cols - 1) & (positions[..., 1] <= p.rows - 1)
    angle = np.arctan2(mm[..., 0], mm[..., 1])
    return inside & (np.hypot(mm[..., 0], mm[..., 1]) <= p.depth_mm) & (np.abs(angle) <= np.radians(p.sector_deg / 2))


def _end_diastole(p: PhantomParameters) -> int:
    """Frame nearest to the first end-diastole (phase 0) if it is in the clip with more than its last frame, else 0."""
    frame = round(((1.0 - p.start_phase) % 1.0) * p.cycle_s * p.fps)
    return frame if frame < p.frame_count - 1 else 0
