"""A node brought back: paused, and without those who were erased since."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from client.home import NodeHome, open_home
from client.privacy.erasure import Found, erase, erasures
from client.privacy.pause import pause
from client.sources.erased import read_erasures
from client.sources.pseudonyms import patient_key
from shared.backup.manifest import BackupManifest
from shared.backup.reading import restore_backup
from shared.errors import SettingsError


@dataclass(frozen=True)
class Restored:
    """What came back.

    Attributes
    ----------
    erased : int
        Patients who were erased after the backup was made, and again now.
    """

    home: NodeHome
    manifest: BackupManifest
    erased: int


def restore_node(
    backup: Path, folder: Path, key: Path | None = None, erased_since: Path | None = None
) -> Restored:
    """Bring a node's folder back, and let nothing leave until its administrator says so.

    What was released after the backup is in no ledger here: its privacy is spent all the same, and
    the node does not know how much. So it is paused, which `juntos node resume` ends.

    Parameters
    ----------
    erased_since : Path, optional
        A later ``keys/erased`` of the same node.

    Raises
    ------
    SettingsError, DataError
        See `restore_backup`; also when the list is of another node.
    """

    def prepare(unplaced: Path) -> None:
        # Before it can be started by anybody.
        pause(unplaced)
        _erased_since(open_home(unplaced), erased_since)

    manifest = restore_backup(backup, folder, "node", key, prepare)
    home = open_home(folder)
    missing = _erased_since(home, erased_since)
    for pseudonym in missing:
        erase(home, Found(pseudonym, 0, None))
    return Restored(home, manifest, len(missing))


def _erased_since(home: NodeHome, later: Path | None) -> list[str]:
    """Return who is on a later list and not on the folder's own.

    Raises
    ------
    SettingsError
        When there is no such list, or it is of another node.
    """
    if later is None:
        return []
    if not later.is_file():
        raise SettingsError(f"{later} is no file.", "Give the node's keys/erased, kept apart.")
    known = {each.pseudonym for each in erasures(home)}
    listed = read_erasures(later, patient_key(home.patient_key_file))
    return [each.pseudonym for each in listed if each.pseudonym not in known]
