"""What follows for candidates from each kind of run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from server.deployment.deploying import FederatedDeployment
from server.home import CoordinatorHome
from server.promotion.advancing import LOOP, Advancing
from server.promotion.candidate import ENDED, STAGES, Candidate
from server.promotion.candidate_store import CandidateStore
from server.promotion.deployments import ask_again, ask_for_former, found_in
from server.promotion.judging import candidate_of
from server.promotion.live import crossed_lines
from server.promotion.policy import read_policy
from server.promotion.registry import Registry
from server.promotion.rolling_back import take_back
from server.promotion.stages import hospitals_of
from server.run_store import StoredRun
from server.watch.store import WatchStore

# In which a candidate answers patients, and may be taken back by what it answers.
WATCHED = ("canary", "everywhere")


@dataclass(frozen=True)
class Following:
    """Follows up runs that ended."""

    home: CoordinatorHome
    advancing: Advancing

    @classmethod
    def of(cls, home: CoordinatorHome) -> Following:
        """Begin with the policy as it is now."""
        return cls(home, Advancing(home, read_policy(home), Registry(home)))

    @property
    def store(self) -> CandidateStore:
        """All candidates."""
        return self.advancing.store

    def training(self, run: StoredRun) -> Candidate | None:
        """Take up the candidate that a run brings."""
        candidate = self.store.find(run.id)
        if candidate is None:
            found = candidate_of(self.home, run, self.advancing.registry)
            if found is None:
                return None
            candidate = self.store.add(found, LOOP, f"{run.id} trained {found.model.label}.")
        return self.advancing.pursue(candidate)

    def deployment(self, run: StoredRun) -> Candidate | None:
        """Bring the candidate on whose model a run brought to hospitals."""
        chosen, found = run.settings.deployment, found_in(run)
        if found is not None:
            self._note_where(
                {name: each.active_digest for name, each in found.hospitals.items()},
                {name for name, each in found.hospitals.items() if each.pinned},
            )
        for candidate in reversed(self.store.all()):
            if candidate.model.digest == chosen.digest:
                if candidate.state in STAGES:
                    return self._deployed(candidate, run, found)
                if candidate.state == "rolled_back" and candidate.answers_at:
                    return self._came_too_late(candidate, run)
            former = candidate.former
            if candidate.state == "rolled_back" and former and former.digest == chosen.digest:
                return candidate
        return None

    def watch(self, run: StoredRun) -> Candidate | None:
        """Take back what crosses a line, and confirm what answers everywhere."""
        watch = WatchStore(self.home.engine()).read(run.id)
        if watch is None:
            return None
        services = {name: each.service for name, each in watch.answers.items()}
        self._note_where(
            {name: each.digest for name, each in services.items() if each.digest},
            {name for name, each in services.items() if each.pinned},
        )
        for candidate in self.store.on_the_way():
            if candidate.state in WATCHED and candidate.deployed_at is not None:
                return self._watched(candidate, run)
        return None

    def everything(self) -> None:
        """Bring every candidate as far as it goes, and finish what a killed process left."""
        for each in self.store.all():
            # An earlier one that comes into use ends others.
            candidate = self.store.read(each.id)
            if self._may_move(candidate):
                self.advancing.pursue(candidate)

    def _may_move(self, candidate: Candidate) -> bool:
        """Return whether it could go on without a person; looking closer opens the registry."""
        if candidate.state in ENDED:
            return not candidate.settled
        if candidate.state == "waits_for_approval":
            approval = self.advancing.policy.approval
            who = approval.first_model if candidate.former is None else approval.who
            return who == "automatic" and not candidate.held
        return True

    def _deployed(
        self, candidate: Candidate, run: StoredRun, found: FederatedDeployment | None
    ) -> Candidate:
        shadow = candidate.state == "shadow"
        if run.settings.deployment.shadow != shadow:
            return candidate
        asked = sorted(hospitals_of(candidate.state, self.advancing.policy))
        of_stage = sorted(run.settings.deployment.hospitals) == asked
        if candidate.deployed_at is None and (of_stage or not self.advancing.without_it(candidate)):
            if found is None or not (found.in_use or all_pinned(found)):
                return self._not_deployed(candidate, run)
            at = run.ended_at or candidate.since
            candidate = self.store.note(candidate, deployed_at=at, held="")
        return self.advancing.pursue(candidate)

    def _not_deployed(self, candidate: Candidate, run: StoredRun) -> Candidate:
        """Leave to a person what no hospital took."""
        reason = f"{run.id} brought it to no hospital: {run.message}"
        if candidate.state == "everywhere":
            # It carries the champion's alias already: what is in use must not be what nobody has.
            return self.store.note(candidate, held=reason)
        return self.store.move(
            candidate, "waits_for_approval", LOOP, reason, held=reason, settled=False
        )

    def _came_too_late(self, candidate: Candidate, run: StoredRun) -> Candidate:
        """Return the model before to hospitals that a run brought it to after it was taken back."""
        if candidate.former is not None:
            reason = "it came after it was taken back."
            ask_for_former(self.home, candidate, candidate.former, reason, run.id)
        return candidate

    def _note_where(self, digests: Mapping[str, str], pinned: Collection[str]) -> None:
        """Write down which model answers at each hospital, with every candidate that was there."""
        for each in self.store.all():
            if each.state in STAGES or each.state in ("confirmed", "rolled_back"):
                stays = (set(each.pinned) - set(digests)) | set(pinned)
                hospitals = {**each.hospitals, **digests}
                self.store.note(each, hospitals=hospitals, pinned=sorted(stays))

    def _watched(self, candidate: Candidate, run: StoredRun) -> Candidate:
        crossed = crossed_lines(self.advancing.live(candidate), self.advancing.policy.rollback)
        if crossed and self.advancing.policy.rollback.automatic and candidate.former is not None:
            reason = " ".join(each.words.en for each in crossed)
            return take_back(self.advancing, candidate, LOOP, reason)
        candidate = self.store.note(candidate, concerns=crossed)
        candidate = self.advancing.pursue(candidate)
        missing = self.advancing.without_it(candidate)
        if candidate.state == "everywhere" and missing and not crossed:
            ask_again(self.home, candidate, missing, run.id)
        return candidate


def all_pinned(found: FederatedDeployment) -> bool:
    """Return whether every hospital that answered stays with a model of its own."""
    return bool(found.hospitals) and all(each.pinned for each in found.hospitals.values())
