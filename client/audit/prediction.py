"""What is written down of one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from client.audit.identifier import new_id

Mode = Literal["shown", "shadow"]


def now_text() -> str:
    """Return the time as entries have it: UTC, ISO 8601, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """One answer, before it is given.

    Attributes
    ----------
    input : mapping
        What was asked, as the contract has it: `Case.values`. Encrypted in the store.
    output : mapping
        What is answered: `Answer.as_json()`. Encrypted in the store.
    caller : str
        The name of the API key, or who asked.
    model, model_digest, contract : str
        Version and digest of the model, version of the contract; see `ModelIdentity`.
    patient : str
        The patient's pseudonym where one was named; see `AuditStore.pseudonym`.
    request : str
        The request's id; several answers of a batch share it.
    mode : {"shown", "shadow"}
        Shadow answers are recorded and not given.
    beside : str
        For a shadow answer, the id of the answer that was given.
    latency : float
        Seconds from the question to the answer.
    id, time : str
        UUID of version 7; UTC, ISO 8601.
    """

    input: Mapping[str, Any]
    output: Mapping[str, Any]
    caller: str
    model: str
    model_digest: str
    contract: str
    patient: str = ""
    request: str = ""
    mode: Mode = "shown"
    beside: str = ""
    latency: float = 0.0
    id: str = field(default_factory=new_id)
    time: str = field(default_factory=now_text)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One answer as the store has it.

    Attributes
    ----------
    chain, number, hash
        Its place among the entries.
    input_hash : str
        SHA-256 of the canonical JSON of the input; empty where the contents are gone.
    input, output : dict or None
        None where the patient was erased, or the contents were kept for long enough.
    time, request, ... : str
        As in `Prediction`.
    """

    id: str
    time: str
    request: str
    caller: str
    patient: str
    model: str
    model_digest: str
    contract: str
    mode: str
    beside: str
    latency: float
    chain: str
    number: int
    hash: str
    input_hash: str
    input: dict[str, Any] | None
    output: dict[str, Any] | None
