"""What a hospital says of the model that answers there."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shared.contract import Contract
from shared.errors import JuntosError
from shared.metrics import Evaluation
from shared.settings_file import StrictModel
from shared.statistics import Summary

Count = Annotated[int, Field(ge=0)]
# Of the probability of the most probable disease.
SCORE_CELLS = 10
# Upper ends in days; the last cell of a histogram of delays has none.
DELAYS = (1, 7, 30, 90, 365)


class WatchHeader(StrictModel):
    """What a question adds for one hospital.

    Attributes
    ----------
    confirmed_since : str
        UTC; diagnoses that were confirmed from then on are told, all without it.
    """

    confirmed_since: str = ""


class Answers(StrictModel):
    """Some answers of one model, each patient once.

    Attributes
    ----------
    summary : Summary
        Of what was asked; the class of each row is the most probable one.
    scores : list of int
        Rows by the probability of that class, in `SCORE_CELLS` equal cells.
    """

    summary: Summary
    scores: list[Count]

    def merge(self, other: Answers) -> Answers:
        """Return the answers of both."""
        scores = [a + b for a, b in zip(self.scores, other.scores, strict=True)]
        return Answers(summary=self.summary.merge(other.summary), scores=scores)


class Confirmed(StrictModel):
    """Answers whose diagnosis was confirmed in a time.

    Attributes
    ----------
    evaluation : Evaluation
        Of the answers against the diagnoses.
    until : str
        UTC; the time that the next watch begins from. Empty where too few were confirmed to be
        told; they are then told with later ones.
    delays : list of int
        Rows by days from the answer to the diagnosis, in the cells of `DELAYS`.
    """

    evaluation: Evaluation
    until: str
    delays: list[Count]

    def merge(self, other: Confirmed) -> Confirmed:
        """Return the confirmed answers of both."""
        return Confirmed(
            evaluation=self.evaluation.merge(other.evaluation),
            until=max(self.until, other.until),
            delays=[a + b for a, b in zip(self.delays, other.delays, strict=True)],
        )


class ProblemCount(StrictModel):
    """How many times something was wrong with a column; never with which value.

    Attributes
    ----------
    rule : str
        Which rule: ``expected`` for a case that the API refused, ``source`` for a row that the
        daily job set aside, otherwise a kind of finding of `juntos node quality`.
    feature : str
        Of the contract; empty where it is about whole rows.
    count : int
    """

    rule: str = Field(max_length=100)
    feature: str = Field(max_length=200)
    count: Count


class Service(StrictModel):
    """How the node does; nothing of it is about a patient.

    Attributes
    ----------
    model, digest : str
        Version and digest of the model that answers; empty without one.
    pinned : bool
    software : str
        Version.
    requests, errors : int or None
        Of the API since it was started, and those that it failed at; None where nobody answers.
    median_milliseconds, slowest_milliseconds : float or None
        Half, and 99 in 100, of its requests took less.
    budget_left, budget : float or None
        Epsilon.
    certificate_days : int or None
        Until the certificate expires.
    """

    model: str = ""
    digest: str = ""
    pinned: bool = False
    software: str = ""
    requests: Count | None = None
    errors: Count | None = None
    median_milliseconds: float | None = None
    slowest_milliseconds: float | None = None
    budget_left: float | None = None
    budget: float | None = None
    certificate_days: int | None = None


ReferenceOf = Literal["first_answers", "records", "none"]


class WatchAnswer(StrictModel):
    """What a hospital says of the model that answers there.

    Attributes
    ----------
    made : str
        UTC.
    service : Service
    smallest_cell : int
        Counts of patients are multiples of it.
    window : Answers or None
        The last ones; None where there are too few to be told.
    first : Answers or None
        The model's first ones here, without those of the window.
    records : Summary or None
        Of the hospital's own records, with their diagnoses.
    confirmed : Confirmed or None
        Since the time that the question names.
    new_for_training : int
        Confirmed cases that the model did not learn from.
    problems : list of ProblemCount
        Of the window's days.
    """

    made: str
    service: Service
    smallest_cell: int = Field(default=1, ge=1)
    window: Answers | None = None
    first: Answers | None = None
    records: Summary | None = None
    confirmed: Confirmed | None = None
    new_for_training: Count = 0
    problems: list[ProblemCount] = Field(default_factory=list)

    @property
    def rows(self) -> int:
        """Answers in the window."""
        return self.window.summary.rows if self.window else 0

    def problems_of(self, feature: str) -> int:
        """Return how many rows had something wrong with a feature."""
        return sum(each.count for each in self.problems if each.feature == feature)

    def check(self, contract: Contract) -> None:
        """Refuse an answer that does not follow the contract.

        Raises
        ------
        JuntosError
            Naming the first part that does not fit.
        """
        for part in (self.window, self.first):
            if part is not None:
                part.summary.check(contract)
                if len(part.scores) != SCORE_CELLS:
                    raise JuntosError("a histogram of scores with other cells than agreed")
        if self.records is not None:
            self.records.check(contract)
        if self.confirmed is not None:
            if len(self.confirmed.delays) != len(DELAYS) + 1:
                raise JuntosError("a histogram of delays with other cells than agreed")
            _check_evaluation(contract, self.confirmed.evaluation)
        for each in self.problems:
            if each.feature and each.feature not in contract.features:
                raise JuntosError("a problem with a feature that the contract lacks")


def _check_evaluation(contract: Contract, evaluation: Evaluation) -> None:
    finest, group = list(evaluation.finest.classes), list(evaluation.group.classes)
    if finest != list(contract.leaves) or group != list(contract.groups):
        raise JuntosError("figures of other classes than those of the contract")
