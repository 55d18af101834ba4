"""Packages of the extra `cohort`, imported where they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import MissingDependency, Package


def pyarrow_parquet() -> Any:
    """Return the module pyarrow.parquet.

    Raises:
        MissingDependency: it is not installed.
    """
    return _module("pyarrow.parquet", "Parquet files need the package pyarrow.", Package("pyarrow"))


def distributed() -> Any:
    """Return the module distributed (Dask).

    Raises:
        MissingDependency: it is not installed.
    """
    return _module(
        "distributed", "Several workers need the package distributed.", Package("distributed", "dask[distributed]")
    )


def _module(name: str, reason: str, package: Package) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingDependency(reason, package) from error
