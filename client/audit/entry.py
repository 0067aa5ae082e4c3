"""One line of the audit store, bound to the one before in its chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from sqlalchemy import RowMapping

from client.audit.prediction import Prediction
from client.chain import Link

Kind = Literal["prediction", "confirmation", "heads", "removal", "export"]
# The chain of what concerns all others: where they end, and what was taken away.
COMMON_CHAIN = "heads"
SECOND = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Entry(Link):
    """Who asked what kind of thing when; nothing of the patient.

    Attributes
    ----------
    chain : str
        Of the process that wrote it, or `COMMON_CHAIN`.
    kind : {"prediction", "confirmation", "heads", "removal", "export"}
    id : str
    request, caller, model, model_digest, contract, mode, beside : str
        As in `Prediction`; empty where the kind has none. A confirmation is beside the answer that
        it names.
    latency_microseconds : int
    detail : str
        Of heads, where each chain ends; of a removal, how much and why; of an export, who asked for
        which answers.
    digest : str
        SHA-256 of the encrypted contents, see `client.audit.vault`; empty without any.
    """

    chain: str
    kind: Kind
    id: str
    request: str = ""
    caller: str = ""
    model: str = ""
    model_digest: str = ""
    contract: str = ""
    mode: str = ""
    beside: str = ""
    latency_microseconds: int = 0
    detail: str = ""
    digest: str = ""

    @classmethod
    def of_prediction(cls, prediction: Prediction) -> Self:
        """Return the entry of an answer, not yet in a chain."""
        return cls(
            chain="",
            kind="prediction",
            id=prediction.id,
            time=prediction.time,
            request=prediction.request,
            caller=prediction.caller,
            model=prediction.model,
            model_digest=prediction.model_digest,
            contract=prediction.contract,
            mode=prediction.mode,
            beside=prediction.beside,
            latency_microseconds=round(prediction.latency * SECOND),
        )

    def with_digest(self, digest: str) -> Self:
        """Return the entry bound to its contents."""
        return self.with_fields(digest=digest)

    def in_chain(self, chain: str) -> Self:
        """Return the entry as one of a chain."""
        return self.with_fields(chain=chain)

    @classmethod
    def from_row(cls, row: RowMapping) -> Self:
        """Read one from the database."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Draft:
    """An entry that is not in a chain yet, with its encrypted contents."""

    entry: Entry
    patient: str
    sealed: bytes
