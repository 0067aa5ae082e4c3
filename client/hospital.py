"""One hospital as the ClientApp sees it: its contract and its records, read when first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from client.privacy.gate import Gate, OpenGate
from client.privacy.noise import CryptographicNoise, Noise
from client.privacy.private_rows import PrivateRows
from client.secret_sum.taking_part import TakingPart
from client.training.personal_layer import PersonalLayer
from shared.contract import Contract
from shared.holdout import split
from shared.models.histogram_boosting.growth_messages import Place
from shared.models.histogram_boosting.local_growth import LocalGrowth
from shared.models.training_data import TrainingData
from shared.preparation import Preparation
from shared.records import Records, concatenate, with_derived
from shared.run_settings import RunSettings

if TYPE_CHECKING:
    from client.ranking_learning.local_ranking import LocalRanking
    from client.serving.model_store import ModelStore
    from client.serving.services import NodeServices


@dataclass(frozen=True)
class LocalRecords:
    """What reading the hospital's source gave, as clinicians decided.

    Attributes
    ----------
    records : Records
        The good rows.
    rows_set_aside : int
    overlay : str
        The hash of all decisions; empty where there is no review.
    note_run : callable or None
        Given a run that sees these records, writes it down.
    beyond : Records or None
        Confirmed cases whose disease is no class of the contract: models learn from none of them,
        rankings do.
    """

    records: Records
    rows_set_aside: int = 0
    overlay: str = ""
    note_run: Callable[[str], None] | None = None
    beyond: Records | None = None


@dataclass(frozen=True)
class SeenRows:
    """The training rows as one kind of model sees them in one run.

    Attributes
    ----------
    rows : int
        Records that they were made from.
    """

    settings: RunSettings
    preparation: Preparation
    model: str
    data: TrainingData
    rows: int

    def made_for(self, settings: RunSettings, preparation: Preparation, model: str) -> bool:
        """Return whether a question is about these rows."""
        asked = (settings, preparation, model)
        return (self.settings, self.preparation, self.model) == asked


@dataclass
class RankingMemory:
    """How far the hospital is in a run that learns to rank; of one run at a time.

    Attributes
    ----------
    settings : RunSettings or None
        Of the run.
    digests : dict of str to str
        Of the groups of arrays that `local` was told.
    """

    settings: RunSettings | None = None
    digests: dict[str, str] = field(default_factory=dict)
    local: LocalRanking | None = None


@dataclass
class GrowthMemory:
    """How far trees are that grow over the hospital's rows; those of one model at a time."""

    place: Place | None = None
    growth: LocalGrowth | None = None


class Hospital:
    """A hospital's data behind the contract.

    Parameters
    ----------
    name : str
    contract : Contract
    read : callable
        Reads and checks the local source; raises DataError where the mapping says to stop.
    gate : Gate, optional
        What every answer passes; an open one, which simulated hospitals have, without it.
    """

    def __init__(
        self,
        name: str,
        contract: Contract,
        read: Callable[[], LocalRecords],
        gate: Gate | None = None,
    ) -> None:
        self.name = name
        self.contract = contract
        self.gate: Gate = gate or OpenGate()
        self._read = read
        self._noted = ""
        self.noise: Noise = CryptographicNoise()
        self.private = PrivateRows()
        self.secret_sums: TakingPart | None = None
        # Simulated hospitals serve nobody.
        self.open_models: Callable[[], ModelStore] | None = None
        self.open_rankings: Callable[[], ModelStore] | None = None
        self.open_services: Callable[[], NodeServices] | None = None
        self.growth = GrowthMemory()
        self.seen: SeenRows | None = None
        self.ranked = RankingMemory()
        self.personal = PersonalLayer()
        # Where what models say of rows held out in folds is kept; nowhere in most simulations.
        self.out_of_fold: Path | None = None

    @cached_property
    def local(self) -> LocalRecords:
        """The hospital's records, with what the contract derives from them."""
        found = self._read()
        contract = self.contract
        return replace(
            found, records=found.records.changed(lambda table: with_derived(contract, table))
        )

    def note(self, run: str) -> None:
        """Write down that a run saw the records, if it did."""
        if "local" in self.__dict__ and self.local.note_run is not None and run != self._noted:
            self.local.note_run(run)
            self._noted = run

    def view(self, settings: RunSettings) -> tuple[Contract, Records]:
        """Return the contract and all records as a run sees them."""
        contract = settings.task.contract(self.contract)
        return contract, settings.task.records(self.contract, self.local.records)

    def ranked_records(self, settings: RunSettings) -> tuple[Contract, Records]:
        """Return the contract and the records that teach to rank diseases.

        These are all records, and confirmed cases whose disease is no class of the contract.
        """
        contract, records = self.view(settings)
        beyond = self.local.beyond
        if beyond is None or not len(beyond):
            return contract, records
        table = with_derived(self.contract, beyond.table)[list(records.table.columns)]
        return contract, concatenate([records, replace(beyond, table=table)])

    def split(self, settings: RunSettings) -> tuple[Contract, Records, Records]:
        """Return the contract, the training and the held-out records as a run sees them."""
        contract, records = self.view(settings)
        training, held_out = split(contract, records, settings.holdout)
        return contract, training, held_out
