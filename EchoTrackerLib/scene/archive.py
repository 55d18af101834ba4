"""A whole clip with its results as one .mrb that 3D Slicer opens, written without Slicer's window."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Optional

from ..cine.cine import Cine
from ..errors import BadInput
from ..files import complete_file
from ..i18n import tr as _
from ..tracks.tracks import Tracks
from .clip.shown import open_with
from .mrml.environment import Environment, new_scene
from .results import add_study

_CHUNK = 1 << 20


def write_scene(path: Path, cine: Cine, tracks: Optional[Tracks] = None, strain: Optional[Any] = None) -> None:
    """Write clip, tracks and strain as a scene; `path` appears only when complete.

    Args:
        path: ends in .mrb; an existing file is replaced.
        cine: the clip.
        tracks: as many frames as the clip, or None.
        strain: the `Strain` of these tracks, or None.

    Raises:
        BadInput: the folder cannot be written to.
        MissingDependency: no slicer-core.
    """
    environment = new_scene()
    clip, _results = add_study(environment.scene, cine, tracks, strain)
    open_with(environment.scene, clip)
    save_scene(environment, path)


def save_scene(environment: Environment, path: Path) -> None:
    """Write the scene of `environment` as `path` (.mrb), which appears only when complete."""
    path = Path(path)
    if path.suffix != ".mrb":
        raise BadInput(_("{name}: a scene is written as .mrb.").format(name=path.name))
    try:
        with (
            complete_file(path) as packed,
            tempfile.TemporaryDirectory(prefix=".partial-", dir=packed.parent) as folder,
        ):
            # The bundle's inner folder is named after the file; not every unpacker knows names beyond ASCII.
            staged = Path(folder) / f"{path.stem.encode('ascii', 'ignore').decode().strip() or 'scene'}.mrb"
            problem = _write_bundle(environment.scene, staged)
            if problem:
                raise BadInput(
                    _("{name}: the scene could not be written. Is the disk full? ({problem})").format(
                        name=path.name, problem=problem
                    )
                )
            _pack(staged, packed)
    except OSError as error:
        raise BadInput(
            _("{name}: cannot be written ({reason}). Choose another folder.").format(
                name=path.name, reason=error.strerror
            )
        ) from error


def _pack(bundle: Path, packed: Path) -> None:
    """Compress a bundle and the bundles inside it, in sorted order and without dates.

    Slicer stores the entries of bundles as they are: a point list per frame becomes 20 times larger than needed.
    """
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(packed, "w") as target:
        for name in sorted(source.namelist()):
            with tempfile.TemporaryDirectory(dir=bundle.parent) as folder:
                content = Path(folder) / "content"
                with source.open(name) as stream, content.open("wb") as file:
                    shutil.copyfileobj(stream, file, _CHUNK)
                if name.endswith(".mrb"):
                    _pack(content, Path(folder) / "packed")
                    content = Path(folder) / "packed"
                entry = zipfile.ZipInfo(name)  # dated 1980-01-01
                entry.compress_type = zipfile.ZIP_DEFLATED
                with content.open("rb") as file, target.open(entry, "w", force_zip64=True) as copy:
                    shutil.copyfileobj(file, copy, _CHUNK)


def _write_bundle(scene: Any, path: Path) -> str:
    """Write the scene; return what went wrong, "" for nothing."""
    import slicer
    import vtk

    messages = slicer.vtkMRMLMessageCollection()
    # VTK warns once for each stored point list that it has no display units; errors come back as messages.
    shown = vtk.vtkObject.GetGlobalWarningDisplay()
    vtk.vtkObject.GlobalWarningDisplayOff()
    try:
        written = scene.WriteToMRB(str(path), None, messages)
    finally:
        vtk.vtkObject.SetGlobalWarningDisplay(shown)
    if written and path.is_file():
        return ""
    return str(messages.GetAllMessagesAsString() or _("unknown reason"))


def read_scene(path: Path) -> Environment:
    """Return a new scene with the content of a .mrb.

    Raises:
        BadInput: not a readable scene.
    """
    environment = new_scene()
    path = Path(path).resolve()  # Slicer's reader finds no relative one
    if not path.is_file() or not environment.scene.ReadFromMRB(str(path), True):
        raise BadInput(_("{name}: not a readable Slicer scene (.mrb).").format(name=path.name))
    return environment
