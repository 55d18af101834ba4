"""The bull's-eye: places as in the guideline, models of 16, 17 and 18 segments, what is void, pictures."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from EchoTrackerLib.errors import BadInput
from EchoTrackerLib.strain.pictures import bullseye as figure
from EchoTrackerLib.strain.pictures import raster
from EchoTrackerLib.strain.pictures.colors import SEGMENT_COLORS, segment_color, segment_rgb
from EchoTrackerLib.strain.pictures.scales import STRAIN, TIME_TO_PEAK
from EchoTrackerLib.strain.segments import segment_names
from EchoTrackerLib.strain.study import bullseye as model

VALUES = {name: -10.0 - i for i, name in enumerate(model.NAMES_18)}


@pytest.mark.parametrize("count", model.MODELS)
def test_each_wall_is_where_the_guideline_has_it(count):
    places = {place.name: place for place in model.layout(count)}
    assert tuple(places) == model.names(count) and len(places) == count
    middle = {name: (place.start + place.end) / 2 % 360 for name, place in places.items()}
    for level in ("basal", "mid"):
        walls = ("anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral")
        assert [middle[f"{level} {wall}"] for wall in walls] == [90, 150, 210, 270, 330, 30]
    assert middle["apical anterior"] == 90 and middle["apical inferior"] == 270
    if count < 18:
        assert middle["apical septal"] == 180 and middle["apical lateral"] == 0
    area = sum((p.end - p.start) / 360 * (p.outer**2 - p.inner**2) for p in places.values())
    assert area == pytest.approx(1)


def test_numbers_of_the_guideline():
    number = {name: i + 1 for i, name in enumerate(model.NAMES_17)}
    assert (number["basal anterior"], number["basal inferior"], number["mid anterolateral"]) == (1, 4, 12)
    assert (number["apical anterior"], number["apical septal"], number["apical lateral"], number["apex"]) == (
        13,
        14,
        16,
        17,
    )
    with pytest.raises(BadInput):
        model.names(15)


@pytest.mark.parametrize("count", model.MODELS)
def test_a_place_is_found_from_a_click_in_its_middle(count):
    for place in model.layout(count):
        x, y = place.middle
        assert model.segment_at(x, y, count) == place.name
    assert model.segment_at(0.9, 0.9, count) is None


def test_sixteen_and_seventeen_of_eighteen():
    for count in (16, 17):
        found = model.combined(VALUES, count)
        assert found["mid inferior"] == VALUES["mid inferior"] and found["apical anterior"] == VALUES["apical anterior"]
        assert found["apical septal"] == np.mean([VALUES["apical inferoseptal"], VALUES["apical anteroseptal"]])
        assert found["apical lateral"] == np.mean([VALUES["apical anterolateral"], VALUES["apical inferolateral"]])
    assert found["apex"] == pytest.approx(np.mean([VALUES[name] for name in model.NAMES_18[12:]]))
    assert model.combined(VALUES, 18) == VALUES


def test_void_is_never_filled_and_a_part_is_said():
    values = {**VALUES, "mid anterior": math.nan, "apical anteroseptal": math.nan}
    found = model.combined(values, 17)
    assert math.isnan(found["mid anterior"]) and found["apical septal"] == VALUES["apical inferoseptal"]
    assert model.partly_known(values, 17) == ("apical septal", "apex")
    assert model.partly_known(values, 18) == ()
    two = {name: VALUES[name] for name in ("apical anterior", "apical inferior")}
    assert math.isnan(model.combined(two, 17)["apex"])
    assert math.isnan(model.combined({}, 16)["basal anterior"])


def texts(drawn):
    return [text.get_text() for axes in drawn.axes for text in axes.texts]


def hatched(drawn):
    return sum(bool(patch.get_hatch()) for patch in drawn.axes[0].patches)


def test_values_and_void_are_drawn():
    drawn = figure.draw_bullseye({**VALUES, "mid anterior": math.nan, "basal anterior": 6.0}, 17)
    found = texts(drawn)
    assert hatched(drawn) == 1 and found.count("\N{EN DASH}") == 1
    assert "6.0" in found and f"\N{MINUS SIGN}{-VALUES['basal inferior']:.1f}" in found
    bar = drawn.axes[1]
    assert tuple(bar.get_xlim()) == (-25, 25) and "strain (%)" in bar.get_xlabel()
    assert hatched(figure.draw_bullseye(VALUES, 18)) == 0


def test_one_view_is_drawn_as_one_view():
    one = dict.fromkeys(segment_names("A4C"), -18.0)
    assert figure.model_for(["A4C"], 17) == 18 and figure.model_for(["A4C", "A2C"], 17) == 17
    drawn = figure.draw_bullseye(one, figure.model_for(["A4C"], 17), title=figure.title_of({"A4C": -18.04}))
    numbers = [text for text in texts(drawn) if re.fullmatch("\N{MINUS SIGN}18.0", text)]
    assert len(numbers) == 6 and hatched(drawn) == 0
    assert drawn.axes[0].get_title() == "A4C alone: GLS \N{MINUS SIGN}18.0 %"
    assert figure.title_of({"A4C": -18.0, "A2C": -16.0}).startswith("GLS \N{MINUS SIGN}17.0 %")
    assert figure.title_of({"A4C": -18.0, "A2C": math.nan}).startswith("GLS void")


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_pictures_have_the_same_bytes(tmp_path, suffix):
    paths = [tmp_path / f"{name}.{suffix}" for name in ("a", "b")]
    for path in paths:
        figure.save_bullseye(path, VALUES, 17, TIME_TO_PEAK, "title")
    assert paths[0].read_bytes() == paths[1].read_bytes() and paths[0].stat().st_size > 5000


def test_one_color_a_segment():
    for view in ("A4C", "A2C", "APLAX", "RV", ""):
        colors = [segment_color(name) for name in segment_names(view)]
        assert colors == list(SEGMENT_COLORS), view
    assert segment_rgb("basal inferoseptal") == pytest.approx((0, 114 / 255, 178 / 255))
    assert segment_color("global") not in SEGMENT_COLORS


@pytest.mark.parametrize("count", model.MODELS)
def test_the_image_without_matplotlib_shows_the_same(count):
    values = {**VALUES, "mid inferior": math.nan}
    image = raster.bullseye_image(values, count, STRAIN)
    shown = model.combined(values, count)
    for place in model.layout(count):
        x, y = place.middle
        column, row = (1 + raster.RADIUS * x) * 320, 0.485 * 640 - raster.RADIUS * y * 320
        assert raster.place_of_pixel(column, row) == pytest.approx((x, y))
        if math.isfinite(shown[place.name]):
            expected = STRAIN.rgb(np.array(shown[place.name]))
            assert np.abs(image[round(row) + 3, round(column) + 3].astype(int) - expected).max() <= 1, place.name
            mapped = np.array(STRAIN.colormap()((shown[place.name] + 25) / 50)[:3]) * 255
            assert np.abs(mapped - expected).max() < 4
    labels = {label.text for label in raster.bullseye_labels(values, count, STRAIN, "GLS")}
    assert {"GLS", "anterior", "\N{EN DASH}", "\N{MINUS SIGN}25", "25"} <= labels
    assert STRAIN.number(shown["basal anterior"]) in labels
