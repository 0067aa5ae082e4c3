"""The audit store: answers are added, each bound to the one before."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Engine

from client.audit import common_chain, removing, verifying
from client.audit.binder import Binder
from client.audit.chain_writer import ChainWriter
from client.audit.checkpoints import Checkpoints
from client.audit.common_chain import Head
from client.audit.entry import Draft, Entry
from client.audit.errors import BrokenAuditError
from client.audit.prediction import Prediction, Recorded
from client.audit.query import AuditQuery
from client.audit.reading import Reading
from client.audit.together import Together
from client.audit.vault import Vault, canonical, digest
from client.audit.verifying import Verified


class AuditStore:
    """The answers of one hospital; any number of threads and processes may use it at once.

    Open it in each process by itself: a chain has one writer.

    Parameters
    ----------
    engine : Engine
        Of the node's database.
    vault : Vault
    pseudonym : callable
        Makes a pseudonym of a patient's local number.
    largest_group : int
        See `ChainWriter`.
    """

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        pseudonym: Callable[[str], str],
        largest_group: int = 1,
    ) -> None:
        self.engine = engine
        self.vault = vault
        self._pseudonym = pseudonym
        self._reading = Reading(engine, vault)
        self._writer = ChainWriter(engine, largest_group)
        self._together = Together(self._writer)
        self._binder = Binder(self.bind)
        self._checkpoints = Checkpoints(engine, lambda: self._writer.transactions)

    def pseudonym(self, patient: str) -> str:
        """Return the pseudonym of a patient's local number, as the node's records have it.

        Raises
        ------
        SettingsError
            When it is nobody's, or the node's key cannot be used.
        """
        return self._pseudonym(patient)

    def record(self, prediction: Prediction) -> None:
        """Write one answer down; it is on the disk when this returns. Blocks for about 1 ms.

        Raises
        ------
        AuditUnavailableError
            When it cannot be; the answer must not be given.
        """
        self.record_many([prediction])

    def record_many(self, predictions: Sequence[Prediction]) -> None:
        """Write several answers down in one transaction: all of them or none.

        Raises
        ------
        AuditUnavailableError
            When they cannot be; none of the answers may be given.
        """
        self.write([self.draft(each) for each in predictions])

    def write(self, drafts: Sequence[Draft]) -> None:
        """Write entries of any kind down, see `record_many`."""
        if drafts:
            self._writer.write(drafts)
            self._begin_work_beside()

    async def recorded(self, predictions: Sequence[Prediction]) -> None:
        """Return once answers are written down, as by `record_many`; other tasks go on meanwhile.

        Raises
        ------
        AuditUnavailableError
            When they cannot be; none of the answers may be given.
        """
        if not predictions:
            return
        drafts = [self.draft(each) for each in predictions]
        self._begin_work_beside()
        await self._together.write(drafts)

    def _begin_work_beside(self) -> None:
        self._binder.begin()
        self._checkpoints.begin()

    def sealed(self, entry: Entry, patient: str, content: Mapping[str, Any]) -> Draft:
        """Return an entry ready to be written, with its contents encrypted."""
        hidden = self.vault.seal(entry.id, content)
        return Draft(entry.with_digest(digest(patient, hidden)), patient, hidden)

    def draft(self, prediction: Prediction) -> Draft:
        """Return the entry of an answer, ready to be written."""
        asked = canonical(prediction.input)
        content = {
            "input": msgspec.Raw(asked),
            "input_hash": hashlib.sha256(asked).hexdigest(),
            "output": prediction.output,
        }
        return self.sealed(Entry.of_prediction(prediction), prediction.patient, content)

    def get(self, prediction: str) -> Recorded | None:
        """Return one answer by its id; None where there is none.

        Raises
        ------
        AuditUnavailableError
            When the database cannot be read.
        BrokenAuditError
            When what it holds was changed.
        """
        return self._reading.get(prediction)

    def find(
        self, query: AuditQuery, *, limit: int = 100, after: str = "", newest_first: bool = True
    ) -> list[Recorded]:
        """Return answers.

        Parameters
        ----------
        after : str
            The id that the last page ended with.

        Raises
        ------
        AuditUnavailableError, BrokenAuditError
            As `get`.
        SettingsError
            When a time of the query is none.
        """
        return self._reading.find(query, limit, after, newest_first)

    def every(self, query: AuditQuery) -> Iterator[Recorded]:
        """Yield all answers, the oldest first, without holding them all; errors as `find`."""
        return self._reading.every(query)

    def verify(self) -> Verified:
        """Check every entry; see `client.audit.verifying.verify`."""
        return verifying.verify(self.engine)

    def bind(self) -> Head | None:
        """Write down where all chains end; see `client.audit.common_chain.bind`."""
        return common_chain.bind(self.engine)

    def head(self, day: str = "") -> Head | None:
        """Return the last entry that binds all chains, of a day (``2026-11-30``) or of all."""
        return common_chain.head(self.engine, day)

    def note_export(self, who: str, detail: Mapping[str, object]) -> None:
        """Write down who is about to copy which answers out of the store.

        Raises
        ------
        AuditUnavailableError
            When it cannot be written; nothing may be copied then.
        """
        common_chain.note_export(self.engine, {"who": who, **detail})

    def exports(self) -> list[tuple[str, dict[str, Any]]]:
        """Return when answers were copied out, by whom and which, the oldest first."""
        found = common_chain.exports(self.engine)
        return [(each.time, msgspec.json.decode(each.detail)) for each in found]

    def refuse_unknown_head(self, known: str) -> None:
        """Refuse chains that do not lead over a head which was kept elsewhere.

        Raises
        ------
        BrokenAuditError
            When there is no such head.
        """
        if not common_chain.holds(self.engine, known):
            raise BrokenAuditError(
                "No head of the audit store has this hash: entries were cut off or replaced.",
                "Compare the whole hash; if it is right, restore the database from a backup.",
            )

    def erase(self, patient: str) -> int:
        """Take away what was asked and answered about a patient; return how many entries."""
        return removing.erase(self.engine, patient)

    def remove_older(self, days: int) -> int:
        """Take away what was asked and answered longer ago; return how many entries."""
        return removing.remove_older(self.engine, days)

    def check(self) -> None:
        """Return where answers could be written down now.

        Raises
        ------
        AuditUnavailableError
        """
        self._writer.check()

    @property
    def waiting(self) -> int:
        """Calls that wait to be written."""
        return self._writer.waiting

    def close(self) -> None:
        """Bind the chains and close the connections."""
        self._checkpoints.end()
        self._binder.end()
        self._writer.close()
        self.engine.dispose()
