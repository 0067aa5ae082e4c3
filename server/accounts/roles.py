"""What an account may do."""

from __future__ import annotations

from typing import Literal, get_args

# Each may do what those before it may.
# viewer: see everything; coordinator: start, promote, roll back, enrol; administrator: accounts.
Role = Literal["viewer", "coordinator", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)


def includes(role: Role, needed: Role) -> bool:
    """Return whether one role may do what another may."""
    return ROLES.index(role) >= ROLES.index(needed)


def lower_of(one: Role, other: Role) -> Role:
    """Return the role that may do less."""
    return min(one, other, key=ROLES.index)
