"""What the module does for scripts, without its widgets: the methods of `EchoTrackerLogic`.

All lengths are in mm when the pixel spacing is known and in px otherwise; frames count from 0 here. What the panel can
choose is an argument here. An argument that makes no sense is a `BadInput` before anything is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

import numpy as np

from ..errors import BadInput
from ..i18n import frames_counted_from
from ..i18n import tr as _
from ..progress import no_progress
from .arguments import (
    StrPath,
    checked_apex,
    checked_labels,
    checked_positions,
    checked_valve_s,
    existing_path,
    given_path,
    need_flag,
    need_function,
    need_node,
    need_one_of,
    need_range,
    rising_times,
)

if TYPE_CHECKING:
    from ..cine.cine import Cine


class Scripting:
    """A base of the module's logic class, which sets its attributes; named as Slicer names things.

    Attributes:
        scene: the MRML scene.
        runner: of the tracking jobs; None for the worker process.
    """

    scene: Any
    runner: Any
    getParameterNode: Callable[[], Any]

    @frames_counted_from(0)
    def loadClip(self, path: StrPath) -> Any:
        """Load a clip file or folder into the scene.

        Args:
            path: DICOM, AVI, MP4, NRRD, MHA, NPY or NPZ file, or a folder of images or DICOM files; relative ones are
                taken from the working directory.

        Returns:
            The clip's sequence browser node.

        Raises:
            BadInput: there is no such file, or it holds no clip.
            MissingDependency: reading it needs a package that is not installed.
        """
        from ..scene.clip.cine import add_cine
        from ..scene.clip.loading import read_clip

        return add_cine(self.scene, read_clip(self.scene, given_path(path, "path"))).browser

    @frames_counted_from(0)
    def makeSample(self, name: str = "Echo A4C (synthetic)") -> list[Any]:
        """Make a synthetic clip with points on its wall.

        Args:
            name: as in the module Sample Data: "Echo A4C (synthetic)" or "Echo A4C, noisy (synthetic)".

        Returns:
            [volume node, point list node, sequence browser node]

        Raises:
            BadInput: there is no such sample.
        """
        from ..phantom.names import A4C, NOISY
        from ..scene.clip.sample import add_sample

        need_one_of(name, (A4C, NOISY), _("sample"))
        return add_sample(self.scene, name)

    @frames_counted_from(0)
    def placeWall(
        self,
        browserNode: Any,
        clicks: Sequence[Sequence[float]],
        queryFrame: int = 0,
        view: str = "A4C",
        layers: int = 1,
        pointsAlong: int = 31,
        search: bool = False,
    ) -> Any:
        """Make the points of a wall from three points, as "Wall in three clicks" does.

        Args:
            browserNode: sequence browser of the clip.
            clicks: (x, y) px of left annulus, apex and right annulus.
            queryFrame: 0-based frame they lie on.
            view: "A4C", "A2C", "APLAX", "RV" or "other": the shape of the wall between them.
            layers: 1 to 5 lines of points across the wall, from endocardium to epicardium.
            pointsAlong: 5 to 100 points in each line.
            search: whether to look for the wall in the image, near the template, as the panel does; else the template.

        Returns:
            The point list node, for `track`.

        Raises:
            BadInput: an argument makes no sense, e.g. a point beside the image.
        """
        from ..scene.points import note_apex, refuse_off_image
        from ..strain.outline.search import find_wall
        from ..strain.wall_template import ANNULUS_VIEWS, apex_along, curve_from_clicks, wall_points, wall_template

        cine = self._cine(browserNode)
        need_one_of(view, ANNULUS_VIEWS, _("view"))
        need_range(layers, 1, 5, "layers")
        need_range(pointsAlong, 5, 100, "pointsAlong")
        need_range(queryFrame, 0, cine.n_frames - 1, "queryFrame")
        need_flag(search, "search")
        ends = checked_positions(clicks, "clicks")
        if len(ends) != 3:
            text = _("A wall needs three clicks (left annulus, apex, right annulus), not {n}.")
            raise BadInput(text.format(n=len(ends)))
        refuse_off_image((_("left annulus"), _("apex"), _("right annulus")), ends, cine.size)
        template = wall_template(view)
        curve = curve_from_clicks(ends, template)
        if search:
            found = find_wall(cine.frames, ends, view, queryFrame)
            curve, template = found.line, found.template
        labels, positions = wall_points(curve, layers, pointsAlong, template)
        inside = np.clip(positions, 0, np.array(cine.size) - 1)
        node = self._add_points(browserNode, cine, labels, inside, queryFrame)
        note_apex(node, apex_along(curve, ends[1], pointsAlong), pointsAlong)
        return node

    @frames_counted_from(0)
    def placePoints(
        self,
        browserNode: Any,
        positions: Sequence[Sequence[float]],
        labels: Optional[Sequence[str]] = None,
        queryFrame: int = 0,
    ) -> Any:
        """Make a list of points to track.

        Args:
            browserNode: sequence browser of the clip.
            positions: (x, y) px [N, 2].
            labels: N names; None for P1, P2, ...
            queryFrame: 0-based frame they lie on.

        Returns:
            The point list node, for `track`.

        Raises:
            BadInput: an argument makes no sense, e.g. a point beside the image.
        """
        from ..scene.points import refuse_off_image

        cine, points = self._cine(browserNode), checked_positions(positions, "positions")
        names = checked_labels(labels, len(points))
        refuse_off_image(names, points, cine.size)
        return self._add_points(browserNode, cine, names, points, queryFrame)

    @frames_counted_from(0)
    def track(
        self,
        browserNode: Any,
        pointsNode: Any,
        tracker: Optional[str] = None,
        queryFrame: Optional[int] = None,
        weights: Optional[StrPath] = None,
        device: str = "auto",
        withConfidence: bool = True,
        wall: str = "auto",
        acceptLicence: bool = False,
        code: Optional[StrPath] = None,
        precision: str = "auto",
        threads: int = 0,
        progress: Optional[Callable[[str, float], None]] = None,
    ) -> Any:
        """Track the points of a point list through a clip and put the tracks into the scene; waits until it is done.

        Args:
            browserNode: sequence browser of the clip.
            pointsNode: point list or curve on frame `queryFrame`.
            tracker: name in the registry; None for the default.
            queryFrame: 0-based; None for the frame that the points were placed on, 0 where they do not say.
            weights: path of a checkpoint; None for the tracker's own.
            device: "auto", "cpu", "cuda" or "mps".
            withConfidence: track backwards as well and estimate the confidence.
            wall: whether points in order along the wall support each other: "on", "off" or "auto".
            acceptLicence: you accept the license of a tracker by other authors.
            code: folder with the authors' code of such a tracker; None to look in the usual places.
            precision: "auto", "float32", "float64" or "bfloat16", for trackers that have a choice.
            threads: cores of the processor; 0 for all.
            progress: called with (stage, fraction).

        Returns:
            The sequence node of the tracks.

        Raises:
            BadInput: an argument makes no sense, or the tracker refuses the clip or the weights.
            LicenceNotAccepted: the tracker is by other authors, and `acceptLicence` is not set.
            MissingDependency: the tracker needs a package that is not installed.
            OutOfMemory: there was not enough memory.
            EchoTrackerError: tracking ended otherwise. The scene is as it was after each of them.
        """
        from ..scene import results as study
        from ..scene.clip.cine import cine_nodes
        from ..scene.points import apex_noted, frame_noted, read_points, refuse_points_on_another_frame
        from ..tracking.device import DEVICES, PRECISIONS
        from ..tracking.job import ProcessRunner, run_blocking
        from ..tracking.registry import DEFAULT_TRACKER, tracker_info
        from ..tracking.request import WALL, Request, make_job

        cine = self._cine(browserNode)
        if tracker is not None:
            tracker_info(tracker)
        need_one_of(device, DEVICES, _("device"))
        need_one_of(wall, WALL, _("wall"))
        need_one_of(precision, PRECISIONS, _("precision"))
        need_range(threads, 0, 256, "threads")
        need_flag(withConfidence, "withConfidence")
        need_flag(acceptLicence, "acceptLicence")
        if progress is not None:
            need_function(progress, "progress")
        need_node(pointsNode, ("vtkMRMLMarkupsNode",), "pointsNode", _("a point list"))
        if queryFrame is None:
            noted = frame_noted(pointsNode, 0) if pointsNode.GetNumberOfControlPoints() else None
            queryFrame = noted or 0
        need_range(queryFrame, 0, cine.n_frames - 1, "queryFrame")
        refuse_points_on_another_frame(pointsNode, queryFrame)
        points = read_points(pointsNode, cine_nodes(browserNode).proxy)
        request = Request(
            tracker=tracker or DEFAULT_TRACKER,
            weights=existing_path(weights, "weights"),
            code=existing_path(code, "code"),
            accept_licence=acceptLicence,
            device=device,
            precision=precision,
            wall=wall,
            confidence=withConfidence,
            threads=threads,
        )
        job = make_job(cine, points.labels, points.positions, queryFrame, request, apex_noted(pointsNode))
        outcome = run_blocking(self.runner or ProcessRunner(), job, progress or no_progress)
        tracks = study.set_results(self.scene, browserNode, outcome.need_tracks()).tracks
        return tracks.sequence if tracks is not None else None

    @frames_counted_from(0)
    def measureStrain(
        self,
        browserNode: Any,
        view: Optional[str] = None,
        edFrame: Optional[int] = None,
        esFrame: Optional[int] = None,
        driftCompensation: Optional[bool] = None,
        apex: Optional[Union[str, int]] = None,
        turn: Optional[bool] = None,
        rTimes: Optional[Sequence[float]] = None,
        avcMs: Optional[float] = None,
        mvoMs: Optional[float] = None,
    ) -> Any:
        """Measure the strain of the clip's tracks and put it into the scene.

        Args:
            browserNode: sequence browser of the clip.
            view: "A4C", "A2C", "APLAX", "RV", "SAX" or "other".
            edFrame, esFrame: 0-based frames of end-diastole and end-systole; -1 finds them in the wall's length.
            driftCompensation: take out what is left of the strain at the end of the cycle.

            apex: label or number (from 0, along the wall) of the point at the apex; None takes the click on it (see
                `placeWall`), else the point that is labeled so, else the one farthest from the annulus.
            turn: turn a wall round that runs from the image's right to its left; None: as the panel has it.
            rTimes: R waves in s on the clip's clock, its first frame at 0; None takes those of the clip's file.
            avcMs: aortic valve closure, ms after the R wave or end-diastole; None takes what the panel has for this
                clip, then that of the clip's file, else the wall's own curve decides.
            mvoMs: mitral valve opening, likewise, which is only marked; None takes what the panel has for this clip.

            Each of the first four that is None is what the panel has chosen.

        Returns:
            The `Strain`.

        Raises:
            BadInput: there are no tracks, an argument makes no sense, or strain cannot be measured.
        """
        from ..scene import results as study
        from ..scene.given import given
        from ..scene.tracks import read_tracks
        from ..strain.timing.sources import GIVEN
        from ..strain.wall_template import VIEWS
        from .strain_settings import StrainSettings, measure_wall

        cine, chosen = self._cine(browserNode), self.getParameterNode()
        if view is not None:
            need_one_of(view, VIEWS, _("view"))
        for name, frame in (("edFrame", edFrame), ("esFrame", esFrame)):
            if frame is not None:
                need_range(frame, -1, cine.n_frames - 1, name)
        for name, flag in (("driftCompensation", driftCompensation), ("turn", turn)):
            if flag is not None:
                need_flag(flag, name)
        further = {**given(browserNode).settings, "r_times_s": rising_times(rTimes)}
        further.update({} if turn is None else {"turn": bool(turn)})
        if avcMs is not None:
            further.update(avc_s=checked_valve_s(avcMs, "avcMs", _("aortic valve closure")), avc_source=GIVEN)
        if mvoMs is not None:
            further.update(mvo_s=checked_valve_s(mvoMs, "mvoMs", _("mitral valve opening")), mvo_source=GIVEN)
        found = study.find_results(self.scene, browserNode)
        if found.tracks is None:
            raise BadInput(_("Track points first."))
        settings = StrainSettings(
            view=chosen.view if view is None else view,
            edFrame=chosen.edFrame if edFrame is None else edFrame + 1,
            esFrame=chosen.esFrame if esFrame is None else esFrame + 1,
            driftCompensation=chosen.driftCompensation if driftCompensation is None else driftCompensation,
        )
        tracks = read_tracks(self.scene, found.tracks.sequence)
        strain = measure_wall(tracks, settings, apex=checked_apex(apex, tracks.labels), **further)
        study.set_strain(self.scene, browserNode, strain)
        return strain

    @frames_counted_from(0)
    def export(self, browserNode: Any, folder: StrPath) -> list[str]:
        """Write tracks, overlay video, strain and scene into a folder, which is made where it is missing.

        Args:
            browserNode: sequence browser of the clip.
            folder: relative ones are taken from the working directory.

        Returns:
            The names of the files.

        Raises:
            BadInput: there are no tracks, or the folder cannot be made or written.
        """
        from .results.export import export_results

        cine, target = self._cine(browserNode), given_path(folder, "folder")
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(
                _("The folder {folder} cannot be made ({reason}). Choose another one.").format(
                    folder=target, reason=error.strerror
                )
            ) from error
        return export_results(self.scene, browserNode, cine, target)[0]

    def _cine(self, browser: Any) -> Cine:
        from ..scene.clip.cine import read_cine
        from ..scene.clip.dicom_module import refuse_3d, unread_file

        need_node(browser, ("vtkMRMLSequenceBrowserNode",), "browserNode", _("the clip's sequence browser"))
        refuse_3d(browser, unread_file(browser))
        return read_cine(browser)

    def _add_points(self, browser: Any, cine: Cine, labels: tuple[str, ...], positions: np.ndarray, frame: int) -> Any:
        from ..scene.clip.cine import cine_nodes
        from ..scene.points import Points, add_points, note_frame

        need_range(frame, 0, cine.n_frames - 1, "queryFrame")
        points = Points(labels, positions.astype(np.float32))
        clip = cine_nodes(browser)
        node = add_points(self.scene, clip.proxy, points, f"{clip.sequence.GetName()} points")
        for index in range(len(labels)):
            note_frame(node, index, frame)
        return node
