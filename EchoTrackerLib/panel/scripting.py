"""What the module does for scripts, without its widgets: the methods of `EchoTrackerLogic`.

All lengths are in mm when the pixel spacing is known and in px otherwise; frames count from 0 here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Optional

from ..errors import EchoTrackerError
from ..i18n import tr as _
from ..progress import no_progress


class Scripting:
    """A base of the module's logic class, which sets its attributes; named as Slicer names things.

    Attributes:
        scene: the MRML scene.
        runner: of the tracking jobs; None for the worker process.
    """

    scene: Any
    runner: Any
    getParameterNode: Callable[[], Any]

    def loadClip(self, path: Any) -> Any:
        """Load a clip file or folder into the scene; return its sequence browser node."""
        from ..cine.reading import read_cine
        from ..scene.clip.cine import add_cine

        return add_cine(self.scene, read_cine(Path(path))).browser

    def makeSample(self, name: str = "Echo A4C (synthetic)") -> list[Any]:
        """Make a synthetic clip with points on its wall; return [volume, points, browser]."""
        from ..scene.clip.sample import add_sample

        return add_sample(self.scene, name)

    def track(
        self,
        browserNode: Any,
        pointsNode: Any,
        tracker: Optional[str] = None,
        queryFrame: int = 0,
        weights: Optional[str] = None,
        device: str = "auto",
        withConfidence: bool = True,
        wall: str = "auto",
        acceptLicence: bool = False,
        code: Optional[str] = None,
        progress: Optional[Callable[[str, float], None]] = None,
    ) -> Any:
        """Track the points of a point list through a clip and put the tracks into the scene; waits until it is done.

        Args:
            browserNode: sequence browser of the clip.
            pointsNode: point list on frame `queryFrame` (0-based).
            tracker: name in the registry; None for the default.
            queryFrame: 0-based.
            weights: path of a checkpoint; None for the tracker's own.
            device: "auto", "cpu", "cuda" or "mps".
            withConfidence: track backwards as well and estimate the confidence.
            wall: whether points in order along the wall support each other: "on", "off" or "auto".
            acceptLicence: you accept the licence of a tracker by other authors.
            code: folder with the authors' code of such a tracker; None to look in the usual places.
            progress: called with (stage, fraction).

        Returns:
            The sequence node of the tracks.

        Raises:
            LicenceNotAccepted: the tracker is by other authors, and `acceptLicence` is not set.
            EchoTrackerError: with a message for the user; the scene is as it was.
        """
        from ..scene import results as study
        from ..scene.clip.cine import cine_nodes, read_cine
        from ..scene.points import read_points
        from ..tracking.job import ProcessRunner, run_blocking
        from ..tracking.registry import DEFAULT_TRACKER
        from ..tracking.request import Request, make_job

        points = read_points(pointsNode, cine_nodes(browserNode).proxy)
        request = Request(
            tracker=tracker or DEFAULT_TRACKER,
            weights=Path(weights) if weights else None,
            code=Path(code) if code else None,
            accept_licence=acceptLicence,
            device=device,
            wall=wall,
            confidence=withConfidence,
        )
        job = make_job(read_cine(browserNode), points.labels, points.positions, queryFrame, request)
        outcome = run_blocking(self.runner or ProcessRunner(), job, progress or no_progress)
        if outcome.tracks is None:
            raise EchoTrackerError(outcome.message)
        tracks = study.set_results(self.scene, browserNode, outcome.tracks).tracks
        return tracks.sequence if tracks is not None else None

    def measureStrain(self, browserNode: Any) -> Any:
        """Measure the strain of the clip's tracks with the panel's settings, put it into the scene, return it."""
        from ..scene import results as study
        from ..scene.tracks import read_tracks
        from .strain_settings import measure_wall

        found = study.find_results(self.scene, browserNode)
        if found.tracks is None:
            raise EchoTrackerError(_("Track points first."))
        strain = measure_wall(read_tracks(self.scene, found.tracks.sequence), self.getParameterNode())
        study.set_strain(self.scene, browserNode, strain)
        return strain

    def export(self, browserNode: Any, folder: Any) -> list[str]:
        """Write tracks, overlay video, strain and scene into a folder; return the names of the files."""
        from ..scene.clip.cine import read_cine
        from .results.export import export_results

        return export_results(self.scene, browserNode, read_cine(browserNode), Path(folder))[0]
