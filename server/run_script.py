"""What a run does with its hospitals: choose settings, train and judge, review."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flwr.serverapp import Grid

from server.background_writer import Write
from server.champion import Champion
from server.checkpoint import FileCheckpoint
from server.comparison import Previous
from server.federation import Federation, Plan
from server.federation_result import FederationResult
from server.home import CoordinatorHome
from server.parts import Parts, without_parts
from server.promotion.evidence import Evidence
from server.promotion.gathering import Gathering
from server.promotion.warm_start import with_warm_start
from server.public_test import PUBLIC_TEST_FILE, judge_public_test, read_public_test
from server.review.acceptance import ACCEPTANCE_FILE, Acceptance, read_acceptance
from server.review.repetitions import repeat
from server.review.review import Review, Trial
from server.review.reviewing import Background, review
from server.rounds import RoundRecord
from server.run_files import file_of_run
from server.run_store import RunStore
from server.storing_observer import StoringObserver
from server.tuning.storage import tuning_storage
from server.tuning.study import Tuning
from shared.metrics import Evaluation
from shared.run_settings import ModelName, RunSettings


@dataclass(frozen=True)
class RunOutcome:
    """What a run brought.

    Attributes
    ----------
    settings : RunSettings
        With what tuning chose.
    evidence : Evidence or None
        By which its model may come into use.
    """

    settings: RunSettings
    result: FederationResult
    trials: list[Trial] = field(default_factory=list)
    review: Review | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True)
class RunScript:
    """One run over hospitals that can be reached.

    Attributes
    ----------
    grid : Grid
        Open to the hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    champion : Champion or None
        The model in use.
    write : callable
        Carries out writing of rounds and checkpoints.
    """

    home: CoordinatorHome
    store: RunStore
    run: str
    grid: Grid
    names: Mapping[int, str]
    champion: Champion | None
    write: Write

    def carry_out(self, settings: RunSettings, earlier: list[RoundRecord]) -> RunOutcome:
        """Do everything that the settings call for.

        Parameters
        ----------
        earlier : list of RoundRecord
            All that an earlier process recorded.
        """
        begun = time.monotonic()
        settings = with_warm_start(self.home, self.run, settings)
        observer = StoringObserver(self.store, self.run, self.write)
        parts = Parts(
            self.grid, self.names, self.home.contract(), observer, self._checkpoint / "parts"
        )
        acceptance = self._acceptance(settings)
        chosen = settings
        trials: list[Trial] = []
        if settings.tuning.trials:
            storage = tuning_storage(self.home)
            chosen, trials = Tuning(parts, settings, storage, self.run).choose()
        result = self._train(chosen, observer, without_parts(earlier))
        result.public = self._judge_public_test(chosen, result)
        gathering = Gathering(
            self.run,
            chosen,
            result,
            self.champion.label if self.champion else "",
            self.names.values(),
        )
        if not settings.review.enabled:
            return RunOutcome(chosen, result, trials, evidence=gathering.evidence())
        repetitions = repeat(parts, chosen, result.hospitals)
        background = Background(
            run=self.run,
            acceptance=acceptance,
            trials=trials,
            previous=self.champion.label if self.champion else "",
            iterates=settings.iterates,
        )
        found = review(chosen, result, repetitions, background, time.monotonic() - begun)
        gathering = replace(gathering, review=found, repetitions=repetitions)
        return RunOutcome(chosen, result, trials, found, gathering.evidence())

    @property
    def _checkpoint(self) -> Path:
        return self.home.checkpoint(self.run)

    def _train(
        self, settings: RunSettings, observer: StoringObserver, earlier: list[RoundRecord]
    ) -> FederationResult:
        reviewed = settings.review.enabled
        previous = self._previous(settings) if reviewed else None
        plan = Plan(compare=reviewed, attack=reviewed, previous=previous)
        checkpoint = FileCheckpoint(self._checkpoint, self.write)
        return Federation(
            self.grid,
            self.names,
            self.home.contract(),
            settings,
            observer,
            checkpoint,
            earlier,
            plan,
        ).run()

    def _judge_public_test(
        self, settings: RunSettings, result: FederationResult
    ) -> dict[ModelName, Evaluation]:
        """Judge the models on the run's own test set, or the coordinator's, if there is one."""
        path = file_of_run(self.home, self.run, PUBLIC_TEST_FILE)
        if path is None:
            return {}
        contract = self.home.contract()
        return judge_public_test(
            result.contract,
            settings.task.records(contract, read_public_test(path, contract)),
            settings,
            result.preparation,
            result.models,
            result.calibrators,
        )

    def _previous(self, settings: RunSettings) -> Previous | None:
        """Return the model in use, where it was trained for the same task."""
        previous = self.champion.previous if self.champion else None
        if previous is None or previous.question.settings.task != settings.task:
            return None
        return previous

    def _acceptance(self, settings: RunSettings) -> Acceptance | None:
        """Read what clinicians ask for: the run's own file, or the coordinator's."""
        path = file_of_run(self.home, self.run, ACCEPTANCE_FILE)
        if path is None:
            return None
        return read_acceptance(path, settings.task.contract(self.home.contract()))
