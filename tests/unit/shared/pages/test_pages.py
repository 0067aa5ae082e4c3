"""Words in both languages, and figures that read the same in a page and in a file."""

from __future__ import annotations

import string
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from shared.pages.charts import Bar, Cell, bar_matrix, bars, heat_map
from shared.pages.distribution_chart import Steps, distributions, ticks
from shared.pages.drawing import Drawing, fitted, width_of
from shared.pages.labels import feature_label
from shared.pages.words import Catalogue, Words, count, decimal, joined, percent

CATALOGUES = ["client.exploration", "server.exploration"]


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("package", CATALOGUES)
def test_both_languages_say_the_same_things(package: str) -> None:
    texts = Catalogue(package).texts
    assert set(texts["en"]) == set(texts["es"])
    for key, text in texts["en"].items():
        assert gaps(text) == gaps(texts["es"][key]), key
        assert "!" not in text


def test_numbers_are_written_as_people_there_write_them() -> None:
    assert count(1234567) == Words("1,234,567", "1.234.567")
    assert decimal(-1234.5, 1) == Words("\N{MINUS SIGN}1,234.5", "\N{MINUS SIGN}1.234,5")
    assert decimal(-0.001, 2).en == "0.00"
    assert percent(0.0001).en == "<1%"
    assert percent(0.9999).en == ">99%"
    assert (percent(0.0).en, percent(1.0).en) == ("0%", "100%")


def test_texts_from_data_are_escaped() -> None:
    assert escape(Words("<b>", "<i>")) == (
        '<span lang="en">&lt;b&gt;</span><span lang="es">&lt;i&gt;</span>'
    )
    assert joined(["a", Words("b", "c")]) == Words("a, b", "a, c")


def test_one_and_many_are_told_apart() -> None:
    say = Catalogue("server.exploration")
    assert say("title", count=1).en == "What the data of one hospital are like"
    assert say("title", count=4).es == "Cómo son los datos de 4 hospitales"


def drawn() -> Drawing:
    return Drawing("name", Words("Title <1>", "Título"), Words("About", "Sobre"))


@pytest.mark.parametrize(
    "drawing",
    [
        heat_map(drawn(), ["a <b>", "b"], ["c", "d"], [[Cell(0.5, "x"), Cell(None, "")]] * 2),
        heat_map(drawn(), ["a"], ["a very long name of a column" * 3], [[Cell(-0.7, "low")]]),
        bar_matrix(drawn(), ["a"], ["b"], [[Cell(0.4, Words("four", "cuatro"), 0.1)]]),
        bar_matrix(drawn(), [], [], []),
        bars(drawn(), [Bar("a", 0.3, "0.3", 0.5, [0.1, 0.7])]),
        bars(drawn(), []),
        distributions(
            drawn(),
            [Steps("a", [0, 1, 3], [0.4, 0.3], open_low=True), Steps("b", [], [], nothing="none")],
            "mm",
            Steps("all", [0, 3], [0.33]),
        ),
        distributions(drawn(), [Steps("a", [], [], nothing="none")], ""),
    ],
)
def test_every_chart_is_svg_within_its_size(drawing: Drawing) -> None:
    for language in ("en", "es"):
        root = ElementTree.fromstring(drawing.file(language))  # noqa: S314 - ours
        assert root.tag.endswith("svg")
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        assert width > 0
        for each in root.iter():
            for key, most in (("x", width), ("y", height)):
                assert -1 <= float(each.attrib.get(key, 0)) <= most + 1, each.attrib
    assert "cuatro" not in drawing.file("en")
    assert "var(" not in drawing.file("en")


@given(st.text(max_size=60), st.floats(20, 300))
def test_a_cut_text_fits(text: str, width: float) -> None:
    assert width_of(fitted(text, width)) <= width


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_and_within(low: float, span: float) -> None:
    found = ticks(low, low + span)
    assert 1 <= len(found) <= 6
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in found)
    steps = {round((b - a) / span, 6) for a, b in pairwise(found)}
    assert len(steps) <= 1


def test_names_of_features_are_written_as_people_write_them() -> None:
    assert feature_label("st_depression") == "ST depression"
    assert feature_label("maximum_heart_rate") == "Maximum heart rate"
