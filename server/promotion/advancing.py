"""Bringing a candidate as far as it can go now; every step can be done again."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from server.enrolment.hospitals import hospital_names
from server.home import CoordinatorHome
from server.promotion.candidate import STAGES, Candidate, State
from server.promotion.candidate_store import CandidateStore, ChangedMeanwhileError
from server.promotion.decision import Decision
from server.promotion.deployments import (
    ask_again,
    ask_for_former,
    ask_for_stage,
    cancel_waiting,
)
from server.promotion.judging import decide
from server.promotion.live import LiveEvidence, live_evidence
from server.promotion.policy import PromotionPolicy
from server.promotion.registry import Registry
from server.promotion.stages import (
    first_stage,
    goes_by_itself,
    hospitals_of,
    next_stage,
    stage_policy,
    still_missing,
)
from server.scheduling.queue import RunQueue
from server.watch.store import WatchStore
from shared.errors import BundleError

GATE, LOOP = "gate", "loop"
# How long the model before is looked at, to compare live answers with its own.
LOOKED_BACK = datetime.timedelta(days=120)


@dataclass(frozen=True)
class Advancing:
    """Knows a candidate's next step, and does it.

    A step is a transition in the database, and what the new state asks for besides: names in the
    registry, and a request for a run. The transition comes first, and what it asks for can be done
    any number of times: whoever is killed between the two does the second on the next call.
    """

    home: CoordinatorHome
    policy: PromotionPolicy
    registry: Registry

    @property
    def store(self) -> CandidateStore:
        """All candidates."""
        return CandidateStore(self.home.engine())

    def pursue(self, candidate: Candidate) -> Candidate:
        """Go on until nothing is left to do now."""
        while True:
            try:
                after = self._step(candidate)
            except ChangedMeanwhileError:
                # Another process is at it, or a person was faster: that is how it is now.
                return self.store.read(candidate.id)
            if after == candidate:
                return candidate
            candidate = after

    def enter(self, candidate: Candidate, stage: State, actor: str, reason: str) -> Candidate:
        """Bring a candidate into a stage.

        Raises
        ------
        BundleError
            When the registered model is not the one that was signed.
        """
        self.registry.refuse_tampered(candidate.model.label)
        return self.store.move(
            candidate,
            stage,
            actor,
            reason,
            deployed_at=None,
            held="",
            concerns=[],
            settled=False,
        )

    def _step(self, candidate: Candidate) -> Candidate:
        if candidate.state == "trained":
            return self._judge(candidate)
        if candidate.state == "judged":
            return self._follow_decision(candidate)
        if candidate.state == "waits_for_approval":
            return self._approve_by_policy(candidate)
        if candidate.state in STAGES:
            return self._in_stage(candidate)
        return candidate if candidate.settled else self._settle(candidate)

    def _judge(self, candidate: Candidate) -> Candidate:
        decision = decide(self.home, candidate)
        self.registry.challenge(candidate.model.label)
        self.registry.tag(
            candidate.model.label,
            version=candidate.version,
            decision=decision.outcome,
            reasons=decision.sentence.en,
            compared_with=candidate.former.label if candidate.former else "",
        )
        return self.store.move(candidate, "judged", GATE, decision.sentence.en, decision=decision)

    def _follow_decision(self, candidate: Candidate) -> Candidate:
        decision = decision_of(candidate)
        if decision.outcome == "reject":
            return self.store.move(candidate, "rejected", GATE, decision.sentence.en)
        return self.superseded(candidate) or self._go_or_wait(candidate, decision)

    def _go_or_wait(self, candidate: Candidate, decision: Decision) -> Candidate:
        first_model = candidate.former is None
        stage = first_stage(decision, self.policy)
        if goes_by_itself(decision, self.policy, first_model=first_model) and not self._busy(
            candidate
        ):
            return self._enter_by_policy(candidate, stage)
        if candidate.state == "waits_for_approval":
            return candidate
        return self.store.move(candidate, "waits_for_approval", GATE, self._why(decision))

    def _enter_by_policy(self, candidate: Candidate, stage: State) -> Candidate:
        """Bring a candidate into a stage; one that was tampered with is left to a person."""
        try:
            return self.enter(candidate, stage, LOOP, "By policy, without a person.")
        except BundleError as error:
            return self.store.move(
                candidate, "waits_for_approval", LOOP, error.what, held=error.what
            )

    def _why(self, decision: Decision) -> str:
        if decision.waits_for:
            return f"Waits for the approval of {', '.join(decision.waits_for)}."
        if decision.outcome == "insufficient":
            return "A person decides where evidence is missing."
        return "Waits for a person to promote it."

    def _busy(self, candidate: Candidate) -> bool:
        """Return whether another candidate is on its way through hospitals."""
        return any(
            each.id != candidate.id and each.state in ("shadow", "canary")
            for each in self.store.on_the_way()
        )

    def _approve_by_policy(self, candidate: Candidate) -> Candidate:
        if (gone := self.superseded(candidate)) is not None:
            return gone
        if candidate.held:
            return candidate
        decision = decide(self.home, candidate)
        if decision != candidate.decision:
            candidate = self.store.note(candidate, decision=decision)
        return self._go_or_wait(candidate, decision)

    def superseded(self, candidate: Candidate) -> Candidate | None:
        """Reject a candidate that was judged against a model that is not in use any more."""
        in_use = self.registry.in_use()
        if in_use == candidate.former:
            return None
        label = in_use.label if in_use else "no model"
        before = candidate.former.label if candidate.former else "no model"
        reason = f"It was judged against {before}; in use is {label} now."
        return self.store.move(candidate, "rejected", LOOP, reason)

    def _in_stage(self, candidate: Candidate) -> Candidate:
        if candidate.state == "everywhere" and not candidate.settled:
            self._put_in_use(candidate)
            return self.store.note(candidate, settled=True)
        if candidate.deployed_at is None:
            return candidate if candidate.held else self._ask_for_stage(candidate)
        return self._go_on(candidate)

    def _ask_for_stage(self, candidate: Candidate) -> Candidate:
        """Ask for the run that brings it to the hospitals; say so where that run will not come."""
        reason = self.store.transitions(candidate.id)[-1].reason
        request = ask_for_stage(
            self.home, candidate, hospitals_of(candidate.state, self.policy), reason
        )
        found = RunQueue(self.home.engine()).read(request)
        if found.status in ("failed", "cancelled") and found.run_id is None:
            why = f"Its deployment (request {request}) was {found.status}: {found.message}"
            return self.store.note(candidate, held=why)
        return candidate

    def _go_on(self, candidate: Candidate) -> Candidate:
        """Go to the next stage, if this one is over."""
        self._ask_again_daily(candidate)
        if self.waits_for(candidate):
            return candidate
        to = next_stage(candidate.state, self.policy)
        if to == "confirmed":
            return self.store.move(candidate, to, LOOP, self._where(candidate), settled=False)
        if candidate.state == "shadow" and decision_of(candidate).outcome == "shadow":
            return self.store.move(
                candidate,
                "waits_for_approval",
                LOOP,
                "It answered in shadow; whether it is used, a person decides.",
                held="It answered in shadow.",
            )
        return self.enter(candidate, to, LOOP, f"{candidate.state.capitalize()} passed.")

    def _ask_again_daily(self, candidate: Candidate) -> None:
        """Ask for it once a day at hospitals that were away when it came."""
        today = utc_now().date().isoformat()
        deployed = candidate.deployed_at or today
        if candidate.state != "everywhere" or candidate.concerns or deployed[:10] >= today:
            return
        missing = self.without_it(candidate)
        if missing:
            ask_again(self.home, candidate, missing, today)

    def waits_for(self, candidate: Candidate) -> str:
        """Return what a stage still waits for, in words; empty where it is over."""
        if candidate.concerns:
            return "a person decides about what live answers say"
        missing = still_missing(candidate, self.policy, self._answers(candidate), utc_now())
        if missing or candidate.state != "everywhere":
            return missing
        without = self.without_it(candidate)
        return f"it does not answer yet at {', '.join(without)}" if without else ""

    def _where(self, candidate: Candidate) -> str:
        count = len(candidate.answers_at)
        text = f"It answers at {count} hospital{'' if count == 1 else 's'}"
        if candidate.pinned:
            text += f"; pinned to their own model: {', '.join(candidate.pinned)}"
        return f"{text}."

    def without_it(self, candidate: Candidate) -> list[str]:
        """Return hospitals where it does not answer, and that did not pin their own model."""
        joined = set(hospital_names(self.home.engine()).values())
        return sorted(joined - set(candidate.answers_at) - set(candidate.pinned))

    def _answers(self, candidate: Candidate) -> int:
        """Return how many answers the stage has seen; not counted where none are asked for."""
        if not stage_policy(candidate.state, self.policy).answers:
            return 0
        shadow_at = list(candidate.hospitals) if candidate.state == "shadow" else []
        return self.live(candidate, shadow_at).answers

    def live(self, candidate: Candidate, shadow_at: Sequence[str] = ()) -> LiveEvidence:
        """Return what watches say of a candidate since hospitals took it."""
        since = candidate.deployed_at or candidate.since
        oldest = datetime.datetime.fromisoformat(since) - LOOKED_BACK
        watches = WatchStore(self.home.engine()).history(oldest.isoformat(timespec="seconds"))
        former = candidate.former.digest if candidate.former else ""
        return live_evidence(watches, candidate.model.digest, former, since, shadow_at)

    def _put_in_use(self, candidate: Candidate) -> None:
        self.registry.crown(candidate.model.label)
        self.registry.tag(candidate.model.label, version=candidate.version)
        for other in self.store.on_the_way():
            if other.id == candidate.id:
                continue
            reason = f"{candidate.id} came into use."
            if other.state == "everywhere":
                missing = self.without_it(other)
                where = f" It was never confirmed at {', '.join(missing)}." if missing else ""
                self.store.move(other, "confirmed", LOOP, reason + where, settled=False)
            else:
                self.store.move(other, "rejected", LOOP, reason)

    def _settle(self, candidate: Candidate) -> Candidate:
        """Do what an end asks for."""
        label = candidate.model.label
        last = self.store.transitions(candidate.id)[-1]
        if candidate.state in ("rejected", "rolled_back"):
            cancel_waiting(self.home, candidate)
            self.registry.end_challenge(label)
            if candidate.former is not None:
                self._return_former(candidate, candidate.former.label, last.reason)
        self.registry.tag(label, state=candidate.state, because=last.reason)
        return self.store.note(candidate, settled=True)

    def _return_former(self, candidate: Candidate, former: str, reason: str) -> None:
        """Put the model before in use again, and ask for it where the candidate answers."""
        in_use = self.registry.in_use()
        if in_use is not None and in_use.label == candidate.model.label:
            self.registry.crown(former)
        if candidate.former is not None and candidate.answers_at:
            ask_for_former(self.home, candidate, candidate.former, reason)


def decision_of(candidate: Candidate) -> Decision:
    """Return the gate's decision on a candidate that was judged."""
    if candidate.decision is None:
        raise ValueError(f"{candidate.id} was not judged")
    return candidate.decision


def utc_now() -> datetime.datetime:
    """Return the time."""
    return datetime.datetime.now(datetime.UTC)
