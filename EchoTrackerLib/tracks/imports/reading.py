"""Which other program wrote a file of tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ..known import Known
from ..sheet import read_cells
from ..tracks import Tracks
from .deeplabcut import is_deeplabcut, tracks_from_deeplabcut
from .sleap import is_sleap, read_sleap_hdf5, tracks_from_sleap_table

HDF5_SUFFIXES = (".h5", ".hdf5")


def read_scored(path: Path, known: Known) -> Optional[Tracks]:
    """Return the tracks of DeepLabCut or SLEAP, in which points without a score were placed by a person.

    Returns:
        None for a file of neither.

    Raises:
        BadInput: of one of them, but damaged. The sentence begins without the file's name.
        MissingDependency: HDF5 without h5py.
    """
    if path.suffix.lower() in HDF5_SUFFIXES:
        return read_sleap_hdf5(path, known)
    if path.suffix.lower() != ".csv":
        return None
    cells = read_cells(path)
    if is_deeplabcut(cells):
        return tracks_from_deeplabcut(cells, known)
    return tracks_from_sleap_table(cells, known) if is_sleap(cells) else None
