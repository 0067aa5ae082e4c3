"""A candidate on its way to real hospitals: promoted by a person, deployed by the service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.processes import wait_until
from tests.end_to_end.conftest import HOSPITALS, Federation, run_anyway

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]

QUICK_REVIEW = (
    "models=['boosted_trees']",
    "review.enabled=true",
    "review.folds=2",
    "review.seeds=1",
    "review.shadow_models=0",
    "review.replicates=100",
    "review.leave_one_hospital_out=false",
    "review.largest_calibration_error=1.0",
    "review.largest_membership_auc=1.0",
)


def coordinator(federation: Federation, *words: str) -> tuple[int, str, str]:
    done = run_anyway("coordinator", *words, "--home", str(federation.coordinator))
    return done.returncode, done.stdout, done.stderr


def candidate(federation: Federation, run: str) -> dict[str, Any]:
    code, output, said = coordinator(federation, "decisions", run, "--json")
    assert code == 0, said
    found: dict[str, Any] = json.loads(output)[0]
    return found


def test_what_a_person_promotes_answers_at_every_hospital(federation: Federation) -> None:
    options = [part for each in QUICK_REVIEW for part in ("--set", each)]
    training = federation.start_training(*options)
    output, progress = training.communicate(timeout=600)
    assert training.returncode == 0, progress
    run = json.loads(output.splitlines()[-1])["run"]
    code, _, said = coordinator(
        federation, "promote", run, "--by", "Ana", "--because", "the first one"
    )
    assert code == 0, said
    found = candidate(federation, run)
    assert found["state"] == "everywhere"

    def answers_everywhere() -> bool:
        hospitals = candidate(federation, run)["hospitals"]
        return set(hospitals) == set(HOSPITALS) and len(set(hospitals.values())) == 1

    assert wait_until(answers_everywhere, timeout=300, interval=2)
    assert set(candidate(federation, run)["hospitals"].values()) == {found["model"]["digest"]}
