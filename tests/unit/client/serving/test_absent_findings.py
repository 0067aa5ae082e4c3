"""A model whose contract has absent findings answers, and gives the same answer without them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from client.serving.served_model import read_served
from client.serving.settings import ServingSettings
from shared.contract import Contract
from tests.unit.client.serving.bundles import CONTRACT, cases_of, records_of, trained, write_signed
from tests.unit.client.serving.conftest import SIGNING_KEY

WITH_ABSENT = Contract.model_validate(
    {
        **CONTRACT.model_dump(mode="json"),
        "feature": [
            *CONTRACT.model_dump(mode="json")["feature"],
            {
                "name": "absent_findings",
                "kind": "terms",
                "description": "Looked for and absent",
                "code_system": "HPO",
                "meaning": "absent",
            },
        ],
    }
)


@pytest.mark.parametrize("kind", ["boosted_trees", "neural_network"])
def test_answers_reasons_and_next_findings_do_not_look_at_them(tmp_path: Path, kind: str) -> None:
    write_signed(trained(kind, WITH_ABSENT), tmp_path / "bundle", SIGNING_KEY)  # type: ignore[arg-type]
    key = SIGNING_KEY.public_key()
    model = read_served(tmp_path / "bundle", key, WITH_ABSENT, ServingSettings())
    case = cases_of(WITH_ABSENT, records_of(WITH_ABSENT, rows=1))[0]
    found = [
        replace(case, values={**case.values, "absent_findings": codes})
        for codes in ((), ("HP:0001250", "HP:0001166"))
    ]
    first, second = (model.answer(each) for each in found)
    assert [each.probability for each in first.ranked] == pytest.approx(
        [each.probability for each in second.ranked]
    )
    assert (first.enough_evidence, first.why_not_code) == (
        second.enough_evidence,
        second.why_not_code,
    )
    for each in found:
        explained = model.explain(each, first.ranked[0].code)
        assert "absent_findings" not in {reason.feature for reason in explained.reasons}
        assert "absent_findings" not in {next_.feature for next_ in model.next_findings(each)}
    assert np.isfinite(model.probabilities(found)).all()
