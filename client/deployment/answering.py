"""How a hospital answers a run that deploys."""

from __future__ import annotations

import logging

import numpy as np
from flwr.app import ArrayRecord, Message, RecordDict

from client.deployment.arriving import Arriving
from client.hospital import Hospital
from client.serving.model_store import ModelStore
from shared.deployment.messages import PART, DeployHeader, DeploymentAnswer, Outcome
from shared.deployment.packing import unpack
from shared.errors import JuntosError
from shared.questions import ARRAYS_KEY, DEPLOY, answer_record, read_header, read_question

log = logging.getLogger("juntos.node")


def take_model(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.deploy``: verify, store, try out and put to use, or say why not.

    What is said depends on no record: which model answers here, and what became of the offer.
    """
    read_question(hospital.contract, message)
    header = read_header(DeployHeader, message)
    hospital.gate.tell_nothing(DEPLOY)
    opened = hospital.open_rankings if header.ranks else hospital.open_models
    if opened is None:
        raise JuntosError(f"{hospital.name} has no store of models")
    store = opened()
    arriving = Arriving(store.folder, header)
    try:
        answer = _answer(store, arriving, header, message)
    except JuntosError as error:
        log.warning("a model is refused: %s", error)
        arriving.end()
        answer = _told(store, "refused", error.what)
    return answer_record(answer)


def _answer(
    store: ModelStore, arriving: Arriving, header: DeployHeader, message: Message
) -> DeploymentAnswer:
    if header.part == 0:
        return _offered(store, arriving, header)
    arriving.add(part_of(message))
    if header.part < header.parts:
        return _told(store, "received")
    files = unpack(arriving.whole())
    arriving.end()
    store.install(files, source="coordinator", shadow=header.shadow, label=header.label)
    return _in_use(store, header)


def _offered(store: ModelStore, arriving: Arriving, header: DeployHeader) -> DeploymentAnswer:
    """Say before anything large travels whether it is wanted; what is here need not travel."""
    store.refuse_pinned(shadow=header.shadow, source="coordinator")
    if any(each.digest == header.digest for each in store.models()):
        store.install_again(
            header.digest, source="coordinator", shadow=header.shadow, label=header.label
        )
        return _in_use(store, header)
    arriving.begin()
    return _told(store, "wanted")


def _in_use(store: ModelStore, header: DeployHeader) -> DeploymentAnswer:
    found = _told(store, "shadow" if header.shadow else "active")
    median = store.last_test.median if store.last_test else None
    return found.model_copy(
        update={"milliseconds": None if median is None else round(1000 * median, 3)}
    )


def _told(store: ModelStore, outcome: Outcome, reason: str = "") -> DeploymentAnswer:
    models = store.models()
    active = next((each for each in models if each.role == "active"), None)
    shadow = next((each for each in models if each.role == "shadow"), None)
    return DeploymentAnswer(
        outcome=outcome,
        reason=reason[:1000],
        active_version=active.version if active else "",
        active_digest=active.digest if active else "",
        shadow_version=shadow.version if shadow else "",
        pinned=active is not None and active.pinned,
    )


def part_of(message: Message) -> np.ndarray:
    """Return the bytes that a message brings.

    Raises
    ------
    JuntosError
        When there are none.
    """
    record = message.content.get(ARRAYS_KEY)
    if not isinstance(record, ArrayRecord) or set(record) != {PART}:
        raise JuntosError("a message without a part of a bundle")
    part = record[PART].numpy()
    if part.dtype != np.uint8 or part.ndim != 1:
        raise JuntosError("a part of a bundle that holds something else than bytes")
    return part
