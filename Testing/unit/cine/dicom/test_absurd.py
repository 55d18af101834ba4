"""DICOM headers with missing, empty and absurd values: a clip with possible numbers and warnings, or one sentence."""

from __future__ import annotations

import numpy as np
import pydicom
from dicom_clips import region, write_clip
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from EchoTrackerLib.cine.dicom.reading import read_dicom_header
from EchoTrackerLib.cine.reading import read_here
from EchoTrackerLib.commands.info import describe
from EchoTrackerLib.errors import EchoTrackerError

MISSING, EMPTY = "missing", "empty"
TEXTS = ("0", "-1", "1e400", "nan", "inf", "-inf", "1\\2", "\\", " ", "abc", "1e-400", "99999999999999999999", "0x10")
# keyword -> VR; numbers of all kinds go in as their text or bytes, so that pydicom's own checks do not stand in the way
TEXT_KEYWORDS = (
    "FrameTime", "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate", "HeartRate", "EffectiveDuration",
    "NumberOfFrames", "PixelSpacing", "WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept",
    "PhotometricInterpretation", "NominalInterval",
)  # fmt: skip
SHORT_KEYWORDS = (
    "Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation",
    "PlanarConfiguration",
)  # fmt: skip
REGION_KEYWORDS = ("PhysicalDeltaX", "PhysicalDeltaY")
BOUNDS = ("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1")

texts = st.one_of(
    st.sampled_from(TEXTS), st.floats(allow_nan=True).map(lambda v: f"{v:g}"), st.integers(-(10**12), 10**12).map(str)
)
changes = st.dictionaries(st.sampled_from(TEXT_KEYWORDS), st.one_of(st.just(MISSING), st.just(""), texts), max_size=5)
shorts = st.dictionaries(
    st.sampled_from(SHORT_KEYWORDS), st.one_of(st.just(None), st.integers(0, 65535), st.integers(0, 33)), max_size=2
)
deltas = st.lists(st.floats(width=64), min_size=2, max_size=2)
corners = st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 50), min_size=4, max_size=4)
vectors = st.none() | st.lists(st.floats(width=32, allow_nan=True), max_size=6)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=changes, shorts=shorts, delta=deltas, bounds=corners, waves=vectors)
@example(texts={"NumberOfFrames": "99999999999999999999"}, shorts={}, delta=[1, 1], bounds=[0, 0, 1, 1], waves=None)
@example(texts={"FrameTime": "1e-300"}, shorts={}, delta=[np.nan, 0], bounds=[9, 9, 0, 0], waves=[np.inf])
@example(texts={}, shorts={"Rows": 65535, "Columns": 65535}, delta=[1, 1], bounds=[0, 0, 1, 1], waves=[])
@example(texts={}, shorts={"BitsAllocated": 1, "BitsStored": 0}, delta=[1, 1], bounds=[0, 0, 1, 1], waves=[1, 1])
def test_no_header_gives_a_traceback_or_an_impossible_number(tmp_path, texts, shorts, delta, bounds, waves):
    path = write_clip(tmp_path / "c.dcm", edit=lambda d: _spoil(d, texts, shorts, delta, bounds, waves))
    for read in (read_here, read_dicom_header):
        try:
            found = read(path)
        except EchoTrackerError as error:
            assert "\n" not in str(error) and "c.dcm" in str(error)
            continue
        _possible(found)
        if read is read_here:
            describe(found)


def _spoil(dataset, texts, shorts, delta, bounds, waves):
    item = region()
    for keyword, value in zip(BOUNDS, bounds):
        setattr(item, keyword, value)
    item.PhysicalDeltaX, item.PhysicalDeltaY = delta
    dataset.SequenceOfUltrasoundRegions = pydicom.Sequence([item])
    if waves is not None:
        dataset.RWaveTimeVector = waves
    for keyword, value in texts.items():
        tag = Tag(keyword)
        if value == MISSING:
            dataset.pop(tag, None)
            continue
        vr = pydicom.datadict.dictionary_VR(tag)
        raw = value.encode() + b" " * (len(value) % 2)
        dataset._dict[tag] = RawDataElement(tag, vr, len(raw), raw, 0, False, True)
    for keyword, value in shorts.items():
        if value is None:
            dataset.pop(Tag(keyword), None)
        else:
            setattr(dataset, keyword, value)


def _possible(found):
    """Whether every number is one that an echo can have, or said to be unknown."""
    times = found.times_s
    assert np.isfinite(times).all() and times[0] == 0 and np.all(np.diff(times) > 0)
    if len(times) > 1:
        fps = 1 / np.median(np.diff(times))
        assert 4.99 <= fps <= 501
        assert found.time_source != "unknown" or any("rate is unknown" in warning for warning in found.warnings)
    if found.spacing_mm is not None:
        assert all(0.005 <= s <= 5.0 for s in found.spacing_mm)
    if found.heart_rate_bpm is not None:
        assert 20 <= found.heart_rate_bpm <= 350
    if found.r_times_s is not None:
        assert np.isfinite(found.r_times_s).all() and np.all(np.diff(found.r_times_s) > 0)
