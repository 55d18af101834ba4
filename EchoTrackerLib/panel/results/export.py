"""All results of a clip as files in a folder: complete, or none of them; in small steps, so that nothing freezes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

from ...cine.cine import Cine
from ...cohort.result_folder import Step, Summary, write_steps
from ...errors import BadInput
from ...files import complete_folder
from ...i18n import tr as _
from ...scene import results as study
from ...scene.archive import save_scene
from ...scene.mrml.environment import slicer_environment
from ...scene.strain import read_strain
from ...scene.tracks import read_tracks
from ...strain.strain import Strain
from ...tracks.tracks import Tracks


class Export:
    """One export; run it with `steps`.

    Attributes:
        names: of the files in the folder, once all steps were taken.
        notes: sentences about files left out because a package is missing.
    """

    def __init__(self, scene: Any, browser: Any, cine: Cine, folder: Path) -> None:
        """Take what is exported as it is now.

        Raises:
            BadInput: there are no tracks.
        """
        found = study.find_results(scene, browser)
        if found.tracks is None:
            raise BadInput(_("Track points first."))
        self._tracks = read_tracks(scene, found.tracks.sequence)
        self._strain = read_strain(scene, browser)
        self._cine, self._folder = cine, folder
        self.names: list[str] = []
        self.notes: list[str] = []

    def steps(self) -> Iterator[Step]:
        """Write what `cohort.result_folder` writes, with the user's scene, piece by piece.

        The files are made in a hidden folder and moved into place at the end; an iterator closed before leaves nothing.

        Raises:
            BadInput: the folder cannot be written.
        """
        report = Summary()
        with complete_folder(self._folder) as staging:
            yield from write_steps(staging, self._cine, self._tracks, self._strain, report, _save_scene)
            names = sorted(path.name for path in staging.iterdir())
        self.names, self.notes = names, report.left_out


def _save_scene(path: Path, cine: Cine, tracks: Tracks, strain: Optional[Strain]) -> None:
    """Save the whole scene, with all that the user has in it."""
    save_scene(slicer_environment(), path)


def export_results(scene: Any, browser: Any, cine: Cine, folder: Path) -> tuple[list[str], list[str]]:
    """Export at once, for scripts; return the names of the files and sentences about those left out.

    Raises:
        BadInput: there are no tracks, or the folder cannot be written.
    """
    export = Export(scene, browser, cine, folder)
    for _step in export.steps():
        pass
    return export.names, export.notes
