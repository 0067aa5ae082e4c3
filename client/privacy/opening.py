"""The ledger and the gate of a node's folder."""

from __future__ import annotations

from client.home import NodeHome
from client.privacy.database import database_url as database_url
from client.privacy.installed_code import installed_code
from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.policy import policy_in_force


def open_ledger(home: NodeHome) -> Ledger:
    """Open the hospital's ledger.

    Raises
    ------
    SettingsError
        When its database cannot be opened.
    """
    recipient = f"{home.settings.federation} at {home.settings.coordinator}"
    return Ledger(database_url(home), recipient, installed_code())


def open_gate(home: NodeHome) -> LedgerGate:
    """Open what all that leaves the hospital must pass.

    Raises
    ------
    SettingsError
        When the ledger's database cannot be opened.
    """
    return LedgerGate(home.path, open_ledger(home), policy_in_force(home.policy_file))
