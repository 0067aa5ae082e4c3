"""How a hospital agrees with the others on the masks of secret sums."""

from __future__ import annotations

from flwr.app import Message, RecordDict

from client.hospital import Hospital
from shared.errors import JuntosError
from shared.questions import answer_record, read_header
from shared.secret_sum.key_exchange import KeysAnswer, KeysHeader


def exchange_keys(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.keys``: first with an own public key, then with whose keys are refused."""
    header = read_header(KeysHeader, message)
    hospital.gate.tell_nothing("public key for secret sums")
    if hospital.secret_sums is None:
        raise JuntosError(f"{hospital.name} has no node key to sign keys of secret sums with")
    if not header.offers:
        sums = hospital.secret_sums.begin(header.run, hospital.gate.policy.smallest_cohort)
        return answer_record(KeysAnswer(offer=sums.offer))
    return answer_record(
        KeysAnswer(refused=hospital.secret_sums.of(header.run).accept(header.offers))
    )
