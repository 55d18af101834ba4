"""Agreement of two annotation sets in the panel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from annotate_host import place, visible

from EchoTrackerLib.errors import BadInput


@pytest.fixture
def pair(editing):
    """Two observers; the second is (1, 0) px off, and 9 px off at point 3 on frame 8."""
    editing.tracks()
    first = replace(editing.annotation.sets._from_tracks(), segments=("basal", "basal", "mid", "mid", "", ""))
    off = first.positions + np.float32((1.0, 0.0))
    off[3, 7] += (8.0, 0.0)
    editing.annotation.sets.add(replace(first, annotator="A"), "A")
    editing.annotation.sets.add(replace(first, positions=off, annotator="B"), "B")
    editing.host.settle()
    return editing


def test_agreement_of_two_sets(pair, tmp_path):
    ui = pair.ui
    ui.agreementGroupBox.collapsed = False
    ui.compareSetsButton.click()
    assert visible(pair) == ["A", "B"]
    assert pair.bench.panel.session.frame == 0
    marks = pair.annotation.points._display._marks._marks
    with_lines = marks.GetPolyData().GetNumberOfCells()
    first, second = (
        pair.annotation.editors.proxy(sequence).GetDisplayNode() for sequence in pair.annotation.editors.sets
    )
    assert (first.GetPointLabelsVisibility(), second.GetPointLabelsVisibility()) == (False, True)
    assert "ICC" in ui.agreementLabel.text
    assert "two annotators" in ui.agreementLabel.text
    rows = [[ui.segmentsTable.item(r, c).text() for c in range(6)] for r in range(ui.segmentsTable.rowCount)]
    assert [row[0] for row in rows] == ["All points", "basal", "mid"]
    assert rows[1] == ["basal", "24", "0.50", "0.00", "0.50", "1.00"]  # 1 px is 0.5 mm here
    assert "(mm)" in ui.segmentsTable.horizontalHeaderItem(2).text()
    assert [ui.worstTable.item(0, c).text() for c in range(1, 4)] == ["8", "8 to 8", "4.50"]
    listed = [(ui.worstTable.item(r, 0).text(), ui.worstTable.item(r, 2).text()) for r in range(ui.worstTable.rowCount)]
    assert len(set(listed)) == len(listed)
    ui.worstTable.selectRow(0)
    assert pair.bench.panel.session.frame == 7
    assert ui.pointsTable.currentRow() == 3
    assert ui.stripsTable.item(0, 0).text() == "All points"
    ui.stripsTable.selectRow(2)
    assert ui.pointsTable.currentRow() == 1
    import qt

    assert ui.stripsTable.item(4, 1).data(qt.Qt.DecorationRole).width() == 110
    pair.answers.file = tmp_path / "agreement.csv"
    ui.exportAgreementButton.click()
    lines = (tmp_path / "agreement.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("# first set 'A' by A, second set 'B' by B")
    assert sum(not line.startswith("#") for line in lines) == 1 + 6 * 12
    pair.answers.file = tmp_path / "agreement.svg"
    ui.exportAgreementButton.click()
    assert (tmp_path / "agreement.svg").read_text(encoding="utf-8").startswith("<svg")
    ui.endComparisonButton.click()
    assert visible(pair) == ["B"]
    pair.go(0)
    assert marks.GetPolyData().GetNumberOfCells() == with_lines - 6  # lines to the other set's points
    pair.answers.yes = True
    ui.compareSetsButton.click()
    ui.deleteSetButton.click()
    assert not ui.agreementTabs.visible
    with pytest.raises(BadInput, match="two different sets"):
        pair.annotation.agreement.compare()


def test_agreement_of_what_people_placed(pair, monkeypatch):
    import slicer

    told = []
    monkeypatch.setattr(slicer.util, "warningDisplay", lambda text, **_more: told.append(text))
    ui = pair.ui
    ui.agreementGroupBox.collapsed = False
    ui.compareSetsButton.click()
    try:
        ui.countedComboBox.setCurrentIndex(1)
        assert "at least two positions" in told[-1]
        assert not ui.agreementTabs.visible
        for name in ("A", "B"):
            ui.setComboBox.setCurrentIndex(ui.setComboBox.findText(name))
            for frame in (2, 7):
                place(pair, 3, frame, (60.0 + (name == "B"), 50.0))
        ui.compareSetsButton.click()
        assert ui.segmentsTable.item(0, 1).text() == "2"
        assert ui.segmentsTable.item(0, 5).text() == "1.00"
    finally:
        ui.countedComboBox.setCurrentIndex(0)
    assert ui.segmentsTable.item(0, 1).text() == "72"
    ui.endComparisonButton.click()
