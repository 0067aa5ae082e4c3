"""Passing the hospitals' keys on, so that each pair of them agrees on masks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flwr.app import ConfigRecord, Message, RecordDict

from server.recording_grid import RecordingGrid
from shared.errors import JuntosError
from shared.questions import CONFIG_KEY, EXCHANGE_KEYS, HEADER_FIELD, read_answer
from shared.secret_sum.key_exchange import KeysAnswer, KeysHeader
from shared.secret_sum.key_offer import KeyOffer


def exchange_keys(grid: RecordingGrid) -> str:
    """Let all members agree on masks; return the name of the run that their keys are for.

    The coordinator passes on what it cannot use: it learns public keys only.
    """
    run = uuid.uuid4().hex
    offers = [each.offer for each in _asked(grid, KeysHeader(run=run)) if each.offer]
    _asked(grid, KeysHeader(run=run, offers=offers))
    return run


def _asked(grid: RecordingGrid, header: KeysHeader) -> Sequence[KeysAnswer]:
    grid.begin("")
    text = header.model_dump_json()
    messages = [
        Message(RecordDict({CONFIG_KEY: ConfigRecord({HEADER_FIELD: text})}), node, EXCHANGE_KEYS)
        for node in grid.get_node_ids()
    ]
    answers, unusable = [], {}
    for reply in grid.send_and_receive(messages):
        if reply.has_error():
            continue
        try:
            answer = read_answer(KeysAnswer, reply)
            _check(grid, reply, answer.offer)
            answers.append(answer)
        except JuntosError as error:
            unusable[reply.metadata.src_node_id] = error.what
    grid.leave_out(unusable)
    return answers


def _check(grid: RecordingGrid, reply: Message, offer: KeyOffer | None) -> None:
    if offer is not None and offer.hospital != grid.hospital(reply.metadata.src_node_id):
        raise JuntosError("a key in another hospital's name")
