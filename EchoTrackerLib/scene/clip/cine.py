"""A clip in the scene: a sequence of one-slice volumes, its browser, and the volume on screen (the proxy)."""

from __future__ import annotations

from typing import Any, NamedTuple, Optional

import numpy as np

from ...cine.cine import Cine
from ...cine.geometry import default_ijk_to_ras
from ...cine.pixels import luma, to_uint8
from ...errors import BadInput
from ...i18n import tr as _
from ..mrml import nodes, plane, values
from .facts import facts_to_json, read_facts

MAXIMUM_PLAYBACK_FPS = 100.0


class CineNodes(NamedTuple):
    """The three nodes of a clip."""

    sequence: Any
    browser: Any
    proxy: Any


def add_cine(scene: Any, cine: Cine) -> CineNodes:
    """Put a clip into the scene, color for display where it has color, and return its nodes.

    Index values are the frame times in seconds. An unknown spacing is stored as one RAS unit per pixel, and the
    sequence node says so (attribute `EchoTracker.SpacingKnown` = "false").
    """
    import slicer

    name = nodes.unique_name(scene, cine.name)
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", name)
    sequence.SetIndexName("time")
    sequence.SetIndexUnit("s")
    if cine.n_frames > 1:
        # Slicer's default of 0.001 s silently merges the frames of fast clips.
        sequence.SetNumericIndexValueTolerance(min(1e-3, 0.2 * float(np.diff(cine.times_s).min())))
    matrix = default_ijk_to_ras(cine.spacing_mm) if cine.ijk_to_ras is None else cine.ijk_to_ras
    pixels = cine.frames if cine.colour is None else cine.colour
    volume = slicer.vtkMRMLScalarVolumeNode() if cine.colour is None else slicer.vtkMRMLVectorVolumeNode()
    volume.SetIJKToRASMatrix(plane.matrix_to_vtk(matrix))
    volume.SetName(name)
    for frame, time in zip(pixels, cine.times_s):
        slicer.util.updateVolumeFromArray(volume, frame[np.newaxis])
        sequence.SetDataNodeAtValue(volume, repr(float(time)))
    if sequence.GetNumberOfDataNodes() != cine.n_frames:
        nodes.remove(scene, sequence)
        raise BadInput(_("{name}: frames are too close in time to be kept apart.").format(name=cine.source))
    sequence.SetAttribute(nodes.SPACING_KNOWN, "false" if cine.spacing_mm is None else "true")
    sequence.SetAttribute(nodes.CINE, facts_to_json(cine))
    if cine.colour is not None and not np.array_equal(_grey_of(cine.colour), cine.frames):
        # The file has a gray of its own (e.g. the Y of YBR); tracking must see the same pixels again.
        values.write_pixels(scene, sequence, {"grey": cine.frames})
    _store_readably(scene, sequence)
    return _add_browser(scene, sequence, cine.fps)


def _store_readably(scene: Any, sequence: Any) -> None:
    """Let the clip be written as a bundle of volumes.

    As one NRRD file, which is the default, Slicer 5.12 writes it so that Slicer 5.8 reads other times and no color.
    """
    storage = scene.AddNewNodeByClass("vtkMRMLSequenceStorageNode")
    sequence.SetAndObserveStorageNodeID(storage.GetID())


def _add_browser(scene: Any, sequence: Any, fps: float) -> CineNodes:
    name = sequence.GetName()
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", nodes.unique_name(scene, f"{name} browser"))
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    browser.SetIndexDisplayMode(browser.IndexDisplayAsIndex)
    browser.SetPlaybackItemSkippingEnabled(True)  # a slow machine skips frames: the heart beats in its own time
    if np.isfinite(fps):
        browser.SetPlaybackRateFps(min(fps, MAXIMUM_PLAYBACK_FPS))
    browser.SetOverwriteProxyName(sequence, False)
    nodes.show_current_frame(browser)
    proxy = browser.GetProxyNode(sequence)
    proxy.SetName(name)
    display = proxy.GetScalarVolumeDisplayNode()
    if display is not None:
        # Gray values of ultrasound are meant as they are; Slicer would stretch them.
        display.SetAutoWindowLevel(False)
        display.SetWindowLevelMinMax(0, 255)
    return CineNodes(sequence, browser, proxy)


def cine_nodes(browser: Any) -> CineNodes:
    """Return the clip's nodes of a browser, made by anybody.

    Raises:
        BadInput: the browser does not play a 2-D clip; the message says why.
    """
    reason = why_no_cine(browser)
    if reason:
        raise BadInput(reason)
    sequence = browser.GetMasterSequenceNode()
    return CineNodes(sequence, browser, browser.GetProxyNode(sequence))


def why_no_cine(browser: Optional[Any]) -> str:
    """Return why this browser cannot be tracked, as a sentence for the user; "" when it can."""
    sequence = browser.GetMasterSequenceNode() if browser is not None else None
    if browser is None or sequence is None or sequence.GetNumberOfDataNodes() == 0:
        return _("There is no clip: the sequence is empty.")
    refused = sequence.GetAttribute(nodes.REFUSED)
    if refused:
        return _("'{name}' {reason}").format(name=sequence.GetName(), reason=refused)
    first = sequence.GetNthDataNode(0)
    if nodes.is_without_data(sequence):
        return _("The images of '{name}' are missing. Is its file still beside the scene?").format(
            name=sequence.GetName()
        )
    if not first.IsA("vtkMRMLScalarVolumeNode") or first.IsA("vtkMRMLLabelMapVolumeNode"):
        return _("'{name}' is not a sequence of images.").format(name=sequence.GetName())
    if sequence.GetNumberOfDataNodes() == 1:
        return _("'{name}' has one frame; there is no motion to track.").format(name=sequence.GetName())
    components = first.GetImageData().GetNumberOfScalarComponents() if first.GetImageData() is not None else 1
    if components not in (1, 3, 4):
        return _("'{name}' has {n} values per pixel; EchoTracker reads gray and RGB clips.").format(
            name=sequence.GetName(), n=components
        )
    try:
        plane.slice_axis(first)
    except BadInput as error:
        return str(error)
    return ""


