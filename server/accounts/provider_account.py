"""Whose account a person is whom an identity provider names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.accounts.account import Account
from server.accounts.account_store import AccountStore, checked_name
from server.accounts.roles import ROLES, Role
from server.accounts.settings import OidcSettings
from shared.errors import SettingsError


class RefusedByRulesError(Exception):
    """Somebody whom the provider knows and this federation does not let in.

    Attributes
    ----------
    kind : {"no_role", "name_taken", "disabled"}
        Which of the sentences of the page says why.
    name : str
        Under which the provider knows them.
    """

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind)
        self.kind, self.name = kind, name


def role_of(settings: OidcSettings, claims: Mapping[str, Any]) -> Role | None:
    """Return the highest role of somebody's groups; None where they are in none that counts."""
    named = groups_of(settings, claims) or []
    roles = [settings.roles[each] for each in named if each in settings.roles]
    return max(roles, key=ROLES.index, default=None)


def groups_of(settings: OidcSettings, claims: Mapping[str, Any]) -> list[str] | None:
    """Return the groups that a provider names; None where it says nothing of groups.

    A claim's name may hold points itself; otherwise they lead into nested ones, as some providers
    write them: ``realm_access.roles``.
    """
    found: Any = claims.get(settings.groups_claim)
    if found is None:
        found = claims
        for part in settings.groups_claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    if found is None:
        return None
    named = found if isinstance(found, list | tuple) else [found]
    return [each for each in named if isinstance(each, str)]


def account_for(store: AccountStore, settings: OidcSettings, claims: Mapping[str, Any]) -> Account:
    """Return the account of somebody, made when they first come, with the role they have now.

    Who they are is the provider's lasting identifier (``sub``); a name can be given to somebody
    else, so an account that is here already is never taken over by its name.

    Raises
    ------
    RefusedByRulesError
    """
    subject = str(claims["sub"])
    name = str(claims.get(settings.name_claim) or subject)[:64]
    known = store.of_subject(settings.issuer, subject)
    role = role_of(settings, claims)
    if role is None:
        raise RefusedByRulesError("no_role", name)
    if known is None:
        try:
            return store.add(checked_name(name), role, settings.issuer, subject)
        except SettingsError:
            raise RefusedByRulesError("name_taken", name) from None
    if known.disabled_at:
        raise RefusedByRulesError("disabled", known.name)
    if known.role != role:
        _follow(store, known, role)
    return store.get(known.name)


def _follow(store: AccountStore, known: Account, role: Role) -> None:
    """Give an account the role that the provider's groups have now."""
    try:
        store.set_role(known.name, role)
    except SettingsError:
        # It was the last administrator's: letting them in as one would go past the provider.
        raise RefusedByRulesError("no_role", known.name) from None
