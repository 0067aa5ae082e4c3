"""The records of the hospital's source, kept ready for comparing: one encrypted file of the node.

A node that answers reads no source; `juntos node index-cases` does, when the administrator has it
done, and writes what comparing needs: pseudonyms, findings and diagnoses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from client.audit.vault import Vault
from client.similar_cases.own_case import OwnCase
from client.sources.phenopackets.case_content import findings_features
from shared.contract import Contract
from shared.records import Records, as_terms

if TYPE_CHECKING:
    from client.home import NodeHome

FILE = "own_cases.sealed"


def index_of(
    contract: Contract, records: Records, pseudonyms: Sequence[str | None] | None
) -> list[OwnCase]:
    """Return the records that have findings, with their diagnoses."""
    present, _ = findings_features(contract)
    if present is None:
        return []
    whose = list(pseudonyms or [None] * len(records))
    found = []
    for row, code in enumerate(records.labels):
        terms = as_terms(records.table[present].iat[row])
        if terms:
            found.append(OwnCase(whose[row] or "", str(code), terms))
    return found


def write_index(home: Path, vault: Vault, cases: Sequence[OwnCase]) -> Path:
    """Write the file, whole or not at all."""
    rows = [[each.patient, each.code, list(each.findings)] for each in cases]
    path = home / FILE
    partial = path.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_bytes(vault.seal(FILE, {"cases": rows}))
    return partial.replace(path)


def read_index(home: NodeHome, vault: Vault) -> list[OwnCase]:
    """Return the cases of the file, without patients who were erased since; none without a file.

    Raises
    ------
    BrokenAuditError
        When it was changed, or sealed under another key.
    """
    from client.sources.pseudonyms import patient_key

    path = home.path / FILE
    if not path.is_file():
        return []
    rows = vault.open(FILE, path.read_bytes())["cases"]
    erased = patient_key(home.patient_key_file).erased
    return [
        OwnCase(patient, code, tuple(findings))
        for patient, code, findings in rows
        if patient not in erased
    ]
