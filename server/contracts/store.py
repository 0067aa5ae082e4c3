"""Versions of the contract in the coordinator's database, and which hospital accepted which."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.database import contract_acceptances, contracts, now
from shared.contract import Contract
from shared.errors import SettingsError
from shared.settings_file import parse


@dataclass(frozen=True)
class StoredContract:
    """One version of the contract.

    Attributes
    ----------
    text : str
        TOML, as its author wrote it.
    published_at : str or None
        None for a proposal.
    number : int or None
        Of published versions, in their order from 1.
    """

    hash: str
    version: str
    text: str
    proposed_at: str
    published_at: str | None
    number: int | None

    @cached_property
    def contract(self) -> Contract:
        """The contract that the text is."""
        return contract_of(self.text, f"Version {self.version} of the contract")


def contract_of(text: str, source: str) -> Contract:
    """Read a contract's TOML.

    Raises
    ------
    SettingsError
        When it is none.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{source} is not valid TOML: {error}.", "Correct that line.") from None
    return parse(Contract, content, source)


class ContractStore:
    """Reads and writes versions of the contract.

    Parameters
    ----------
    first : str
        TOML of the contract that the federation began with; it is the first that was published.
    """

    def __init__(self, engine: Engine, first: str) -> None:
        self.engine = engine
        self._write_first(first)

    def _write_first(self, text: str) -> None:
        with self.engine.connect() as connection:
            if connection.execute(select(contracts.c.hash).limit(1)).first() is not None:
                return
        contract = contract_of(text, "contract.toml")
        try:
            with self.engine.begin() as connection:
                self._insert(connection, contract, text, published_at=now(), number=1)
        except IntegrityError:
            # Another program was faster.
            return

    def _insert(
        self, connection: Connection, contract: Contract, text: str, **values: object
    ) -> None:
        connection.execute(
            insert(contracts).values(
                hash=contract.hash,
                version=contract.version,
                text=text,
                proposed_at=now(),
                **values,
            )
        )

    def all(self) -> list[StoredContract]:
        """Return every version: those published in their order, then the proposals."""
        order = (contracts.c.number.is_(None), contracts.c.number, contracts.c.proposed_at)
        with self.engine.connect() as connection:
            rows = connection.execute(select(contracts).order_by(*order)).all()
        return [StoredContract(**row._asdict()) for row in rows]

    def current(self) -> StoredContract:
        """Return the version that was published last."""
        newest = select(func.max(contracts.c.number)).scalar_subquery()
        with self.engine.connect() as connection:
            row = connection.execute(select(contracts).where(contracts.c.number == newest)).one()
        return StoredContract(**row._asdict())

    def of_version(self, version: str) -> StoredContract | None:
        """Return a version by its number: the published one, else what was proposed last."""
        found = [each for each in self.all() if each.version == version]
        published = [each for each in found if each.number is not None]
        return next(iter(published or found[-1:]), None)

    def propose(self, contract: Contract, text: str) -> None:
        """Write a proposal down; another one of the same version is replaced."""
        with self.engine.begin() as connection:
            connection.execute(
                delete(contracts).where(
                    contracts.c.version == contract.version, contracts.c.number.is_(None)
                )
            )
            self._insert(connection, contract, text)

    def publish(self, contract: Contract, text: str) -> None:
        """Make a version the current one.

        Raises
        ------
        SettingsError
            When another program published a version at the same moment.
        """
        number = (self.current().number or 0) + 1
        proposal = (contracts.c.hash == contract.hash, contracts.c.number.is_(None))
        published = {"published_at": now(), "number": number}
        try:
            with self.engine.begin() as connection:
                changed = connection.execute(
                    update(contracts).where(*proposal).values(text=text, **published)
                )
                if changed.rowcount == 0:
                    self._insert(connection, contract, text, **published)
        except IntegrityError:
            raise SettingsError(
                "Another version was published at the same moment.",
                "Look at `juntos coordinator contract list`.",
            ) from None

    def accept(self, hospital: str, contract_hash: str) -> None:
        """Write down that a hospital accepted a version; a second time changes nothing."""
        values: dict[str, Any] = {"hospital": hospital, "contract_hash": contract_hash}
        try:
            with self.engine.begin() as connection:
                connection.execute(insert(contract_acceptances).values(**values, accepted_at=now()))
        except IntegrityError:
            return

    def accepted(self, contract_hash: str, hospitals: Collection[str]) -> set[str]:
        """Return which of some hospitals accepted a version.

        One that joined before acceptances were written down joined under the first version.
        """
        columns = (contract_acceptances.c.hospital, contract_acceptances.c.contract_hash)
        with self.engine.connect() as connection:
            rows = connection.execute(select(*columns)).all()
        written = {name for name, _ in rows}
        first = next(each for each in self.all() if each.number == 1)
        found = {name for name, accepted in rows if accepted == contract_hash}
        if contract_hash == first.hash:
            found |= set(hospitals) - written
        return found & set(hospitals)
