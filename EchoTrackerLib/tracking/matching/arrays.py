"""One way to write array code for numpy and for torch tensors on any device.

Functions take the namespace of the arrays they are given; the few things that the two name differently are here.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np


def namespace(array: Any) -> Any:
    """Return the module, numpy or torch, whose functions take `array`."""
    return np if isinstance(array, np.ndarray) else sys.modules["torch"]


def like(values: Any, array: Any) -> Any:
    """Return numpy values as an array of the kind and on the device of `array`, of its precision where they are real."""
    if isinstance(array, np.ndarray):
        return values
    tensor = sys.modules["torch"].as_tensor(values, device="cpu")
    if tensor.is_floating_point():
        tensor = tensor.to(array.dtype)
    return tensor.to(array.device)


def to_numpy(array: Any) -> np.ndarray:
    """Return float arrays as float64, others as they are, in numpy."""
    if not isinstance(array, np.ndarray):
        array = array.detach().cpu().numpy()
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def single(array: Any) -> Any:
    """Return the array in float32."""
    return array.astype(np.float32) if isinstance(array, np.ndarray) else array.float()


def as_precise(array: Any, model: Any) -> Any:
    """Return the array in the precision of `model`."""
    return array.astype(model.dtype) if isinstance(array, np.ndarray) else array.to(model.dtype)


def integers(array: Any) -> Any:
    """Return whole numbers as int64."""
    return array.astype(np.int64) if isinstance(array, np.ndarray) else array.long()


def rows(table: Any, index: Any) -> Any:
    """Return the rows of `table` [R, C] at `index` [...] as [..., C]."""
    return table.take(index, axis=0) if isinstance(table, np.ndarray) else table[index]


def zeros(shape: tuple[int, ...], array: Any) -> Any:
    """Return zeros of the precision and on the device of `array`."""
    return np.zeros(shape, array.dtype) if isinstance(array, np.ndarray) else array.new_zeros(shape)


def sparse_matrix(values: np.ndarray, row: np.ndarray, column: np.ndarray, shape: tuple[int, int], array: Any) -> Any:
    """Return a matrix with these entries that can be multiplied (`@`) with matrices like `array`, and transposed."""
    from scipy.sparse import csr_matrix

    matrix = csr_matrix((values, (row, column)), shape=shape, dtype=np.float64)
    if isinstance(array, np.ndarray):
        return matrix
    dense = like(matrix.toarray(), array)
    return dense if array.device.type == "mps" else dense.to_sparse()
