"""A hospital's part of the secret sums by which rankings are learned."""

from __future__ import annotations

import numpy as np
from flwr.app import Message

from client.hospital import Hospital
from client.ranking_learning.answering import answer_of, groups_in, prepared
from shared.errors import JuntosError
from shared.models.base import Arrays
from shared.privacy.fixed_sums import Integers, fixed_sum
from shared.questions import CONFIG_KEY, Question
from shared.ranking_learning.dense_sums import BLOCK, block_of, flat, outline_of
from shared.ranking_learning.messages import RANKING_FIELD, RankHeader


def part_of_ranking(hospital: Hospital, question: Question, message: Message) -> Integers:
    """Return the sums of one step as whole numbers.

    Raises
    ------
    LostStepError
        When the step builds on others that this process did not see: the hospital is then taken
        out of the sum.
    """
    header = rank_header(message)
    groups = groups_in(message)
    local = prepared(hospital, question, header, groups)
    arrays: Arrays
    if header.what == "outline":
        arrays = outline_of(local.fold_sums())
    elif header.what == "block":
        arrays = block_of(local.fold_sums(), groups[BLOCK])
    elif header.what == "cases":
        raise JuntosError("sums by disease of one hospital in a run that promises sums alone")
    else:
        arrays = answer_of(local, header, groups)
    return fixed_sum(flat(arrays, header.what).astype(np.float64), 0.0).values


def rank_header(message: Message) -> RankHeader:
    """Return which step of a learning a sum is of.

    Raises
    ------
    JuntosError
        When it does not say.
    """
    text = message.content.config_records[CONFIG_KEY].get(RANKING_FIELD)
    if not isinstance(text, str):
        raise JuntosError("a sum for ranking that does not say of what")
    return RankHeader.model_validate_json(text)
