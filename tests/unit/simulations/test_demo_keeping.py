from __future__ import annotations

import json
import shlex

import numpy as np

from client.serving.case_reader import CaseReader
from shared.contract import Contract
from shared.records import Records
from simulations.demo.keeping import case_of, curl
from tests.conftest import random_records
from tests.unit.client.small_hospital import CONTRACT


def patient_of(contract: Contract, seed: int) -> Records:
    return random_records(contract, 1, seed, missing=0.3)


def test_a_patient_becomes_a_case_that_the_api_reads_back() -> None:
    reader = CaseReader(CONTRACT)
    for seed in range(20):
        patient = patient_of(CONTRACT, seed)
        row = patient.table.iloc[0]
        # Through JSON, as it travels.
        case = reader.read(json.loads(json.dumps(case_of(CONTRACT, patient))))
        for name in ("age", "pressure", "fever"):
            value = case.values[name]
            assert np.isnan(row[name]) if value is None else float(value) == row[name]  # type: ignore[arg-type]
        assert case.values["pain"] == row["pain"]
        assert set(case.values["phenotypes"] or ()) == set(row["phenotypes"])  # type: ignore[arg-type]


def test_the_command_is_what_was_meant_once_a_shell_has_read_it() -> None:
    case = {"note": "it's \"5 o'clock\" $HOME `ls`", "terms": ["HP:0001250"]}
    words = shlex.split(curl("http://127.0.0.1:8460", "juntos_key", case))
    assert words[0] == "curl"
    assert "Authorization: Bearer juntos_key" in words
    assert json.loads(words[-1])["case"] == case
    assert "\n" not in curl("http://127.0.0.1:8460", "juntos_key", case)
