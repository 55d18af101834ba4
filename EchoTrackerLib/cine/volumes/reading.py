"""Clips stored as volumes: NRRD and Slicer's .seq.nrrd, MetaImage, NIfTI; 2-D + t with or without color."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np

from ...i18n import tr as _
from ...progress import Progress, no_progress
from ..cine import Cine
from ..names import clip_name
from ..pixels import colour_warnings, display_pixels
from ..regions import regions_from_json
from ..times import Evidence, Times, assumed_times, noted_beats, rising_times, settle_times
from .itk_files import read_itk
from .nrrd_files import read_nrrd
from .stored import StoredVolume

NRRD_SUFFIXES = (".nrrd", ".nhdr")
ITK_SUFFIXES = (".mha", ".mhd", ".nii", ".nii.gz")


def read_volume(path: Path, progress: Progress = no_progress) -> Cine:
    """Read NRRD (.nrrd, .nhdr, .seq.nrrd), MetaImage (.mha, .mhd) or NIfTI: 2-D + t, or 3-D with slices as time.

    A spacing of exactly 1 x 1 counts as unknown unless the file names mm: it is what programs write for "unknown".

    Raises:
        BadInput: damaged, a 3-D volume over time, or another number of axes.
        MissingDependency: pynrrd or SimpleITK is missing.
    """
    stored = (read_nrrd if path.name.lower().endswith(NRRD_SUFFIXES) else read_itk)(path)
    grey, colour, scaled = display_pixels(stored.frames, path.name)
    if stored.ijk_to_ras is not None and np.linalg.det(stored.ijk_to_ras) < 0:
        stored.ijk_to_ras[:3, 2] *= -1.0  # the one slice gets a right-handed normal, as in Slicer
    beats = noted_beats(stored.facts)
    times = _times(stored, len(grey), beats["heart_rate_bpm"])
    spacing, spacing_source, spacing_warnings = _spacing(stored)
    progress("Reading clip", 1.0)
    said = [*scaled, *stored.warnings, *times.warnings, *spacing_warnings]
    return Cine(
        frames=grey,
        times_s=times.times_s,
        spacing_mm=spacing,
        name=clip_name(path),
        source=path.name,
        spacing_source=spacing_source,
        time_source=times.source,
        colour=colour,
        ijk_to_ras=stored.ijk_to_ras,
        regions=regions_from_json(stored.facts.get("regions", ())),
        warnings=(*said, *colour_warnings(colour)),
        **beats,
    )


def _times(stored: StoredVolume, n_frames: int, heart_rate: Optional[float]) -> Times:
    noted = rising_times(stored.facts.get("times_s") or ())
    if noted is not None and len(noted) == n_frames:
        return settle_times(noted, str(stored.facts.get("time_source", "given")))
    if stored.facts.get("time_source") == "unknown" or stored.times is None or n_frames == 1:
        return assumed_times(n_frames)
    times = rising_times(stored.times) if stored.times.size == n_frames else None
    if times is None:
        return assumed_times(n_frames, _("The times in the file do not rise from frame to frame; they are ignored."))
    source = str(stored.facts.get("time_source") or stored.time_source)
    return settle_times(times, source, Evidence(heart_rate_bpm=heart_rate))


def _spacing(stored: StoredVolume) -> tuple[Optional[tuple[float, float]], str, tuple[str, ...]]:
    if stored.ijk_to_ras is None or stored.is_spacing_known is False:
        return None, "unknown", ()
    col, row = (float(v) for v in np.linalg.norm(stored.ijk_to_ras[:3, :2], axis=0))
    is_stated = stored.states_mm or stored.is_spacing_known
    if abs(row - 1.0) < 1e-9 and abs(col - 1.0) < 1e-9 and not is_stated:
        return None, "unknown", (_("The spacing is 1, the usual placeholder: it is taken as unknown."),)
    noted = stored.facts.get("spacing_mm")
    is_pair = isinstance(noted, list) and len(noted) == 2 and all(isinstance(s, float) for s in noted)
    if is_pair and noted and np.allclose(noted, (row, col), rtol=1e-6):
        return (noted[0], noted[1]), str(stored.facts.get("spacing_source", "given")), ()
    return (row, col), "spacing of the volume", ()
