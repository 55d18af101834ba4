"""Packages of the extra `cohort`, imported where they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import MissingDependency

_INSTALL = 'pip install "slicer-echotracker[cohort]"'


def pyarrow_parquet() -> Any:
    """Return the module pyarrow.parquet.

    Raises:
        MissingDependency: it is not installed.
    """
    return _module("pyarrow.parquet", "Parquet files need the package pyarrow")


def distributed() -> Any:
    """Return the module distributed (Dask).

    Raises:
        MissingDependency: it is not installed.
    """
    return _module("distributed", "Several workers need the package dask[distributed]")


def _module(name: str, what: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependency(f"{what}, which is not installed. Do this first: {_INSTALL}") from error
