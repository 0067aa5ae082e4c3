"""Confirmed cases as records, for runs to learn from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from client.audit.opening import open_audit
from client.audit.prediction import Recorded
from client.confirmations.case import ConfirmedCase
from client.confirmations.confirmations import Confirmations
from client.confirmations.pairs import answers_to
from client.home import NodeHome
from client.snapshots.archive import Seen
from client.sources.pseudonyms import patient_key
from shared.contract import Contract
from shared.errors import SettingsError
from shared.records import Records, concatenate, in_order_of_appearance, records_from_columns


def with_confirmed_cases(home: NodeHome, seen: Seen) -> Seen:
    """Return what a run sees with the confirmed cases of patients whom the source does not hold.

    What was asked is the record, and what was confirmed its label. A patient of the source is left
    to the source, so that nobody counts twice; where a patient has one record, the last case is it.
    Cases whose disease is no class of the contract stand apart, for rankings alone.

    Raises
    ------
    SettingsError
        When no column of the source tells patients apart.
    AuditUnavailableError, BrokenAuditError
        When the store cannot be read.
    """
    if seen.pseudonyms is None:
        raise SettingsError(
            "Confirmed cases cannot be told from the patients of the source.",
            "Name the column with the patients' numbers in rows.patient of the mapping, or set "
            "train_on_confirmed = false in serving.toml.",
        )
    contract, key = home.contract(), patient_key(home.patient_key_file)
    found = _confirmed(home, contract, {*seen.pseudonyms, *key.erased})
    if seen.records.patients is None:
        found = list({case.patient: (case, answer) for case, answer in found}.values())
    if not found:
        return seen
    own = [each for each in found if each[0].code in contract.classes]
    others = [each for each in found if each[0].code not in contract.classes]
    if others:
        seen = replace(seen, beyond=_records_of_persons(contract, others, seen.records))
    if not own:
        return seen
    return replace(
        seen,
        records=concatenate([seen.records, _records_of_persons(contract, own, seen.records)]),
        pseudonyms=[*(seen.pseudonyms or ()), *(case.patient for case, _ in own)],
        source=f"{seen.source} and {len(own)} confirmed cases",
    )


def _records_of_persons(
    contract: Contract, found: list[tuple[ConfirmedCase, Recorded]], seen: Records
) -> Records:
    """Return cases as records that say whose they are, where the source's do."""
    records = _records(contract, found)
    if seen.patients is None:
        return records
    patients = np.array([case.patient for case, _ in found])
    return replace(records, patients=in_order_of_appearance(patients))


def _confirmed(
    home: NodeHome, contract: Contract, others: set[str | None]
) -> list[tuple[ConfirmedCase, Recorded]]:
    """Return confirmed cases with their answers, by day of the diagnosis."""
    store = open_audit(home)
    try:
        cases = {
            case.prediction: case
            for case in Confirmations(store, contract).cases()
            if case.state == "confirmed" and case.prediction
            if case.patient and case.patient not in others
        }
        found = [(cases[each.id], each) for each in answers_to(store, cases)]
    finally:
        store.close()
    same = [
        (case, answer)
        for case, answer in found
        if answer.input is not None and answer.contract == contract.version
    ]
    return sorted(same, key=lambda each: (each[0].date, each[1].id))


def _records(contract: Contract, found: list[tuple[ConfirmedCase, Recorded]]) -> Records:
    inputs = [answer.input or {} for _, answer in found]
    columns: dict[str, list[object]] = {
        name: [each.get(name) for each in inputs] for name in contract.recorded
    }
    return records_from_columns(contract, columns, [case.code for case, _ in found])
