"""How a hospital answers a run that learns to rank diseases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from flwr.app import Message, MetricRecord, RecordDict

from client.hospital import Hospital
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.privacy.release import Release
from shared.questions import (
    ARRAYS_KEY,
    METRICS_KEY,
    RANK,
    Question,
    answer_record,
    array_record,
    read_arrays,
    read_header,
    read_question,
)

if TYPE_CHECKING:
    from client.ranking_learning.cases import LabelledCases
    from client.ranking_learning.local_ranking import LocalRanking
    from shared.knowledge.terms import Findings
    from shared.ranking_learning.messages import RankedCases, RankHeader
    from shared.records import Records
    from shared.run_settings import RunSettings

# What a step is called in the ledger.
PURPOSES = {
    "cases": "sums of cases by disease, for ranking",
    "inputs": "means and spreads of what ranks diseases",
    "scorers": "step of the networks that rank",
    "gates": "step of the networks that say whether the disease is known",
    "count": "counts by which cases and knowledge are weighed",
    "evaluate": "how far up the right disease stands",
}


# Groups of arrays that a hospital keeps, each of which builds on those before.
USED_IN_ORDER = ("knowledge", "sums", "scales", "final_scorers", "final_gates")


class LostStepError(JuntosError):
    """A step builds on others that this process did not see."""


def learn_to_rank(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.rank``.

    Raises
    ------
    PrivacyRefusedError
        When this hospital's policy lets nothing out without a formal guarantee.
    """
    # Nothing of it is needed for other questions, and PyTorch takes its time.
    from shared.ranking_learning.messages import FORGOTTEN, RankHeader

    question = read_question(hospital.contract, message)
    header = read_header(RankHeader, message)
    if question.settings.privacy.only_sums:
        raise JuntosError("a ranking by hospital in a run that promises sums alone")
    groups = groups_in(message)
    try:
        local = prepared(hospital, question, header, groups)
    except LostStepError:
        hospital.gate.tell_nothing("the place in a learning that it has lost")
        return RecordDict({METRICS_KEY: MetricRecord({FORGOTTEN: 1})})
    if header.what == "ranked":
        hospital.gate.tell_nothing("how wide a network must be")
    else:
        hospital.gate.spend(
            Release(
                run=str(message.metadata.run_id),
                question=RANK,
                purpose=purpose_of(header),
                mechanism="none",
            )
        )
    answer = RecordDict({ARRAYS_KEY: array_record(answer_of(local, header, groups))})
    if header.what == "cases":
        answer.update(answer_record(_cases(hospital, question, local)))
    return answer


def purpose_of(header: RankHeader) -> str:
    """Return what a step is for, in words."""
    words = PURPOSES.get(header.what, header.what)
    return f"{words}, {header.number + 1}" if header.what in ("scorers", "gates") else words


def groups_in(message: Message) -> dict[str, Arrays]:
    """Return the arrays that a message brings, by group."""
    return {name: read_arrays(record) for name, record in message.content.array_records.items()}


def prepared(
    hospital: Hospital, question: Question, header: RankHeader, groups: Mapping[str, Arrays]
) -> LocalRanking:
    """Make use of what a message brings, and return what answers it.

    Raises
    ------
    LostStepError
        When something that it builds on neither comes along nor is remembered.
    """
    from shared.ranking_learning.messages import KNOWLEDGE, digest_of

    memory = hospital.ranked
    if memory.settings != question.settings:
        memory.settings, memory.local, memory.digests = question.settings, None, {}
    for name in USED_IN_ORDER:
        wanted = header.needs.get(name)
        if wanted is None or memory.digests.get(name) == wanted:
            continue
        if name not in groups or digest_of(groups[name]) != wanted:
            raise LostStepError("a step that builds on others")
        if name == KNOWLEDGE:
            memory.local, memory.digests = _opened(hospital, question, groups[name]), {}
        elif memory.local is None:
            raise LostStepError("a step that builds on others")
        else:
            _use(memory.local, name, groups[name])
        memory.digests[name] = wanted
    if memory.local is None:
        raise LostStepError("a step that builds on others")
    return memory.local


