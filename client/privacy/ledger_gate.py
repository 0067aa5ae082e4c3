"""The gate of a real hospital: its policy, its budget, its ledger."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from flwr.app import Message

from client.privacy.egress import EGRESS_FOLDER, KeptPayloads
from client.privacy.entry import NO_PATIENT_DATA, Entry, State
from client.privacy.ledger import Ledger
from client.privacy.pause import is_paused
from client.privacy.policy import Policy
from client.privacy.rules import (
    refuse_overspending,
    refuse_paused,
    refuse_question,
    refuse_sums_over_few,
    refuse_without_guarantee,
)
from client.privacy.spending import Spending
from shared.errors import PrivacyRefusedError
from shared.privacy.release import Release
from shared.session.messages import content_bytes


class LedgerGate:
    """Lets out what the policy allows, after it is in the ledger; see `Gate`.

    Parameters
    ----------
    home : Path
        The node's folder.
    ledger : Ledger
    policy : callable
        Returns the policy as it is now.
    """

    def __init__(self, home: Path, ledger: Ledger, policy: Callable[[], Policy]) -> None:
        self._home = home
        self._ledger = ledger
        self._policy = policy
        self._spending = Spending()
        self._payloads = KeptPayloads(home / EGRESS_FOLDER)
        self._run = self._question = ""
        self._declared: list[int] = []

    @property
    def policy(self) -> Policy:
        """The hospital's policy as it is now."""
        return self._policy()

    def admit(self, question: Message) -> None:
        """Begin with a question; see `Gate.admit`."""
        self._declared = []
        self._run, self._question = str(question.metadata.run_id), question.metadata.message_type
        self._refuse_by_rule()

    def spend(self, release: Release) -> None:
        """Write down a release, or refuse it; see `Gate.spend`."""
        with self._ledger.writing() as ledger:
            self._spending.catch_up(ledger, self.policy)
            entry, refusal = self._judged(release)
            number = ledger.append(entry).number
        if refusal is not None:
            raise refusal
        self._declared.append(number)

    def tell_nothing(self, purpose: str) -> None:
        """Write down that the answer depends on no record; see `Gate.tell_nothing`."""
        with self._ledger.writing() as ledger:
            self._spending.catch_up(ledger, self.policy)
            epsilon, _ = self._spending.after(None, self.policy)
            entry = self._about_question("spent", purpose, mechanism=NO_PATIENT_DATA)
            self._declared.append(ledger.append(replace(entry, epsilon=epsilon)).number)

    def sent(self, reply: Message) -> None:
        """Write down an answer and keep a copy; see `Gate.sent`."""
        if not self._declared:
            self.spend(
                Release(
                    run=self._run,
                    question=self._question,
                    purpose=self._question,
                    mechanism="none",
                )
            )
        # The answer may have taken hours; a pause that began meanwhile holds it back.
        self._refuse_by_rule()
        payload = content_bytes(reply)
        entry = self._about_question(
            "sent",
            answers=",".join(str(each) for each in self._declared),
            size=len(payload),
            digest=hashlib.sha256(payload).hexdigest(),
        )
        self._declared = []
        number = self._write(entry)
        self._keep(number, payload)

    def _refuse_by_rule(self) -> None:
        try:
            refuse_paused(is_paused(self._home))
            refuse_question(self._question, self.policy)
            refuse_sums_over_few(self._question, self.policy)
        except PrivacyRefusedError as refusal:
            self._write(self._about_question("refused", reason=refusal.what))
            raise

    def _judged(self, release: Release) -> tuple[Entry, PrivacyRefusedError | None]:
        """Return what goes into the ledger about a release that is asked for."""
        epsilon, affordable = self._spending.after(release, self.policy)
        spent, _ = self._spending.after(None, self.policy)
        try:
            refuse_paused(is_paused(self._home))
            if release.mechanism == "none":
                refuse_without_guarantee(release.question, self.policy)
            elif not affordable:
                refuse_overspending(spent, epsilon, self.policy)
        except PrivacyRefusedError as refusal:
            return Entry.of_release("refused", release, spent, refusal.what), refusal
        return Entry.of_release("spent", release, epsilon), None

    def _about_question(self, state: State, purpose: str = "", **fields: Any) -> Entry:  # noqa: ANN401
        return Entry(state, self._run, self._question, purpose, **fields)

    def _write(self, entry: Entry) -> int:
        with self._ledger.writing() as ledger:
            return ledger.append(entry).number

    def _keep(self, number: int, payload: bytes) -> None:
        days = self.policy.keep_payloads_days
        if days:
            self._payloads.keep(number, payload)
        self._payloads.remove_old(days)
