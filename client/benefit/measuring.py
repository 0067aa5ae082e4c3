"""A hospital's records and a federated model, to what the one has from the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from client.benefit.comparing import Benefit, compared_ways, figures_of
from client.benefit.ways import WAYS, FederatedModel, answers_of_ways
from client.home import NodeHome, read_local
from client.privacy.private_rows import held_out_rows
from client.sources import load_records
from shared.bundle.bundle import Bundle
from shared.contract import Contract
from shared.errors import DataError, SettingsError
from shared.holdout import split
from shared.privacy.contributions import one_record_each
from shared.records import Records, with_derived


def benefit_at(home: NodeHome, bundle: Bundle, as_seen: Records | None = None) -> Benefit:
    """Measure at a node, on the rows that its runs hold out.

    Parameters
    ----------
    as_seen : Records, optional
        The records as they were when the model was trained; those of now without it.

    Raises
    ------
    DataError, SettingsError
        When the records cannot be read, or are of another contract.
    """
    contract = home.contract()
    records = as_seen or read_local(home).records
    return benefit_of(home.settings.hospital, contract, records, bundle)


def benefit_outside(mapping: Path, bundle: Bundle) -> Benefit:
    """Measure at a hospital that is in no federation yet, with a model that it was given.

    Raises
    ------
    DataError, SettingsError
        When the records cannot be read through the mapping.
    """
    records = load_records(bundle.contract, mapping).records
    return benefit_of("this hospital", bundle.contract, records, bundle)


def seen_by(bundle: Bundle, contract: Contract, records: Records) -> Records:
    """Return records as the model's run saw them.

    Raises
    ------
    SettingsError
        When the model reads records by another contract.
    """
    derived = records.changed(lambda table: with_derived(contract, table))
    if contract.hash == bundle.contract.hash:
        return derived
    if bundle.settings.task.contract(contract).hash != bundle.contract.hash:
        raise SettingsError(
            f"The model of {bundle.run} reads records by another version of the contract.",
            "Take a model of the version that this hospital follows.",
        )
    return bundle.settings.task.records(contract, derived)


def as_its_run_split(bundle: Bundle, records: Records) -> tuple[Records, Records]:
    """Return what the model's run learned from at a hospital, and what it held out."""
    settings = bundle.settings
    if not settings.privacy.is_private:
        return split(bundle.contract, records, settings.holdout)
    single = one_record_each(records, settings.holdout.seed)
    held_out = held_out_rows(single, settings)
    return single.take(np.flatnonzero(~held_out)), single.take(np.flatnonzero(held_out))


def benefit_of(hospital: str, contract: Contract, records: Records, bundle: Bundle) -> Benefit:
    """Split as the model's run did, train, ask, compare.

    Raises
    ------
    SettingsError
        When the model reads records by another contract.
    DataError
        When no row is held out.
    """
    settings, seen = bundle.settings, bundle.contract
    view = seen_by(bundle, contract, records)
    training, held_out = as_its_run_split(bundle, view)
    if not len(held_out):
        raise DataError(
            "No record is kept back from training, so that nothing can be judged.",
            "Take a model whose run kept some back, or add records.",
        )
    model = FederatedModel(
        bundle.name, settings, bundle.preparation, bundle.arrays, bundle.calibrator
    )
    said = answers_of_ways(hospital, seen, training, held_out, model)
    overall, rare = compared_ways(seen, held_out, said)
    return Benefit(
        hospital=hospital,
        model=bundle.name,
        run=bundle.run,
        rows=len(held_out),
        persons=overall[0].table.rows,
        rare_rows=rare[0].table.rows,
        training_rows=len(training),
        ways={way: figures_of(seen, held_out, said[way]) for way in WAYS},
        overall=overall,
        rare=rare,
    )
