"""What the page says of a node, read from its folder."""

from __future__ import annotations

from client.egress_page.collecting import egress_content
from client.egress_page.content import EgressContent, Node
from client.home import NodeHome
from client.privacy.egress import EGRESS_FOLDER, KeptPayloads
from client.privacy.entry import refuse_broken_chain
from client.privacy.erasure import erasures
from client.privacy.opening import open_ledger
from client.privacy.pause import is_paused
from client.privacy.policy import read_policy


def gather(home: NodeHome, only_run: str = "") -> EgressContent:
    """Read the ledger, check every entry, and gather what the page says.

    Parameters
    ----------
    only_run : str
        Flower's number of a run; all without it.

    Raises
    ------
    BrokenLedgerError
        When an entry is not what was written.
    SettingsError
        When the policy or the ledger cannot be read.
    """
    ledger = open_ledger(home)
    try:
        entries = ledger.entries()
    finally:
        ledger.close()
    refuse_broken_chain(entries)
    node = Node(
        hospital=home.settings.hospital,
        federation=home.settings.federation,
        coordinator=home.settings.coordinator,
        paused=is_paused(home.path),
        erased=len(erasures(home)),
    )
    copies = KeptPayloads(home.path / EGRESS_FOLDER)
    return egress_content(node, entries, read_policy(home.policy_file), copies.read, only_run)
