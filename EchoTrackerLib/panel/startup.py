"""What is registered with Slicer once, when it has started: layouts, sample data, the page in the settings."""

from __future__ import annotations

from typing import Any, Callable

from ..phantom.names import A4C, NOISY
from ..resources import resource_path
from ..scene.mrml.layout import register_layouts

_THUMBNAILS = {A4C: "EchoTrackerSampleA4C", NOISY: "EchoTrackerSampleNoisy"}


def register(download: Callable[[Any], list]) -> Any:
    """Register everything; `download` makes a sample clip. Return what must be kept as long as Slicer runs."""
    import slicer

    if slicer.app.layoutManager() is not None:
        register_layouts(slicer.app.layoutManager().layoutLogic().GetLayoutNode())
    register_samples(download)
    return register_settings()


def register_samples(download: Callable[[Any], list]) -> None:
    """Add the sample clips to the module Sample Data."""
    try:
        import SampleData
    except ImportError:  # Slicer can be built without it
        return
    for name, thumbnail in _THUMBNAILS.items():
        SampleData.SampleDataLogic.registerCustomSampleDataSource(
            category="EchoTracker",
            sampleName=name,  # also the text of its button
            uris="",  # nothing is downloaded, but the source needs one string
            nodeNames=name,
            thumbnailFileName=str(resource_path(f"Icons/{thumbnail}.png")),
            customDownloader=download,
        )


def register_settings() -> Any:
    """Add the page to Edit > Application Settings; None without a main window."""
    import slicer

    if slicer.util.mainWindow() is None:
        return None
    from .settings.view import SettingsPage

    page = SettingsPage()
    slicer.app.settingsDialog().addPanel("EchoTracker", page.panel)
    return page
