"""What goes wrong in a simulation, when, and at which hospital."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from flwr.app import Array, ArrayRecord, Message, RecordDict
from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from shared.errors import SettingsError

FaultKind = Literal[
    "silent",
    "unreachable",
    "returns",
    "error",
    "delay",
    "not_a_number",
    "exploded",
    "scaled",
    "sign_flipped",
]

EXPLOSION = 1e12
# What becomes of the step from what was sent to what is answered.
STEPS: dict[FaultKind, float] = {"scaled": 1000.0, "sign_flipped": -1.0}


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Fault:
    """One thing that goes wrong at one hospital.

    Attributes
    ----------
    hospital : str
    question : int
        Which of the federation's questions, from 0; one question goes to several hospitals.
    kind : str
        ``silent``: never answers this question. ``unreachable``: cannot be reached from this
        question on. ``returns``: can be reached again. ``error``: its ClientApp raises.
        ``delay``: answers later. ``not_a_number``, ``exploded``: the floating-point arrays of its
        answer are not numbers, or 1e12 times what they should be. ``scaled``, ``sign_flipped``:
        the step from the arrays that were sent to those of its answer is 1000 times as long, or
        goes the other way.
    seconds : float
        Of ``delay``, in simulated time.
    """

    hospital: str
    question: Annotated[int, Field(ge=0)]
    kind: FaultKind
    seconds: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _only_a_delay_takes_time(self) -> Self:
        if (self.kind == "delay") != (self.seconds > 0):
            raise ValueError("give seconds above 0 for a delay, and for no other kind")
        return self


def refuse_unknown_hospitals(faults: Iterable[Fault], hospitals: Iterable[str]) -> None:
    """Refuse faults of hospitals that are not there.

    Raises
    ------
    SettingsError
        Naming them.
    """
    known = set(hospitals)
    unknown = sorted({fault.hospital for fault in faults} - known)
    if unknown:
        raise SettingsError(
            f"Faults of hospitals that are not there: {', '.join(unknown)}.",
            f"The hospitals are {', '.join(sorted(known))}.",
        )


def is_reachable(faults: Iterable[Fault], question: int) -> bool:
    """Return whether the hospital whose faults these are can be reached at a question."""
    changes = [each for each in faults if each.kind in ("unreachable", "returns")]
    begun = [each for each in changes if each.question <= question]
    return not begun or max(begun, key=lambda each: each.question).kind == "returns"


def spoil(question: Message, reply: Message, kind: FaultKind) -> None:
    """Make an answer's arrays what the fault says, where it is of a kind that does."""
    if kind not in ("not_a_number", "exploded", *STEPS) or reply.has_error():
        return
    reply.content = RecordDict(
        {
            name: _spoilt_record(question.content.get(name), record, kind)
            if isinstance(record, ArrayRecord)
            else record
            for name, record in reply.content.items()
        }
    )


def _spoilt_record(sent: object, record: ArrayRecord, kind: FaultKind) -> ArrayRecord:
    before = sent if isinstance(sent, ArrayRecord) else ArrayRecord()
    return ArrayRecord(
        {
            key: Array(_spoilt(before[key].numpy() if key in before else None, each.numpy(), kind))
            for key, each in record.items()
        }
    )


def _spoilt(
    sent: npt.NDArray[Any] | None, array: npt.NDArray[Any], kind: FaultKind
) -> npt.NDArray[Any]:
    # Whole numbers, such as the shape of a tree, cannot be NaN.
    if array.dtype.kind != "f":
        return array
    if kind in STEPS:
        start = np.zeros_like(array) if sent is None or sent.shape != array.shape else sent
        return np.asarray(start + array.dtype.type(STEPS[kind]) * (array - start))
    factor = np.nan if kind == "not_a_number" else EXPLOSION
    return np.asarray(array * array.dtype.type(factor))
