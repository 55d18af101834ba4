"""Decisions of a reviewer, the review table, traffic lights and problems; and that they travel with the tracks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.history import StateHistory
from EchoTrackerLib.review.rows import (
    BAD,
    CHECK,
    GOOD,
    LOST,
    UNKNOWN,
    find_problems,
    next_bad_frame,
    next_problem,
    point_rows,
    shown_rows,
    traffic_lights,
)
from EchoTrackerLib.tracks.decisions import (
    ACCEPTED,
    REJECTED,
    TO_CORRECT,
    Decision,
    Review,
    changed_names,
    decide_points,
    decide_segments,
    decision_of,
    rejected,
    review_document,
    review_from_document,
)
from EchoTrackerLib.tracks.files import read_tracks, write_tracks
from EchoTrackerLib.tracks.tracks import Tracks

SEGMENTS = ("basal", "basal", "mid", "")


def example() -> Tracks:
    t = 10
    positions = np.zeros((4, t, 2), dtype=np.float32)
    positions[:, :, 0] = np.arange(4)[:, None] * 10
    positions[1, :, 1] = np.arange(t)  # moves 9 px down
    confidence = np.full((4, t), 0.9, dtype=np.float32)
    confidence[1, 4:7] = (0.4, 0.1, 0.3)
    confidence[2, 2] = 0.6
    confidence[3, 8:] = 0.2
    confidence[:, 0] = 1.0
    visible = np.ones((4, t), dtype=bool)
    visible[0, 9] = False
    return Tracks(
        positions, visible, ("a", "b", "c", "d"), np.arange(t) / 50, (0.5, 0.25), confidence=confidence, size=(64, 48)
    )


def test_own_decision_wins_over_the_segments():
    review = decide_segments(Review(), ["basal"], Decision(REJECTED, "shadow"))
    review = decide_points(review, ["b"], Decision(ACCEPTED, "looks right"))
    assert rejected(review, "abcd", SEGMENTS) == ("a",)
    assert decision_of(review, "b", "basal") == Decision(ACCEPTED, "looks right")
    assert decision_of(review, "d", "").status == "undecided"
    review = decide_points(review, ["b"], Decision())  # taken back
    assert rejected(review, "abcd", SEGMENTS) == ("a", "b")
    assert not decide_segments(review, ["basal"], Decision())


def test_bad_decisions_are_refused():
    with pytest.raises(BadInput, match="not a decision"):
        Decision("maybe")
    with pytest.raises(BadInput, match="characters"):
        Decision(REJECTED, "x" * 501)
    for damaged in (None, [], {"points": {}}, {"points": {"a": {"status": "rejected"}}, "segments": {}}):
        with pytest.raises(BadInput, match="damaged"):
            review_from_document(damaged)


def test_document_round_trip():
    review = decide_points(Review(), ["væg 1", "b"], Decision(TO_CORRECT, 'a "quoted" <reason> & more'))
    review = decide_segments(review, ["mid"], Decision(REJECTED))
    assert review_from_document(json.loads(json.dumps(review_document(review)))) == review


@pytest.mark.parametrize("name", ["t.npz", "t.json"])
def test_decisions_travel_with_the_tracks(tmp_path, name):
    review = decide_points(Review(), ["a"], Decision(REJECTED, "jumps"))
    write_tracks(tmp_path / name, replace(example(), review=review))
    assert read_tracks(tmp_path / name).review == review
    assert read_tracks(tmp_path / name).select(np.array([1, 2])).review == review
    write_tracks(tmp_path / name, example())
    assert not read_tracks(tmp_path / name).review


def test_damaged_decisions_in_a_file_are_named(tmp_path):
    path = tmp_path / "t.json"
    write_tracks(path, example())
    document = json.loads(path.read_text(encoding="utf-8"))
    document["review"] = {"points": {"a": {"status": "perhaps", "reason": ""}}, "segments": {}}
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(BadInput, match=r"t\.json.*not a decision"):
        read_tracks(path)


def test_rows_hold_figures_in_the_right_unit():
    rows = point_rows(example(), SEGMENTS, decide_points(Review(), ["c"], Decision(REJECTED, "swap")), cycle=(0, 8))
    assert [row.label for row in rows] == ["a", "b", "c", "d"]
    assert rows[1].displacement == pytest.approx(9 * 0.5)  # y moves by the row spacing
    assert rows[1].drift == pytest.approx(8 * 0.5)
    assert rows[1].worst_frame == 5
    assert rows[1].confidence == pytest.approx((6 * 0.9 + 0.8) / 9)
    assert rows[2].decision == Decision(REJECTED, "swap")
    assert {row.unit for row in rows} == {"mm"}
    plain = point_rows(replace(example(), spacing_mm=None, confidence=None), SEGMENTS, Review())
    assert plain[1].displacement == pytest.approx(9)
    assert plain[1].unit == "px"
    assert plain[1].worst_frame is None
    assert np.isnan([plain[1].confidence, plain[1].drift]).all()


def test_lamps():
    found = traffic_lights(example())
    assert found[1].tolist() == [GOOD] * 4 + [BAD] * 3 + [GOOD] * 3
    assert found[2, 2] == CHECK
    assert found[0, 9] == LOST
    unknown = traffic_lights(replace(example(), confidence=None))
    assert unknown[1, 3] == UNKNOWN
    assert unknown[0, 9] == LOST


def test_problems_are_stretches_the_worst_first():
    problems = find_problems(example())
    assert [(p.point, p.first, p.last, p.worst) for p in problems] == [(1, 4, 6, 5), (3, 8, 9, 8)]
    review = decide_points(Review(), ["b"], Decision(ACCEPTED))
    assert [p.point for p in find_problems(example(), review=review)] == [3]
    assert [p.point for p in find_problems(example(), below=0.7)] == [1, 3, 2]
    assert find_problems(replace(example(), confidence=None)) == []


def test_next_problem_goes_around():
    problems = find_problems(example())
    assert next_problem(problems, 0, 0) == problems[0]
    assert next_problem(problems, 1, 6) == problems[1]
    assert next_problem(problems, 3, 8) == problems[0]
    assert next_problem([], 0, 0) is None


def test_next_bad_frame_walks_through_time_and_around():
    problems = find_problems(example())  # b on 4 to 6, d on 8 and 9
    seen, frame = [], 0
    for _ in range(6):
        frame, problem = next_bad_frame(problems, frame)
        seen.append((frame, "abcd"[problem.point]))
    assert seen == [(4, "b"), (5, "b"), (6, "b"), (8, "d"), (9, "d"), (4, "b")]
    assert next_bad_frame([], 3) is None


def test_next_bad_frame_shows_the_gravest_problem_of_the_frame():
    tracks = example()
    tracks.confidence[0, 5] = 0.05
    assert next_bad_frame(find_problems(tracks), 4)[1].point == 0
    assert next_bad_frame(find_problems(tracks), 5)[1].point == 1


def test_rows_hold_the_worst_of_each_measure_without_the_query_frame():
    tracks = example()
    jitter = np.full((4, 10), 0.5)
    jitter[:, 0], jitter[1, 3], jitter[2] = 9.0, 2.0, np.nan
    likeness = np.full((4, 10), 0.8)
    likeness[:, 0], likeness[1, 5] = -1.0, 0.1
    tracks = replace(tracks, quality={"jitter": jitter, "appearance": likeness})
    rows = point_rows(tracks, SEGMENTS, Review())
    assert [row.worst["jitter"] for row in rows[:2]] == [0.5, 2.0]
    assert np.isnan(rows[2].worst["jitter"])
    assert [row.worst["appearance"] for row in rows[:2]] == [0.8, 0.1]
    assert np.isnan(rows[0].worst["closure"])


def test_a_thousand_decisions_are_taken_back_and_repeated():
    rng = np.random.default_rng(0)
    history, states = StateHistory(Review()), [Review()]
    while len(states) <= 1000:
        decision = Decision((ACCEPTED, REJECTED, TO_CORRECT)[rng.integers(3)], str(rng.integers(5)))
        decide = decide_points if rng.random() < 0.8 else decide_segments
        review = decide(history.present, [str(rng.integers(100))], decision)
        if history.add(review):
            states.append(review)
    for state in states[-2::-1]:
        assert history.undo() == state
    assert history.undo() is None and not history.can_undo
    for state in states[1:]:
        assert history.redo() == state
    assert history.redo() is None
    assert not history.add(history.present)


def test_a_new_decision_forgets_those_taken_back():
    history = StateHistory(Review())
    history.add(decide_points(Review(), ["a"], Decision(ACCEPTED)))
    history.undo()
    history.add(decide_points(Review(), ["b"], Decision(ACCEPTED)))
    assert not history.can_redo
    assert history.undo() == Review()


def test_changed_names_are_those_of_either_review():
    first = decide_points(decide_segments(Review(), ["basal"], Decision(REJECTED)), ["a", "b"], Decision(ACCEPTED))
    second = decide_points(first, ["a"], Decision())
    second = decide_points(second, ["c"], Decision(ACCEPTED, "new"))
    assert changed_names(first, second) == ({"a", "c"}, set())
    assert changed_names(second, Review()) == ({"b", "c"}, {"basal"})


def test_filter_by_confidence():
    rows = point_rows(example(), SEGMENTS, Review())
    assert shown_rows(rows, 0.8).tolist() == [False, True, False, True]
    assert shown_rows(rows, 1.0).all()
    assert shown_rows(point_rows(replace(example(), confidence=None), SEGMENTS, Review()), 1.0).all()


def test_one_frame():
    tracks = example()
    one = Tracks(tracks.positions[:, :1], tracks.visible[:, :1], tracks.labels, np.zeros(1), confidence=np.ones((4, 1)))
    assert point_rows(one, SEGMENTS, Review())[0].confidence == 1.0
