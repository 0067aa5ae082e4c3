"""One FHIR server over HTTPS: tokens, patience with a busy server, clear refusals."""

from __future__ import annotations

import ssl
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from client.sources.fhir.oauth import Tokens
from client.sources.fhir.settings import FhirSettings
from shared.errors import DataError, SettingsError

BUSY = {429, 502, 503, 504}
TRIES = 6
FIRST_WAIT_SECONDS = 0.5
REDIRECTED = range(300, 400)


class FhirConnection:
    """Gets addresses of one server, and of no other.

    Raises
    ------
    SettingsError
        When the certificates or the secret are not where the mapping says.
    """

    def __init__(self, settings: FhirSettings, folder: Path) -> None:
        self.base = str(settings.server)
        self._settings = settings
        self._tokens = None if settings.oauth is None else Tokens(settings.oauth, folder)
        self._client = httpx.Client(
            verify=_trusted(settings, folder), timeout=settings.timeout_seconds
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def is_of_server(self, url: str) -> bool:
        """Return whether an address is of the same scheme, host and port as the server's."""
        return _origin(url) == _origin(self.base)

    def get(self, url: str, accept: str) -> httpx.Response:
        """Return the answer of an address of the server; 200, 404 or 410.

        Raises
        ------
        DataError
            When the server cannot be reached, stays busy, or refuses.
        SettingsError
            When it gives no token.
        """
        answer = self._send(self._request(url, accept))
        if answer.status_code == httpx.codes.UNAUTHORIZED and self._tokens is not None:
            # The server may have ended the token early.
            self._tokens.forget()
            answer = self._send(self._request(url, accept))
        if answer.status_code in {httpx.codes.OK, httpx.codes.NOT_FOUND, httpx.codes.GONE}:
            return answer
        raise _refusal(answer.status_code, url)

    def _request(self, url: str, accept: str) -> httpx.Request:
        headers = {"accept": accept}
        if self._tokens is not None:
            headers["authorization"] = f"Bearer {self._tokens.token(self._send)}"
        return httpx.Request("GET", url, headers=headers)

    def _send(self, request: httpx.Request) -> httpx.Response:
        """Send a request until the server is no longer busy."""
        address = _shown(str(request.url))
        for attempt in range(TRIES):
            try:
                answer = self._client.send(request)
            except httpx.RequestError as error:
                if attempt == TRIES - 1 or not _may_pass(error):
                    raise _unreachable(address, error) from None
                time.sleep(_own_wait(attempt))
                continue
            if answer.status_code not in BUSY:
                return answer
            if attempt < TRIES - 1:
                time.sleep(self._wait(answer, attempt, address))
        raise DataError(f"{address} was busy {TRIES} times in a row.", "Try again later.")

    def _wait(self, answer: httpx.Response, attempt: int, address: str) -> float:
        """Return how long to wait before the next try.

        Raises
        ------
        DataError
            When the server wants more patience than the mapping gives it.
        """
        asked = _asked_wait(answer.headers.get("retry-after"))
        seconds = _own_wait(attempt) if asked is None else asked
        if seconds > self._settings.longest_wait_seconds:
            raise DataError(
                f"{address} is busy and asks to be left alone for {seconds:.0f} s.",
                "Try again later, or raise source.longest_wait_seconds.",
            )
        return seconds


def _trusted(settings: FhirSettings, folder: Path) -> ssl.SSLContext:
    if settings.ca_file is None:
        return ssl.create_default_context()
    path = folder / settings.ca_file
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ssl.SSLError):
        raise SettingsError(
            f"{path} holds no certificates.",
            "Name a PEM file of the authority that signed the server's in source.ca_file.",
        ) from None


def _origin(url: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(url)
        usual = {"https": 443, "http": 80}.get(parts.scheme)
        return parts.scheme, parts.hostname, parts.port or usual
    except ValueError:
        return "", None, None


def _shown(url: str) -> str:
    """Return an address without what was searched for, which may be a patient's."""
    return url.partition("?")[0]


def _may_pass(error: httpx.RequestError) -> bool:
    """Return whether another try may help; a certificate stays wrong."""
    return "CERTIFICATE" not in str(error).upper() and not isinstance(
        error, httpx.UnsupportedProtocol
    )


def _own_wait(attempt: int) -> float:
    return FIRST_WAIT_SECONDS * float(2**attempt)


def _asked_wait(header: str | None) -> float | None:
    """Return the seconds that Retry-After asks for, which come as a number or a date."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        until = parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())


def _unreachable(address: str, error: httpx.RequestError) -> DataError:
    if "CERTIFICATE" in str(error).upper():
        return DataError(
            f"{address} shows a certificate that this machine does not trust.",
            "Name the file of the authority that signed it in source.ca_file.",
        )
    if isinstance(error, httpx.TimeoutException):
        return DataError(
            f"{address} did not answer in time.",
            "Try again, raise source.timeout_seconds, or lower source.page_size.",
        )
    return DataError(f"{address} cannot be reached.", "Check source.server and the network.")


def _refusal(status: int, url: str) -> DataError:
    address = _shown(url)
    if status == httpx.codes.UNAUTHORIZED:
        return DataError(
            f"{address} does not accept the node's token (status 401).",
            "Check [source.oauth]: it must be the token endpoint of this very server.",
        )
    if status == httpx.codes.FORBIDDEN:
        return DataError(
            f"{address} may not be read with the node's token (status 403).",
            "Ask for a scope that covers it, such as system/*.read, in source.oauth.scope.",
        )
    if status == httpx.codes.BAD_REQUEST:
        return DataError(
            f"{address} does not understand the search (status 400).",
            "Give the parameters that it knows in [source.search].",
        )
    if status in REDIRECTED:
        return DataError(
            f"{address} sends the node elsewhere (status {status}).",
            "Write the final address in source.server.",
        )
    return DataError(f"{address} failed with status {status}.", "See the server's own log.")
