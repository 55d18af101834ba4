"""One door for every kind of clip."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

from ..errors import BadInput, MissingDependency
from ..i18n import tr as _
from ..interpreter import find_python
from ..progress import Progress, no_progress
from .arrays import read_arrays
from .cine import Cine
from .dicom.header import is_dicom
from .dicom.reading import read_dicom, read_dicom_folder
from .images import IMAGE_SUFFIXES, read_images
from .isolated import read_isolated
from .isolated import serve as serve_clip
from .video import need_av, read_video
from .volumes.reading import ITK_SUFFIXES, NRRD_SUFFIXES, read_volume

_VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg", ".ts", ".mts", ".3gp", ".flv", ".ogv",
    ".asf",
)  # fmt: skip


_MOST_LOOKED_INTO = 20  # files of a folder


def read_cine(path: Path, progress: Progress = no_progress) -> Cine:
    """Read a clip: DICOM file or folder, video, GIF, NRRD/MHA/NIfTI, folder of images, NPY/NPZ.

    `name` is the file's name without suffix and `source` its name: files named after patients should be renamed
    first, since results are named after the clip. Nothing from inside a DICOM header names the clip.

    Raises:
        BadInput: missing, empty, damaged or not a clip; the message says what to do.
        MissingDependency: the file needs an optional package.
    """
    path = Path(path)
    if not path.exists():
        raise BadInput(_("{path}: does not exist. Check the path.").format(path=path))
    progress("Reading clip", 0.0)
    try:
        if not _needs_process(path):
            return read_here(path, progress)
        try:
            find_python()
        except MissingDependency:
            return read_here(path, progress)
        return read_isolated(path, progress)
    except MemoryError as error:
        raise BadInput(
            _("{name}: the clip is too large for this computer's memory. Cut it to one or two beats.").format(
                name=path.name
            )
        ) from error
    except OSError as error:
        raise _unreadable(path, error) from error


def read_here(path: Path, progress: Progress = no_progress) -> Cine:
    """Read a clip as `read_cine` does, but always in this process.

    Raises:
        BadInput, MissingDependency: as `read_cine`.
        MemoryError: the clip is too large.
    """
    try:
        if path.is_dir():
            return _read_folder(path, progress)
        if path.stat().st_size == 0:
            raise BadInput(_("{name}: the file is empty. Export or copy the clip again.").format(name=path.name))
        return _reader(path)(path, progress)
    except OSError as error:
        raise _unreadable(path, error) from error


def serve() -> None:
    """Be the process that `read_isolated` starts: read the file named last on its command line."""
    serve_clip(Path(sys.argv[-1]), read_here)


def _unreadable(path: Path, error: OSError) -> BadInput:
    return BadInput(
        _("{name}: cannot be opened ({strerror}). Check the file and its permissions.").format(
            name=path.name, strerror=error.strerror
        )
    )


def _needs_process(path: Path) -> bool:
    """Return whether a decoder in C or C++ works on the file: a damaged one must not take this process with it.

    Raises:
        MissingDependency: the decoder's package is missing; no process is needed to find that.
    """
    if path.is_dir():
        return any(file.is_file() and _is_compressed(file) for file in sorted(path.iterdir())[:_MOST_LOOKED_INTO])
    if path.stat().st_size == 0 or is_dicom(path):
        return _is_compressed(path)
    name = path.name.lower()
    if name.endswith(_VIDEO_SUFFIXES):
        need_av()
        return True
    return name.endswith((*ITK_SUFFIXES, ".tif", ".tiff", ".webp"))


def _is_compressed(path: Path) -> bool:
    """Return whether a file is DICOM with compressed pixels."""
    try:
        from pydicom.filereader import read_file_meta_info

        return path.stat().st_size > 0 and bool(read_file_meta_info(path).TransferSyntaxUID.is_encapsulated)
    except Exception:  # no DICOM, or a header that its reader will complain about
        return False


def _reader(path: Path) -> Callable[[Path, Progress], Cine]:
    suffix = path.suffix.lower()
    if is_dicom(path):  # whatever it is called
        return read_dicom
    if suffix in (".npy", ".npz"):
        return read_arrays
    if suffix in _VIDEO_SUFFIXES:
        return read_video
    if path.name.lower().endswith((*NRRD_SUFFIXES, *ITK_SUFFIXES)):
        return read_volume
    if suffix in IMAGE_SUFFIXES:
        return lambda file, progress: read_images(file, [file], progress)
    if suffix in (".dcm", ".dicom", ".ima", "") or suffix[1:].isdigit():  # DICOM without its preamble
        return read_dicom
    raise BadInput(
        _(
            "{name}: files of type '{suffix}' are no clips. Readable are DICOM, AVI/MP4/MOV, GIF, NRRD/MHA/"
            "NIfTI, NPY/NPZ, and folders of DICOM frames or PNG/JPEG/TIFF images."
        ).format(name=path.name, suffix=path.suffix)
    )


def _read_folder(path: Path, progress: Progress) -> Cine:
    files = [file for file in sorted(path.iterdir()) if file.is_file() and not file.name.startswith(".")]
    images = [file for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
    others = [file for file in files if file.suffix.lower() not in IMAGE_SUFFIXES]
    if images:
        return read_images(path, images, progress)
    if not others:
        raise BadInput(
            _("{name}: the folder holds no files. Choose the folder with the clip's frames.").format(
                name=path.absolute().name
            )
        )
    return read_dicom_folder(path, others, progress)
