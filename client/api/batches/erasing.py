"""Forgetting what waits to be answered about one patient."""

from __future__ import annotations

from dataclasses import replace

from client.api.batches.batch_folder import Asked, BatchFolder
from client.api.batches.batch_store import FOLDER, BatchFiles
from client.api.batches.batch_worker import REMOVED
from client.audit.vault import Vault, audit_key
from client.home import NodeHome


class WaitingCases:
    """The files of cases of a node, as a store of what may be a patient's.

    Parameters
    ----------
    home : NodeHome
    """

    name = "cases that wait to be answered"

    def __init__(self, home: NodeHome) -> None:
        self._home = home

    def erase(self, patient: str) -> int:
        """Take away what is there of a patient, and return how much; what is gone already is 0.

        Parameters
        ----------
        patient : str
            The patient's pseudonym.
        """
        folder = self._home.path / FOLDER
        if not folder.is_dir():
            return 0
        files = BatchFiles(folder, Vault(audit_key(self._home.keys / "audit")))
        return sum(_erase(each, patient) for each in files.all())


def _erase(folder: BatchFolder, patient: str) -> int:
    erased = 0
    for number in folder.waiting():
        try:
            asked = folder.piece(number)
        except FileNotFoundError:
            continue
        count = sum(each.patient == patient for each in asked)
        if count:
            folder.replace_piece(number, [_without(each, patient) for each in asked])
        erased += count
    return erased


def _without(asked: Asked, patient: str) -> Asked:
    if asked.patient != patient:
        return asked
    return replace(asked, case={}, patient="", problem=REMOVED)
