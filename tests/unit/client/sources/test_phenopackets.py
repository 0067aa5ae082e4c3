"""Phenopackets as a source: what is read, what is refused, and where an error says it is."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.mapping_assistant.opening import open_sample
from client.mapping_assistant.proposing import propose
from client.mapping_assistant.writing import mapping_text
from client.sources.loading import load_records
from client.sources.phenopackets.durations import years_of
from client.sources.phenopackets.facts import facts_of
from client.sources.phenopackets.packet import packets_of
from shared.contract import Contract
from shared.errors import DataError

CONTRACT = Contract.model_validate(
    {
        "name": "packets",
        "version": "1.0.0",
        "description": "Invented",
        "identifying_fields": ["name"],
        "feature": [
            {
                "name": "age",
                "kind": "numeric",
                "description": "Age",
                "synonyms": ["age years"],
                "unit": "a",
                "minimum": 0,
                "maximum": 120,
            },
            {
                "name": "sex",
                "kind": "categorical",
                "description": "Sex",
                "codes": [{"code": "female", "name": "Female"}, {"code": "male", "name": "Male"}],
            },
            {
                "name": "findings",
                "kind": "terms",
                "description": "Findings",
                "synonyms": ["observed"],
                "code_system": "HPO",
            },
            {
                "name": "absent_findings",
                "kind": "terms",
                "description": "Absent findings",
                "synonyms": ["excluded"],
                "code_system": "HPO",
                "meaning": "absent",
            },
        ],
        "target": [
            {"code": "OMIM:142900", "name": "Holt-Oram syndrome", "frequency": "rare"},
            {"code": "OMIM:154700", "name": "Marfan syndrome", "frequency": "rare"},
        ],
    }
)
MAPPING = """
[source]
kind = "phenopackets"
path = "{path}"
[rows]
bad_rows = "{bad_rows}"
patient = "patient"
[label]
column = "disease"
[[column]]
column = "age_years"
feature = "age"
unit = "a"
[[column]]
column = "sex"
feature = "sex"
[column.codes]
FEMALE = "female"
MALE = "male"
[[column]]
column = "observed"
feature = "findings"
[[column]]
column = "excluded"
feature = "absent_findings"
"""


def packet(number: int, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    found: dict[str, Any] = {
        "id": f"packet-{number}",
        "subject": {
            "id": f"patient-{number}",
            "sex": "FEMALE",
            "dateOfBirth": "2001-02-03T00:00:00Z",
            "timeAtLastEncounter": {"age": {"iso8601duration": "P4Y6M"}},
        },
        "phenotypicFeatures": [
            {"type": {"id": "HP:0001631", "label": "Atrial septal defect"}},
            {"type": {"id": "HP:0001199"}, "onset": {"age": {"iso8601duration": "P1Y"}}},
            {"type": {"id": "HP:0001643"}, "excluded": True},
        ],
        "diseases": [{"term": {"id": "OMIM:142900"}}, {"term": {"id": "X:1"}, "excluded": True}],
        "metaData": {"externalReferences": [{"id": "DOI:1"}, {"id": "PMID:7"}]},
    }
    return found | changes


def write_packets(folder: Path, *packets: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for number, each in enumerate(packets):
        (folder / f"{number}.json").write_text(json.dumps(each), encoding="utf-8")
    return folder


def mapping(tmp_path: Path, path: str, bad_rows: str = "stop") -> Path:
    found = tmp_path / "mapping.toml"
    found.write_text(MAPPING.format(path=path, bad_rows=bad_rows), encoding="utf-8")
    return found


def zipped(path: Path, members: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_a_folder_a_zip_and_a_cohort_give_the_same_records(tmp_path: Path) -> None:
    packets = [packet(0), packet(1, diseases=[{"term": {"id": "OMIM:154700"}}])]
    write_packets(tmp_path / "folder", *packets)
    zipped(tmp_path / "all.zip", {f"a/{n}.json": json.dumps(p) for n, p in enumerate(packets)})
    (tmp_path / "cohort.json").write_text(json.dumps({"members": packets}), encoding="utf-8")
    tables = []
    for path in ("folder", "all.zip", "cohort.json"):
        loaded = load_records(CONTRACT, mapping(tmp_path, path))
        tables.append(loaded.records.table)
        assert loaded.records.labels.tolist() == ["OMIM:142900", "OMIM:154700"]
    first = tables[0].iloc[0]
    assert first["age"] == pytest.approx(4.5)
    assert first["sex"] == "female"
    assert first["findings"] == ("HP:0001631", "HP:0001199")
    assert first["absent_findings"] == ("HP:0001643",)
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


def test_a_settled_interpretation_goes_before_diseases_and_onset_is_the_earliest() -> None:
    settled = {"progressStatus": "SOLVED", "diagnosis": {"disease": {"id": "OMIM:154700"}}}
    (read,) = packets_of(json.dumps(packet(0, interpretations=[settled])).encode())
    facts = facts_of(read)
    assert facts.diseases == ("OMIM:154700",)
    assert facts.onset == pytest.approx(1.0)
    assert facts.publication == "PMID:7"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"id": "a", "phenotypicFeatures": [{"type": {"id": 5}}]}', "phenotypicFeatures[0].type"),
        ('{"id": "a", "subject": ', "complete to its last brace"),
        ("[1, 2]", "schema version 2"),
        ('{"resourceType": "Patient"}', "phenotypicFeatures"),
        ("\xff", "JSON text"),
    ],
)
def test_a_file_that_is_none_is_named_with_its_place(
    tmp_path: Path, content: str, expected: str
) -> None:
    folder = write_packets(tmp_path / "folder", packet(0))
    (folder / "secret-name.json").write_text(content, encoding="latin-1")
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, mapping(tmp_path, "folder"))
    (problem,) = caught.value.problems
    assert problem.file == "folder/secret-name.json"
    assert expected in problem.expected
    set_aside = load_records(CONTRACT, mapping(tmp_path, "folder", "set_aside"))
    assert (set_aside.rows_read, set_aside.rows_set_aside) == (2, 1)


def test_an_age_that_is_no_duration_is_a_problem_of_its_packet(tmp_path: Path) -> None:
    subject = {"id": "p", "timeAtLastEncounter": {"age": {"iso8601duration": "four"}}}
    write_packets(tmp_path / "folder", packet(0), packet(1, subject=subject))
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, mapping(tmp_path, "folder"))
    (problem,) = caught.value.problems
    assert "subject.timeAtLastEncounter" in problem.expected
    assert "four" not in str(problem)


def test_terms_of_another_ontology_and_unknown_ones_go_through_the_usual_checks(
    tmp_path: Path,
) -> None:
    other = [{"type": {"id": "SNOMED:123"}}]
    unknown = [{"type": {"id": "HP:9999999"}}]
    write_packets(
        tmp_path / "folder",
        packet(0),
        packet(1, phenotypicFeatures=other),
        packet(2, phenotypicFeatures=unknown),
    )
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, mapping(tmp_path, "folder"))
    expected = [each.expected for each in caught.value.problems]
    assert [each.row for each in caught.value.problems] == [3, 4]
    assert "look like" in expected[0]
    assert "release of HPO knows" in expected[1]


@pytest.mark.parametrize("name", ["../out.json", "/etc/out.json", "a/../../out.json", "C:\\x.json"])
def test_an_archive_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    zipped(tmp_path / "bad.zip", {"fine.json": json.dumps(packet(0)), name: "{}"})
    with pytest.raises(DataError, match="leads out"):
        load_records(CONTRACT, mapping(tmp_path, "bad.zip"))


def test_an_archive_that_grows_too_much_is_refused(tmp_path: Path) -> None:
    zipped(tmp_path / "bomb.zip", {"bomb.json": " " * 50_000_000})
    with pytest.raises(DataError, match="unpacks to far more"):
        load_records(CONTRACT, mapping(tmp_path, "bomb.zip"))


def test_a_damaged_archive_and_an_empty_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "damaged.zip").write_bytes(b"PK\x03\x04 and no more")
    zipped(tmp_path / "empty.zip", {"readme.txt": "nothing"})
    with pytest.raises(DataError, match="not a ZIP archive"):
        load_records(CONTRACT, mapping(tmp_path, "damaged.zip"))
    with pytest.raises(DataError, match="holds no file"):
        load_records(CONTRACT, mapping(tmp_path, "empty.zip"))


def test_a_member_that_lies_about_its_size_is_read_no_further_than_the_limit(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lie.zip"
    zipped(path, {"lie.json": "x" * 100_000})
    content = bytearray(path.read_bytes())
    # The size that the directory names, at the end, is made small.
    place = content.rindex(b"PK\x01\x02")
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    path.write_bytes(bytes(content))
    with pytest.raises(DataError):
        load_records(CONTRACT, mapping(tmp_path, "lie.zip"))


def test_the_assistant_proposes_the_whole_mapping(tmp_path: Path) -> None:
    packets = [
        packet(number, diseases=[{"term": {"id": f"OMIM:{(142900, 154700)[number % 2]}"}}])
        for number in range(20)
    ]
    folder = write_packets(tmp_path / "folder", *packets)
    sample = open_sample(str(folder), tmp_path, contract=CONTRACT)
    path = tmp_path / "proposed.toml"
    path.write_text(mapping_text(propose(CONTRACT, sample), sample.name), encoding="utf-8")
    loaded = load_records(CONTRACT, path)
    assert len(loaded.records) == 20
    assert loaded.unmapped_features == []
    assert loaded.records.table["absent_findings"].tolist() == [("HP:0001643",)] * 20


@given(st.integers(0, 120), st.integers(0, 11), st.integers(0, 30))
def test_durations_are_years(years: int, months: int, days: int) -> None:
    found = years_of(f"P{years}Y{months}M{days}D")
    assert found == pytest.approx(years + months / 12 + days / 365.2425, abs=1e-5)


@pytest.mark.parametrize("text", ["", "P", "4Y", "PT", "P4", "P-1Y", "P1Y2", "4 years", "P1YT"])
def test_other_texts_are_no_durations(text: str) -> None:
    assert years_of(text) is None
