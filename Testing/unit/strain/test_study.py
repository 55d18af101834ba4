"""A study of up to three apical views: values, what is void, shared timing, the manifest, the report."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from wall_examples import STUDY_SHARES, STUDY_TIMES, study_wall

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.segments import segment_names
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.strain.study.bullseye import NAMES_18
from EchoTrackerLib.strain.study.files import study_document, study_row
from EchoTrackerLib.strain.study.manifest import measure_manifest, read_manifest
from EchoTrackerLib.strain.study.opening import share_mvo
from EchoTrackerLib.strain.study.study import Member, make_study
from EchoTrackerLib.strain.study.timing import rr_s, scaled_avc_s, share_avc
from EchoTrackerLib.strain.study.views import view_in_name, view_of_file
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review
from EchoTrackerLib.tracks.files import write_tracks


def members(**changed):
    return [
        Member(f"{view}.dcm", measure_strain(changed.get(view, study_wall(shares)), view=view, layer="mid"))
        for view, shares in STUDY_SHARES.items()
    ]


def test_values_of_three_views():
    study = make_study(members()[::-1])
    expected = {view: -100 * np.mean(shares) for view, shares in STUDY_SHARES.items()}
    assert list(study.views) == ["A4C", "A2C", "APLAX"]
    for view, value in expected.items():
        assert study.views[view].gls_percent == pytest.approx(value, abs=0.1)
    assert study.gls_percent == pytest.approx(np.mean(list(expected.values())), abs=0.1) and study.void_because == ""
    strain = study.values("end_systolic_percent")
    assert set(strain) == set(NAMES_18)
    for view, shares in STUDY_SHARES.items():
        for name, share in zip(segment_names(view), shares):
            assert strain[name] == pytest.approx(-100 * share, abs=0.1), name
    assert study.segments["basal inferior"].time_to_peak_ms == pytest.approx(324, abs=20)
    assert study.mechanical_dispersion_ms < 5


def test_a_rejected_segment_is_void_and_its_neighbors_keep_their_values():
    rejected = replace(
        study_wall(STUDY_SHARES["A2C"]), review=Review(segments={"mid inferior": Decision(REJECTED, "shadow")})
    )
    study = make_study(members(A2C=rejected))
    void = study.segments["mid inferior"]
    assert math.isnan(void.end_systolic_percent) and void.void_because and void.n_beats == 0
    assert study.segments["basal inferior"].end_systolic_percent == pytest.approx(-18, abs=0.1)
    document = study_document(study, "S1")
    segment = next(s for s in document["segments"] if s["name"] == "mid inferior")
    assert segment["end_systolic_percent"] is None and segment["void_because"]
    assert document["models"]["17"]["mid inferior"] is None and document["models"]["17"]["apex"] is not None
    assert study_row(study, "S1")["mid_inferior_percent"] == ""
    json.dumps(document, allow_nan=False)


def test_a_void_view_makes_the_mean_void_and_one_view_is_no_mean():
    half = study_wall(STUDY_SHARES["A2C"], times_s=STUDY_TIMES[:12])  # ends before end-systole
    study = make_study(members(A2C=half))
    assert math.isnan(study.gls_percent) and study.void_because.startswith("A2C: ")
    assert study.views["A4C"].gls_percent == pytest.approx(-15, abs=0.1)
    one = make_study(members()[:1])
    assert one.gls_percent == one.views["A4C"].gls_percent and set(one.segments) == set(segment_names("A4C"))


def test_several_clips_of_a_view_are_averaged_over_their_beats():
    two = np.arange(91) / 50
    long = Member("b.dcm", measure_strain(study_wall((0.24,) * 6, times_s=two), view="A4C"))
    study = make_study([Member("a.dcm", measure_strain(study_wall((0.12,) * 6), view="A4C")), long])
    result = study.views["A4C"]
    assert result.n_beats == 1 + len(long.strain.used) == 3
    assert result.gls_percent == pytest.approx((-12 - 24 - 24) / 3, abs=0.2)
    assert result.gls_sd_percent == pytest.approx(np.std([12, 24, 24], ddof=1), abs=0.2)


@pytest.mark.parametrize("view", ["RV", ""])
def test_only_apical_views(view):
    with pytest.raises(BadInput, match="made of A4C, A2C, APLAX"):
        make_study([Member("a.dcm", measure_strain(study_wall(STUDY_SHARES["A4C"]), view=view))])
    with pytest.raises(BadInput, match="at least one"):
        make_study([])


def test_aortic_valve_closure_scaled_by_rr():
    assert scaled_avc_s(0.32, 0.9, 1.2) == pytest.approx(0.32 * 1.2 / 0.9)
    assert scaled_avc_s(0.32, math.nan, 1.2) is None and scaled_avc_s(0.32, 0.9, math.nan) is None


def write_manifest(folder, rows, delimiter=","):
    path = folder / "heart.csv"
    path.write_text("".join(delimiter.join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_manifest_shares_the_timing(tmp_path):
    slow = np.arange(61) / 50
    (tmp_path / "a2c").mkdir()
    write_tracks(tmp_path / "four.npz", study_wall(STUDY_SHARES["A4C"]))
    write_tracks(tmp_path / "a2c" / "tracks.npz", study_wall(STUDY_SHARES["A2C"], times_s=slow, cycle_s=1.2))
    rows = [("view", "tracks", "layer", "avc_ms"), ("a4c", "four.npz", "mid", "324"), ("", "a2c/tracks.npz", "mid", "")]
    entries = read_manifest(write_manifest(tmp_path, rows, ";"))
    assert [(entry.view, entry.view_source) for entry in entries] == [("A4C", ""), ("A2C", "name 'a2c'")]
    measured = measure_manifest(entries)
    a2c = next(m.strain for m in measured.study.members if m.view == "A2C")
    assert rr_s(a2c) == pytest.approx(1.2, abs=0.05)
    source = a2c.phases.es_source
    assert source.startswith("aortic valve closure") and source.endswith("that of four.npz scaled by RR")
    assert a2c.times_s[a2c.es] - a2c.times_s[a2c.ed] == pytest.approx(0.324 * 1.2 / 0.9, abs=0.025)
    notes = " ".join(measured.study.notes)
    assert "view A2C by its name 'a2c'" in notes and "scaled by RR" in notes and "differ by more than 10 %" in notes


@pytest.mark.parametrize(
    "rows, message",
    [
        ([("view", "track"), ("A4C", "t.npz")], "column 'track'"),
        ([("view", "clip"), ("A4C", "t.npz")], "lacks the column 'tracks'"),
        ([("view", "tracks"), ("A4C", "none.npz")], "none.npz is not there"),
        ([("view", "tracks"), ("A4C", "")], "names no track file"),
        ([("view", "tracks"), ("", "t.npz")], "the view is not given"),
        ([("view", "tracks"), ("PLAX", "t.npz")], "none of A4C"),
        ([("view", "tracks", "es"), ("A4C", "t.npz", "1.5")], "whole numbers"),
        ([("view", "tracks", "avc_ms"), ("A4C", "t.npz", "soon")], "not a number"),
        ([("view", "tracks", "drift"), ("A4C", "t.npz", "maybe")], "drift is 'maybe'"),
        ([("view", "tracks")], "lines of values"),
    ],
)
def test_what_is_wrong_in_a_manifest_is_said_with_its_line(tmp_path, rows, message):
    write_tracks(tmp_path / "t.npz", study_wall(STUDY_SHARES["A4C"]))
    with pytest.raises(BadInput, match=message):
        read_manifest(write_manifest(tmp_path, rows))


@pytest.mark.parametrize(
    "name, view",
    [
        ("P1_A4C_beat2", "A4C"), ("apical 4 chamber", "A4C"), ("AP2", "A2C"), ("lv-2ch", "A2C"), ("3CH", "APLAX"),
        ("APLAX", "APLAX"), ("apical long axis", "APLAX"), ("four-chamber", "A4C"), ("plax", ""), ("clip14c", ""),
        ("a4c and a2c", ""), ("rv4chx", ""),
    ],
)  # fmt: skip
def test_views_in_names(name, view):
    assert view_in_name(name) == view


def test_views_in_dicom_headers(tmp_path):
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    def write(name, **values):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        for key, value in values.items():
            setattr(dataset, key, value)
        pydicom.dcmwrite(tmp_path / name, dataset)
        return tmp_path / name

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "399232001", "SCT", "Apical two chamber"
    assert view_of_file(write("x.dcm", ViewCodeSequence=[code])) == ("A2C", "DICOM header")
    assert view_of_file(write("y.dcm", SeriesDescription="Apical 4 chamber")) == ("A4C", "DICOM header")
    assert view_of_file(write("a2c.dcm", SeriesDescription="LV")) == ("A2C", "name 'a2c'")
    assert view_of_file(write("z.dcm"))[0] == view_in_name(tmp_path.name)


def test_what_the_clips_do_not_share_is_said():
    void = Member("cut.dcm", measure_strain(study_wall(STUDY_SHARES["A4C"], times_s=STUDY_TIMES[:12]), view="A4C"))
    study = make_study([*members(), void])
    assert study.views["A4C"].n_beats == 1 and study.gls_percent == pytest.approx(-17, abs=0.1)
    notes = " ".join(study.notes)
    assert "A4C: cut.dcm is left out" in notes and "different layers (mid, not given)" in notes
    assert "left in, taken out" in notes
    assert "different" not in " ".join(make_study(members()).notes)


def test_closure_is_shared_and_what_was_given_is_kept():
    slow = study_wall(STUDY_SHARES["A2C"], times_s=np.arange(61) / 50, cycle_s=1.2)
    tracks = {"a": study_wall(STUDY_SHARES["A4C"]), "b": slow, "c": study_wall(STUDY_SHARES["APLAX"])}
    settings = {"a": {"view": "A4C", "ed": 0}, "b": {"view": "A2C"}, "c": {"view": "APLAX", "ed": 0, "es": 14}}
    measured = {name: (measure_strain(t, layer="mid", **settings[name]), t) for name, t in tracks.items()}
    found, notes = share_avc(measured, "a", 0.30)
    assert set(found) == {"a", "b"} and notes == ["c: keeps the end-systole that was given."]
    assert found["a"].es == 15 and found["a"].ed == 0 and found["a"].phases.ed_source == "given by the user"
    assert found["b"].times_s[found["b"].es] - found["b"].times_s[found["b"].ed] == pytest.approx(0.4, abs=0.03)
    measured["b"] = (measured["b"][0], replace(slow, avc_s=0.35))
    found_again, notes = share_avc(measured, "a", 0.30)
    assert set(found_again) == {"a"} and notes[0] == "b: keeps the aortic valve closure of its file."
    back, _ = share_avc({name: (found[name], tracks[name]) for name in found}, "a", None)
    assert back["b"].phases == measured["b"][0].phases


def test_mitral_opening_of_one_clip_is_marked_in_the_others(tmp_path):
    """Scaled by RR, with its source; a clip with its own keeps it, and no value changes."""
    slow = study_wall(STUDY_SHARES["A2C"], times_s=np.arange(61) / 50, cycle_s=1.2)
    walls = {"A4C": study_wall(STUDY_SHARES["A4C"]), "A2C": slow, "APLAX": study_wall(STUDY_SHARES["APLAX"])}
    for view, wall in walls.items():
        write_tracks(tmp_path / f"{view}.npz", wall)
    rows = [("view", "tracks", "mvo_ms"), *((view, f"{view}.npz", "") for view in walls)]
    without = measure_manifest(read_manifest(write_manifest(tmp_path, rows))).study
    rows[1:] = [(view, name, {"A4C": "420", "APLAX": "450"}.get(view, "")) for view, name, _mvo in rows[1:]]
    study = measure_manifest(read_manifest(write_manifest(tmp_path, rows))).study
    found = {m.view: m.strain for m in study.members}
    scaled = 0.42 * rr_s(found["A2C"]) / rr_s(found["A4C"])
    assert {view: strain.mvo_s for view, strain in found.items()} == pytest.approx(
        {"A4C": 0.42, "A2C": scaled, "APLAX": 0.45}
    )
    assert scaled == pytest.approx(0.42 * 1.2 / 0.9, abs=0.03)
    assert [found[view].mvo_source for view in walls] == [
        "given by the user", "that of A4C.npz scaled by RR", "given by the user",
    ]  # fmt: skip
    assert f"A2C.npz: mitral valve opening {1000 * scaled:.0f} ms after ED, that of A4C.npz (420 ms)" in "".join(
        study.notes
    )
    assert study.gls_by_view == without.gls_by_view
    assert study_document(study)["clips"][1]["mvo_source"] == found["A2C"].mvo_source


def test_mitral_opening_that_cannot_be_in_another_clip_is_not_marked_there():
    late = measure_strain(study_wall(STUDY_SHARES["A2C"]), view="A2C", avc_s=0.41)
    unknown = measure_strain(study_wall(STUDY_SHARES["APLAX"], times_s=STUDY_TIMES[:30]), view="APLAX")
    own = measure_strain(study_wall(STUDY_SHARES["A4C"]), view="A4C", mvo_s=0.42)
    found, notes = share_mvo(["a", "b", "b"], [own, late, unknown], 0)
    assert [strain.mvo_s for strain in found] == [0.42, None, None]
    assert notes == [
        "b: mitral valve opening of a is not used: scaled by RR it would be 420 ms, which cannot be.",
        "b: mitral valve opening of a is not used: an RR interval is unknown.",
    ]


def test_a_measurement_is_repeated_as_it_was_chosen():
    tracks = study_wall(STUDY_SHARES["A4C"], times_s=np.arange(91) / 50)
    turned = tracks.select(np.arange(tracks.n_points)[::-1])
    chosen = {"view": "A4C", "layer": "mid", "apex": "mid 22", "turn": True, "beat": (1,), "drift_compensation": False}
    strain = measure_strain(turned, **chosen)
    found, _notes = share_avc({"a": (strain, turned)}, "a", None)
    assert found["a"].line == strain.line and found["a"].apex == pytest.approx(strain.apex)
    assert [beat.used for beat in found["a"].beats] == [beat.used for beat in strain.beats] == [False, True]
    assert found["a"].gls_percent == pytest.approx(strain.gls_percent) and not found["a"].drift_compensated


def test_closure_in_the_file_of_one_clip_is_shared_and_each_keeps_its_own(tmp_path):
    walls = {"A4C": (0.3, {}), "A2C": (None, {}), "APLAX": (0.34, {})}
    for view, (avc, facts) in walls.items():
        write_tracks(tmp_path / f"{view}.npz", replace(study_wall(STUDY_SHARES[view]), avc_s=avc, **facts))
    rows = [("view", "tracks"), *((view, f"{view}.npz") for view in walls)]
    study = measure_manifest(read_manifest(write_manifest(tmp_path, rows))).study
    sources = {m.view: m.strain.phases.es_source for m in study.members}
    assert sources["A4C"] == "aortic valve closure, 300 ms after end-diastole, in the clip's file"
    assert sources["A2C"].endswith("that of A4C.npz scaled by RR")
    assert sources["APLAX"].startswith("aortic valve closure, 340 ms") and sources["APLAX"].endswith("clip's file")
