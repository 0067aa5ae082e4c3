"""A token by the client credentials grant of OAuth 2 (RFC 6749, section 4.4)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import msgspec

from client.sources.fhir.settings import OAuthSettings
from shared.errors import DataError, SettingsError

# A token is renewed so long before it ends that a page asked for with it still comes.
SECONDS_BEFORE_END = 30.0
USUAL_SECONDS = 300.0
# What RFC 6749, section 5.2, lets a server answer; another word is not shown.
FIXES = {
    "invalid_client": "Correct source.oauth.client_id or the secret; the administrator of the "
    "server knows whether the client is registered, and how it sends its secret "
    "(source.oauth.authentication).",
    "unauthorized_client": "Ask the administrator of the server to allow this client the client "
    "credentials grant.",
    "invalid_scope": "Correct source.oauth.scope; often system/*.read or system/*.rs.",
    "unsupported_grant_type": "Ask the administrator of the server for a token endpoint that "
    "knows the client credentials grant.",
    "invalid_request": "Try the other source.oauth.authentication, basic or body.",
    "invalid_grant": "Ask the administrator of the server what the client may do.",
}
REFUSALS = {400, 401, 403}
WRONG_ENDPOINT_FIX = (
    "Correct source.oauth.token_url; the server's .well-known/smart-configuration names it as "
    "token_endpoint."
)
Send = Callable[[httpx.Request], httpx.Response]


class TokenAnswer(msgspec.Struct):
    """What a token endpoint gives."""

    access_token: str
    expires_in: float | None = None


class TokenRefusal(msgspec.Struct):
    """What a token endpoint says when it gives none."""

    error: str = ""


class Tokens:
    """Gets a token when there is none, or the one there is ends soon.

    Parameters
    ----------
    folder : Path
        Where a relative path of the secret's file starts.
    """

    def __init__(self, settings: OAuthSettings, folder: Path) -> None:
        self._settings = settings
        self._secret = _secret(settings, folder)
        self._token = ""
        self._ends = 0.0

    def token(self, send: Send) -> str:
        """Return a token that is still good.

        Raises
        ------
        SettingsError
            When the client is refused.
        DataError
            When the endpoint answers with something else.
        """
        if time.monotonic() > self._ends:
            self._renew(send)
        return self._token

    def forget(self) -> None:
        """Get a new token next time."""
        self._ends = 0.0

    def _renew(self, send: Send) -> None:
        answer = send(self._request())
        if answer.status_code != httpx.codes.OK:
            raise self._refused(answer)
        try:
            found = msgspec.json.decode(answer.content, type=TokenAnswer, strict=False)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise DataError(
                f"{self._settings.token_url} answered with something else than a token.",
                WRONG_ENDPOINT_FIX,
            ) from None
        self._token = found.access_token
        self._ends = time.monotonic() + (found.expires_in or USUAL_SECONDS) - SECONDS_BEFORE_END

    def _request(self) -> httpx.Request:
        settings = self._settings
        form = {"grant_type": "client_credentials"}
        if settings.scope:
            form["scope"] = settings.scope
        if settings.authentication == "body":
            form |= {"client_id": settings.client_id, "client_secret": self._secret}
        headers = {"accept": "application/json"}
        request = httpx.Request("POST", settings.token_url, headers=headers, data=form)
        if settings.authentication == "body":
            return request
        # Section 2.3.1: both are encoded as in a form before they are joined.
        user, password = quote(settings.client_id, safe=""), quote(self._secret, safe="")
        return next(httpx.BasicAuth(user, password).sync_auth_flow(request))

    def _refused(self, answer: httpx.Response) -> SettingsError:
        try:
            word = msgspec.json.decode(answer.content, type=TokenRefusal).error
        except (msgspec.DecodeError, UnicodeDecodeError):
            word = ""
        reason = f" ({word})" if word in FIXES else ""
        fix = FIXES.get(word, FIXES["invalid_client"])
        return SettingsError(
            f"{self._settings.token_url} refused the node a token: status {answer.status_code}"
            f"{reason}.",
            fix if answer.status_code in REFUSALS else WRONG_ENDPOINT_FIX,
        )


def _secret(settings: OAuthSettings, folder: Path) -> str:
    """Return the client's secret.

    Raises
    ------
    SettingsError
        When it is not where the mapping says.
    """
    if settings.client_secret_env is not None:
        secret = os.environ.get(settings.client_secret_env, "")
        place = f"the environment variable {settings.client_secret_env}"
    else:
        path = folder / str(settings.client_secret_file)
        place = str(path)
        try:
            secret = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            secret = ""
    if not secret:
        raise SettingsError(
            f"The secret of the FHIR server's client is not in {place}.",
            "Put it there, for the account that runs the node alone.",
        )
    return secret
