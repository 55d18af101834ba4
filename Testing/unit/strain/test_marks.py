"""Beats that the clip cuts off: what of them is marked and printed, in words what is not."""

from __future__ import annotations

import known_walls as w
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.files import strain_document
from EchoTrackerLib.strain.marks import phase_marks, unmarked_sentences
from EchoTrackerLib.strain.pictures.chart import draw_chart
from EchoTrackerLib.strain.strain import measure_strain


def cut(beats, start=0.0, cycle_s=0.9, fps=50, **known):
    times = np.arange(round(beats * cycle_s * fps) + 1) / fps
    return measure_strain(w.tracks(w.wall(w.uniform(0.2, start, cycle_s), times), times), view="A4C", **known)


def drawn(strain):
    """Return what the chart says: (labels at the phases with their times, the legend, the caption)."""
    figure = draw_chart(strain)
    axes = figure.axes[0]
    marks = [(t.get_text(), round(float(t.xy[0]), 3)) for t in axes.texts if t.get_text() in ("ED", "ES", "AVC")]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    return marks, legend, figure.get_supxlabel().replace("\n", " ")


@settings(max_examples=12, deadline=None)
@given(beats=st.floats(1.1, 3.0), start=st.floats(0, 0.95))
def test_every_mark_of_every_beat_is_in_the_picture(beats, start):
    strain = cut(beats, start)
    marks, _legend, caption = drawn(strain)
    assert [name for name, _time in marks] == [mark.kind.upper() for mark in phase_marks(strain)]
    for (_name, time_s), mark in zip(marks, phase_marks(strain)):
        assert time_s == pytest.approx(strain.times_s[mark.frame], abs=1e-3)
    for sentence in unmarked_sentences(strain):
        assert sentence in caption


def test_end_systole_of_a_beat_without_a_next_end_diastole_is_marked():
    strain = cut(1.6)
    assert [tuple(mark) for mark in phase_marks(strain)] == [("ed", 0), ("es", 16), ("ed", 45), ("es", 61)]
    assert unmarked_sentences(strain) == []


def test_a_beat_cut_before_end_systole_has_no_mark_of_it_and_the_reason():
    strain = cut(1.2)
    assert [mark.kind for mark in phase_marks(strain)] == ["ed", "es", "ed"]
    assert unmarked_sentences(strain) == ["Beat 2 has no mark of ES: the clip ends before end-systole."]


def test_nothing_is_printed_as_end_systolic_where_the_clip_ends_before():
    """The segments' values at the last frame were in the legend as if it were end-systole."""
    marks, legend, caption = drawn(cut(0.25))
    assert [name for name, _time in marks] == ["ED"]
    assert len(legend) == 7 and all(text.endswith("void") for text in legend)
    assert "No GLS: the clip ends before end-systole. Beat 1 has no mark of ES" in caption


@settings(max_examples=10, deadline=None)
@given(beats=st.floats(1.1, 3.0), start=st.floats(0, 0.95), mvo_ms=st.integers(340, 500))
def test_mitral_valve_opening_is_a_line_in_every_beat_that_has_its_end_diastole(beats, start, mvo_ms):
    strain = cut(beats, start, mvo_s=mvo_ms / 1000)
    figure = draw_chart(strain)
    found = [float(text.xy[0]) for text in figure.axes[0].texts if text.get_text() == "MVO"]
    known = [beat.phases for beat in strain.beats if np.isfinite(beat.phases.ed_doubt_ms)]
    times = [strain.times_s[phases.ed] + mvo_ms / 1000 for phases in known]
    assert found == pytest.approx([time for time in times if time <= strain.times_s[-1]])
    assert strain_document(strain)["mvo_ms"] == pytest.approx(mvo_ms)
    assert strain.gls_percent == cut(beats, start).gls_percent or np.isnan(strain.gls_percent)


def test_a_mitral_valve_does_not_open_before_the_aortic_closes():
    for wrong in ({"mvo_s": 0.05}, {"mvo_s": 2.0}, {"mvo_s": 0.3, "avc_s": 0.32}):
        with pytest.raises(BadInput, match="Mitral valve opening"):
            cut(1.6, **wrong)


def test_a_beat_that_begins_before_the_clip_has_its_end_systole():
    strain = cut(1.9, start=0.2)
    assert phase_marks(strain)[0].kind == "es"
    assert unmarked_sentences(strain)[0].startswith("Beat 1 has no mark of ED: the clip begins after")
