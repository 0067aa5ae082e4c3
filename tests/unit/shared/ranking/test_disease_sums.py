from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.ranking.case_evidence import CaseEvidence
from shared.ranking.disease_sums import sum_cases
from tests.unit.shared.ranking.conftest import World


def dense(table: Any) -> npt.NDArray[np.float32]:  # noqa: ANN401 - arrays of two kinds
    return np.asarray(table.toarray() if hasattr(table, "toarray") else table)


def test_hospitals_sums_add_up_to_those_of_all_cases(world: World) -> None:
    split, training = world.split, world.split.training
    everyone = np.ones(len(training), dtype=np.bool_)
    assert len(set(split.sites.tolist())) == 3
    pooled = sum_cases(
        world.published.findings,
        training.table,
        split.rows,
        training.publications.tolist(),
        len(split.diseases),
    )
    together = split.sums(everyone)
    for each in fields(pooled):
        one, other = getattr(pooled, each.name), getattr(together, each.name)
        np.testing.assert_allclose(dense(one), dense(other), rtol=1e-5, atol=1e-6)


def test_one_case_more_moves_each_row_by_no_more_than_its_findings(world: World) -> None:
    split, training = world.split, world.split.training
    rows = np.arange(12)
    findings, number = world.published.findings, len(split.diseases)

    def even(chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        cases = training.rows(chosen)
        sources = [str(each) for each in range(len(chosen))]
        sums = sum_cases(findings, cases.table, split.rows[chosen], sources, number)
        return np.asarray(sums.even.toarray())

    moved = even(rows) - even(rows[:-1])
    above = findings.with_ancestors(training.table.observed[[11]]).toarray()[0]
    np.testing.assert_allclose(np.linalg.norm(moved), np.linalg.norm(above), rtol=1e-5)
    assert (np.abs(moved).sum(axis=1) > 0).sum() == 1


def test_what_was_looked_for_in_training_is_never_seen(world: World) -> None:
    split, training = world.split, world.split.training
    blind = replace(training.table, excluded=training.table.excluded * 0)
    arguments = (split.rows, training.publications.tolist(), len(split.diseases))
    findings = world.published.findings
    with_them = sum_cases(findings, training.table, *arguments)
    without = sum_cases(findings, blind, *arguments)
    np.testing.assert_array_equal(dense(with_them.above), dense(without.above))
    np.testing.assert_array_equal(dense(with_them.observed), dense(without.observed))
    table = split.test.table
    evidence = CaseEvidence(findings, with_them)
    seen = evidence.scores(table)
    unseen = evidence.scores(replace(table, excluded=table.excluded * 0))
    for each in fields(seen):
        if each.name == "against":
            assert (seen.against <= 0).all()
            assert (seen.against < 0).any()
        else:
            np.testing.assert_array_equal(getattr(seen, each.name), getattr(unseen, each.name))
