"""All results of a clip as files in a folder: complete, or none of them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from ..cine.cine import Cine
from ..errors import BadInput, MissingDependency
from ..i18n import tr as _
from ..scene import study
from ..scene.archive import save_scene
from ..scene.environment import slicer_environment
from ..scene.strain import read_strain
from ..scene.tracks import read_tracks
from ..strain.files import write_strain
from ..tracks.files import write_tracks


def export_results(scene: Any, browser: Any, cine: Cine, folder: Path) -> tuple[list[str], list[str]]:
    """Write tracks (npz, csv), overlay video, strain (csv, json, png) and the scene (mrb) into `folder`.

    Returns:
        The names of the files written, and sentences about those left out because a package is missing.

    Raises:
        BadInput: there are no tracks, or the folder cannot be written.
    """
    found = study.find_results(scene, browser)
    if found.tracks is None:
        raise BadInput(_("Track points first."))
    tracks = read_tracks(scene, found.tracks.sequence)
    notes: list[str] = []
    try:
        staging = Path(tempfile.mkdtemp(prefix=".EchoTracker-", dir=folder))
    except OSError as error:
        raise BadInput(
            _("The folder cannot be written ({reason}). Choose another one.").format(reason=error.strerror)
        ) from error
    try:
        write_tracks(staging / "tracks.npz", tracks)
        write_tracks(staging / "tracks.csv", tracks)
        _write_overlay(staging / "overlay.mp4", cine, tracks, notes)
        strain = read_strain(scene, browser)
        if strain is not None:
            _write_strain(staging, strain, notes)
        save_scene(slicer_environment(), staging / "scene.mrb")
        names = sorted(path.name for path in staging.iterdir())
        for name in names:
            (staging / name).replace(folder / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return names, notes


def _write_overlay(path: Path, cine: Cine, tracks: Any, notes: list[str]) -> None:
    try:
        from ..cine.overlay import write_overlay

        write_overlay(path, cine, tracks.positions, tracks.visible)
    except (MissingDependency, ImportError) as error:
        notes.append(_("No overlay video: {reason}").format(reason=error))


def _write_strain(folder: Path, strain: Any, notes: list[str]) -> None:
    try:
        write_strain(folder, strain)
    except (MissingDependency, ImportError) as error:  # the picture, written last, needs matplotlib
        notes.append(_("No strain picture: {reason}").format(reason=error))
