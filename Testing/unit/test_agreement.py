"""Agreement statistics against published examples, and the bull's-eye's layout."""

from __future__ import annotations

import numpy as np
import pytest
from wall_examples import scaled_wall

from EchoTrackerLib.agreement import compare, icc_2_1, icc_3_1
from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain import bullseye
from EchoTrackerLib.strain.strain import measure_strain

# Shrout and Fleiss, Psychol Bull 1979;86:420-428, table 2: six targets, four judges.
SHROUT_FLEISS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def test_icc_of_shrout_and_fleiss():
    assert round(icc_2_1(SHROUT_FLEISS), 2) == 0.29
    assert round(icc_3_1(SHROUT_FLEISS), 2) == 0.71


def test_icc_limits():
    ramp = np.arange(10.0)
    assert icc_2_1(np.stack([ramp, ramp], 1)) == pytest.approx(1)
    assert icc_3_1(np.stack([ramp, ramp + 5], 1)) == pytest.approx(1)
    assert icc_2_1(np.stack([ramp, ramp + 5], 1)) < 0.5
    assert np.isnan(icc_2_1(np.ones((4, 2))))
    with pytest.raises(BadInput):
        icc_2_1(np.array([[1.0, np.nan], [2, 3]]))


def test_bland_altman_by_hand():
    result = compare(np.array([-18.0, -20, -16, np.nan, -22]), np.array([-19.0, -19, -18, -10, -21]))
    assert result.n == 4 and result.bias == pytest.approx(0.25)
    sd = np.sqrt(((1 - 0.25) ** 2 + 2 * (-1 - 0.25) ** 2 + (2 - 0.25) ** 2) / 3)
    assert result.sd == pytest.approx(sd)
    assert result.mean_absolute_difference == pytest.approx(5 / 4)
    assert (result.lower_limit, result.upper_limit) == pytest.approx((0.25 - 1.96 * sd, 0.25 + 1.96 * sd))
    assert result.minimal_detectable_change == pytest.approx(1.96 * np.sqrt(2) * result.standard_error_of_measurement)
    assert result.coefficient_of_variation_percent == pytest.approx(100 * sd / np.sqrt(2) / 19.125)


def test_series_that_cannot_be_compared():
    with pytest.raises(BadInput, match="same length"):
        compare(np.ones(3), np.ones(4))
    with pytest.raises(BadInput, match="two complete pairs"):
        compare(np.array([1, np.nan]), np.ones(2))


def test_bullseye_puts_each_wall_where_the_standard_has_it():
    places = bullseye.layout(17)
    centre = {name: place[0] % 360 for name, place in zip(bullseye.NAMES_17, places)}
    assert centre["basal anterior"] == centre["mid anterior"] == centre["apical anterior"] == 90
    assert centre["basal inferior"] == centre["apical inferior"] == 270
    assert centre["apical septal"] == 180 and centre["apical lateral"] == 0
    assert 90 < centre["basal anteroseptal"] < 180 < centre["basal inferoseptal"] < 270
    assert 270 < centre["mid inferolateral"] < 360 and 0 < centre["mid anterolateral"] < 90
    assert bullseye.NAMES_17.index("basal anterolateral") == 5 and bullseye.NAMES_17.index("apex") == 16
    area = sum(width / 360 * (outer**2 - inner**2) for _, width, outer, inner in places)
    assert area == pytest.approx(1)
    assert sum(w / 360 * (o**2 - i**2) for _, w, o, i in bullseye.layout(18)) == pytest.approx(1)
    with pytest.raises(BadInput):
        bullseye.layout(16)


def test_seventeen_of_eighteen():
    values = {name: float(i) for i, name in enumerate(bullseye.NAMES_18)}
    result = dict(zip(bullseye.NAMES_17, bullseye.bullseye_17(values)))
    assert result["mid inferior"] == values["mid inferior"]
    assert result["apical anterior"] == values["apical anterior"]
    assert result["apical septal"] == (values["apical inferoseptal"] + values["apical anteroseptal"]) / 2
    assert result["apical lateral"] == (values["apical anterolateral"] + values["apical inferolateral"]) / 2
    assert result["apex"] == np.mean(bullseye.bullseye_18(values)[12:])
    assert np.isnan(bullseye.bullseye_17({"basal anterior": -3.0})[1:]).all()


def test_bullseye_of_measured_views(tmp_path):
    views = [measure_strain(scaled_wall(s), view=v) for s, v in ((0.2, "A4C"), (0.1, "A2C"))]
    values = bullseye.bullseye_18(bullseye.segment_values(views))
    assert np.isfinite(values).sum() == 12
    assert values[bullseye.NAMES_18.index("mid inferoseptal")] == pytest.approx(-20, abs=0.1)
    assert values[bullseye.NAMES_18.index("basal inferior")] == pytest.approx(-10, abs=0.1)
    assert bullseye.global_strain(views) == pytest.approx(-15, abs=0.1)
    bullseye.save_bullseye(tmp_path / "b.png", views)
    assert (tmp_path / "b.png").stat().st_size > 20_000
    with pytest.raises(BadInput, match="twice"):
        bullseye.segment_values([views[0], views[0]])
    with pytest.raises(BadInput, match="view ''"):
        bullseye.segment_values([measure_strain(scaled_wall(0.2))])