def refuse(browser: Any, reason: str) -> None:
    """Note that what a browser plays is no 2-D clip, as its file says; `reason` follows the name in a sentence."""
    browser.GetMasterSequenceNode().SetAttribute(nodes.REFUSED, reason)


def instance_uid(browser: Any) -> str:
    """Return the SOP Instance UID of the DICOM file from which Slicer's DICOM module made this clip, "" for none."""
    sequence = browser.GetMasterSequenceNode()
    first = sequence.GetNthDataNode(0) if sequence is not None else None
    uids = (first.GetAttribute("DICOM.instanceUIDs") or "").split() if first is not None else []
    return uids[0] if uids else ""


def find_stacks(scene: Any) -> list[Any]:
    """Return volumes that may be clips loaded as one volume, a slice a frame: of DICOM, not played, several slices."""
    found = []
    for volume in nodes.nodes_of(scene, "vtkMRMLScalarVolumeNode"):
        image = volume.GetImageData()
        is_stack = image is not None and image.GetDimensions()[2] > 1 and volume.GetAttribute("DICOM.instanceUIDs")
        if is_stack and nodes.browser_of(scene, volume) is None:
            found.append(volume)
    return found


def find_cine_browsers(scene: Any) -> list[Any]:
    """Return the browsers of the scene that play a 2-D clip."""
    return [browser for browser in nodes.browsers_of(scene) if not why_no_cine(browser)]


def read_cine(browser: Any) -> Cine:
    """Return the clip that a browser plays: EchoTracker's own exactly, anybody's as well as its nodes allow.

    RGB becomes gray beside the color; other types than uint8 are mapped as on screen by the display's window,
    without one as by every reader (`pixels.to_uint8`). A spacing of 1 mm that nobody confirmed counts as unknown.

    Raises:
        BadInput: not a 2-D clip, or frames of different sizes.
    """
    clip = cine_nodes(browser)
    facts = read_facts(browser)
    warnings = list(facts.warnings)
    stack = _read_stack(clip.sequence)
    grey, colour = _split_colour(clip.sequence, stack, _window_of(clip.proxy), warnings)
    return Cine(
        frames=grey,
        times_s=facts.times_s,
        spacing_mm=facts.spacing_mm,
        name=facts.name,
        source=facts.source,
        spacing_source=facts.spacing_source,
        time_source=facts.time_source,
        colour=colour,
        regions=facts.regions,
        ijk_to_ras=facts.ijk_to_ras,
        heart_rate_bpm=facts.heart_rate_bpm,
        avc_s=facts.avc_s,
        r_times_s=facts.r_times_s,
        ecg=facts.ecg,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _read_stack(sequence: Any) -> np.ndarray:
    """Return the pixels [T, rows, cols] or [T, rows, cols, 3] in the type of the volumes."""
    import slicer

    frames = []
    for k in range(sequence.GetNumberOfDataNodes()):
        volume = sequence.GetNthDataNode(k)
        array = slicer.util.arrayFromVolume(volume).squeeze(axis=2 - plane.slice_axis(volume))
        if array.ndim == 3:
            array = array[..., 0] if array.shape[-1] == 1 else array[..., :3]
        frames.append(array)
    if len({frame.shape for frame in frames}) > 1:
        raise BadInput(
            _("'{name}': the frames differ in size. Export the clip with one image size.").format(
                name=sequence.GetName()
            )
        )
    return np.stack(frames)


def _split_colour(
    sequence: Any, stack: np.ndarray, window: Optional[tuple[float, float]], warnings: list[str]
) -> tuple[np.ndarray, Optional[np.ndarray]]:
    """Return (gray uint8 [T, rows, cols], color uint8 [T, rows, cols, 3] or None)."""
    if window is not None and stack.ndim == 3 and stack.dtype != np.uint8:
        low, high = window
        warnings.append(
            _(
                "Gray values {low:g} to {high:g} ({kind}, the window on screen) were mapped linearly to 0 to 255."
            ).format(low=low, high=high, kind=stack.dtype)
        )
        return np.rint(np.clip((stack - low) * (255.0 / (high - low)), 0, 255)).astype(np.uint8), None
    pixels, warning = to_uint8(stack)
    if warning:
        warnings.append(warning)
    if pixels.ndim == 3:
        return pixels, None
    stored = values.read_values(sequence)
    return (_grey_of(pixels) if stored is None else stored[0]["grey"]), pixels


def _grey_of(colour: np.ndarray) -> np.ndarray:
    return np.stack([luma(frame) for frame in colour])


def _window_of(proxy: Optional[Any]) -> Optional[tuple[float, float]]:
    """Return (lowest, highest) gray of the display's fixed window, None where there is none."""
    display = proxy.GetScalarVolumeDisplayNode() if proxy is not None else None
    if display is None or display.GetAutoWindowLevel() or display.GetWindow() <= 0:
        return None
    low = display.GetLevel() - display.GetWindow() / 2
    return low, low + display.GetWindow()
