"""All results of a clip as files in a folder: complete, or none of them; in small steps, so that nothing freezes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...cine.cine import Cine
from ...errors import BadInput, MissingDependency
from ...files import complete_folder
from ...i18n import tr as _
from ...scene import results as study
from ...scene.archive import save_scene
from ...scene.mrml.environment import slicer_environment
from ...scene.strain import read_strain
from ...scene.tracks import read_tracks
from ...strain.files import write_strain
from ...strain.strain import Strain
from ...tracks.files import write_tracks
from ...tracks.tracks import Tracks

# (what is being done, share of the whole that is done)
Step = tuple[str, float]
_VIDEO_SHARE = (0.05, 0.80)


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
        """Write tracks (npz, csv), overlay video, strain (csv, json, png) and the scene (mrb), piece by piece.

        The files are made in a hidden folder and moved into place at the end; an iterator closed before leaves nothing.

        Raises:
            BadInput: the folder cannot be written.
        """
        with complete_folder(self._folder) as staging:
            yield _("Writing tracks"), 0.0
            write_tracks(staging / "tracks.npz", self._tracks)
            write_tracks(staging / "tracks.csv", self._tracks)
            yield from self._write_overlay(staging / "overlay.mp4")
            if self._strain is not None:
                yield _("Writing strain"), _VIDEO_SHARE[1]
                self._write_strain(staging, self._strain)
            yield _("Writing scene"), 0.85
            save_scene(slicer_environment(), staging / "scene.mrb")
            names = sorted(path.name for path in staging.iterdir())
        self.names = names

    def _write_overlay(self, path: Path) -> Iterator[Step]:
        try:
            from ...cine.export import VideoWriter
            from ...cine.overlay import draw_overlay

            tracks: Tracks = self._tracks
            first, last = _VIDEO_SHARE
            with VideoWriter(path, self._cine.times_s) as writer:
                for frame in range(self._cine.n_frames):
                    yield _("Writing overlay video"), first + (last - first) * frame / self._cine.n_frames
                    writer.add(draw_overlay(self._cine, tracks.positions, frame, tracks.visible))
        except (MissingDependency, ImportError) as error:
            self.notes.append(_("No overlay video: {reason}").format(reason=error))

    def _write_strain(self, folder: Path, strain: Strain) -> None:
        try:
            write_strain(folder, strain)
        except (MissingDependency, ImportError) as error:  # the picture, written last, needs matplotlib
            self.notes.append(_("No strain picture: {reason}").format(reason=error))


def export_results(scene: Any, browser: Any, cine: Cine, folder: Path) -> tuple[list[str], list[str]]:
    """Export at once, for scripts; return the names of the files and sentences about those left out.

    Raises:
        BadInput: there are no tracks, or the folder cannot be written.
    """
    export = Export(scene, browser, cine, folder)
    for _step in export.steps():
        pass
    return export.names, export.notes
