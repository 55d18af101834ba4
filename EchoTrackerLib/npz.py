"""NumPy's files, read so that a damaged one gives a sentence and never runs code."""

from __future__ import annotations

import io
import zipfile
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO, Union

import numpy as np

from .errors import BadInput
from .i18n import tr as _

_DAMAGED = "is damaged or cut off and cannot be read as NumPy arrays. Copy or write the file again."


def read_npz(source: Union[Path, BinaryIO]) -> dict[str, np.ndarray]:
    """Return all arrays of an npz archive; each member's checksum is verified before it is parsed.

    Raises:
        BadInput: damaged, cut off, no archive, or Python objects in it. The sentence begins without the file's name.
        OSError: the file cannot be opened.
    """
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                return {
                    name[:-4] if name.endswith(".npy") else name: _array(io.BytesIO(archive.read(name)))
                    for name in archive.namelist()
                }
        except BadInput:
            raise
        except Exception as error:  # zipfile, zlib, struct and the codecs of names each raise their own
            raise BadInput(_DAMAGED) from error


def npz_names(path: Path) -> tuple[str, ...]:
    """Return the names of the arrays of an npz archive without reading them.

    Raises:
        BadInput, OSError: as `read_npz`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return tuple(name[:-4] if name.endswith(".npy") else name for name in archive.namelist())
    except OSError:
        raise
    except Exception as error:
        raise BadInput(_DAMAGED) from error


def read_npy(path: Path) -> np.ndarray:
    """Return the array of an npy file.

    Raises:
        BadInput, OSError: as `read_npz`.
    """
    with path.open("rb") as stream:
        return _array(stream)


def _array(stream: BinaryIO) -> np.ndarray:
    try:
        return np.lib.format.read_array(stream, allow_pickle=False)
    except Exception as error:  # the parser of the header raises whatever its text made it meet, MemoryError too
        if "allow_pickle" in str(error):
            raise BadInput(_("holds Python objects, which are not read because they can run code.")) from error
        raise BadInput(_DAMAGED) from error
