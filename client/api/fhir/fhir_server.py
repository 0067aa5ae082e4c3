"""The hospital's FHIR server, as it takes RiskAssessments."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from client.api.settings import WriteBackSettings
from client.sources.fhir.oauth import Tokens
from shared.errors import ConnectionRefusedByPeerError, SettingsError

FHIR_JSON = "application/fhir+json"


class FhirServer:
    """Creates each resource once, by a conditional create (FHIR R4, section 3.1.0.8.1).

    Parameters
    ----------
    settings : WriteBackSettings
    folder : Path
        Where relative paths start.

    Raises
    ------
    SettingsError
        When the certificates or the secret are not where the settings say.
    """

    def __init__(self, settings: WriteBackSettings, folder: Path) -> None:
        self._address = f"{settings.server}/RiskAssessment"
        self._tokens = None if settings.oauth is None else Tokens(settings.oauth, folder)
        self._client = httpx.Client(
            verify=_trusted(settings, folder), timeout=settings.timeout_seconds
        )

    def put(self, prediction: str, resource: Mapping[str, Any]) -> None:
        """Create the resource, unless the server has it already.

        Raises
        ------
        ConnectionRefusedByPeerError
            When the server cannot be reached or refuses.
        """
        headers = {
            "content-type": FHIR_JSON,
            "accept": FHIR_JSON,
            "if-none-exist": f"identifier=urn:ietf:rfc:3986|urn:uuid:{prediction}",
            # An OperationOutcome or the whole resource is not needed.
            "prefer": "return=minimal",
        }
        # The server gives its own id.
        content = {key: value for key, value in resource.items() if key != "id"}
        try:
            if self._tokens is not None:
                headers["authorization"] = f"Bearer {self._tokens.token(self._client.send)}"
            answer = self._client.post(self._address, json=content, headers=headers)
        except httpx.HTTPError as error:
            raise ConnectionRefusedByPeerError(
                f"{self._address} cannot be reached ({type(error).__name__}).",
                "Check [fhir.write_back] in api.toml, and the network.",
            ) from None
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._tokens is not None:
            self._tokens.forget()
        if not answer.is_success:
            raise ConnectionRefusedByPeerError(
                f"{self._address} refused an answer with status {answer.status_code}.",
                "See the server's own log.",
            )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _trusted(settings: WriteBackSettings, folder: Path) -> ssl.SSLContext:
    if settings.ca_file is None:
        return ssl.create_default_context()
    path = folder / settings.ca_file
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError):
        raise SettingsError(
            f"{path} holds no certificates.",
            "Name a PEM file of the authority that signed the server's in ca_file.",
        ) from None
