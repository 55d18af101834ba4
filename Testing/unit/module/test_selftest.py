"""The self test that a user starts in Slicer (Reload and Test), run in the stand-in host with the real worker."""

from __future__ import annotations

import pytest


@pytest.mark.slow
def test_self_test_passes(running_host):
    import slicer

    slicer.selfTests["EchoTracker"]()
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSequenceBrowserNode") == 0


def test_sample_data_is_registered_with_thumbnails(running_host):
    from pathlib import Path

    sources = running_host.sampleData.SOURCES
    assert len(sources) == 2
    for source in sources.values():
        header = Path(source.thumbnailFileName).read_bytes()[:24]
        assert 200 <= int.from_bytes(header[16:20], "big") <= 320
