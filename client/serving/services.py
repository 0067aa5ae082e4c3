"""Everything the hospital's service is made of, put together in one place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from client.home import NodeHome, open_home
from client.serving.case_reader import CaseReader
from client.serving.model_store import ModelStore
from client.serving.settings import ServingSettings, read_settings
from shared.contract import Contract

if TYPE_CHECKING:
    from client.audit import AuditStore
    from client.ranking.ranking_store import RankingStore


@dataclass(frozen=True)
class NodeServices:
    """The parts of a node in service.

    Attributes
    ----------
    home : NodeHome
    contract : Contract
        The hospital's.
    settings : ServingSettings
    cases : CaseReader
    store : ModelStore
    audit : AuditStore
    rankings : RankingStore or None
        Engines that rank all known diseases.
    """

    home: NodeHome
    contract: Contract
    settings: ServingSettings
    cases: CaseReader
    store: ModelStore
    audit: AuditStore
    rankings: RankingStore | None = None

    def close(self) -> None:
        """End what runs beside requests."""
        self.store.close()
        if self.rankings is not None:
            self.rankings.close()
        self.audit.close()


def open_services(home: Path) -> NodeServices:
    """Open the services of a node's folder; one set for each process.

    Raises
    ------
    SettingsError
        When the folder is none, or a part cannot be opened.
    """
    from client.audit import open_audit
    from client.ranking.known_terms import terms_in_service
    from client.ranking.opening import open_rankings
    from client.watching.refused_fields import RefusedFields

    opened = open_home(home)
    contract = opened.contract()
    settings = read_settings(opened.path)
    store = open_store(opened, settings)
    store.watch()
    rankings = open_rankings(opened, settings)
    rankings.watch()
    return NodeServices(
        home=opened,
        contract=contract,
        settings=settings,
        cases=CaseReader(
            contract,
            partial(terms_in_service, store, rankings),
            RefusedFields(opened.path, contract.recorded).note,
        ),
        store=store,
        audit=open_audit(
            opened, largest_group=settings.answers_per_commit, patience=settings.busy_seconds
        ),
        rankings=rankings,
    )


def open_store(home: NodeHome, settings: ServingSettings, *, answers: bool = True) -> ModelStore:
    """Open the models of a node's folder.

    Parameters
    ----------
    answers : bool
        As of `ModelStore`.

    Raises
    ------
    SettingsError
        When the coordinator's key or the contract is absent or damaged.
    """
    key, contract = home.coordinator_key(), home.contract()
    return ModelStore(home.models, key, contract, settings, answers=answers)
