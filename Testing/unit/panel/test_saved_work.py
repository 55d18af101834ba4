"""All that a user did to a study in the panel, saved by Slicer's Save dialog in every order of kinds, and loaded."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
import save_dialog
from wall_examples import STUDY_SHARES, study_wall

from EchoTrackerLib.annotation.annotation import State, empty_annotation
from EchoTrackerLib.cine.cine import Cine
from EchoTrackerLib.scene import results as study
from EchoTrackerLib.scene.annotation.sequence import find_annotations, read_annotation
from EchoTrackerLib.scene.clip.cine import read_cine
from EchoTrackerLib.scene.compare.compared import find_kept, keep_tracks
from EchoTrackerLib.scene.given import given, kept_view, set_given
from EchoTrackerLib.scene.points import apex_noted, frame_noted, read_points
from EchoTrackerLib.scene.review import read_review, read_sample, write_review
from EchoTrackerLib.scene.strain import given_frames, read_strain
from EchoTrackerLib.scene.study.record import LEFT_OUT, Shown, read_shown, set_view, study_clips, write_shown
from EchoTrackerLib.scene.tracks import read_tracks
from EchoTrackerLib.strain.strain import measure_strain
from EchoTrackerLib.tracks.decisions import REJECTED, Decision, Review

VIEWS = ("A4C", "A2C", "APLAX")


def clip_of(view):
    """A clip of 200 x 150 px and the tracks of its wall."""
    tracks = study_wall(STUDY_SHARES[view], n=37)
    tracks = replace(tracks, positions=tracks.positions / 4, spacing_mm=(1.6, 1.6), size=(200, 150))
    frames = np.random.default_rng(1).integers(0, 255, (tracks.n_frames, 150, 200), dtype=np.uint8)
    return Cine(frames=frames, times_s=tracks.times_s, spacing_mm=tracks.spacing_mm, name=f"heart {view}"), tracks


def work(bench):
    """A study of three clips; on the first everything that the panel can do to one."""
    scene, panel = bench.scene, bench.panel
    for view in VIEWS:
        cine, tracks = clip_of(view)
        study.add_study(scene, cine, tracks, measure_strain(tracks, view=view, layer="mid"))
    clips = {clip.name[6:]: clip.browser for clip in study_clips(scene)}
    bench.parameters.browser = browser = clips["A4C"]
    bench.host.settle(0.2)
    bench.ui.wallButton.click()
    for x, y in ((60, 120), (100, 30), (140, 120)):
        bench.click_px(x, y)
    bench.host.settle(0.2)
    keep_tracks(scene, browser, clip_of("A4C")[1], "kept by hand")
    sequence = study.find_results(scene, browser).tracks.sequence
    label = read_tracks(scene, sequence).labels[3]
    write_review(sequence, Review({label: Decision(REJECTED, "drifts; näh")}))
    panel.sampling.draw(5, 3)
    panel.annotation.section.widget.collapsed = False
    bench.host.settle()
    for name in ("A", "B"):
        times = read_cine(browser).times_s
        empty = empty_annotation(("a", "b"), times, None, (1.6, 1.6), (200, 150))
        states, positions = empty.states.copy(), empty.positions.copy()
        states[0, 2], positions[0, 2] = State.PLACED, (50.0, 60.5)
        states[1, 3], positions[1, 3] = State.OCCLUDED, (20.0, 30.0)
        panel.annotation.sets.add(replace(empty, states=states, positions=positions, annotator=name), f"set {name}")
    panel.annotation.section.widget.collapsed = True
    bench.host.settle()
    said = given(browser)
    set_given(browser, said._replace(closure_ms=310.0, without_s=(0.25,)))
    set_given(clips["A2C"], given(clips["A2C"])._replace(turned=True, alone=True))
    set_view(clips["APLAX"], LEFT_OUT)
    write_shown(scene, Shown(16, "time-to-peak"))
    bench.parameters.tail, bench.parameters.colorBy = 9.0, "strain_percent"
    bench.host.settle(0.2)


def found(bench):
    """What of it is in the scene and in the panel, as plain values."""
    scene, parameters = bench.scene, bench.parameters
    facts = {"shown": read_shown(scene), "parameters": (parameters.view, parameters.tail, parameters.colorBy)}
    facts["browser"] = parameters.browser.GetMasterSequenceNode().GetName()
    points = read_points(parameters.points, bench.panel.session.proxy)
    facts["points"] = points.labels, points.positions.round(3).tolist(), frame_noted(parameters.points, 0)
    facts["apex"], facts["layer"] = apex_noted(parameters.points), parameters.layers
    curve = parameters.wallCurve
    facts["curve"] = [
        tuple(round(x, 3) for x in curve.GetNthControlPointPositionWorld(k))
        for k in range(curve.GetNumberOfControlPoints())
    ]
    facts["locked"] = bool(parameters.points.GetLocked())
    for clip in study_clips(scene):
        browser, name = clip.browser, clip.name
        tracks = study.find_results(scene, browser).tracks.sequence
        read, strain = read_tracks(scene, tracks), read_strain(scene, browser)
        facts[name] = {
            "view": clip.view,
            "pixels": hash(read_cine(browser).frames.tobytes()),
            "tracks": (read.positions.tobytes(), read.labels, read.tracker),
            "review": read_review(tracks),
            "sample": repr(read_sample(tracks)),  # it holds what is not a number
            "strain": (strain.gls_percent, strain.ed, strain.es, strain.percent.tobytes()),
            "given": (given(browser), given_frames(browser), kept_view(browser)),
            "kept": [
                (node.GetName(), read_tracks(scene, node).positions.tobytes()) for node in find_kept(scene, browser)
            ],
            "sets": [
                (node.GetName(), a.annotator, a.labels, a.states.tolist(), np.nan_to_num(a.positions).round(3).tolist())
                for node in find_annotations(scene, browser)
                for a in [read_annotation(scene, node)]
            ],
            "table": study.find_results(scene, browser).strain.values.GetNumberOfRows(),
        }
    return facts


def load(bench, path):
    save_dialog.read(bench.scene, path)
    bench.host.settle(0.3)


def differences(a, b, where=""):
    if isinstance(a, dict):
        return [text for key in a for text in differences(a[key], b.get(key), f"{where}/{key}")]
    return [] if a == b else [f"{where}: {str(a)[:80]} became {str(b)[:80]}"]


@pytest.mark.parametrize("route", list(itertools.product(["mrb", "mrml"], repeat=3)), ids="-".join)
def test_all_work_survives_any_order_of_saving(bench, tmp_path, route):
    work(bench)
    before = found(bench)
    for number, kind in enumerate(route):
        path = tmp_path / str(number) / f"scene.{kind}"
        (save_dialog.save_as_mrb if kind == "mrb" else save_dialog.save_as_mrml)(bench.scene, path)
        load(bench, path)
        assert differences(before, found(bench)) == [], (number, kind)
