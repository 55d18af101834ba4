"""One door for every kind of clip."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput
from ..progress import Progress, no_progress
from .arrays import read_arrays
from .cine import Cine
from .video import read_video

_VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg")


def read_cine(path: Path, progress: Progress = no_progress) -> Cine:
    """Read a clip: DICOM file or folder, video, NRRD/MHA, folder of images, NPY/NPZ.

    `name` is the file's stem and `source` its name: files named after patients should be renamed first, since results
    are named after the clip.

    Raises:
        BadInput: missing, empty, damaged or not a clip; the message says what to do.
        MissingDependency: the file needs an optional package.
    """
    path = Path(path)
    if not path.exists():
        raise BadInput(f"{path}: does not exist. Check the path.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path.name}: the file is empty. Export or copy the clip again.")
    suffix = path.suffix.lower()
    progress("Reading clip", 0.0)
    if suffix in (".npy", ".npz"):
        return read_arrays(path, progress)
    return read_video(path, progress)
