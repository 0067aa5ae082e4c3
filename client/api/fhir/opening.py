"""The reading of FHIR resources that a node's settings describe."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

from client.api.fhir.fhir_server import FhirServer
from client.api.fhir.patient_reading import PatientReading
from client.api.fhir.write_backs import Patience, WriteBacks
from client.api.problems import ApiError, unavailable
from client.api.settings import ApiSettings, WriteBackSettings
from client.serving.services import NodeServices
from shared.errors import SettingsError
from shared.settings_file import read_toml


class OpenedReading:
    """Opens the mapping when it is first needed, and again when it was changed.

    Parameters
    ----------
    services : NodeServices
    settings : ApiSettings
    """

    def __init__(self, services: NodeServices, settings: ApiSettings) -> None:
        self._services = services
        own = settings.fhir.mapping
        home = services.home
        self._path: Path = home.mapping_file if own is None else home.path / own
        self._is_own = own is not None
        self._lock = threading.Lock()
        self._opened: tuple[int, PatientReading] | None = None

    @property
    def is_there(self) -> bool:
        """Whether the node has a mapping that reads FHIR."""
        if self._is_own:
            return True
        try:
            return bool(read_toml(self._path).get("source", {}).get("kind") == "fhir")
        except (SettingsError, AttributeError):
            return False

    def get(self) -> PatientReading:
        """Return the reading.

        Raises
        ------
        ApiError
            404 where the node reads no FHIR, 503 where its mapping cannot be used.
        """
        if not self.is_there:
            raise ApiError(
                404,
                "no-fhir",
                "This node reads no FHIR",
                fix="Its administrator names a mapping under [fhir] mapping in api.toml.",
            )
        with self._lock:
            changed = self._path.stat().st_mtime_ns
            if self._opened is None or self._opened[0] != changed:
                self._opened = changed, self._open()
            return self._opened[1]

    def _open(self) -> PatientReading:
        services = self._services
        try:
            return PatientReading(services.contract, self._path, services.store.terminology)
        except SettingsError as error:
            title = "The node's mapping of FHIR cannot be used"
            raise unavailable("fhir-mapping", title, error.what, error.fix) from None


def open_write_backs(
    services: NodeServices, settings: WriteBackSettings | None
) -> WriteBacks | None:
    """Return the queue to the hospital's FHIR server; None where there is none.

    Raises
    ------
    SettingsError
        When the server's certificates or secret are not where the settings say.
    """
    if settings is None:
        return None
    audit = services.audit
    wait, keep = timedelta(seconds=settings.longest_wait_seconds), timedelta(settings.keep_days)
    server = FhirServer(settings, services.home.path)
    return WriteBacks(audit.engine, audit.vault, server, Patience(wait, keep))
