"""What it costs that the coordinator sees sums only: the same round with and without masks."""

from __future__ import annotations

import logging
import statistics
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from flwr.app import ConfigRecord, Message, RecordDict

from server.secret_sum import collect, sum_masked
from shared.errors import JuntosError
from shared.questions import ANSWER_FIELD, ARRAYS_KEY, CONFIG_KEY, QUESTION_FIELD, read_arrays
from shared.secret_sum import SecretQuestion, Vector
from shared.session.in_process import InProcessGrid, SimulatedHospital, Workers
from simulations.benchmarks.secret_sum_hospitals import (
    ACCEPT,
    FLOATS,
    OFFER,
    PLAIN,
    RUN,
    SECRET,
    VECTOR,
    enrolled_hospitals,
    fixed_point,
    update_of,
)

Floats = npt.NDArray[np.float64]


def secret_sums(
    hospitals: int, values: int, rounds: int, seed: int, workers: Workers = "processes"
) -> dict[str, object]:
    """Sum one vector of each hospital, plainly and secretly, in Flower messages.

    Each kind of round must end with the right sum. No network lies between: on one, rounds take
    longer, and masks take no more.

    Parameters
    ----------
    hospitals : int
    values : int
        In each vector.
    rounds : int
        Of each kind, taken in turns after one that does not count; medians are compared.
    workers : {"in_process", "threads", "processes"}
        Who answers for the hospitals. In processes, messages become bytes as between machines and
        hospitals mask at the same time, as far as there are cores; in process, a message costs
        nothing and all hospitals mask one after the other.

    Returns
    -------
    dict
        Seconds until all have agreed on keys, of a plain round of 64-bit whole numbers, and of the
        secret one; ``secure_sum_ratio`` of the two. Seconds of a plain round of float32, which
        carries half the bytes, and the ratio to that.
    """
    logging.getLogger("flwr").setLevel(logging.ERROR)
    factories = enrolled_hospitals(hospitals, values, seed)
    nodes = dict(enumerate(factories, start=1))
    apps = {node: SimulatedHospital(factories[name]) for node, name in nodes.items()}
    updates = [update_of(values, hospitals, seed + number) for number in range(hospitals)]
    expected = fixed_point(hospitals).decode(np.sum(updates, axis=0))
    with InProcessGrid(apps, workers) as grid:
        rounds_of = Rounds(grid, nodes, (values,))
        # Starts what is started late.
        rounds_of.plain(0)
        begun = time.perf_counter()
        rounds_of.agree()
        agreeing = time.perf_counter() - begun
        seconds = timed(rounds_of, rounds, expected)
    return {
        "hospitals": hospitals,
        "values": values,
        "workers": workers,
        "key_agreement_seconds": agreeing,
        "float32_seconds_per_round": seconds["float32"],
        "plain_seconds_per_round": seconds["plain"],
        "secure_seconds_per_round": seconds["secure"],
        "secure_float32_ratio": seconds["secure"] / seconds["float32"],
        "secure_sum_ratio": seconds["secure"] / seconds["plain"],
    }


@dataclass(frozen=True)
class Rounds:
    """Asks all hospitals."""

    grid: InProcessGrid
    nodes: dict[int, str]
    shape: tuple[int, ...]

    def agree(self) -> None:
        """Pass every hospital's key on to the others."""
        offers = self._config(OFFER, {})
        texts = {str(node): str(config[ANSWER_FIELD]) for node, config in offers.items()}
        accepted = self._config(ACCEPT, texts)
        if any(config[ANSWER_FIELD] for config in accepted.values()):
            raise JuntosError("hospitals refused each other's keys")

    def float32(self, number: int) -> Floats:
        """Sum what all answer in floating-point numbers."""
        total = np.zeros(self.shape)
        for each in self._vectors(FLOATS, self._question(f"float32 {number}")).values():
            total += each
        return total

    def plain(self, number: int) -> Floats:
        """Sum what all answer."""
        question = self._question(f"plain {number}")
        return self._decoded(sum_masked(question, self._vectors(PLAIN, question), self.shape))

    def secret(self, number: int) -> Floats:
        """Sum what all answer under masks."""

        def ask(question: SecretQuestion) -> dict[str, Vector | str]:
            return {**self._vectors(SECRET, question)}

        question = self._question(f"secret {number}")
        return self._decoded(collect(ask, question, len(self.nodes), self.shape).total)

    def _decoded(self, total: Vector) -> Floats:
        return fixed_point(len(self.nodes)).decode(total)

    def _question(self, name: str) -> SecretQuestion:
        return SecretQuestion(run=RUN, question=name, members=tuple(self.nodes.values()))

    def _vectors(self, kind: str, question: SecretQuestion) -> dict[str, Vector]:
        replies = self._ask(kind, {QUESTION_FIELD: question.model_dump_json()})
        return {
            self.nodes[node]: read_arrays(reply.content[ARRAYS_KEY])[VECTOR]
            for node, reply in replies.items()
        }

    def _config(self, kind: str, config: dict[str, str]) -> dict[int, ConfigRecord]:
        replies = self._ask(kind, config)
        return {node: each.content.config_records[CONFIG_KEY] for node, each in replies.items()}

    def _ask(self, kind: str, config: dict[str, str]) -> dict[int, Message]:
        content = RecordDict({CONFIG_KEY: ConfigRecord({**config})})
        questions = [Message(content, node, kind) for node in self.nodes]
        replies = self.grid.send_and_receive(questions, timeout=600)
        return {reply.metadata.src_node_id: reply for reply in replies}


def timed(rounds_of: Rounds, rounds: int, expected: Floats) -> dict[str, float]:
    """Return the median seconds of a round of each kind."""
    kinds = {"float32": rounds_of.float32, "plain": rounds_of.plain, "secure": rounds_of.secret}
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(rounds + 1):
        for kind, one_round in kinds.items():
            begun = time.perf_counter()
            total = one_round(number)
            seconds[kind].append(time.perf_counter() - begun)
            if not np.allclose(total, expected, atol=1e-4):
                raise JuntosError(f"a {kind} round ended with another sum than it should")
    return {kind: statistics.median(each[1:]) for kind, each in seconds.items()}
