"""Pickles of plain values and NumPy arrays (TAP-Vid's data sets), read without executing code of theirs."""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable

import numpy as np

from ...errors import BadInput
from ...i18n import tr as _


def _latin1(text: str, encoding: str) -> bytes:
    """Return what `_codecs.encode` gives for the bytes of an old pickle; no other codec."""
    if encoding not in ("latin1", "latin-1", "iso-8859-1"):
        raise pickle.UnpicklingError(f"codec '{encoding}'")
    return text.encode("latin1")


_RECONSTRUCT: Any = np.empty(0).__reduce__()[0]
_FROM_BUFFER: Any = np.zeros(1).__reduce_ex__(5)[0]
_SCALAR: Any = np.float64(0).__reduce__()[0]
_ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _latin1,
    ("collections", "OrderedDict"): OrderedDict,
}
for _core in ("numpy.core", "numpy._core"):  # before and since numpy 2, whichever is installed here
    _ALLOWED[f"{_core}.multiarray", "_reconstruct"] = _RECONSTRUCT
    _ALLOWED[f"{_core}.multiarray", "scalar"] = _SCALAR
    _ALLOWED[f"{_core}.numeric", "_frombuffer"] = _FROM_BUFFER


class _Unpickler(pickle.Unpickler):
    """Knows NumPy's arrays and numbers, and nothing else that could be called."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"'{module}.{name}'") from None


def tapvid_clips(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the clips of a TAP-Vid pickle by name (by number where it is a list), each with `video` and `points`.

    Raises:
        BadInput: it is damaged, would run code, or holds something else.
    """
    document = read_pickle(path)
    if isinstance(document, dict) and "points" in document:
        document = {"clip": document}
    if isinstance(document, list):
        document = dict(enumerate(document))
    clips = {str(name): clip for name, clip in document.items()} if isinstance(document, dict) else {}
    if not clips or not all(isinstance(clip, dict) and "points" in clip for clip in clips.values()):
        raise BadInput(
            _("{name}: is not a TAP-Vid set: a dictionary or a list of clips with video and points.").format(
                name=path.name
            )
        )
    return clips


def decoded_video(video: Any) -> Any:
    """Return frames; TAP-Vid's Kinetics keeps each as the bytes of a JPEG."""
    if len(video) and isinstance(video[0], bytes):
        from PIL import Image

        return np.stack([np.asarray(Image.open(io.BytesIO(data))) for data in video])
    return video


def read_pickle(path: Path) -> Any:
    """Return what a pickle of plain values and arrays holds.

    Raises:
        BadInput: it is damaged, or would run code.
    """
    try:
        with path.open("rb") as stream:
            return _Unpickler(stream).load()
    except pickle.UnpicklingError as error:
        raise BadInput(
            _("{name}: is damaged, or not only plain arrays ({error}); it is not read because it can run code.").format(
                name=path.name, error=error
            )
        ) from error
    except Exception as error:  # a damaged stream of instructions can fail anywhere
        raise BadInput(
            _("{name}: cannot be read as a pickle ({kind}: {error}).").format(
                name=path.name, kind=type(error).__name__, error=error
            )
        ) from error
