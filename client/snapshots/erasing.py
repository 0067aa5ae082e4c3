"""Forgetting one patient in every snapshot."""

from __future__ import annotations

from client.home import NodeHome
from client.snapshots.opening import open_archive


class SnapshotStore:
    """The snapshots of a node, as a store of what may be a patient's.

    Parameters
    ----------
    home : NodeHome
    """

    name = "rows of snapshots"

    def __init__(self, home: NodeHome) -> None:
        self._home = home

    def erase(self, patient: str) -> int:
        """Take a patient's rows away and return how many; what is gone already is 0."""
        return open_archive(self._home).erase(patient)
