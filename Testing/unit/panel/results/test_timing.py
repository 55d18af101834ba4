"""What the user says of a clip's beat: phases at the frame on screen, valve closure, direction of the wall."""

from __future__ import annotations

import numpy as np
from panel_host import make_cine

from EchoTrackerLib.scene.strain import read_strain


def strain_of(bench):
    return read_strain(bench.scene, bench.parameters.browser)


def test_phases_are_set_at_the_frame_on_screen(measured):
    for frame, button in ((2, measured.ui.edHereButton), (9, measured.ui.esHereButton)):
        measured.parameters.browser.SetSelectedItemNumber(frame)
        button.click()
        measured.host.settle(0.1)
    assert (measured.parameters.edFrame, measured.parameters.esFrame) == (3, 10)  # counted from 1 on screen
    assert (strain_of(measured).ed, strain_of(measured).es) == (2, 9)
    assert "ED frame 3, ES frame 10" in measured.ui.resultMessageLabel.text


def test_valve_closure_gives_end_systole_and_stays_with_its_clip(measured):
    first, found = measured.parameters.browser, strain_of(measured)
    measured.ui.closureSpinBox.value = 120
    measured.host.settle(0.1)
    strain = strain_of(measured)
    assert strain.phases.es_source.startswith("aortic valve closure")
    step = strain.times_s[1] - strain.times_s[0]
    assert abs(strain.times_s[strain.es] - strain.times_s[strain.ed] - 0.12) <= step and strain.es != found.es
    measured.load(make_cine(frames=21))
    measured.host.settle(0.1)
    assert measured.ui.closureSpinBox.value == 0
    measured.parameters.browser = first
    measured.host.settle(0.1)
    assert measured.ui.closureSpinBox.value == 120
    measured.ui.closureSpinBox.value = 0
    measured.host.settle(0.1)
    assert strain_of(measured).es == found.es


def test_mitral_opening_is_kept_with_the_clip_and_changes_no_value(measured):
    before = strain_of(measured)
    measured.ui.openingSpinBox.value = 180
    measured.host.settle(0.1)
    after = strain_of(measured)
    assert after.mvo_s == 0.18 and (after.ed, after.es, after.gls_percent) == (before.ed, before.es, before.gls_percent)
    measured.load(make_cine(frames=21))
    measured.host.settle(0.1)
    assert measured.ui.openingSpinBox.value == 0


def test_a_wall_from_right_to_left_is_turned(bench):
    bench.load(make_cine(frames=21))
    points = bench.put()
    node = bench.parameters.points
    places = [node.GetNthControlPointPosition(n) for n in range(len(points))]
    for n, place in enumerate(reversed(places)):
        node.SetNthControlPointPosition(n, *place)
    bench.track()
    bench.host.settle(0.2)
    assert "right to its left" in bench.ui.resultMessageLabel.text
    before = {piece.name: piece.percent for piece in strain_of(bench).segments}
    bench.ui.turnCheckBox.checked = True
    bench.host.settle(0.1)
    assert "has been turned round" in bench.ui.resultMessageLabel.text
    after = [piece.percent for piece in strain_of(bench).segments]
    for mine, other in zip(after, reversed(list(before.values()))):
        np.testing.assert_allclose(mine, other, atol=1e-3)


def test_fields_are_gray_without_tracks(bench):
    bench.load()
    bench.host.settle(0.1)
    for name in ("edHereButton", "esHereButton", "closureSpinBox", "turnCheckBox"):
        assert not getattr(bench.ui, name).enabled
