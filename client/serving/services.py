"""Everything the hospital's service is made of, put together in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from client.home import NodeHome, open_home
from client.serving.case_reader import CaseReader
from client.serving.model_store import ModelStore
from client.serving.settings import ServingSettings, read_settings
from shared.contract import Contract

if TYPE_CHECKING:
    from client.audit import AuditStore


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
    """

    home: NodeHome
    contract: Contract
    settings: ServingSettings
    cases: CaseReader
    store: ModelStore
    audit: AuditStore


def open_services(home: Path) -> NodeServices:
    """Open the services of a node's folder.

    Raises
    ------
    SettingsError
        When the folder is none, or a part cannot be opened.
    """
    from client.audit import open_audit

    opened = open_home(home)
    contract = opened.contract()
    return NodeServices(
        home=opened,
        contract=contract,
        settings=read_settings(opened.path),
        cases=CaseReader(contract),
        store=ModelStore(),
        audit=open_audit(opened),
    )
