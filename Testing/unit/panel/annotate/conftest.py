"""The section "Annotation" on a clip, with journals in a folder of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from annotate_host import AnnotateBench
from panel_host import Bench, make_cine


@pytest.fixture
def editing(bench: Bench, tmp_path: Path) -> Iterator[AnnotateBench]:
    import slicer

    size, temporary = bench.host.window.size, slicer.app.temporaryPath
    bench.host.window.resize(860, 520)  # pictures are drawn without a graphics card here
    made = AnnotateBench(bench, tmp_path / "temporary")
    bench.load(make_cine())
    yield made
    slicer.mrmlScene.Clear()
    made.host.settle()
    made.annotation.restore._lost.clear()
    made.annotation.restore._show()
    made.open(False)
    made.host.window.resize(size)
    slicer.app.temporaryPath = temporary
