from __future__ import annotations

import datetime
import re
import warnings
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.review.acceptance import Acceptance, Signatory
from server.review.approval import Approval
from server.review.report import write_report
from server.review.review import Review
from tests.unit.server.review.sample import empty_review, iterate_review, ready_review

BYRON = Approval(name="dr ada  byron", date=datetime.date(2026, 3, 16), comment="Not for grade 4.")
MARKUP = "<script>alert('$x$')</script>"


class Text(HTMLParser):
    """What people read, without markup and style."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.ids: list[str] = []
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_style = tag == "style"
        self.ids += [value for key, value in attrs if key == "id" and value]

    def handle_endtag(self, tag: str) -> None:
        self.in_style = False

    def handle_data(self, data: str) -> None:
        if not self.in_style:
            self.parts.append(data)


def page_of(review: Review, folder: Path, *approvals: Approval) -> str:
    write_report(review, folder / "review.html", approvals)
    return (folder / "review.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ready_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(ready_review(), tmp_path_factory.mktemp("ready"), BYRON)


@pytest.fixture(scope="module")
def iterate_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(iterate_review(), tmp_path_factory.mktemp("iterate"))


@pytest.fixture(scope="module")
def empty_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    return page_of(empty_review(), tmp_path_factory.mktemp("empty"))


def read(page: str) -> str:
    parser = Text()
    parser.feed(page)
    return " ".join(" ".join(parser.parts).split())


def test_ready_model_says_so_with_figures_and_who_has_to_sign(ready_page: str) -> None:
    text = read(ready_page)
    assert "✓ READY For 61 of 100 patients" in text
    assert "trained alone did for 57 of 100" in text
    assert "Neural network Accuracy 0.612 ± 0.012" in text
    assert "Not approved yet by Dr Émile Roux." in text
    assert "✓ approved 2026-03-16" in text
    assert "Not for grade 4." in text
    assert "○ waiting" in text


def test_what_attacks_found_stands_beside_epsilon(ready_page: str, empty_page: str) -> None:
    text = read(ready_page)
    assert "did not tell the two apart beyond chance" in text
    assert (
        "2 at delta 1e-05, for each patient 0.523 (95% interval 0.478 to 0.568) not attacked 2.0%"
        in text
    )
    assert "none: trained without formal privacy 0.641 (95% interval 0.596 to 0.686)" in text
    assert "Boosted trees none: trained without formal privacy not attacked" in read(empty_page)


def test_every_finding_has_its_step_and_what_blocks_comes_first(iterate_page: str) -> None:
    review = iterate_review()
    text = read(iterate_page)
    assert "↻ ITERATE" in text
    assert "1 finding must be resolved before it is used." in text
    assert text.index("Must be resolved At switzerland") < text.index("To know Trained without")
    for finding in review.findings:
        assert finding.what in text
        assert finding.change in text
    assert "Model: Let hospitals keep" in text


def test_criteria_say_in_words_whether_they_are_met(iterate_page: str) -> None:
    text = read(iterate_page)
    assert "0.562 on 265 rows ✓ passed A missed early stage" in text
    assert "0.000 on 28 rows ✗ not passed" in text


def test_hospitals_and_classes_are_shown_with_intervals(iterate_page: str) -> None:
    text = read(iterate_page)
    assert "switzerland 123 0.421 ± 0.008 −0.097 [−0.171, −0.024] ▼ worse" in text  # noqa: RUF001
    assert "hungary 294 0.731 ± 0.015 +0.043 [+0.012, +0.075] ▲ better 0.741 0.702" in text
    assert "Heart disease, grade 4 (grade_4) rare 21 28 0.000 no data" in text


def test_optional_sections_are_there_only_when_there_is_something_to_show(
    ready_page: str, iterate_page: str
) -> None:
    ready = read(ready_page)
    iterate = read(iterate_page)
    for section in ("against the model in use", "40 trials, compared by log loss", "best 15 of 20"):
        assert section in ready
        assert section not in iterate


def test_missing_figures_are_no_data(empty_page: str) -> None:
    text = read(empty_page)
    assert "There is no data on how often this model is right. It is not ready to be used." in text
    assert "Nothing speaks against" not in text
    assert "cleveland 0 no data no data no data no data" in text
    assert "0.000" not in text
    assert "<figure" not in empty_page


@pytest.mark.parametrize("name", ["ready_page", "iterate_page", "empty_page"])
def test_pages_stand_by_themselves(name: str, request: pytest.FixtureRequest) -> None:
    page: str = request.getfixturevalue(name)
    assert not re.search(r"\b(None|nan|inf|Undefined)\b", page)
    assert not re.search(r"(src|href)=\"(?!#)|url\((?!#)|@import|<script|<link", page)
    parser = Text()
    parser.feed(page)
    assert len(parser.ids) == len(set(parser.ids))
    references = re.findall(r"(?:href=\"#|url\(#)([^\")]+)", page)
    assert set(references) <= set(parser.ids)


def test_figures_keep_text_and_say_what_they_show(ready_page: str) -> None:
    assert ready_page.count('<svg role="img" aria-labelledby=') == 5
    assert "Reliability diagram</title>" in ready_page
    assert re.search(r"<text[^>]*>long_beach</text>", ready_page)
    assert "<metadata" not in ready_page


def test_markup_in_data_is_text(tmp_path: Path) -> None:
    ready = ready_review()
    chosen = ready.kinds[ready.chosen]
    marked = chosen.model_copy(
        update={
            "hospitals": {MARKUP: chosen.hospitals["hungary"]},
            "classes": {MARKUP: chosen.classes["grade_1"]},
        }
    )
    acceptance = Acceptance(signatory=[Signatory(name=MARKUP, role=MARKUP)])
    update = {"run": MARKUP, "kinds": {ready.chosen: marked}, "acceptance": acceptance}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page = page_of(ready.model_copy(update=update), tmp_path)
    assert "<script" not in page
    # In the title, the heading, the signatory, and labels of three figures at least.
    assert read(page).count("<script>alert('$x$')") >= 6


def test_same_review_gives_the_same_bytes(ready_page: str, tmp_path: Path) -> None:
    assert page_of(ready_review(), tmp_path, BYRON) == ready_page


def test_many_hospitals_and_classes_have_tables_without_figures(tmp_path: Path) -> None:
    ready = ready_review()
    chosen = ready.kinds[ready.chosen]
    hospitals = {f"hospital_{n}": chosen.hospitals["hungary"] for n in range(40)}
    classes = {f"class_{n}": chosen.classes["grade_1"] for n in range(13)}
    many = chosen.model_copy(update={"hospitals": hospitals, "classes": classes})
    page = page_of(ready.model_copy(update={"kinds": {ready.chosen: many}}), tmp_path)
    assert "hospital_39" in page
    assert "class_12" in page
    assert page.count("<figure>") == 2
