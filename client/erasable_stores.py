"""The stores of a node that may hold something of a patient: the one list of them."""

from __future__ import annotations

from client.api.batches.erasing import WaitingCases
from client.api.fhir.erasing import WaitingAnswers
from client.audit.erasing import AnswerStore
from client.daily.erasing import DailyRecords
from client.data_quality.erasing import KeptFoldAnswers
from client.home import NodeHome
from client.privacy.egress import EGRESS_FOLDER, KeptPayloads
from client.privacy.erasable import Erasable
from client.review.erasing import ReviewStore
from client.snapshots.erasing import SnapshotStore


def erasable_stores(home: NodeHome) -> list[Erasable]:
    """Return all that erasing a patient goes through, beside the hospital's own source."""
    return [
        KeptPayloads(home.path / EGRESS_FOLDER),
        ReviewStore(home),
        SnapshotStore(home),
        KeptFoldAnswers(home),
        # Before the answers: what waits would become one.
        WaitingCases(home),
        WaitingAnswers(home),
        DailyRecords(home),
        AnswerStore(home),
    ]
