"""Leaving the federation: the coordinator forgets the node's key, the hospital keeps its own."""

from __future__ import annotations

from client.contracts.node_signature import signed_headers
from client.coordinator_connection import ask, open_connection
from client.home import NodeHome


def leave(home: NodeHome) -> None:
    """Tell the coordinator that this hospital leaves; nothing here is deleted.

    Raises
    ------
    ConnectionRefusedByPeerError
        When it cannot be reached, or does not know this node.
    """
    authority = home.authority_certificate.read_text(encoding="ascii")
    with open_connection(home.settings.coordinator, authority) as client:
        ask(client, "POST", "/v1/leave", headers=signed_headers(home))
