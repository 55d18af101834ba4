"""The ECG of a DICOM file: read from both places, kept with the clip, drawn; damaged, it costs a warning only."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_clips import grey_cine, speckle, write_clip

from EchoTrackerLib.cine.arrays import read_arrays
from EchoTrackerLib.cine.dicom.reading import read_dicom
from EchoTrackerLib.cine.ecg import usable_ecg
from EchoTrackerLib.cine.export import write_npz
from EchoTrackerLib.cine.isolated import read_isolated

FRAMES, RATE = 26, 250.0  # 0.5 s at 50 frames/s
BEAT = np.rint(200 * np.exp(-(((np.arange(150) % 100) - 40) ** 2) / 8.0)).astype("<i2")


def clip():
    return grey_cine(frames=speckle(FRAMES), times_s=np.arange(FRAMES) / 50.0)


def waveform(dataset, label="ECG Lead II", **changes):
    """Put two channels into the Waveform Sequence, the second one the ECG in steps of 0.005 mV."""
    from pydicom.dataset import Dataset

    channels = []
    for name in ("Phono", label):
        channel = Dataset()
        channel.ChannelLabel = name
        channel.ChannelSensitivity, channel.ChannelBaseline = 0.005, 0
        unit = Dataset()
        unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "mV", "UCUM", "millivolt"
        channel.ChannelSensitivityUnitsSequence = [unit]
        channels.append(channel)
    group = Dataset()
    group.MultiplexGroupTimeOffset = 20
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples, group.SamplingFrequency = 2, len(BEAT), RATE
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    group.ChannelDefinitionSequence = channels
    group.WaveformData = np.stack([np.zeros_like(BEAT), BEAT], axis=1).tobytes()
    for name, value in changes.items():
        setattr(group, name, value)
    dataset.WaveformSequence = [group]


def curve(dataset, group=0x5002, **changes):
    """Put the retired Curve Data of an ECG into a group: start 0, step 4 ms, values as 16 bit."""
    elements = {
        (0x0005, "US"): 2,
        (0x0010, "US"): len(BEAT),
        (0x0020, "CS"): "ECG",
        (0x0030, "SH"): ["MSEC", "MV"],
        (0x0103, "US"): 1,
        (0x0110, "US"): [0, 1],
        (0x0112, "US"): 0,
        (0x0114, "US"): 4,
        (0x3000, "OW"): BEAT.tobytes(),
    }
    for (element, vr), value in elements.items():
        value = changes.get(f"e{element:04x}", value)
        if value is not None:
            dataset.add_new((group, element), vr, value)


def test_a_waveform_is_read_with_its_times_and_unit(tmp_path):
    ecg = read_dicom(write_clip(tmp_path / "a.dcm", clip(), waveform)).ecg
    assert ecg.unit == "mV" and ecg.times_s[0] == pytest.approx(0.02) and ecg.times_s[1] == pytest.approx(0.024)
    np.testing.assert_allclose(ecg.values, 0.005 * BEAT[: len(ecg.values)])
    assert ecg.times_s[-1] <= 0.5  # cut to the clip


def test_curve_data_is_read(tmp_path):
    ecg = read_dicom(write_clip(tmp_path / "a.dcm", clip(), curve)).ecg
    assert ecg.unit == "mV" and ecg.times_s[:2] == pytest.approx((0.0, 0.004))
    np.testing.assert_allclose(ecg.values, BEAT[: len(ecg.values)])


def test_curve_data_with_its_own_times_is_read(tmp_path):
    pairs = np.stack([np.arange(150) * 0.003, BEAT], axis=1).astype("<f4")

    def edit(dataset):
        curve(dataset, e0110=[1, 1], e0103=2, e0030=["SEC", "NONE"], e3000=pairs.tobytes())

    ecg = read_dicom(write_clip(tmp_path / "a.dcm", clip(), edit)).ecg
    assert ecg.unit is None and ecg.times_s[2] == pytest.approx(0.006)


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: waveform(d, SamplingFrequency=0),
        lambda d: waveform(d, WaveformSampleInterpretation="MB"),
        lambda d: waveform(d, WaveformData=b"\0\0"),
        lambda d: waveform(d, ChannelDefinitionSequence=[]) or curve(d, e0010=9999),
        lambda d: curve(d, e0030=["", "MV"]),
        lambda d: curve(d, e0114=0),
        lambda d: curve(d, e0103=7),
        lambda d: curve(d, e0110=[0]),
        lambda d: curve(d, e3000=np.zeros(150, "<i2").tobytes()),
        lambda d: curve(d, e0112=60000),
        lambda d: curve(d, e3000=None),
    ],
)
def test_a_damaged_ecg_costs_a_warning_and_never_the_clip(tmp_path, edit):
    cine = read_dicom(write_clip(tmp_path / "a.dcm", clip(), edit))
    assert cine.n_frames == FRAMES and cine.ecg is None
    assert any("ECG" in text for text in cine.warnings)


def test_no_ecg_is_no_warning(tmp_path):
    def edit(dataset):
        waveform(dataset, label="Respiration")
        curve(dataset, e0020="POLY")

    cine = read_dicom(write_clip(tmp_path / "a.dcm", clip(), edit))
    assert cine.ecg is None and not any("ECG" in text for text in cine.warnings)


def test_it_finds_no_beats(tmp_path):
    """R waves come from R Wave Time Vector only."""
    cine = read_dicom(write_clip(tmp_path / "a.dcm", clip(), waveform))
    assert cine.r_times_s is None and cine.heart_rate_bpm is None


def test_it_goes_with_the_clip(tmp_path):
    path = write_clip(tmp_path / "a.dcm", clip(), waveform)
    cine = read_dicom(path)
    assert read_isolated(path, lambda *_: None).ecg == cine.ecg
    write_npz(tmp_path / "a.npz", cine)
    assert read_arrays(tmp_path / "a.npz").ecg == cine.ecg


def test_the_chart_and_the_report_show_it(tmp_path):
    from wall_examples import scaled_wall

    from EchoTrackerLib.strain.pictures.chart import ECG_COLOR, draw_chart
    from EchoTrackerLib.strain.strain import measure_strain

    strain = measure_strain(scaled_wall(0.2), view="A4C")
    ecg = usable_ecg(np.arange(200) * 0.004, np.sin(np.arange(200)), "mV")
    with_strip, without = draw_chart(strain, ecg=ecg).axes[0], draw_chart(strain).axes[0]
    (line,) = [line for line in with_strip.lines if line.get_color() == ECG_COLOR]
    assert np.ptp(line.get_ydata()) > 0.05 and line.get_ydata().max() < 0.15  # shares of the height
    assert with_strip.get_ylim()[0] < without.get_ylim()[0] < strain.percent.min()
    assert "ECG (2 mV)" in [text.get_text() for text in with_strip.texts]
