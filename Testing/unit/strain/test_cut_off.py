"""A clip that ends before end-systole gives no number that belongs to a whole systole, in any output."""

from __future__ import annotations

import known_walls as w
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from EchoTrackerLib.strain.files import strain_document
from EchoTrackerLib.strain.layers import measure_layers
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.values import annular_displacement, rotation_deg

VALUES = (
    *("gls_percent", "peak_percent", "peak_systolic_percent", "positive_peak_systolic_percent", "time_to_peak_s"),
    *("post_systolic_index_percent", "strain_rate_s_per_s", "strain_rate_e_per_s", "strain_rate_a_per_s"),
    *("mechanical_dispersion_s", "mechanical_dispersion_floor_s", "es_doubt_ms"),
)


@settings(max_examples=8, deadline=None)
@given(frames=st.integers(11, 14), values=st.lists(st.floats(-28, -6), min_size=6, max_size=6))
def test_nothing_of_a_cut_systole_is_a_number(frames, values):
    """The displacement of the annulus was given, of as much of systole as there was."""
    times = w.TIMES[:frames]
    strain = measure_strain(w.tracks(w.wall(w.parts(*values), times), times), view="A4C")
    document = strain_document(strain)
    assert [document[key] for key in VALUES] == [None] * len(VALUES)
    assert set(document["annular_displacement"].values()) == {None}
    assert "before end-systole" in document["void_because"]
    for segment in document["segments"]:
        assert not any(isinstance(value, float) for value in segment.values()) and segment["void_because"]
    assert not any(isinstance(value, float) for value in document["beats"][0]["segments"].values())


def test_rotation_and_thickening_of_a_cut_systole():
    ring = w.ring(turn_deg=8)[:, :12]
    assert np.isnan(rotation_deg(measure_strain(w.tracks(ring, w.TIMES[:12]))))
    apart = np.array([0.0, 20.0])
    layers = [w.wall(w.uniform(share), w.TIMES[:12]) + k * apart for k, share in enumerate((0.25, 0.15))]
    labels = tuple(f"{name} {i + 1:02d}" for name in ("endo", "epi") for i in range(61))
    found = measure_layers(w.tracks(np.concatenate(layers), w.TIMES[:12], labels=labels))
    assert strain_document(found.main, layers=found)["transverse_end_systolic_percent"] is None


def test_a_whole_beat_has_them():
    strain = measure_strain(w.tracks(w.wall(w.SIX)), view="A4C")
    assert np.isfinite(list(annular_displacement(strain).values())).all()
    assert rotation_deg(measure_strain(w.tracks(w.ring(turn_deg=8)))) == pytest.approx(8, abs=0.2)
