"""Clips written as DICOM ultrasound multi-frame, NPZ and MP4. Nothing of a patient is written."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import __version__
from ..errors import MissingDependency, Package
from ..i18n import tr as _
from .cine import Cine
from .regions import Region, is_not_square, not_square_pixels, region_name, regions_to_json
from .times import UNKNOWN
from .video import FACTS_KEY

# Region Spatial Format and Region Data Type (PS3.3 C.8.5.5) of each kind.
_REGION_CODES = {"tissue": (1, 1), "color flow": (1, 2), "doppler": (3, 3), "m-mode": (2, 1), "ecg": (4, 10)}
_US_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.3.1"
_EVEN_S = 1e-5  # times this close to even ones are written as one frame time
_TIME_BASE = 60_000  # ticks per second of the MP4 files; MPEG-4 allows at most 65,535


def write_dicom(path: Path, cine: Cine, seed: Optional[str] = None) -> None:
    """Write an Ultrasound Multi-frame Image (PS3.3 A.7), uncompressed, RGB where the clip has color.

    The calibrated regions are kept; where the spacing was set by hand, one covers the image. Times go to Frame Time
    when regular, else to Frame Time Vector; unknown ones are left out. Names, dates and identifiers of a patient stay
    empty; with a `seed` the UIDs, and so the file, are the same on every call.
    """
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

    instance = generate_uid(entropy_srcs=None if seed is None else [seed, "instance"])
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(_US_MULTI_FRAME)
    meta.MediaStorageSOPInstanceUID = instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = _US_MULTI_FRAME, instance
    dataset.StudyInstanceUID = generate_uid(entropy_srcs=None if seed is None else [seed, "study"])
    dataset.SeriesInstanceUID = generate_uid(entropy_srcs=None if seed is None else [seed, "series"])
    for keyword in ("PatientName", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID"):
        setattr(dataset, keyword, "")
    dataset.PatientID = "ANONYMOUS"
    dataset.AccessionNumber = dataset.ReferringPhysicianName = dataset.PatientOrientation = ""
    dataset.PatientIdentityRemoved, dataset.DeidentificationMethod = "YES", "No patient data was written"
    dataset.Modality, dataset.Manufacturer, dataset.SoftwareVersions = "US", "EchoTracker", __version__
    dataset.SeriesDescription = "EchoTracker export, research use only"
    dataset.SeriesNumber = dataset.InstanceNumber = 1
    dataset.ImageType = ["DERIVED", "PRIMARY"]
    dataset.LossyImageCompression = "00"
    _add_times(dataset, cine)
    _add_regions(dataset, cine)
    _add_pixels(dataset, cine)
    dataset.save_as(str(path), **standard_file(dataset))


def standard_file(dataset: Any) -> dict[str, bool]:
    """Return the keyword that makes `save_as` write a standard file in pydicom 3 and in pydicom 2."""
    import inspect

    if "enforce_file_format" in inspect.signature(dataset.save_as).parameters:
        return {"enforce_file_format": True}
    dataset.is_little_endian, dataset.is_implicit_VR = True, False
    return {"write_like_original": False}


def _add_times(dataset: Any, cine: Cine) -> None:
    from pydicom.tag import Tag

    dataset.NumberOfFrames = cine.n_frames
    if cine.n_frames > 1 and cine.time_source != UNKNOWN:
        steps_ms = np.diff(cine.times_s, prepend=cine.times_s[0]) * 1000.0
        even = np.linspace(cine.times_s[0], cine.times_s[-1], cine.n_frames)
        if np.abs(cine.times_s - even).max() > _EVEN_S:
            dataset.FrameTimeVector = [f"{step:.6f}" for step in steps_ms]
            dataset.FrameIncrementPointer = Tag("FrameTimeVector")
        else:
            mean = float(even[-1] - even[0]) / (cine.n_frames - 1) * 1000.0
            dataset.FrameTime = f"{mean:.8f}"
            dataset.FrameIncrementPointer = Tag("FrameTime")
        dataset.CineRate = max(round(cine.fps), 1)
    if cine.heart_rate_bpm:
        dataset.HeartRate = round(cine.heart_rate_bpm)
    if cine.r_times_s is not None:
        dataset.RWaveTimeVector = (cine.r_times_s * 1000.0).tolist()


def _add_regions(dataset: Any, cine: Cine) -> None:
    """Write the clip's regions where its scale is that of one of them, else one region for the whole image."""
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    if cine.spacing_mm is None and is_not_square(cine.spacing_source):
        wide, high = not_square_pixels(cine.spacing_source)
        dataset.PixelAspectRatio = [str(high), str(wide)]
    names = [region_name(number, region) for number, region in enumerate(cine.regions, start=1)]
    whole = Region((0, 0, cine.size[0] - 1, cine.size[1] - 1), "tissue", cine.spacing_mm)
    items = []
    for region in cine.regions if cine.spacing_source in names else [whole]:
        item = Dataset()
        item.RegionSpatialFormat, item.RegionDataType = _REGION_CODES.get(region.kind, (0, 0))
        item.RegionFlags = 0
        x0, y0, x1, y1 = (max(v, 0) for v in region.bounds_px)
        item.RegionLocationMinX0, item.RegionLocationMinY0 = x0, y0
        item.RegionLocationMaxX1, item.RegionLocationMaxY1 = x1, y1
        item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = 0 if region.spacing_mm is None else 3  # cm
        row, col = region.spacing_mm or (0.0, 0.0)
        item.PhysicalDeltaX, item.PhysicalDeltaY = col / 10.0, row / 10.0
        items.append(item)
    if cine.spacing_mm is not None:
        dataset.SequenceOfUltrasoundRegions = Sequence(items)


