"""A deployed model in memory: one object that nothing changes once it is made."""

from __future__ import annotations

from collections.abc import Sequence

from client.serving.answer import Answer, Explanation, ModelIdentity, NextFinding
from client.serving.case import Case


class ServedModel:
    """Answers for patients with one model.

    Attributes
    ----------
    identity : ModelIdentity
    """

    identity: ModelIdentity

    def answer(self, case: Case) -> Answer:
        """Return the differential of one patient."""
        return self.answer_many([case])[0]

    def answer_many(self, cases: Sequence[Case]) -> list[Answer]:
        """Return the differential of each patient."""
        raise NotImplementedError

    def explain(self, case: Case, code: str) -> Explanation:
        """Return what spoke for a disease and against it.

        Raises
        ------
        JuntosError
            When the model does not know the disease.
        """
        raise NotImplementedError

    def next_findings(self, case: Case, most: int = 5) -> list[NextFinding]:
        """Return what to look at next, the most telling first."""
        raise NotImplementedError