def _opened(hospital: Hospital, question: Question, knowledge: Arrays) -> LocalRanking:
    """Read the hospital's cases in the terms of what is published.

    Raises
    ------
    JuntosError
        When none of them can be ranked.
    """
    import torch

    from client.ranking_learning.local_ranking import LocalRanking
    from client.small_cells import cell_size
    from shared.knowledge.compiled import published_of
    from shared.ranking_learning.candidates_of_run import candidates_of_run

    # Sums over few numbers take longer on several threads than on one.
    torch.set_num_threads(1)
    settings = question.settings
    published = published_of(knowledge)
    diseases = candidates_of_run(
        published.table.diseases,
        orphanet=settings.ranking.orphanet,
        always=settings.task.contract(hospital.contract).leaves,
    )
    training, held_out = _divided(hospital, settings, published.findings, diseases)
    found = LocalRanking(
        hospital.name,
        published,
        diseases,
        training,
        held_out,
        settings.ranking,
        settings.seed,
        # In a secret sum nobody sees the part of one hospital.
        1 if settings.privacy.only_sums else cell_size(hospital),
    )
    # Whether there are any is nothing to tell in a run that promises patients to hide.
    if not len(found.training) and not settings.privacy.is_private:
        raise JuntosError(
            "no case here has both findings and a disease that is ranked",
            "Check that the source has findings of HPO and diagnoses.",
        )
    return found


def _divided(
    hospital: Hospital, settings: RunSettings, findings: Findings, diseases: list[str]
) -> tuple[LabelledCases, LabelledCases]:
    """Return the cases to learn from and those held out.

    Under a formal guarantee each patient has one record, and whether it is held out depends on that
    record alone; otherwise all records of a person are on one side.
    """
    from client.privacy.private_rows import held_out_rows
    from client.ranking_learning.cases import labelled_cases
    from client.ranking_learning.parts import held_out
    from shared.privacy.contributions import one_record_each

    contract, records = hospital.ranked_records(settings)

    def cases_of(chosen: Records) -> LabelledCases:
        return labelled_cases(contract, chosen, findings, diseases, hospital.name)

    if settings.privacy.is_private:
        records = one_record_each(records, settings.holdout.seed)
        back = held_out_rows(records, settings)
        sides = (records.take(np.flatnonzero(side)) for side in (~back, back))
        training, others = (cases_of(each) for each in sides)
        return training, others
    cases = cases_of(records)
    back = held_out(cases, settings.holdout.test_share, settings.seed)
    return cases.take(np.flatnonzero(~back)), cases.take(np.flatnonzero(back))


def _use(local: LocalRanking, name: str, arrays: Arrays) -> None:
    from shared.ranking_learning.messages import folds_of

    try:
        if name == "sums":
            local.use_sums(folds_of(arrays))
            return
        learning = local.learning
        if learning is None:
            raise LostStepError("a step that builds on others")
        if name == "scales":
            learning.use_scales(arrays)
        elif name == "final_scorers":
            learning.use_scorers(arrays)
        else:
            learning.use_gates(arrays)
    except (KeyError, ValueError, IndexError, RuntimeError):
        raise JuntosError(f"arrays that are no {name} of a ranker") from None


def answer_of(local: LocalRanking, header: RankHeader, groups: Mapping[str, Arrays]) -> Arrays:
    """Return the sums that a step asks for."""
    from shared.ranking_learning.messages import fold_arrays

    if header.what == "cases":
        return fold_arrays(local.fold_sums())
    learning = local.learning
    if learning is None:
        raise JuntosError("a step of a learning that has not begun")
    place = (header.turn, header.step, header.steps)
    if header.what == "inputs":
        return learning.moments()
    if header.what == "ranked":
        return learning.width()
    if header.what in ("scorers", "gates"):
        if "networks" not in groups:
            raise JuntosError("a step without networks")
        act = learning.score_step if header.what == "scorers" else learning.gate_step
        return act(groups["networks"], place)
    if header.what == "count":
        return learning.count(header.counts, header.mixing.mixing, header.depth)
    return local.evaluate(learning.ranker(header.mixing.mixing))


def _cases(hospital: Hospital, question: Question, local: LocalRanking) -> RankedCases:
    from shared.ranking_learning.messages import RankedCases

    _, records = hospital.ranked_records(question.settings)
    return RankedCases(
        data_version=records.content_hash(),
        training=len(local.training),
        held_out=len(local.held_out),
    )
