"""Rankings at a hospital: verified, tried out, told with the prevalence that entered."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.ranking.case_findings import case_findings
from client.ranking.opening import open_rankings
from client.ranking.prevalence import read_prevalence
from client.serving.case import Case
from client.serving.services import NodeServices, open_services
from shared.bundle.ranking_files import GOLDEN
from shared.errors import BundleError, SettingsError
from tests.unit.client.ranking.conftest import CONTRACT, bundle_files
from tests.unit.client.ranking.small_engine import FILE, open_small

CASE = Case(
    {
        "age": 61.0,
        "sex": "male",
        "findings": ("HP:0001631", "HP:0001199"),
        "absent_findings": ("HP:0001166",),
    }
)


def test_a_case_of_the_contract_is_findings_with_age_and_sex() -> None:
    found = case_findings(CONTRACT, CASE)
    assert (found.observed, found.excluded) == (("HP:0001631", "HP:0001199"), ("HP:0001166",))
    assert (found.age, found.onset, found.sex) == (61.0, None, "MALE")
    nothing = case_findings(CONTRACT, Case({}))
    assert (nothing.observed, nothing.age, nothing.sex) == ((), None, "UNKNOWN")


def test_an_engine_ranks_with_reasons_and_what_is_stated(services: NodeServices) -> None:
    assert services.rankings is not None
    engine = services.rankings.engine
    assert engine is not None
    output = engine.output(CASE)
    assert output["ranked"][0]["code"] == "OMIM:142900"
    first = output["ranking"]["diseases"][0]
    assert [each["finding"]["code"] for each in first["matching"]] == ["HP:0001199", "HP:0001631"]
    total = sum(each["probability"] for each in output["ranked"])
    assert total + output["ranking"]["something_else"] == pytest.approx(1)
    assert output["ranking"]["prevalence"] == {"hospital_type": "anywhere", "stated": 0}


def test_prevalence_of_the_hospital_enters_and_is_shown(
    home: Path, services: NodeServices, terms: bytes
) -> None:
    (home / "ranking.toml").write_text(
        'hospital_type = "cardiology"\n[prevalence.I10]\nanywhere = 0.2\ncardiology = 0.6\n'
        '[prevalence."OMIM:142900"]\nanywhere = 0.0001\n'
    )
    store = open_rankings(services.home, services.settings, open_small)
    engine = store.engine
    assert engine is not None
    empty = Case({"findings": (), "absent_findings": ()})
    output = engine.output(empty)
    assert output["ranked"][0]["code"] == "I10"
    assert output["ranking"]["diseases"][0]["prevalence"] == 0.6
    assert output["ranking"]["prevalence"] == {"hospital_type": "cardiology", "stated": 2}
    assert output["why_not_code"] == "no_findings"
    store.close()


@pytest.mark.parametrize(
    "text",
    [
        'hospital_type = "x"\n[prevalence.I10]\nward = 0.2\n',
        "[prevalence.I10]\nanywhere = 1.2\n",
        "[prevalence.I10]\nanywhere = 0.7\n[prevalence.I11]\nanywhere = 0.4\n",
        "prevalence = 3\n",
    ],
)
def test_prevalence_that_cannot_be_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "ranking.toml").write_text(text)
    with pytest.raises(SettingsError):
        read_prevalence(tmp_path)


def test_what_is_not_the_coordinators_or_breaks_its_promise_is_refused(
    services: NodeServices, terms: bytes
) -> None:
    store = services.rankings
    assert store is not None
    good = bundle_files(terms)
    with pytest.raises(BundleError, match="changed"):
        store.install({**good, FILE: good[FILE] + b" "})
    with pytest.raises(BundleError, match="signed"):
        store.install({name: each for name, each in good.items() if "signature" not in name})
    with pytest.raises(BundleError, match="files"):
        store.install({name: each for name, each in good.items() if name != GOLDEN})
    other = CONTRACT.model_copy_checked(version="2.0.0")
    with pytest.raises(BundleError, match=r"2\.0\.0"):
        store.install(bundle_files(terms, other))
    assert store.engine is not None


def test_an_engine_that_this_release_lacks_is_refused(home: Path, terms: bytes) -> None:
    opened = open_services(home)
    assert opened.rankings is not None
    with pytest.raises(BundleError, match="small-1"):
        opened.rankings.install(bundle_files(terms))
    assert opened.rankings.engine is None
    opened.close()


def test_a_new_engine_is_swapped_in_and_taken_back(services: NodeServices, terms: bytes) -> None:
    store = services.rankings
    assert store is not None
    store.install(bundle_files(terms, run="run-2"))
    assert store.engine is not None
    assert store.engine.identity.version == "run-2/disease_ranking"
    store.rollback()
    assert store.engine.identity.version == "run-1/disease_ranking"
    assert store.is_pinned
