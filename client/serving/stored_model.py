"""What a hospital's administrator sees of a model in the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from client.serving.store_state import Source, StoreState

Role = Literal["active", "shadow", "kept"]


@dataclass(frozen=True)
class StoredModel:
    """One model in the store.

    Attributes
    ----------
    digest, version : str
    label : str
        What the coordinator's registry calls it; empty where nobody said.
    installed_at : str
        ISO 8601, UTC.
    source : str
        ``coordinator`` or ``folder``.
    role : str
    pinned : bool
        Whether the hospital stays with it, whatever the coordinator deploys.
    """

    digest: str
    version: str
    label: str
    installed_at: str
    source: Source
    role: Role
    pinned: bool


def stored(state: StoreState, digest: str) -> StoredModel:
    """Describe one model of a store."""
    kept = state.models[digest]
    role: Role = "active" if digest == state.active else "kept"
    if digest == state.shadow and role != "active":
        role = "shadow"
    pinned = state.pinned and digest == state.active
    return StoredModel(
        digest, kept.version, kept.label, kept.installed_at, kept.source, role, pinned
    )
