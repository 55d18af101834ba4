"""One way to write array code for numpy and for torch tensors on any device.

Functions take the namespace of the arrays that they are given; the few things that the two name differently are here.
What is small or done once a clip stays in numpy.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def namespace(array: Any) -> Any:
    """Return the module, numpy or torch, whose functions take `array`."""
    return np if isinstance(array, np.ndarray) else sys.modules["torch"]


def like(values: np.ndarray, array: Any) -> Any:
    """Return numpy values as an array of the kind, device and (where they are real) precision of `array`."""
    if isinstance(array, np.ndarray):
        return values
    tensor = namespace(array).as_tensor(np.ascontiguousarray(values))
    return tensor.to(array.device, array.dtype if tensor.is_floating_point() else None)


def to_numpy(array: Any) -> np.ndarray:
    """Return the array in numpy, in float64 where it is real."""
    values = array if isinstance(array, np.ndarray) else array.detach().cpu().numpy()
    return values.astype(np.float64) if values.dtype.kind == "f" else np.asarray(values)


def single(array: Any) -> Any:
    """Return the array in float32."""
    return array.astype(np.float32) if isinstance(array, np.ndarray) else array.float()


def as_precise(array: Any, as_that: Any) -> Any:
    """Return the array in the precision of `as_that`."""
    return array.astype(as_that.dtype) if isinstance(array, np.ndarray) else array.to(as_that.dtype)


def whole(array: Any) -> Any:
    """Return the array without what is behind the point, as integers that can be indices."""
    return array.astype(np.int32) if isinstance(array, np.ndarray) else array.long()


def rows(table: Any, index: Any) -> Any:
    """Return the rows of `table` [R, C] at `index` [...] as [..., C]."""
    return table.take(index, axis=0) if isinstance(table, np.ndarray) else table[index]


def sparse_like(matrix: Any, array: Any) -> Any:
    """Return a scipy sparse matrix as one that can be multiplied (`@`) with matrices like `array`, and transposed."""
    if isinstance(array, np.ndarray):
        return matrix
    dense = like(matrix.toarray(), array)
    return dense if array.device.type == "mps" else dense.to_sparse()  # MPS multiplies no sparse matrices
