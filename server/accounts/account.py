"""One person, or one program, that the coordinator knows."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from server.accounts.roles import Role, includes


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in.

    Attributes
    ----------
    name : str
        In lower case; entries of the log of actions show it.
    role : {"viewer", "coordinator", "administrator"}
    created_at : str
        UTC, ISO 8601.
    disabled_at : str or None
    signed_in_at : str or None
        When they last did.
    has_password : bool
    issuer : str
        Whose sign-in they use (OpenID Connect); empty for the coordinator's own.
    """

    name: str
    role: Role
    created_at: str = ""
    disabled_at: str | None = None
    signed_in_at: str | None = None
    has_password: bool = False
    issuer: str = ""

    def may(self, needed: Role) -> bool:
        """Return whether the account has a role, or one that includes it."""
        return includes(self.role, needed)

    @property
    def state(self) -> str:
        """``active``, ``disabled``, or ``invited`` before the first sign-in."""
        if self.disabled_at:
            return "disabled"
        return "active" if self.has_password or self.issuer or self.signed_in_at else "invited"

    def as_json(self) -> dict[str, str | bool | None]:
        """Return the fields with what can be said about the account in a word."""
        return {**asdict(self), "state": self.state}
