"""Steps of a learning of rankings that hospitals answer with their part of one sum."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from flwr.app import Message, RecordDict

from server.recording_grid import RecordingGrid
from server.sums.asking import Asked, FederationSums, Summed
from server.sums.keys import exchange_keys
from shared.contract import Contract
from shared.models.base import Arrays
from shared.privacy.sum_question import SumHeader
from shared.questions import (
    CONFIG_KEY,
    HEADER_FIELD,
    PRIVATE_SUM,
    Question,
    array_record,
    question_record,
)
from shared.ranking_learning.learning import Step
from shared.ranking_learning.messages import RANKING_FIELD, digest_of, header_of
from shared.run_settings import RunSettings


class SummedSteps:
    """Puts steps to all members, and brings along once what steps build on.

    Attributes
    ----------
    kept : dict of str to Arrays
        What hospitals keep, by group.
    """

    def __init__(self, grid: RecordingGrid, contract: Contract, settings: RunSettings) -> None:
        self.grid = grid
        self.sums = FederationSums(grid, settings.privacy.assumed_honest)
        self.kept: dict[str, Arrays] = {}
        self._question = Question(contract_hash=contract.hash, settings=settings)
        self._digests: dict[str, str] = {}
        self._sent: dict[int, set[str]] = {}

    def begin(self) -> None:
        """Let all members agree on masks."""
        self.sums.secret_run = exchange_keys(self.grid)

    def keep(self, name: str, arrays: Arrays) -> None:
        """Have hospitals keep a group of arrays from now on."""
        self.kept[name] = arrays
        self._digests[name] = digest_of(arrays)

    def ask(
        self, step: Step, along: Mapping[str, Arrays], header: SumHeader, size: int, model: str
    ) -> Summed:
        """Return the sum of all hospitals' answers to a step, as whole numbers.

        Raises
        ------
        PartialRunError
            When fewer hospitals answer than the run's settings ask for.
        """
        message = partial(self._message, step, along)
        return self.sums.collect(Asked(header, (size,), message, model, header.step - 1))

    def _message(
        self, step: Step, along: Mapping[str, Arrays], node: int, header: SumHeader
    ) -> Message:
        sent = self._sent.setdefault(node, set())
        new = {name: each for name, each in self.kept.items() if self._digests[name] not in sent}
        sent |= set(self._digests.values())
        config = question_record(self._question)
        config[HEADER_FIELD] = header.model_dump_json()
        config[RANKING_FIELD] = header_of(step, self._digests).model_dump_json()
        records = {name: array_record(each) for name, each in {**along, **new}.items()}
        return Message(RecordDict({CONFIG_KEY: config, **records}), node, PRIVATE_SUM)
