"""The models of a hospital: folder ``models/`` of its node."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from client.serving.answer import Answer
from client.serving.case import Case
from client.serving.served_model import ServedModel

Role = Literal["active", "shadow", "kept"]


@dataclass(frozen=True)
class StoredModel:
    """One model in the store.

    Attributes
    ----------
    digest, version : str
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
    installed_at: str
    source: str
    role: Role
    pinned: bool


class ModelStore:
    """Models that were verified, one of which is active.

    `active` costs nothing: a request reads it once and keeps to what it got.
    """

    @property
    def active(self) -> ServedModel:
        """The model that answers.

        Raises
        ------
        NoModelError
            When none is installed yet.
        """
        raise NotImplementedError

    @property
    def shadow(self) -> ServedModel | None:
        """The challenger that answers too, is recorded, and is not shown."""
        raise NotImplementedError

    def shadow_answer(self, case: Case) -> Answer | None:
        """Return the challenger's answer for the record; None without one, or where it fails."""
        raise NotImplementedError

    def refresh(self) -> bool:
        """Take over what another process made active; return whether anything changed."""
        raise NotImplementedError

    def install(self, folder: Path, *, source: str = "folder", shadow: bool = False) -> StoredModel:
        """Verify a bundle, try it out, and put it to use.

        Raises
        ------
        BundleError
            When it is refused, with the reason; what was active stays so.
        """
        raise NotImplementedError

    def models(self) -> list[StoredModel]:
        """Return all models in the store, newest first."""
        raise NotImplementedError

    def rollback(self) -> StoredModel:
        """Go back to the model before, and pin it."""
        raise NotImplementedError

    def pin(self) -> StoredModel:
        """Stay with the active model, whatever the coordinator deploys."""
        raise NotImplementedError

    def unpin(self) -> StoredModel:
        """Follow the coordinator again from its next deployment."""
        raise NotImplementedError
