"""What a federation chooses about its accounts: ``[accounts]`` in ``coordinator.toml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from server.accounts.roles import Role
from shared.secret_source import SecretSource
from shared.settings_file import StrictModel

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _safe_address(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username:
        raise ValueError("write an address like https://login.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("sign-in goes by https only; http is for this machine itself")
    return address


class OidcSettings(StrictModel):
    """Sign-in at an identity provider (OpenID Connect), beside the coordinator's own.

    Attributes
    ----------
    label : str
        Whose accounts they are, as the button says it.
    issuer : str
        The provider's address; ``/.well-known/openid-configuration`` is found below it.
    client_id : str
    client_secret : SecretSource
    scopes : tuple of str
    name_claim : str
        Holds the name under which somebody is known here.
    groups_claim : str
        Holds the list of groups; points lead into nested claims: ``realm_access.roles``.
    roles : dict of str to str
        What each group may do; of several, the highest. Who is in none is not let in.
    ca_file : Path or None
        Certificates of the authority that signed the provider's, instead of the usual ones.
    """

    label: str = Field(min_length=1, max_length=60)
    issuer: Annotated[str, AfterValidator(_safe_address)]
    client_id: str = Field(min_length=1)
    client_secret: SecretSource
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    groups_claim: str = "groups"
    roles: dict[str, Role] = Field(min_length=1)
    ca_file: Path | None = None


class AccountSettings(StrictModel):
    """How people sign in.

    Attributes
    ----------
    idle_minutes : int
        After so long without a request, a session is over.
    session_hours : int
        And after so long in any case.
    link_hours : int
        How long a link that signs in once can be used.
    token_days : int
        The longest that a token for programs is good.
    password_length : int
        Least number of characters.
    oidc : OidcSettings or None
    """

    idle_minutes: int = Field(default=60, ge=5)
    session_hours: int = Field(default=12, ge=1, le=24 * 7)
    link_hours: int = Field(default=72, ge=1)
    token_days: int = Field(default=365, ge=1)
    password_length: int = Field(default=12, ge=10, le=64)
    oidc: OidcSettings | None = None
