"""Stand-in of the module SampleData: a register of sources with custom downloaders."""

from __future__ import annotations

from typing import Any


class SampleDataSource:
    def __init__(self, **facts: Any) -> None:
        self.__dict__.update(facts)


SOURCES: dict[str, SampleDataSource] = {}
_KNOWN = {
    "category",
    "sampleName",
    "uris",
    "fileNames",
    "nodeNames",
    "customDownloader",
    "thumbnailFileName",
    "loadFileTypes",
    "loadFiles",
    "loadFileProperties",
    "checksums",
}


class SampleDataLogic:
    @staticmethod
    def registerCustomSampleDataSource(**facts: Any) -> None:
        unknown = set(facts) - _KNOWN
        if unknown:
            raise TypeError(f"registerCustomSampleDataSource() got unexpected keyword arguments {sorted(unknown)}")
        if not isinstance(facts.get("uris"), str):
            raise TypeError("'NoneType' object is not iterable")  # what Slicer says when uris is left out
        SOURCES[facts["sampleName"]] = SampleDataSource(**facts)

    def downloadSample(self, sampleName: str) -> Any:
        """Slicer asks only the address here: custom downloaders belong to the buttons."""
        raise IndexError(f"Nothing can be downloaded from '{SOURCES[sampleName].uris}'")


def press(sampleName: str) -> Any:
    """Do what the button of a sample does in the module Sample Data."""
    source = SOURCES[sampleName]
    return source.customDownloader(source)
