"""The section "Clip": choose or load a clip, see what it is, calibrate it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

import numpy as np

from ...cine.cine import Cine
from ...cine.dicom.reading import read_dicom_header
from ...errors import BadInput
from ...i18n import tr as _
from ...scene.clip import calibration
from ...scene.clip.cine import add_cine, find_stacks
from ...scene.clip.dicom_module import refuse_3d, unread_file
from ...scene.clip.loading import read_clip
from ...scene.mrml import layout, nodes, plane
from ...scene.mrml.frames import Later, current_frame, go_to_frame
from ...scene.points import remove_outside
from ..qt.dialogs import Dialogs
from ..qt.packages import with_packages
from ..qt.placing import Placing
from ..session import Session
from .view import ClipSection

_FILTERS = (
    _("Clips")
    + (" (*.dcm *.DCM *.avi *.mp4 *.mov *.mkv *.wmv *.webm *.m4v *.mpg *.gif *.nrrd *.nhdr *.mha *.mhd *.nii *.nii.gz")
    + " *.npy *.npz);;"
    + _("All files")
    + " (*)"
)

_HEADER_NOTE = _(
    "Slicer's DICOM module reads only a part of the header: press 'Read DICOM header' for the exact frame times, the "
    "calibrated regions and the pixel size."
)


class ClipPresenter:
    """Fills the section and acts on its buttons."""

    def __init__(self, session: Session, view: ClipSection, dialogs: Dialogs, layout_node: Any, later: Later) -> None:
        self._session, self._view, self._dialogs = session, view, dialogs
        self._layout_node, self._later, self._layout = layout_node, later, 0
        self._tag: Optional[int] = None
        self._line: Any = None
        self._placing = Placing(session.scene, self.refresh)
        self._shown: Any = None
        self._entered = False
        self._looked_at: set[Path] = set()
        session.changed.connect(self.refresh)

    def enter(self) -> None:
        """The module was opened; `refresh` follows."""
        self._entered = True
        self._layout = int(self._layout_node.GetViewArrangement())
        if self._tag is None:
            self._tag = self._layout_node.AddObserver("ModifiedEvent", self._on_layout)

    def exit(self) -> None:
        """Another module is opened: give back mouse and views."""
        self._entered = False
        if self._tag is not None:
            self._layout_node.RemoveObserver(self._tag)
        self._tag = None
        self.stop()

    def _on_layout(self, node: Any, _event: str) -> None:
        """Fit the clip again when its view has another size, once that is known."""
        if int(node.GetViewArrangement()) != self._layout:
            self._layout = int(node.GetViewArrangement())
            self._later(self._fit)

    def _fit(self) -> None:
        if self._entered and self._session.is_clip:
            self._view.fit(self._session.browser)

    def refresh(self) -> None:
        """Show the chosen clip."""
        session = self._session
        self._refuse_3d()
        browser = session.browser if session.is_clip else None
        cine = session.cine() if browser is not None else None
        offered = cine is not None and not session.busy and self._header_file() is not None
        self._view.show_header_offer(offered)
        if cine is None:
            self._view.show_facts("", "", "", session.problem() or self._hint())
        else:
            frames = _("{n} of {width} x {height} px").format(n=cine.n_frames, width=cine.size[0], height=cine.size[1])
            rate = _("{fps:.1f} per second ({source})").format(fps=cine.fps, source=cine.time_source)
            if cine.known_fps is None:
                rate = _("unknown; played at {fps:.1f} per second").format(fps=cine.fps)
            notes = [*cine.warnings, *([_HEADER_NOTE] if offered else [])]
            self._view.show_facts(frames, rate, _spacing_text(cine), " ".join(notes))
        self._view.show_browser(browser)
        self._view.lock_slice(self._entered and browser is not None)
        if browser is not self._shown:
            self.stop()
            if browser is not None:
                if current_frame(browser) < 0:  # as other modules leave a browser that was never played
                    go_to_frame(browser, 0)
                if self._entered and layout.shown_layout(self._layout_node) is None:
                    layout.show_layout(self._layout_node, layout.ONE_VIEW)
                self._view.show_clip(browser, True)
            self._shown = browser
        drawn = self._line is not None and self._line.GetNumberOfDefinedControlPoints() == 2
        self._view.set_calibration(cine is not None and not session.busy, self._placing.node is not None, drawn)

    def load_file(self) -> None:
        """Ask for a file and load it."""
        path = self._dialogs.open_file(_("Load clip"), _FILTERS)
        if path is not None:
            self.load(path)

    def load_folder(self) -> None:
        """Ask for a folder of images or DICOM files and load it."""
        path = self._dialogs.open_folder(_("Load a folder of images or DICOM files"))
        if path is not None:
            self.load(path)

    def load(self, path: Path) -> Any:
        """Load a clip into the scene and choose it; return its browser."""
        cine = with_packages(lambda: self._read(path), self._dialogs)
        with self._dialogs.waiting():
            browser = add_cine(self._session.scene, cine).browser
        self._session.parameters.browser = browser
        return browser

    def _read(self, path: Path) -> Cine:
        with self._dialogs.waiting():
            return read_clip(self._session.scene, path)

    def _hint(self) -> str:
        """Return what to do about a clip that was loaded as one volume."""
        stacks = find_stacks(self._session.scene) if self._session.browser is None else []
        if not stacks:
            return ""
        return _(
            "'{name}' was loaded as one volume of {n} slices. If these are the frames of a clip, load its DICOM file "
            "with 'Load clip...', or as 'Image sequence' in the DICOM module (Advanced)."
        ).format(name=stacks[0].GetName(), n=stacks[0].GetImageData().GetDimensions()[2])

    def _header_file(self) -> Optional[Path]:
        """Return the DICOM file of a clip that Slicer's DICOM module loaded and whose header was not read yet."""
        return unread_file(self._session.browser, self._dialogs.dicom_file)

    def _refuse_3d(self) -> None:
        """Refuse what Slicer's DICOM module loaded as a clip from a 3-D file, whose frames are slices."""
        session = self._session
        path = self._header_file() if session.is_clip else None
        if path is not None and path not in self._looked_at:
            self._looked_at.add(path)
            refuse_3d(session.browser, path)

    def read_header(self) -> None:
        """Take times, regions and pixel size from the clip's DICOM file.

        Raises:
            BadInput: the file is gone or damaged.
        """
        session, path = self._session, self._header_file()
        if path is None:
            raise BadInput(_("The clip's DICOM file is no longer in Slicer's database. Use 'Load clip...' instead."))
        with self._dialogs.waiting():
            calibration.use_header(session.scene, session.browser, read_dicom_header(path), session.points)
        self._view.show_clip(session.browser, True)
        session.refresh()
        session.results_changed.emit()

    def draw_line(self, on: bool) -> None:
        """Start or stop drawing the line of known length."""
        if not on:
            self._placing.stop()
            self.refresh()
            return
        scene = self._session.scene
        self._remove_line()
        self._line = scene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", _("Known length"))
        self._line.SetSaveWithScene(False)
        self._line.SetControlPointLabelFormat("%d")
        self._line.CreateDefaultDisplayNodes()
        self._line.AddObserver(self._line.PointPositionDefinedEvent, self._on_line_point)
        self._placing.start(self._line)
        self.refresh()

    def _on_line_point(self, *_arguments: Any) -> None:
        if self._line is not None and self._session.proxy is not None:
            remove_outside(self._line, self._session.proxy)
        if self._line is not None and self._line.GetNumberOfDefinedControlPoints() == 2:
            self._placing.stop()
        self.refresh()

    def calibrate(self, length_mm: float) -> None:
        """Set the pixel size from the drawn line.

        Raises:
            BadInput: no line, or a line shorter than two pixels.
        """
        session = self._session
        if self._line is None or self._line.GetNumberOfDefinedControlPoints() != 2 or session.proxy is None:
            raise BadInput(_("Draw a line of known length on the image first."))
        ends = np.array([self._line.GetNthControlPointPositionWorld(i) for i in range(2)])
        pixels, _distance = plane.world_to_pixels(ends, session.proxy)
        length_px = float(np.linalg.norm(pixels[1] - pixels[0]))
        if length_px < 2:
            raise BadInput(_("The line is too short to calibrate from."))
        spacing = length_mm / length_px
        source = _("calibrated: a line of {px:.0f} px is {mm:g} mm").format(px=length_px, mm=length_mm)
        calibration.set_spacing(session.scene, session.browser, (spacing, spacing), source, session.points)
        self._remove_line()
        self._view.show_clip(session.browser, True)
        session.refresh()
        session.results_changed.emit()

    def _remove_line(self) -> None:
        line, self._line = self._line, None
        nodes.remove(self._session.scene, line)

    def stop(self) -> None:
        """Leave place mode and remove the line."""
        self._placing.stop()
        self._remove_line()


def _spacing_text(cine: Cine) -> str:
    if cine.spacing_mm is None:
        return _("unknown; lengths are in px. Calibrate to measure in mm.")
    row, column = cine.spacing_mm
    return _("{column:.3f} x {row:.3f} mm ({source})").format(column=column, row=row, source=cine.spacing_source)
