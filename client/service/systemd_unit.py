"""The node as a service of systemd."""

from __future__ import annotations

from pathlib import Path

from client.service.settings import ServiceSettings
from shared.supervision.systemd_unit import unit_of


def systemd_unit(home: Path, hospital: str, settings: ServiceSettings, account: str = "") -> str:
    """Return a unit that runs a node and lets it write to its own folder only.

    Raises
    ------
    SettingsError
        When the account is no name of one.
    """
    return unit_of("node", f"Juntos node of {hospital}", home, settings.stop_seconds, account)
