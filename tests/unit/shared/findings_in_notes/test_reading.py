"""What notes say of findings: of whom, whether it is there, and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.compiled_terms import CompiledTerminology, Obo, compile_terms, read_terms
from shared.findings_in_notes.finding import NoteFinding
from shared.findings_in_notes.name_table import name_table
from shared.findings_in_notes.reading import NoteReader
from shared.findings_in_notes.spelling import stem
from shared.findings_in_notes.vocabulary import vocabulary
from shared.ontology import HumanPhenotypeOntology

SEIZURE, HYPOTONIA, ATAXIA = "HP:0001250", "HP:0001252", "HP:0001251"
SMALL_HAND, SHORT_FOOT = "HP:0200055", "HP:0001773"


@pytest.fixture(scope="module")
def terms(tmp_path_factory: pytest.TempPathFactory) -> CompiledTerminology:
    path = tmp_path_factory.mktemp("terms") / "terms.safetensors"
    words = Obo(
        {
            SEIZURE: ["Seizures", "Epilepsy"],
            "HP:0001773": ["Small feet"],
            "HP:0006721": ["ALL", "Acute lymphocytic leukemia"],
        }
    )
    path.write_bytes(compile_terms(HumanPhenotypeOntology(), words))
    return read_terms(path)


@pytest.fixture(scope="module")
def reader(terms: CompiledTerminology) -> NoteReader:
    return NoteReader(name_table(terms))


def said(found: list[NoteFinding]) -> list[tuple[str, str]]:
    return [(each.code, each.state) for each in found]


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("She has seizures.", [(SEIZURE, "present")]),
        (
            "No seizures, hypotonia or ataxia.",
            [(c, "excluded") for c in (SEIZURE, HYPOTONIA, ATAXIA)],
        ),
        ("No seizures but hypotonia.", [(SEIZURE, "excluded"), (HYPOTONIA, "present")]),
        ("Seizures were ruled out.", [(SEIZURE, "excluded")]),
        ("Hypotonia, and ataxia is absent.", [(HYPOTONIA, "present"), (ATAXIA, "excluded")]),
        ("Hypotonia and ataxia are absent.", [(HYPOTONIA, "excluded"), (ATAXIA, "excluded")]),
        ("Not only ataxia but also hypotonia.", [(ATAXIA, "present"), (HYPOTONIA, "present")]),
        ("Her mother has seizures.", [(SEIZURE, "family")]),
        ("Her mother reports seizures.", [(SEIZURE, "present")]),
        ("Her mother denies seizures.", [(SEIZURE, "excluded")]),
        (
            "Family history:\nSeizures.\nExamination: ataxia.",
            [(SEIZURE, "family"), (ATAXIA, "present")],
        ),
        ("No family history of seizures.", []),
        ("Possible seizures.", [(SEIZURE, "uncertain")]),
        ("Seizures cannot be excluded.", [(SEIZURE, "uncertain")]),
        ("Return if seizures occur.", [(SEIZURE, "uncertain")]),
        ("Seizuers. Hypotnoia.", [(SEIZURE, "present"), (HYPOTONIA, "present")]),
        ("Small hands and feet.", [(SMALL_HAND, "present"), (SHORT_FOOT, "present")]),
        ("Absent speech.", [("HP:0001344", "present")]),
        ("All of them were well.", []),
        ("Diagnosed with ALL last year.", [("HP:0006721", "present")]),
        ("Presenta crisis epilépticas.", [(SEIZURE, "present")]),
        ("Sin crisis epilepticas ni hipotonía.", [(SEIZURE, "excluded"), (HYPOTONIA, "excluded")]),
        ("La madre refiere hipotonía.", [(HYPOTONIA, "present")]),
        ("Madre con hipotonía.", [(HYPOTONIA, "family")]),
        ("No se puede descartar ataxia.", [(ATAXIA, "uncertain")]),
        ("Se ha descartado ataxia.", [(ATAXIA, "excluded")]),
        ("Ataxia: no. Hipotonía: sí.", [(ATAXIA, "excluded"), (HYPOTONIA, "present")]),
        ("Acudir si crisis epilépticas.", [(SEIZURE, "uncertain")]),
        ("Microcefalia. Braquidactilia.", [("HP:0000252", "present"), ("HP:0001156", "present")]),
        ("Nota a diario, come bien.", []),
        ("", []),
        ("\n\n  \t", []),
    ],
)
def test_who_has_what(reader: NoteReader, note: str, expected: list[tuple[str, str]]) -> None:
    assert said(reader.read(note)) == expected


def test_a_finding_knows_its_words_and_why(reader: NoteReader) -> None:
    note = "Niega dolor; sin hipotonía axial."
    found = {each.code: each for each in reader.read(note)}
    axial = found["HP:0008936"]
    assert note[axial.start : axial.end] == axial.text == "hipotonía axial"
    assert axial.cue == "sin"
    assert axial.name == "Axial hypotonia"


def test_what_may_mean_the_opposite_is_not_mended(reader: NoteReader) -> None:
    assert reader.read("There is hypetonia.") == []


def test_a_known_word_is_never_mended_into_another(reader: NoteReader) -> None:
    assert said(reader.read("Hypertonia.")) == [("HP:0001276", "present")]
    assert said(reader.read("Hypotonia.")) == [(HYPOTONIA, "present")]


def test_every_spanish_name_is_a_term_that_the_reader_finds(
    reader: NoteReader, terms: CompiledTerminology
) -> None:
    findings = set(terms.codes())
    own = vocabulary().spanish
    assert [code for code in own if code not in findings and terms.is_known(code)] == []
    missed = [
        (code, name)
        for code, names in own.items()
        for name in names
        if code in findings and code not in {each.code for each in reader.read(f"{name}.")}
    ]
    # Names that the ontology's own labels claim, or that lie above or below each other.
    assert len(missed) < 0.03 * sum(map(len, own.values())), missed


@pytest.mark.parametrize("name", ["Arachnodactyly", "Hepatosplenomegaly", "Strabismus", "Kyphosis"])
def test_greek_and_latin_words_are_one_in_both_languages(name: str) -> None:
    spanish = {
        "Arachnodactyly": "aracnodactilia",
        "Hepatosplenomegaly": "hepatosplenomegalia",
        "Strabismus": "estrabismo",
        "Kyphosis": "cifosis",
    }
    assert stem(name) == stem(spanish[name])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read_and_places_are_right(reader: NoteReader, note: str) -> None:
    for each in reader.read(note):
        assert note[each.start : each.end] == each.text


def test_a_long_note_takes_no_longer_than_its_length(reader: NoteReader) -> None:
    note = "No seizures, small hands and feet; possible ataxia. " * 2_000
    assert len(reader.read(note)) == 4 * 2_000
