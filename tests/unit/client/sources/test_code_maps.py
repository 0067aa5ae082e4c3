"""Tables of codes: what they mean, and everything that can be wrong with them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from client.sources import load_records
from client.sources.code_maps.intervals import bounds
from client.sources.code_maps.meanings import Meanings, renamed, with_defaults
from client.sources.code_maps.reading import read_code_map
from client.sources.mapping import load_mapping
from client.sources.mapping_warnings import mapping_warnings
from shared.errors import DataError, SettingsError
from tests.unit.client.small_hospital import CONTRACT, column_of, mapping, rows, write

ORPHA_TO_OMIM = """\
source_system,source_code,target_system,target_code,equivalence
ORPHA,558,OMIM,154700,equivalent
ORPHA,636,OMIM,162200,equivalent
ORPHA,286,OMIM,130050,wider
OMIM,154700,,marfan,
OMIM,162200,,nf1,
"""


def table(folder: Path, text: str, name: str = "codes.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def concept_map(folder: Path, *targets: tuple[str, dict[str, Any]]) -> Path:
    elements = [{"code": code, "display": "x", "target": [target]} for code, target in targets]
    group = {"source": "http://hl7.org/fhir/sid/icd-10", "target": "urn:c", "element": elements}
    content = {"resourceType": "ConceptMap", "status": "active", "group": [group]}
    return table(folder, json.dumps(content), "map.json")


def test_codes_prefixes_and_ranges(tmp_path: Path) -> None:
    found = read_code_map(
        table(
            tmp_path,
            "source_code,target_code\n"
            "I20-I25,disease\nI25.*,chronic\nI25.2,old\nE11*,diabetes\nZ00,none\nC00-D48,tumour\n",
        )
    )
    expected = {
        "I20": "disease",
        "I24.9": "disease",
        "I25": "chronic",
        "I25.10": "chronic",
        "I2510": "chronic",
        "I25.2": "old",
        "I252": "old",
        "i25.2": "old",
        "E11.65": "diabetes",
        "E11": "diabetes",
        "D30.1": "tumour",
        "Z00": "none",
        "Z00.0": None,
        "I26": None,
        "I19.9": None,
        "E1": None,
    }
    assert {code: found.meaning(code) for code in expected} == expected


def test_chains_of_named_systems_are_followed(tmp_path: Path) -> None:
    path = table(tmp_path, ORPHA_TO_OMIM)
    found = read_code_map(path, "ORPHA")
    assert [found.meaning(code) for code in ("558", "ORPHA:558", "ORPHA_636", "286", "154700")] == [
        "marfan",
        "marfan",
        "nf1",
        "130050",
        None,
    ]
    assert read_code_map(path, "OMIM").meaning("OMIM:154700") == "marfan"


def test_numbers_of_unnamed_systems_are_no_chain(tmp_path: Path) -> None:
    found = read_code_map(table(tmp_path, "source;target\n1;2\n2;1\n3;3\n"))
    assert [found.meaning(code) for code in "123"] == ["2", "1", "3"]


@pytest.mark.parametrize(
    ("lines", "complaints"),
    [
        (",disease\n", ["row 2: no source code"]),
        ("I20,\n", ["row 2: 'I20' has no target"]),
        ("I20,a\nI20,b\n", ["row 3: 'I20' has another target than in row 2"]),
        ("I25-I20,a\n", ["row 2: 'I25-I20': the range ends before it begins"]),
        ("I20-I25,a\nI24-I30,b\n", ["row 3: overlaps with row 2"]),
        ("E11.*,a\nE11*,b\n", ["row 3: is the same range as row 2"]),
        ("I*5,a\n", ["a * stands at the end of a prefix only"]),
        ("I20,a,b\n", ["row 2: 3 cells where the header has 2"]),
        ("I20,a\n,b\nI20,c\n", ["row 3: no source code", "row 4: 'I20' has another target"]),
    ],
)
def test_what_is_wrong_is_named_with_its_row(
    tmp_path: Path, lines: str, complaints: list[str]
) -> None:
    path = table(tmp_path, "source_code,target_code\n" + lines)
    with pytest.raises(SettingsError) as error:
        read_code_map(path)
    assert str(path) in str(error.value)
    for complaint in complaints:
        assert complaint in str(error.value)


def test_a_circle_is_refused_with_all_its_rows(tmp_path: Path) -> None:
    header = "source_system,source_code,target_system,target_code\n"
    path = table(tmp_path, header + "A,1,B,2\nB,2,C,3\nC,3,A,1\nA,9,B,2\n")
    with pytest.raises(SettingsError, match="leads back to itself by row 2, row 3, row 4"):
        read_code_map(path)


def test_one_code_of_two_systems_needs_to_be_told_apart(tmp_path: Path) -> None:
    path = table(tmp_path, "system,code,target\nORPHA,558,marfan\nLOCAL,558,none\n")
    with pytest.raises(SettingsError, match="say with codes_system which is meant"):
        read_code_map(path)
    assert read_code_map(path, "LOCAL").meaning("558") == "none"
    with pytest.raises(SettingsError, match="has no code of the system 'SNOMED'"):
        read_code_map(path, "SNOMED")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "which column holds the codes"),
        ("a,b\n1,2\n", "which column holds the codes"),
        ("source,target\n", "holds no codes"),
        ('source,target\n"1,2\n', "quotation marks"),
        ("source,target,equivalence\n1,2,same\n", "row 2: no equivalence"),
    ],
)
def test_files_that_are_no_table(tmp_path: Path, content: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        read_code_map(table(tmp_path, content))


def test_only_targets_that_hold_the_source_are_used(tmp_path: Path) -> None:
    path = concept_map(
        tmp_path,
        ("I20", {"code": "disease", "equivalence": "equal"}),
        ("I21", {"code": "disease", "equivalence": "equivalent"}),
        ("I22", {"code": "disease", "equivalence": "wider"}),
        ("I23", {"code": "disease", "equivalence": "subsumes"}),
        ("I24", {"code": "grade_1", "equivalence": "narrower"}),
        ("I25", {"code": "grade_1", "equivalence": "inexact"}),
        ("I26", {"equivalence": "unmatched"}),
        ("I27", {"code": "none", "equivalence": "equal", "dependsOn": [{"property": "sex"}]}),
        ("I28", {"code": "disease", "relationship": "source-is-narrower-than-target"}),
    )
    found = read_code_map(path)
    meanings = {code: found.meaning(code) for code in ("I20", "I21", "I22", "I23", "I28")}
    assert set(meanings.values()) == {"disease"}
    assert [found.meaning(code) for code in ("I24", "I25", "I26", "I27")] == [None] * 4
    assert [each.place for each in found.open_entries] == [
        "group 1, element 5",
        "group 1, element 6",
        "group 1, element 8",
    ]


@pytest.mark.parametrize("content", ["{", "[]", '{"resourceType": "Patient"}', '{"group": 3}'])
def test_files_that_are_no_concept_map(tmp_path: Path, content: str) -> None:
    with pytest.raises(SettingsError, match="ConceptMap"):
        read_code_map(table(tmp_path, content, "map.json"))


def test_a_mapping_reads_its_diagnoses_by_a_table(tmp_path: Path) -> None:
    lines = "I20-I25,disease,\nI25.2,grade_2,\nI30,none,narrower\n"
    table(tmp_path, "source,target,equivalence\n" + lines)
    content = mapping(label={"codes": {"0": "none"}, "codes_file": "codes.csv"})
    path = write(tmp_path, content, rows(diagnosis=["I20.1", "I252", "0", "grade_1"]))
    assert list(load_records(CONTRACT, path).records.labels) == [
        "disease",
        "grade_2",
        "none",
        "grade_1",
    ]
    (warning,) = mapping_warnings(CONTRACT, load_mapping(path))
    assert "row 4 (narrower)" in warning


def test_codes_without_a_meaning_are_problems_as_ever(tmp_path: Path) -> None:
    table(tmp_path, "source,target\nI20-I25,disease\nJ00,cold\n")
    content = mapping(label={"codes": {}, "codes_file": "codes.csv"})
    path = write(tmp_path, content, rows(diagnosis=["I20.1", "J00", "K00", "disease"]))
    with pytest.raises(DataError) as error:
        load_records(CONTRACT, path)
    assert [each.row for each in error.value.problems] == [3, 4]
    (warning,) = mapping_warnings(CONTRACT, load_mapping(path))
    assert "leading to no code of the contract: row 3" in warning


def test_columns_and_terms_have_tables_too(tmp_path: Path) -> None:
    table(tmp_path, "source,target\n1,typical\n2,other\n", "pain.csv")
    table(tmp_path, "source,target\nseizures,HP:0001250\n", "terms.csv")
    content = mapping()
    column_of(content, "pain").update(codes_file="pain.csv", codes={"3": "other"})
    column_of(content, "phenotypes")["codes_file"] = "terms.csv"
    cells = rows(cp=["1", "2", "3", ""], hpo=["seizures|7", "", "", "seizures"])
    records = load_records(CONTRACT, write(tmp_path, content, cells)).records.table
    assert list(records["pain"].dropna()) == ["typical", "other", "other"]
    assert records["phenotypes"][0] == ("HP:0001250", "HP:0000007")


def test_a_table_that_leads_nowhere_does_not_fit(tmp_path: Path) -> None:
    table(tmp_path, "source,target\nI20,heart\n")
    content = mapping(label={"codes_file": "codes.csv"})
    with pytest.raises(SettingsError, match=r"no line of codes.csv leads to a code"):
        load_records(CONTRACT, write(tmp_path, content))
    content = mapping(label={"codes_file": "absent.csv"})
    with pytest.raises(SettingsError, match="does not exist"):
        load_records(CONTRACT, write(tmp_path, content))


def test_renaming_reaches_the_table(tmp_path: Path) -> None:
    codes = Meanings({"0": "none"}, read_code_map(table(tmp_path, "source,target\nI2*,old\n")))
    new = with_defaults(renamed(codes, {"none": "none", "old": "new"}.__getitem__), {"8": "none"})
    assert (new["0"], new["8"], new["I25"], new.get("K00")) == ("none", "none", "new", None)
    assert new != codes


def test_bounds_of_what_is_a_single_code() -> None:
    assert bounds("I25.1") is None
    # A dash inside a code of another system is no range.
    assert bounds("2345-7") is None
