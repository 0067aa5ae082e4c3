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
    manifest = restore_backup(backup, folder, "node", key)
    pause(folder)
    home = open_home(folder)
    return Restored(home, manifest, _erased_again(home, erased_since) if erased_since else 0)


def _erased_again(home: NodeHome, erased_since: Path) -> int:
    known = {each.pseudonym for each in erasures(home)}
    later = read_erasures(erased_since, patient_key(home.patient_key_file))
    missing = [each.pseudonym for each in later if each.pseudonym not in known]
    for pseudonym in missing:
        erase(home, Found(pseudonym, 0, None))
    return len(missing)