def _add_pixels(dataset: Any, cine: Cine) -> None:
    frames = cine.frames if cine.colour is None else cine.colour
    dataset.SamplesPerPixel = 1 if cine.colour is None else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if cine.colour is None else "RGB"
    if cine.colour is not None:
        dataset.PlanarConfiguration = 0
    dataset.Rows, dataset.Columns = frames.shape[1:3]
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    pixels = np.ascontiguousarray(frames).tobytes()
    dataset.PixelData = pixels + b"\0" * (len(pixels) % 2)
    dataset["PixelData"].VR = "OB"


def write_npz(path: Path, cine: Cine) -> None:
    """Write `frames`, `times_s`, `spacing_mm` (row, col; NaN when unknown) and what is known of the others.

    The others are `colour`, `r_times_s`, `heart_rate_bpm`, `avc_s`, `time_source` where it is "unknown", and
    `regions_json` with `spacing_source`, `ecg` [2, K] (times, values) with `ecg_unit`.
    """
    spacing = (np.nan, np.nan) if cine.spacing_mm is None else cine.spacing_mm
    arrays: dict[str, Any] = {"frames": cine.frames, "times_s": cine.times_s, "spacing_mm": np.array(spacing)}
    others: dict[str, Any] = {"colour": cine.colour, "r_times_s": cine.r_times_s, "heart_rate_bpm": cine.heart_rate_bpm}
    others["avc_s"] = cine.avc_s
    if cine.time_source == UNKNOWN:  # else assumed times would come back as known
        arrays["time_source"] = np.array(UNKNOWN)
    if cine.regions:  # points are measured by the region that holds them
        arrays["regions_json"] = np.array(json.dumps(regions_to_json(cine.regions)))
    if cine.regions or is_not_square(cine.spacing_source):
        arrays["spacing_source"] = np.array(cine.spacing_source)
    if cine.ecg is not None:
        others.update(ecg=np.array(cine.ecg[:2]), ecg_unit=cine.ecg.unit)
    arrays.update({name: np.asarray(value) for name, value in others.items() if value is not None})
    with path.open("wb") as stream:
        np.savez_compressed(stream, **arrays)


def write_mp4(path: Path, cine: Cine) -> None:
    """Write the clip as MP4 with its own frame times (lossy; sizes are padded to even numbers).

    What a video has no place for (spacing, R waves, heart rate, whether the times are known) is JSON in its comment.
    """
    facts = {
        "spacing_mm": cine.spacing_mm,
        "r_times_s": None if cine.r_times_s is None else cine.r_times_s.tolist(),
        "heart_rate_bpm": cine.heart_rate_bpm,
        "avc_s": cine.avc_s,
        "time_source": UNKNOWN if cine.time_source == UNKNOWN else "",
        "regions": regions_to_json(cine.regions),
        "spacing_source": cine.spacing_source if cine.regions or is_not_square(cine.spacing_source) else "",
    }
    writer = VideoWriter(path, cine.times_s, comment=json.dumps({FACTS_KEY: facts}))
    with writer:
        for index in range(cine.n_frames):
            writer.add(np.repeat(cine.frames[index][..., None], 3, 2) if cine.colour is None else cine.colour[index])


class VideoWriter:
    """Writes RGB frames at given times into an MP4 file: H.264 where FFmpeg has it, else MPEG-4."""

    def __init__(self, path: Path, times_s: np.ndarray, comment: str = "") -> None:
        try:
            import av
        except ImportError as error:
            raise MissingDependency(_("MP4 needs the package PyAV."), Package("av")) from error
        self._av = av
        self._path = path
        self._ticks = np.rint((times_s - times_s[0]) * _TIME_BASE).astype(np.int64)
        self._rate = Fraction(1.0 / float(np.median(np.diff(times_s))) if len(times_s) > 1 else 1.0)
        self._count = 0
        self._comment = comment
        self._stream: Any = None

    def __enter__(self) -> VideoWriter:
        self._container = self._av.open(str(self._path), "w", format="mp4", options={"movflags": "faststart"})
        if self._comment:
            self._container.metadata["comment"] = self._comment
        return self

    def add(self, rgb: np.ndarray) -> None:
        """Append uint8 RGB [rows, cols, 3]; all frames have one size."""
        rows, cols = rgb.shape[:2]
        if self._stream is None:
            self._stream = self._open_stream(cols + cols % 2, rows + rows % 2)
        if rows % 2 or cols % 2:
            rgb = np.pad(rgb, ((0, rows % 2), (0, cols % 2), (0, 0)), mode="edge")
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
        frame.pts = int(self._ticks[self._count])
        frame.time_base = Fraction(1, _TIME_BASE)
        self._container.mux(self._stream.encode(frame))
        self._count += 1

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if self._stream is not None and kind is None:
            self._container.mux(self._stream.encode())
        self._container.close()

    def _open_stream(self, width: int, height: int) -> Any:
        for codec, options in (("libx264", {"crf": "18", "preset": "veryfast"}), ("mpeg4", {"q:v": "3"})):
            try:
                encoder = self._av.Codec(codec, "w")
            except (ValueError, self._av.error.FFmpegError):
                continue
            stream: Any = self._container.add_stream(encoder.name, rate=self._rate.limit_denominator(1000))
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.time_base = Fraction(1, _TIME_BASE)
            stream.codec_context.thread_count = 2
            stream.options = options
            if codec == "mpeg4":
                stream.bit_rate = width * height * 8
            return stream
        raise MissingDependency(_("FFmpeg has neither an H.264 nor an MPEG-4 encoder. Install PyAV from PyPI."))
