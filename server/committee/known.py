"""All that is known of one run, from the coordinator's database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.dashboard.runs import Figures, RunLine, figures_of, read_line
from server.dashboard.standing import in_use
from server.enrolment.hospitals import list_hospitals
from server.home import CoordinatorHome
from server.promotion.candidate import Candidate, Transition
from server.promotion.candidate_store import CandidateStore
from server.rounds import RoundRecord
from server.run_store import RunStore
from server.scheduling.queue import RunQueue
from shared.contract import Contract


@dataclass(frozen=True)
class Known:
    """One run.

    Attributes
    ----------
    federation : str
    line : RunLine
    contract : Contract
        As the run saw it.
    rounds : sequence of RoundRecord
    joined : sequence of str
        Hospitals of the federation.
    candidate : Candidate or None
        The model that came of it, on its way to the hospitals.
    steps : sequence of Transition
        Of the candidate, the oldest first.
    is_used : bool
        Whether the candidate is the model in use.
    """

    federation: str
    line: RunLine
    contract: Contract
    rounds: Sequence[RoundRecord]
    joined: Sequence[str]
    candidate: Candidate | None = None
    steps: Sequence[Transition] = ()
    is_used: bool = False

    @property
    def figures(self) -> Figures | None:
        """Of the kind of model that is the candidate; of the best one where there is none."""
        found = figures_of(self.line.run)
        kind = self.candidate.kind if self.candidate else ""
        chosen = next((each for each in found if each.model == kind), None)
        return chosen or (found[0] if found else None)

    @property
    def result(self) -> Mapping[str, Any]:
        """What the run left; empty while it goes on and where it failed."""
        return self.line.run.result or {}

    @property
    def took_part(self) -> list[str]:
        """Hospitals whose answers are in the result; where there is none, all that answered."""
        named = [str(each["name"]) for each in self.result.get("hospitals") or []]
        answered = {name for each in self.rounds for name in each.answered}
        return named or sorted(answered)

    @property
    def left_out(self) -> dict[str, str]:
        """Hospitals without which the run ended, with the last reason."""
        found = {name: why for each in self.rounds for name, why in each.left_out.items()}
        found |= self.result.get("left_out") or {}
        return {name: why for name, why in found.items() if name not in self.took_part}

    def asked_and_answered(self, hospital: str) -> tuple[int, int]:
        """Return how many questions a hospital was asked, and how many it answered."""
        asked = [each for each in self.rounds if hospital in each.invited]
        return len(asked), sum(hospital in each.answered for each in asked)


def known_of(home: CoordinatorHome, run: str) -> Known:
    """Gather what is known of a run.

    Raises
    ------
    SettingsError
        When there is no run of this name.
    """
    engine = home.engine()
    store, candidates = RunStore(engine), CandidateStore(engine)
    line = read_line(store, RunQueue(engine), run)
    everyone = candidates.all()
    candidate = next((each for each in everyone if each.id == run), None)
    used = in_use(everyone)
    return Known(
        federation=home.settings.name,
        line=line,
        contract=line.run.settings.task.contract(home.contract()),
        rounds=store.rounds(run),
        joined=[each.name for each in list_hospitals(engine) if each.node_id],
        candidate=candidate,
        steps=candidates.transitions(run) if candidate else (),
        is_used=candidate is not None and used is not None and used.id == candidate.id,
    )
