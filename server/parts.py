"""Parts of a run: whole small federations of their own, one line each in the run's record."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from flwr.serverapp import Grid
from pydantic import ValidationError

from server.checkpoint import Checkpoint
from server.comparison import PairsByHospital
from server.federation import Federation, Plan
from server.federation_result import FederationResult
from server.rounds import RoundObserver, RoundRecord
from server.run_progress import PART, together
from shared.contract import Contract
from shared.metrics import Evaluation
from shared.metrics.paired_counts import compared_classes
from shared.run_settings import ModelName, RunSettings
from shared.settings_file import StrictModel


class PartResult(StrictModel):
    """What a part found out; kept, so that a run that goes on need not do it again.

    Attributes
    ----------
    settings : RunSettings
    federated, alone : dict of str to dict of str to Evaluation
        By hospital and kind of model.
    pairs : dict of str to dict of str to list
        As in `FederationResult`.
    compared : list of int
        Classes that `pairs` count one by one.
    seconds : float
    """

    settings: RunSettings
    federated: dict[str, dict[ModelName, Evaluation]]
    alone: dict[str, dict[ModelName, Evaluation]]
    pairs: dict[str, dict[str, list[list[list[int]]]]]
    compared: list[int]
    seconds: float

    @classmethod
    def of(cls, settings: RunSettings, result: FederationResult, seconds: float) -> PartResult:
        """Return what to keep of a result."""
        pairs = {
            hospital: {name: counts.tolist() for name, counts in each.items()}
            for hospital, each in result.pairs.items()
        }
        return cls(
            settings=settings,
            federated=result.federated,
            alone=result.alone,
            pairs=pairs,
            compared=compared_classes(np.array(result.preparation.class_frequencies)),
            seconds=seconds,
        )

    @property
    def paired(self) -> PairsByHospital:
        """Paired counts as arrays."""
        return {
            hospital: {name: np.array(counts, dtype=np.int64) for name, counts in each.items()}
            for hospital, each in self.pairs.items()
        }


class Parts:
    """Carries out parts over the hospitals of one run.

    Parameters
    ----------
    grid : Grid
        Open to the hospitals.
    names : mapping of int to str
        Enrolled name of each node.
    observer : RoundObserver
        Is told of each part as of one round.
    folder : Path
        Where results are kept.
    """

    def __init__(
        self,
        grid: Grid,
        names: Mapping[int, str],
        contract: Contract,
        observer: RoundObserver,
        folder: Path,
    ) -> None:
        self._grid = grid
        self._names = names
        self._contract = contract
        self._observer = observer
        self._folder = folder

    def carry_out(
        self,
        label: str,
        settings: RunSettings,
        plan: Plan | None = None,
        checkpoint: Checkpoint | None = None,
    ) -> PartResult:
        """Run a federation with settings of its own, unless an earlier process did."""
        path = self._folder / f"{re.sub('[^a-z0-9]+', '-', label.lower())}.json"
        if checkpoint is None and (kept := read_kept(path, settings)) is not None:
            return kept
        begun = time.monotonic()
        self._observer.asked(f"{PART}{label}", "", 0, sorted(self._names.values()))
        steps = Steps()
        federation = Federation(
            self._grid, self._names, self._contract, settings, steps, checkpoint, plan=plan
        )
        result = federation.run()
        found = PartResult.of(settings, result, time.monotonic() - begun)
        if checkpoint is None:
            keep(path, found)
        self._observer.answered(steps.as_one(f"{PART}{label}"))
        return found


class Steps:
    """An observer that gathers all rounds of a part."""

    def __init__(self) -> None:
        self._records: list[RoundRecord] = []

    def asked(self, question: str, model: str, number: int, hospitals: list[str]) -> None:
        """Ignore."""

    def answered(self, record: RoundRecord) -> None:
        """Gather."""
        self._records.append(record)

    def as_one(self, question: str) -> RoundRecord:
        """Return all as one round."""
        values: dict[str, Any] = {"question": question, "model": "", "number": 0, "loss": None}
        return together(self._records).model_copy(update=values)


def read_kept(path: Path, settings: RunSettings) -> PartResult | None:
    """Return what an earlier process found with the same settings."""
    try:
        found = PartResult.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return found if found.settings == settings else None


def keep(path: Path, found: PartResult) -> None:
    """Write a result in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(found.model_dump_json(), encoding="utf-8")
    new.replace(path)


def without_parts(records: list[RoundRecord]) -> list[RoundRecord]:
    """Return the rounds of the run itself."""
    return [record for record in records if not record.question.startswith(PART)]
