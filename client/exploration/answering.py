"""How a hospital answers a run that explores."""

from __future__ import annotations

from flwr.app import Message, RecordDict

from client.hospital import Hospital
from shared.errors import JuntosError
from shared.exploration.explore import explore
from shared.privacy.contributions import one_record_each
from shared.privacy.release import Release
from shared.questions import EXPLORE, ExplorationAnswer, answer_record, read_question


def explore_records(hospital: Hospital, message: Message) -> RecordDict:
    """Answer ``query.explore``: each patient counts with one record.

    Raises
    ------
    PrivacyRefusedError
        When this hospital's policy lets nothing out without a formal guarantee.
    """
    settings = read_question(hospital.contract, message).settings
    if settings.privacy.guarantee != "none":
        raise JuntosError("an exploration by hospital in a run that promises sums alone")
    hospital.gate.spend(
        Release(
            run=str(message.metadata.run_id),
            question=EXPLORE,
            purpose="exploration",
            mechanism="none",
        )
    )
    contract, records = hospital.view(settings)
    return answer_record(
        ExplorationAnswer(
            data_version=records.content_hash(),
            exploration=explore(
                contract,
                one_record_each(records, settings.holdout.seed),
                hospital.gate.policy.smallest_cell,
                settings.exploration.study,
            ),
        )
    )
