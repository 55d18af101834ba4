"""The ECG of a DICOM clip: Waveform Sequence (PS3.3 C.10.9), or Curve Data of type ECG (retired, PS3.3-2004 C.10.2).

Neither says how its time lies to that of the frames unless an offset is given: it begins with the first frame.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy as np

from ...i18n import tr as _
from ..ecg import Ecg, usable_ecg

_CURVE_GROUPS = range(0x5000, 0x5020, 2)
_CURVE_TYPES = ("<u2", "<i2", "<f4", "<f8", "<i4")  # by Data Value Representation
_SECONDS = {"SEC": 1.0, "S": 1.0, "MSEC": 1e-3, "MS": 1e-3, "USEC": 1e-6}
_SAMPLES = {"SB": "i1", "UB": "u1", "SS": "<i2", "US": "<u2", "SL": "<i4", "UL": "<u4"}
_MOST_SAMPLES = 1_000_000


def find_ecg(header: Any, duration_s: float) -> tuple[Optional[Ecg], tuple[str, ...]]:
    """Return the ECG of a clip of this duration, None without one, and warnings; a damaged one never stops reading."""
    warnings: tuple[str, ...] = ()
    for look in (_by_waveform, _by_curve):
        try:
            found = look(header)
            if found is None:
                continue
            ecg = usable_ecg(*found, until_s=duration_s)
        except Exception as error:  # damaged elements raise whatever pydicom or numpy met
            reason = str(error) if isinstance(error, _Unreadable) else type(error).__name__
            warnings += (_("The ECG of the file cannot be read and is left out: {reason}.").format(reason=reason),)
            continue
        if ecg is not None:
            return ecg, ()
        warnings += (_("The ECG of the file does not lie within the clip or holds no signal; it is left out."),)
    return None, warnings


class _Unreadable(Exception):
    """Says why."""


def _by_waveform(header: Any) -> Optional[tuple[np.ndarray, np.ndarray, Optional[str]]]:
    """Return (times s, values, unit) of the first channel that is an ECG, None where there is none."""
    for group in header.get("WaveformSequence") or ():
        for number, channel in enumerate(group.ChannelDefinitionSequence):
            if _is_ecg(group, channel):
                return _channel(group, channel, number)
    return None


def _is_ecg(group: Any, channel: Any) -> bool:
    words = [str(group.get("MultiplexGroupLabel") or ""), str(channel.get("ChannelLabel") or "")]
    for item in channel.get("ChannelSourceSequence") or ():
        words += [str(item.get("CodeMeaning") or ""), str(item.get("CodeValue") or "")]
    text = " ".join(words).upper()
    return any(word in text for word in ("ECG", "EKG", "ELECTROCARDIO")) or text.lstrip().startswith("LEAD")


def _channel(group: Any, channel: Any, number: int) -> tuple[np.ndarray, np.ndarray, Optional[str]]:
    channels, rate = int(group.NumberOfWaveformChannels), float(group.SamplingFrequency)
    kind = _SAMPLES.get(str(group.WaveformSampleInterpretation))
    if kind is None:
        raise _Unreadable(_("samples of a kind that is not read here"))
    samples = np.frombuffer(bytes(group.WaveformData), dtype=kind)
    if not 0 < channels <= samples.size or not 0 < rate < np.inf or samples.size > _MOST_SAMPLES:
        raise _Unreadable(_("impossible number of channels, samples or samples a second"))
    values = samples[: samples.size // channels * channels].reshape(-1, channels)[:, number].astype(np.float64)
    stated = int(group.get("NumberOfWaveformSamples") or len(values))
    values = values[:stated]
    unit = None
    if channel.get("ChannelSensitivity") is not None:
        factor = float(channel.ChannelSensitivity) * float(channel.get("ChannelSensitivityCorrectionFactor") or 1)
        values = values * factor + float(channel.get("ChannelBaseline") or 0)
        units: Any = channel.get("ChannelSensitivityUnitsSequence") or []
        unit = str(units[0].get("CodeValue") or "") or None if len(units) else None
    start_s = float(group.get("MultiplexGroupTimeOffset") or 0) / 1000.0
    return start_s + np.arange(len(values)) / rate, values, unit


def _by_curve(header: Any) -> Optional[tuple[np.ndarray, np.ndarray, Optional[str]]]:
    """Return (times s, values, unit) of the first curve that is an ECG, None where there is none."""
    for group in _CURVE_GROUPS:
        if str(_value(header, group, 0x0020) or "").strip().upper() == "ECG":
            return _curve(header, group)
    return None


def _curve(header: Any, group: int) -> tuple[np.ndarray, np.ndarray, Optional[str]]:
    dimensions, count = int(_value(header, group, 0x0005) or 1), int(_value(header, group, 0x0010) or 0)
    kind = _CURVE_TYPES[int(_value(header, group, 0x0103) or 0)]
    data = np.frombuffer(bytes(_value(header, group, 0x3000) or b""), dtype=kind).astype(np.float64)
    units = [str(unit).strip().upper() for unit in _values(header, group, 0x0030)]
    # By dimension: 0 where it is given by start and step, 1 where its values are in the data.
    given = [int(v) for v in _values(header, group, 0x0110)] or [1] * dimensions
    if dimensions not in (1, 2) or len(given) != dimensions or not 0 < count <= data.size or given[-1] != 1:
        raise _Unreadable(_("its number of dimensions or points does not fit its data"))
    rows = data[: count * sum(given)]
    if rows.size != count * sum(given):
        raise _Unreadable(_("it is cut off"))
    values = rows.reshape(count, -1)[:, -1]
    if dimensions == 2 and given[0] == 1:
        times: np.ndarray = rows.reshape(count, -1)[:, 0]
    else:
        step = float((_values(header, group, 0x0114) or [0])[0])
        times = float((_values(header, group, 0x0112) or [0])[0]) + step * np.arange(count)
        if not step > 0:
            raise _Unreadable(_("the time from point to point is not stated"))
    factor = _SECONDS.get(units[0] if units else "")
    if factor is None:
        raise _Unreadable(_("its unit of time is not stated"))
    unit = units[1] if len(units) > 1 and units[1] not in ("", "NONE") else None
    return times * factor, values, {"MV": "mV", "UV": "uV"}.get(unit or "", unit)


def _value(header: Any, group: int, element: int) -> Any:
    found = header.get((group, element))
    return None if found is None else found.value


def _values(header: Any, group: int, element: int) -> list[Any]:
    value = _value(header, group, element)
    if value is None or value == "":
        return []
    return [value] if isinstance(value, (str, bytes, int, float)) else list(value)
