"""Why a candidate does not go on."""

from __future__ import annotations

from server.promotion.candidate import Candidate
from shared.errors import JuntosError


class GateRejectedError(JuntosError):
    """The gate rejected it."""

    exit_code = 3

    def __init__(self, candidate: Candidate) -> None:
        super().__init__(
            f"{candidate.id} is not promoted. {sentence_of(candidate)}",
            f"`juntos coordinator decisions {candidate.id}` gives every reason.",
        )


class InsufficientEvidenceError(JuntosError):
    """The gate could not tell, and a person has not said why to go on without it."""

    exit_code = 4

    def __init__(self, candidate: Candidate) -> None:
        super().__init__(
            f"{candidate.id} has too little evidence. {sentence_of(candidate)}",
            "Whoever takes the responsibility says so: "
            f"`juntos coordinator promote {candidate.id} --by NAME --because REASON`.",
        )


def sentence_of(candidate: Candidate) -> str:
    """Return the gate's answer in a sentence; empty where it was not asked."""
    return candidate.decision.sentence.en if candidate.decision else ""
