"""NRRD headers and NumPy values that are missing, empty or absurd: possible numbers, unknown, or one sentence."""

from __future__ import annotations

import json

import numpy as np
from dicom_clips import speckle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from EchoTrackerLib.cine.reading import read_here
from EchoTrackerLib.errors import EchoTrackerError

FRAMES = speckle()
LINES = {
    "type": ["uint8", "int8", "uint16", "float", "block", ""],
    "dimension": ["4", "3", "0", "-1", "99", "x"],
    "sizes": ["47 33 1 4", "47 33 4 1", "0 0 0 0", "47 33", "-1 33 1 4", "99999999 99999999 1 4", "a b c d"],
    "space": ["left-posterior-superior", "right-anterior-superior", "nowhere", ""],
    "space directions": [
        "(0.5,0,0) (0,0.4,0) (0,0,1) none", "(0,0,0) (0,0,0) (0,0,0) none", "(nan,0,0) (0,inf,0) (0,0,1) none",
        "(1e-300,0,0) (0,1e300,0) (0,0,1) none", "none none none none", "(0.5,0) (0,0.4) (0,0) none", "x",
    ],
    "kinds": [
        "domain domain domain list", "list list list list", "domain domain", "??? ??? ??? ???",
        "vector domain domain list",
    ],
    "units": ['"" "" "" "s"', '"" "" "" "ms"', '"s"', '"" "" "" "parsec"'],
    "labels": ['"" "" "" "time"', '"" "" "" "frame"'],
    "space origin": ["(0,0,0)", "(nan,0,0)", "(1e308,1e308,1e308)", "(0)"],
    "encoding": ["raw", "gzip", "magic"],
    "axis 3 index values": [
        "0 0.02 0.04 0.06", "0 0 0 0", "nan inf 1 2", "0 20", "a b c d", "1e300 1e301 1e302 1e303", "",
    ],
    "EchoTracker.Cine": [
        "{", "[]", '{"times_s": [0, "a"]}', '{"r_times_s": [1, 1], "heart_rate_bpm": 1e9}', '{"regions": [1]}',
    ],
    "EchoTracker.SpacingKnown": ["true", "false", "?"],
}  # fmt: skip
PLAIN = {
    "type": "uint8", "dimension": "4", "space": "left-posterior-superior", "sizes": "47 33 1 4",
    "space directions": "(0.5,0,0) (0,0.4,0) (0,0,1) none", "kinds": "domain domain domain list", "encoding": "raw",
}  # fmt: skip
changes = st.fixed_dictionaries(
    {}, optional={key: st.none() | st.sampled_from(values) for key, values in LINES.items()}
)


def possible(read):
    assert np.isfinite(read.times_s).all() and read.times_s[0] == 0 and np.all(np.diff(read.times_s) > 0)
    if read.n_frames > 1:
        assert 4.99 <= read.fps <= 501
    if read.spacing_mm is not None:
        assert all(np.isfinite(s) and s > 0 for s in read.spacing_mm)
    if read.heart_rate_bpm is not None:
        assert 20 <= read.heart_rate_bpm <= 350


def read_or_refused(path):
    try:
        possible(read_here(path))
    except EchoTrackerError as error:
        assert "\n" not in str(error) and path.name in str(error)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=changes)
def test_no_nrrd_header_gives_a_traceback_or_an_impossible_number(tmp_path, changes):
    header = {**PLAIN, **changes}
    own = ("axis 3 index values", "EchoTracker.Cine", "EchoTracker.SpacingKnown")
    lines = [f"{key}{':=' if key in own else ': '}{value}" for key, value in header.items() if value is not None]
    path = tmp_path / "c.seq.nrrd"
    path.write_bytes("\n".join(["NRRD0005", *lines, "", ""]).encode() + FRAMES.tobytes())
    read_or_refused(path)


arrays = st.one_of(
    st.lists(st.floats(width=64), max_size=5).map(np.array), st.floats(width=64).map(np.array), st.just(np.array("x"))
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.dictionaries(
        st.sampled_from(["times_s", "spacing_mm", "r_times_s", "heart_rate_bpm", "time_source", "regions_json"]),
        arrays,
        max_size=4,
    )
)
def test_no_values_beside_the_frames_give_a_traceback_or_an_impossible_number(tmp_path, values):
    path = tmp_path / "c.npz"
    np.savez(path, frames=FRAMES, **values)
    read_or_refused(path)


def test_json_of_our_own_facts_is_never_trusted(tmp_path):
    for facts in ({"spacing_mm": "x"}, {"times_s": {}}, {"regions": [{"bounds_px": [1]}]}, {"time_source": 5}):
        path = tmp_path / "c.seq.nrrd"
        lines = [f"{key}: {value}" for key, value in PLAIN.items()] + [f"EchoTracker.Cine:={json.dumps(facts)}"]
        path.write_bytes("\n".join(["NRRD0005", *lines, "", ""]).encode() + FRAMES.tobytes())
        read_or_refused(path)
