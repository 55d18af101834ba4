"""Decisions in the scene: a thousand of them, undone, saved and loaded."""

from __future__ import annotations

import numpy as np
import pytest
from scene_data import make_cine, make_tracks

from EchoTrackerLib.history import StateHistory
from EchoTrackerLib.scene.archive import read_scene, save_scene
from EchoTrackerLib.scene.mrml.environment import new_scene
from EchoTrackerLib.scene.mrml.nodes import browsers_of
from EchoTrackerLib.scene.results import add_study, set_results
from EchoTrackerLib.scene.review import hide_ring, read_review, show_ring, write_review
from EchoTrackerLib.scene.tracks import find_tracks, read_tracks
from EchoTrackerLib.tracks.decisions import STATUSES, Decision, decide_points, decide_segments


@pytest.fixture
def study():
    environment = new_scene()
    cine = make_cine()
    clip, results = add_study(environment.scene, cine, make_tracks(cine))
    return environment, clip, results.tracks.sequence


def test_a_thousand_decisions_are_undone_saved_and_loaded(study, tmp_path):
    environment, _clip, sequence = study
    rng, history = np.random.default_rng(0), StateHistory(read_review(sequence))
    states = [history.present]
    while len(states) <= 1000:
        decision = Decision(STATUSES[rng.integers(1, 4)], f"decision {len(states)}")
        decide = decide_points if rng.random() < 0.8 else decide_segments
        assert history.add(decide(history.present, [f"p{rng.integers(5)}"], decision))
        write_review(sequence, history.present)
        states.append(history.present)
    save_scene(environment, tmp_path / "scene.mrb")
    loaded = read_scene(tmp_path / "scene.mrb").scene
    again = find_tracks(loaded, browsers_of(loaded)[0])[0]
    assert read_review(again) == states[-1]
    for state in states[-2::-1]:
        write_review(sequence, history.undo())
        assert read_review(sequence) == state
    assert sequence.GetAttribute("EchoTracker.Review") is None
    for _state in states[1:]:
        write_review(sequence, history.redo())
    assert read_review(sequence) == states[-1]


def test_new_tracks_come_without_the_old_decisions(study):
    environment, clip, sequence = study
    write_review(sequence, decide_points(read_review(sequence), ["p1"], Decision("rejected")))
    tracks = read_tracks(environment.scene, sequence)
    assert tracks.review.points
    cine = make_cine()
    set_results(environment.scene, clip.browser, make_tracks(cine, seed=4))
    assert not read_review(find_tracks(environment.scene, clip.browser)[0])


def test_one_ring_that_hides_where_a_point_is_not_known(study):
    scene, clip, _sequence = study[0].scene, study[1], study[2]
    before = scene.GetNumberOfNodes()
    show_ring(scene, clip.proxy, np.array([3.0, 4.0]), "a")
    show_ring(scene, clip.proxy, np.array([np.nan, 4.0]), "b")
    rings = [n for n in (scene.GetNthNode(i) for i in range(scene.GetNumberOfNodes())) if "selected" in n.GetName()]
    assert len(rings) == 1 and not rings[0].GetDisplayNode().GetVisibility()
    hide_ring(scene)
    hide_ring(scene)
    assert scene.GetNumberOfNodes() == before
