"""How a hospital gives its part of a sum: with noise that hides each patient, or under masks only.

Everything that a run of sums learns from patients passes `add_to_sum`: what is summed, how far one
patient can move it, the entry in the ledger, and the noise, in this order.
"""

from __future__ import annotations

import math

from flwr.app import Message, RecordDict

from client.hospital import Hospital
from client.sums.bounded import BOUNDED
from client.sums.exact import EXACT, refuse_overflow
from shared.errors import JuntosError, PrivacyRefusedError
from shared.privacy.fixed_sums import Integers
from shared.privacy.release import Release
from shared.privacy.settings import PrivacySettings
from shared.privacy.sum_question import SumHeader
from shared.questions import (
    ARRAYS_KEY,
    PART_OF_SUM,
    PRIVATE_SUM,
    Question,
    array_record,
    read_header,
    read_question,
)


def add_to_sum(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.sum``.

    Raises
    ------
    PrivacyRefusedError
        When the hospital's budget or policy does not allow it.
    """
    question = read_question(hospital.contract, message)
    header = read_header(SumHeader, message)
    privacy = question.settings.privacy
    if not privacy.only_sums:
        raise JuntosError("a sum in a run that asks for everything")
    refuse_counting_on_others(hospital, privacy, header)
    part = noised if privacy.is_private else unnoised
    if header.secret is None:
        values = part(hospital, question, header, message)
        return RecordDict({ARRAYS_KEY: array_record({PART_OF_SUM: values})})
    if hospital.secret_sums is None:
        raise JuntosError(f"{hospital.name} has no key for secret sums")
    drawn: list[Integers] = []

    def draw() -> Integers:
        drawn.append(part(hospital, question, header, message))
        return drawn[0]

    sums = hospital.secret_sums.of(header.secret.run)
    values = sums.answer(header.secret, draw, noise_is_whole=privacy.assumed_honest == 1)
    if not drawn:
        hospital.gate.tell_nothing(f"{header.purpose} {header.step} again, under other masks")
    return RecordDict({ARRAYS_KEY: array_record({PART_OF_SUM: values})})


def refuse_counting_on_others(
    hospital: Hospital, privacy: PrivacySettings, header: SumHeader
) -> None:
    """Refuse to add a share of the noise only, where the rest would not be there.

    Raises
    ------
    PrivacyRefusedError
        When the policy counts on fewer hospitals than the run, or the sum is not secret or has
        fewer members.
    """
    wanted, allowed = privacy.assumed_honest, hospital.gate.policy.assumed_honest
    if wanted > allowed:
        raise PrivacyRefusedError(
            f"assumed_honest: the run counts on the noise of {wanted} hospitals together, "
            f"{hospital.name} on that of {allowed}",
            "Set assumed_honest in policy.toml, or privacy.assumed_honest of the run.",
        )
    members = len(header.secret.members) if header.secret else 1
    if wanted > members:
        raise PrivacyRefusedError(
            f"assumed_honest: the run counts on the noise of {wanted} hospitals, and {members} "
            "add up"
        )


def noised(hospital: Hospital, question: Question, header: SumHeader, message: Message) -> Integers:
    """Return the hospital's part of the sum, with noise, once the ledger holds what it tells."""
    privacy = question.settings.privacy
    if header.purpose not in BOUNDED or not header.noise_multiplier:
        raise JuntosError(f"a sum of {header.purpose} that noise does not hide")
    purpose = list(BOUNDED).index(header.purpose)
    noise = hospital.noise.of(question.settings.seed, purpose, header.step)
    found = BOUNDED[header.purpose](hospital, question, header, message, noise)
    sampled = header.purpose == "network step"
    hospital.gate.spend(
        Release(
            run=str(message.metadata.run_id),
            question=PRIVATE_SUM,
            purpose=name_of(header),
            mechanism="discrete_gaussian",
            sensitivity=found.sensitivity,
            noise_multiplier=header.noise_multiplier,
            sampling_rate=privacy.sampling_rate if sampled else 1.0,
            assumed_honest=privacy.assumed_honest,
        )
    )
    scale = found.sensitivity * header.noise_multiplier / math.sqrt(privacy.assumed_honest)
    return refuse_overflow(noise.added(found.values, scale))


def unnoised(
    hospital: Hospital, question: Question, header: SumHeader, message: Message
) -> Integers:
    """Return the hospital's part of a secret sum as it is, once the ledger says so."""
    if header.secret is None:
        raise JuntosError("a sum without noise that is not secret")
    purpose = header.purpose
    if purpose in EXACT:
        values = EXACT[purpose](hospital, question, header, message)
    else:
        everyone = hospital.noise.of(question.settings.seed)
        values = BOUNDED[purpose](hospital, question, header, message, everyone).values
    hospital.gate.spend(
        Release(
            run=str(message.metadata.run_id),
            question=PRIVATE_SUM,
            purpose=f"{name_of(header)}, in a sum of {len(header.secret.members)} hospitals",
            mechanism="none",
        )
    )
    return refuse_overflow(values)


def name_of(header: SumHeader) -> str:
    """Return what the ledger calls a sum."""
    return f"{header.purpose} {header.step}" if header.step > 1 else header.purpose
