"""Nodes shaped as Slicer's DICOM plugins make them of an ultrasound clip."""

from __future__ import annotations

import numpy as np
import slicer
import vtk


def image_sequence(scene, frames, name="1: US apical [3]", frame_time_ms=None, spacing=(1.0, 1.0), uid="1.2.3"):
    """As DICOMImageSequencePlugin.addSequenceFromImageData: frames [T, rows, cols] or [T, rows, cols, 3].

    Times are "%.3f" of seconds, or the frame's number where the file has no Frame Time; `spacing` (x, y) is 1 mm unless
    the file has exactly one calibrated region; the instance UID is an attribute of each stored volume.
    """
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode")
    sequence.SetName(name)
    volume = slicer.vtkMRMLScalarVolumeNode() if frames.ndim == 3 else slicer.vtkMRMLVectorVolumeNode()
    volume.SetName(name)
    turned = vtk.vtkMatrix4x4()
    turned.SetElement(0, 0, -1.0)
    turned.SetElement(1, 1, -1.0)
    volume.SetIJKToRASMatrix(turned)
    volume.SetSpacing(spacing[0], spacing[1], 1.0)
    volume.SetAttribute("DICOM.instanceUIDs", uid)
    if frame_time_ms is None:
        sequence.SetIndexName("frame")
        sequence.SetIndexUnit("")
        rate = 10
    else:
        sequence.SetIndexName("time")
        sequence.SetIndexUnit("s")
        rate = 1000.0 / frame_time_ms
    for k, frame in enumerate(frames):
        slicer.util.updateVolumeFromArray(volume, frame[np.newaxis])
        index = str(k) if frame_time_ms is None else f"{k * frame_time_ms * 0.001:.3f}"
        sequence.SetDataNodeAtValue(volume, index)
    storage = scene.AddNewNodeByClass("vtkMRMLVolumeSequenceStorageNode")
    sequence.SetAndObserveStorageNodeID(storage.GetID())
    browser = slicer.vtkMRMLSequenceBrowserNode()
    browser.SetName(scene.GenerateUniqueName(name + " browser"))
    browser.SetPlaybackRateFps(rate)
    scene.AddNode(browser)
    browser.AddSynchronizedSequenceNode(sequence)
    browser.Modified()  # the Sequences module's logic makes the proxy
    return browser


def scalar_volume(scene, frames, name="1: US apical", uid="1.2.3"):
    """As DICOMScalarVolumePlugin: one volume with a slice for each frame."""
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    volume.CreateDefaultDisplayNodes()
    slicer.util.updateVolumeFromArray(volume, frames)
    volume.SetAttribute("DICOM.instanceUIDs", uid)
    return volume


def heart_sequence(scene, volumes, name="Philips 4D", frame_time_ms=50.0):
    """As SlicerHeart's DicomUltrasoundPlugin: a sequence of 3-D volumes [T, slices, rows, cols]."""
    sequence = scene.AddNewNodeByClass("vtkMRMLSequenceNode", name)
    volume = slicer.vtkMRMLScalarVolumeNode()
    volume.SetSpacing(0.7, 0.6, 0.5)
    for k, stack in enumerate(volumes):
        slicer.util.updateVolumeFromArray(volume, stack)
        sequence.SetDataNodeAtValue(volume, f"{k * frame_time_ms * 0.001:.3f}")
    browser = scene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode", f"{name} browser")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    return browser
