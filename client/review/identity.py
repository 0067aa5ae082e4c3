"""What makes a record the same record when its source is read again."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

from client.review.values import as_value
from client.sources.loading import LoadedRecords
from shared.contract import Contract
from shared.records import Records

# Ten times finer than any measurement; units that are computed another way give the same digits.
_DIGITS = 9


class RecordIdentity(NamedTuple):
    """Names one record of the source, as it reads now.

    Attributes
    ----------
    person : str
        The pseudonym of the patient; empty where no column tells patients apart.
    content : str
        HMAC-SHA256 of what the record holds, diagnosis included, by the node's own key. Another
        value, and it is another record.
    occurrence : int
        Counts from 0 the records that are alike in both.
    """

    person: str
    content: str
    occurrence: int

    def item(self, question: str, feature: str) -> str:
        """Return the number of a question about this record, 64 hexadecimal digits."""
        parts = [self.person, self.content, str(self.occurrence), question, feature]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


NO_RECORD = RecordIdentity("", "", 0)


def identities(
    contract: Contract,
    loaded: LoadedRecords,
    key: bytes,
    persons: Collection[str] | None = None,
) -> list[RecordIdentity | None]:
    """Return the identity of each record, as the source gives it.

    Parameters
    ----------
    key : bytes
        The node's own; without it, nobody can try out which record an identity is of.
    persons : collection of str, optional
        Only their records are looked at, the others get None; only of use where patients are told
        apart.
    """
    told = loaded.pseudonyms
    names = [""] * len(loaded.records) if told is None else [str(each or "") for each in told]
    wanted = range(len(names))
    if persons is not None and told is not None:
        wanted = [row for row, name in enumerate(names) if name in persons]  # type: ignore[assignment]
    found: list[RecordIdentity | None] = [None] * len(names)
    seen: Counter[tuple[str, str]] = Counter()
    for row, content in zip(wanted, contents(contract, loaded.records, wanted, key), strict=True):
        alike = (names[row], content)
        found[row] = RecordIdentity(*alike, seen[alike])
        seen[alike] += 1
    return found


def contents(contract: Contract, records: Records, rows: Sequence[int], key: bytes) -> list[str]:
    """Return the keyed hash of what each of some records holds.

    A feature that a later contract adds changes nothing until the record has a value of it.
    """
    names = list(contract.recorded)
    columns = [records.table[name].to_numpy() for name in names]
    hashes = []
    for row in rows:
        held = {name: _text(column[row]) for name, column in zip(names, columns, strict=True)}
        held = {name: text for name, text in held.items() if text is not None}
        text = json.dumps([held, str(records.labels[row])], sort_keys=True)
        hashes.append(hmac.new(key, text.encode(), hashlib.sha256).hexdigest())
    return hashes


def _text(cell: object) -> str | None:
    value = as_value(cell)
    if value is None:
        return None
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else json.dumps(value)
