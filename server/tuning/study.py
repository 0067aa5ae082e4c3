"""Trials of one kind of model: drawn by Optuna, each a short federated run, pruned on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.federation import Plan
from server.federation_result import EvaluationsByHospital
from server.parts import Parts
from server.review.review import Trial
from server.tuning.memory_checkpoint import MemoryCheckpoint
from server.tuning.search_space import Changes, changed, defaults, goes_on, shortened, suggest
from shared.errors import PartialRunError
from shared.metrics import merge_evaluations
from shared.models.base import derive_seed
from shared.run_settings import MODEL_NAMES, ModelName, RunSettings

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

# Stages of a trial; each is so many times as long as the one before.
STAGES = 3


@dataclass(frozen=True)
class Tuning:
    """Chooses the settings of each kind of model of a run.

    Attributes
    ----------
    storage : str
        SQLAlchemy URL of Optuna's tables; what is there already is gone on from.
    run : str
        Name of the run, which the studies are named after.
    """

    parts: Parts
    settings: RunSettings
    storage: optuna.storages.BaseStorage
    run: str

    def choose(self) -> tuple[RunSettings, list[Trial]]:
        """Return the run's settings with the best that was found, and every trial."""
        chosen: dict[str, object] = {}
        trials: list[Trial] = []
        for kind, count in self.trials_by_kind().items():
            study = self._study(kind)
            self._carry_out(study, kind, count)
            trials += [as_trial(kind, each) for each in finished(study)]
            chosen[kind] = changed(self.settings.of_model(kind), study.best_params)
        return self.settings.model_copy(update=chosen), trials

    def trials_by_kind(self) -> dict[ModelName, int]:
        """Share the trials out evenly; the first kinds get what remains."""
        kinds = self.settings.models
        each, more = divmod(self.settings.tuning.trials, len(kinds))
        counts = {kind: each + (place < more) for place, kind in enumerate(kinds)}
        return {kind: count for kind, count in counts.items() if count}

    def _study(self, kind: ModelName) -> optuna.Study:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        tuning = self.settings.tuning
        study = optuna.create_study(
            storage=self.storage,
            study_name=f"{self.run}/{kind}",
            direction="minimize" if tuning.metric == "log_loss" else "maximize",
            pruner=optuna.pruners.HyperbandPruner(1, STAGES, tuning.reduction_factor),
            load_if_exists=True,
        )
        if not study.trials:
            study.enqueue_trial(dict(defaults(self.settings.of_model(kind))))
        return study

    def _carry_out(self, study: optuna.Study, kind: ModelName, count: int) -> None:
        import optuna

        for left in study.get_trials(states=(optuna.trial.TrialState.RUNNING,)):
            # Of a process that was killed: the same settings once more.
            study.tell(left.number, state=optuna.trial.TrialState.FAIL)
            study.enqueue_trial(left.params)
        while (done := len(finished(study))) < count:
            # What is drawn depends on the trials before, not on when the process was started.
            seed = derive_seed(self.settings.seed, MODEL_NAMES.index(kind), done)
            study.sampler = optuna.samplers.TPESampler(seed=seed)
            trial = study.ask()
            label = f"tuning {kind.replace('_', ' ')}, trial {done + 1} of {count}"
            self._carry_out_trial(study, trial, kind, label)

    def _carry_out_trial(
        self, study: optuna.Study, trial: optuna.Trial, kind: ModelName, label: str
    ) -> None:
        import optuna

        try:
            stages = self._stages(kind, suggest(trial, kind))
            value = math.nan
            for number, stage in enumerate(stages, 1):
                value = stage(f"{label}, stage {number}")
                trial.report(value, number)
                if number < len(stages) and trial.should_prune():
                    study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                    return
            study.tell(trial, value)
        except PartialRunError:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            raise

    def _stages(self, kind: ModelName, changes: Changes) -> list[Callable[[str], float]]:
        full = changed(self.settings.of_model(kind), changes)
        checkpoint = MemoryCheckpoint()
        shares = [self.settings.tuning.reduction_factor ** (1 - STAGES + n) for n in range(STAGES)]

        def stage(share: float) -> Callable[[str], float]:
            def carry_out(label: str) -> float:
                settings = self._of_trial(kind, {kind: shortened(full, share)})
                kept = checkpoint if goes_on(full) else MemoryCheckpoint()
                plan = Plan(calibrate=False)
                found = self.parts.carry_out(label, settings, plan, kept)
                return metric(found.federated, kind, self.settings.tuning.metric)

            return carry_out

        return [stage(share) for share in shares]

    def _of_trial(self, kind: ModelName, changes: dict[str, object]) -> RunSettings:
        tuning = self.settings.tuning
        holdout = self.settings.holdout.model_copy(update={"tuning_share": tuning.validation_share})
        return self.settings.model_copy(
            update={"models": [kind], "compare_alone": False, "holdout": holdout, **changes}
        )


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that were carried through or given up on."""
    import optuna

    states = (optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED)
    return study.get_trials(states=states)


def metric(evaluations: EvaluationsByHospital, kind: ModelName, name: str) -> float:
    """Return a figure over all hospitals."""
    merged = merge_evaluations(each[kind] for each in evaluations.values() if kind in each)
    value: float | None = getattr(merged.scores()["finest"], name)
    return math.nan if value is None else value


def as_trial(kind: ModelName, trial: FrozenTrial) -> Trial:
    """Return a trial as a review tells it."""
    last = trial.intermediate_values.get(max(trial.intermediate_values, default=0))
    value = trial.value if trial.value is not None else last
    return Trial(
        kind=kind,
        number=trial.number + 1,
        state=trial.state.name.lower(),
        value=None if value is None or math.isnan(value) else value,
        settings=trial.params,
    )
