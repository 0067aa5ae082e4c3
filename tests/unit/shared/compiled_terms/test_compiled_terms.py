"""Terms read from arrays are those of HPO's package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from shared.compiled_terms import CompiledTerminology, compile_terms, layout, read_obo, read_terms
from shared.errors import BundleError, SettingsError
from shared.ontology import HPO, HumanPhenotypeOntology, terminologies, terminology

OBO = """\
format-version: 1.2

[Term]
id: HP:0001166
name: Arachnodactyly
alt_id: HP:9000001
synonym: "Long slender fingers" EXACT layperson []
synonym: "Fingers of a \\"spider\\"" RELATED []
synonym: "Abnormal hand" BROAD []

[Typedef]
id: part_of
synonym: "nothing" EXACT []
"""


@pytest.fixture(scope="module")
def installed() -> HumanPhenotypeOntology:
    return HumanPhenotypeOntology()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, installed: HumanPhenotypeOntology) -> Path:
    folder = tmp_path_factory.mktemp("terms")
    (folder / "hp.obo").write_text(OBO)
    path = folder / layout.FILE
    path.write_bytes(compile_terms(installed, read_obo(folder / "hp.obo")))
    return path


@pytest.fixture(scope="module")
def compiled(file: Path) -> CompiledTerminology:
    return read_terms(file)


def test_every_code_means_what_it_means_in_the_package(
    compiled: CompiledTerminology, installed: HumanPhenotypeOntology
) -> None:
    codes = installed.every_code()
    assert len(codes) > 19_000
    assert [code for code in codes if compiled.ancestors(code) != installed.ancestors(code)] == []
    assert [code for code in codes if compiled.name(code) != installed.name(code)] == []
    assert [code for code in codes if compiled.current(code) != installed.current(code)] == []
    assert compiled.codes() == installed.codes()
    assert compiled.version() == installed.version()


@pytest.mark.parametrize("code", ["HP:9999999", "HP:000116", "", "ZZ", "HP:0000489"])
def test_codes_that_are_not_known(
    compiled: CompiledTerminology, installed: HumanPhenotypeOntology, code: str
) -> None:
    assert not compiled.is_known(code)
    assert not installed.is_known(code)
    assert compiled.ancestors(code) == (code,)
    assert compiled.name(code) == code


def test_merged_numbers_and_synonyms_come_from_the_file_of_the_release(
    compiled: CompiledTerminology,
) -> None:
    assert compiled.current("HP:9000001") == "HP:0001166"
    assert compiled.ancestors("HP:9000001") == compiled.ancestors("HP:0001166")
    assert compiled.synonyms("HP:9000001") == ("Long slender fingers", 'Fingers of a "spider"')


@pytest.mark.parametrize(
    ("text", "code"),
    [("arachnod", "HP:0001166"), ("LONG slend", "HP:0001166"), ("hp:0001250", "HP:0001250")],
)
def test_a_search_finds_names_synonyms_and_codes(
    compiled: CompiledTerminology, text: str, code: str
) -> None:
    assert compiled.search(text)[0].code == code


def test_a_search_for_nothing_or_nonsense_finds_nothing(compiled: CompiledTerminology) -> None:
    assert compiled.search(" ") == compiled.search("qqqqq") == []
    assert len(compiled.search("a", most=3)) == 3


def test_other_terms_are_used_for_a_while_only(compiled: CompiledTerminology) -> None:
    with terminologies({HPO: compiled}):
        assert terminology("hpo") is compiled
        assert terminology("local").name("x") == "x"
    assert terminology("hpo") is not compiled


def test_a_damaged_file_is_refused(tmp_path: Path, file: Path) -> None:
    path = tmp_path / layout.FILE
    content = file.read_bytes()
    for damaged in (b"", content[:100], content[:-5000], b"\xff" * 64):
        path.write_bytes(damaged)
        with pytest.raises(BundleError, match=r"terms"):
            read_terms(path)


@pytest.mark.parametrize("name", [layout.CURRENT, layout.ANCESTORS, layout.ends(layout.NAMES)])
def test_arrays_that_point_outside_each_other_are_refused(
    tmp_path: Path, file: Path, name: str
) -> None:
    arrays = load(file.read_bytes())
    arrays[name] = arrays[name] + np.int32(1_000_000)
    path = tmp_path / layout.FILE
    path.write_bytes(save(arrays))
    with pytest.raises(BundleError, match="do not fit"):
        read_terms(path)


def test_a_file_that_is_no_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hp.obo"
    for content in ("", "[Term]\nid: HP:0000001\n"):
        path.write_text(content)
        with pytest.raises(SettingsError, match="names no synonym"):
            read_obo(path)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_obo(tmp_path / "absent.obo")
