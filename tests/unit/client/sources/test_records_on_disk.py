"""Records whose table is on the disk are the same as in memory, for everything that uses them."""

from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from client.sources.gathering import Gathered, Limit
from client.sources.kept_tables import KeptTables
from client.training.local_models import judge, probabilities, train_alone
from client.validation import Validation
from shared.contract import Contract, load_contract
from shared.errors import DataError
from shared.holdout import HoldoutSettings, split
from shared.models.histogram_boosting import quantised_rows
from shared.models.histogram_boosting.cut_points import CutPoints
from shared.preparation import prepare
from shared.records import Records
from shared.records_in_parts import RecordsInParts
from shared.run_settings import ModelName, RunSettings
from shared.statistics import summarise
from tests.conftest import learnable_records, random_records

ROWS, PART = 230, 40


def gathered(
    contract: Contract, records: Records, limit: Limit | None, persons: int | None = None
) -> Records:
    """Put records together as the loading of a source does, batch by batch."""
    found = Gathered(contract, limit)
    for start in range(0, len(records), PART):
        rows = np.arange(start, min(start + PART, len(records)))
        part = records.take(rows)
        own = None if persons is None else np.array([f"P{row % persons}" for row in rows], object)
        found.add(Validation(part, [], rows, own))
    return found.records(several=persons is not None)


@pytest.fixture(params=["heart_disease", "rare_disease"])
def both(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Contract, Records, Records]:
    """The same records in memory, and in parts on the disk."""
    contract = load_contract(request.param)
    records = random_records(contract, ROWS, 3)
    on_disk = gathered(contract, records, Limit(50, tmp_path), 90)
    in_memory = gathered(contract, records, None, 90)
    assert isinstance(on_disk, RecordsInParts)
    assert not isinstance(in_memory, RecordsInParts)
    return contract, in_memory, on_disk


def test_everything_comes_back_as_it_was(both: tuple[Contract, Records, Records]) -> None:
    _, in_memory, on_disk = both
    assert [len(part) for part in on_disk.parts()] == [40, 40, 40, 40, 40, 30]
    assert on_disk.table.equals(in_memory.table)
    assert on_disk.table.dtypes.equals(in_memory.table.dtypes)
    assert list(on_disk.labels) == list(in_memory.labels)
    assert list(on_disk.persons()) == list(in_memory.persons())
    found = Records(on_disk.table, on_disk.labels, on_disk.patients)
    assert found.content_hash() == in_memory.content_hash()


def test_rows_are_taken_from_rows_taken(both: tuple[Contract, Records, Records]) -> None:
    _, in_memory, on_disk = both
    first, second = np.arange(3, 200, 3), np.array([40, 2, 11, 3])
    taken = on_disk.take(first).take(second)
    expected = in_memory.take(first).take(np.sort(second))
    assert taken.table.equals(expected.table)
    assert list(taken.labels) == list(expected.labels)
    assert list(taken.persons()) == list(expected.persons())
    assert len(on_disk.take(np.empty(0, dtype=np.intp)).table) == 0


def test_the_version_follows_the_content_not_the_parts(
    both: tuple[Contract, Records, Records], tmp_path: Path
) -> None:
    contract, in_memory, on_disk = both
    kept = KeptTables(contract, tmp_path)
    kept.add(in_memory.table)
    again = RecordsInParts(kept.finish(), in_memory.labels, in_memory.patients)
    assert again.content_hash() == on_disk.content_hash()
    other = in_memory.labels.copy()
    other[7] = next(each for each in contract.classes if each != other[7])
    assert on_disk.relabelled(other).content_hash() != on_disk.content_hash()


def test_summaries_are_equal(both: tuple[Contract, Records, Records]) -> None:
    contract, in_memory, on_disk = both
    one, other = summarise(contract, in_memory), summarise(contract, on_disk)
    for name, feature in one.features.items():
        first, second = feature.model_dump(), other.features[name].model_dump()
        sums = ("total", "total_of_squares")
        for key in first.keys() & set(sums):
            assert second.pop(key) == pytest.approx(first.pop(key), rel=1e-12)
        assert first == second, name
    assert one.classes == other.classes
    assert summarise(contract, on_disk.take(np.empty(0, dtype=np.intp))).rows == 0


def test_models_learn_and_judge_the_same(tmp_path: Path, contract: Contract) -> None:
    records = learnable_records(contract, 400, 5)
    kind: ModelName = "boosted_trees"
    settings = RunSettings.model_validate({"models": [kind], kind: {"rounds": 4}})
    holdout = HoldoutSettings(seed=2)
    on_disk = gathered(contract, records, Limit(100, tmp_path))
    # On the disk, rows stay in the source's order.
    places = Records(pd.DataFrame({"row": np.arange(len(records))}), records.labels)
    rows = [np.sort(each.table["row"].to_numpy()) for each in split(contract, places, holdout)]
    results = []
    for training, held_out in (split(contract, on_disk, holdout), map(records.take, rows)):
        preparation, models = train_alone("A", contract, training, settings)
        shares = probabilities(held_out, settings, preparation, kind, models[kind])
        judged = judge(contract, held_out, settings, preparation, models)[kind]
        results.append((models[kind], shares, judged))
    (trees, shares, judged), (other_trees, other_shares, other_judged) = results
    assert trees.keys() == other_trees.keys()
    for name, array in trees.items():
        np.testing.assert_allclose(array, other_trees[name], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(shares, other_shares, atol=1e-6)
    assert judged.scores()["group"] == other_judged.scores()["group"]


def test_features_are_made_on_the_disk(tmp_path: Path, contract: Contract) -> None:
    records = random_records(contract, ROWS, 1)
    found = gathered(contract, records, Limit(50, tmp_path))
    preparation = prepare(contract, summarise(contract, found), RunSettings())
    data = preparation.training_data(contract, found, keep_missing=True)
    expected = preparation.training_data(contract, records, keep_missing=True)
    assert isinstance(data.features, np.memmap)
    np.testing.assert_array_equal(data.features, expected.features)


def test_sums_over_blocks_of_rows_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    features = generator.normal(size=(500, 3)).astype(np.float32)
    cuts = CutPoints(
        np.array([-1, 0, 1, 0, -1, 1], np.float32), np.array([3, 1, 2], np.int32), np.zeros(3, bool)
    )
    slots = generator.integers(0, 4, 500)
    values = (generator.integers(-1000, 1000, 500).astype(float), np.ones(500))
    one = quantised_rows.QuantisedRows(cuts, features).sums(slots, 3, values)
    monkeypatch.setattr(quantised_rows, "KEPT_ENTRIES", 100)
    other = quantised_rows.QuantisedRows(cuts, features).sums(slots, 3, values)
    np.testing.assert_array_equal(one, other)


def test_nothing_is_left_on_the_disk(tmp_path: Path, contract: Contract) -> None:
    found = gathered(contract, random_records(contract, ROWS, 1), Limit(50, tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert len(found.table) == ROWS


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path, contract: Contract) -> None:
    records = random_records(contract, ROWS, 1)
    kept = KeptTables(contract, tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(DataError, match="do not fit on the disk"):
            kept.add(records.table)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
