"""What a clip is called."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = {
    ".dcm", ".dicom", ".ima", ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg", ".nrrd",
    ".nhdr", ".mha", ".mhd", ".seq", ".igs", ".npy", ".npz", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".gif",
    ".webp", ".nii", ".gz", ".ts", ".mts", ".3gp", ".flv", ".ogv", ".asf",
}  # fmt: skip


def clip_name(path: Path) -> str:
    """Return the file's name without known suffixes (`a.seq.nrrd` -> `a`; `1.2.840.1` keeps its dots).

    Nothing from inside the file goes into the name; a file named after a patient keeps that name, so rename it first.
    """
    name = path.absolute().name
    while Path(name).suffix.lower() in _SUFFIXES and Path(name).stem:
        name = Path(name).stem
    return name or "cine"
