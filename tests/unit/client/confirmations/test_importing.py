"""A file is taken as a whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.confirmations import Confirmations
from client.confirmations.importing import Imported, import_file
from shared.errors import DataError
from tests.unit.client.confirmations.conftest import Answer, said

CODES = {"0": "none", "I25": "disease"}


def bring(
    confirmations: Confirmations, folder: Path, text: str, source: str = "registry"
) -> Imported:
    path = folder / "diagnoses.csv"
    path.write_bytes(text.encode("utf-8"))
    return import_file(confirmations, path, who="ada", source=source, local_codes=CODES)


def test_rows_by_answer_and_by_patient(
    confirmations: Confirmations, answer: Answer, tmp_path: Path
) -> None:
    two = answer(patient="hash of 7", time="2021-01-10T12:00:00.000000+00:00")
    one = answer()
    text = (
        "\ufeffprediction_id;patient;diagnosis;date\r\n"
        f"{one.id};;grade_1;2021-11-01\r\n\r\n;7;0;2021-02-01\r\n;8;I25;2021-02-01\r\n"
    )
    assert bring(confirmations, tmp_path, text) == Imported(3, 0, 0, 1)
    found = {each.prediction: each.code for each in confirmations.cases()}
    assert found == {one.id: "grade_1", two.id: "none", "": "disease"}


def test_a_file_brought_again_changes_nothing_and_a_corrected_one_corrects(
    confirmations: Confirmations, answer: Answer, tmp_path: Path
) -> None:
    one = answer()
    text = f"prediction_id,diagnosis,date\n{one.id},none,2021-11-01\n"
    assert bring(confirmations, tmp_path, text).added == 1
    assert bring(confirmations, tmp_path, text) == Imported(0, 1, 0, 0)
    assert bring(confirmations, tmp_path, text.replace("none", "grade_1")).added == 1
    # Back to what was said first is a new word, too.
    assert bring(confirmations, tmp_path, text).added == 1
    [case] = confirmations.cases()
    assert (case.code, len(case.history)) == ("none", 3)


def test_another_source_brings_a_conflict(
    confirmations: Confirmations, answer: Answer, tmp_path: Path
) -> None:
    one = answer()
    confirmations.confirm(said("grade_1", prediction=one.id))
    text = f"prediction_id,diagnosis,date\n{one.id},none,2021-11-01\n"
    assert bring(confirmations, tmp_path, text).conflicts == 1


def test_all_problems_are_told_by_row_and_nothing_is_taken(
    confirmations: Confirmations, answer: Answer, tmp_path: Path
) -> None:
    one = answer()
    text = (
        "prediction_id,diagnosis,date\n"
        f"{one.id},none,2021-11-01\n"
        "Garcia1957,none,2021-11-01\n"
        f"{one.id},Garcia1957,1.11.2026\n"
        f"{one.id},,2021-11-02\n"
        f"{one.id},grade_1,2021-11-01\n"
    )
    with pytest.raises(DataError) as error:
        bring(confirmations, tmp_path, text)
    places = [(each.row, each.column) for each in error.value.problems]
    assert places == [
        (3, "prediction_id"),
        (4, "diagnosis"),
        (4, "date"),
        (5, "diagnosis"),
        (6, "diagnosis"),
    ]
    assert "Garcia1957" not in " ".join([str(error.value), *map(str, error.value.problems)])
    assert confirmations.cases() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns"),
        ("prediction_id,date\n1,2\n", "columns"),
        ("patient,diagnosis\n1,none\n", "the day of each diagnosis"),
        ("prediction_id,diagnosis,colour\n1,none,red\n", "colour"),
        ("prediction_id,diagnosis\n", "no rows"),
        ("prediction_id,diagnosis\n1,none,3,4\n", "2 cells"),
    ],
)
def test_a_file_of_another_form_is_refused(
    confirmations: Confirmations, tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(DataError) as error:
        bring(confirmations, tmp_path, text)
    assert words in " ".join([str(error.value), *map(str, error.value.problems)])


def test_a_file_that_is_absent_or_no_text_is_refused(
    confirmations: Confirmations, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        import_file(confirmations, tmp_path / "none.csv", who="a", source="b", local_codes={})
    (tmp_path / "diagnoses.csv").write_bytes(b"diagn\xf3stico,\xff\n")
    with pytest.raises(DataError, match="UTF-8"):
        import_file(confirmations, tmp_path / "diagnoses.csv", who="a", source="b", local_codes={})
