"""Asking the coordinator whether this hospital is still a member."""

from __future__ import annotations

from client.contracts.offered import offered_contract
from client.coordinator_connection import NoMemberError
from client.home import NodeHome
from shared.errors import JuntosError


class StillConnectedError(JuntosError):
    """A member that was cut off, and is back before the coordinator has noticed."""

    def __init__(self) -> None:
        super().__init__(
            "The coordinator still takes this node's last connection for open.",
            "It notices within a minute that a node was cut off. If this stays, see whether the "
            "same node runs on another machine.",
        )


def why_no_member(home: NodeHome) -> NoMemberError | None:
    """Return the coordinator's refusal in its own words.

    Returns
    -------
    NoMemberError or None
        None for a member, and where the coordinator cannot be asked: it may know the node then.
    """
    try:
        offered_contract(home)
    except NoMemberError as error:
        return error
    except JuntosError:
        return None
    return None
