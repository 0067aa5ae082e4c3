"""What watches found, kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, insert, select

from server.database import watch_answers, watch_verdicts
from shared.watch.answer import WatchAnswer
from shared.watch.verdict import WatchVerdict
from shared.watch.watch import Watch

# The row of a watch that no hospital's answer is in: who was left out, and the noise.
_WHOLE = ""


class WatchStore:
    """Answers and verdicts of all watches, in the coordinator's database.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, watch: Watch) -> None:
        """Keep one, in place of what an earlier try of the same run left."""
        whole = watch.model_copy(update={"answers": {}, "verdicts": []})
        texts = {
            _WHOLE: whole.model_dump_json(),
            **{name: each.model_dump_json() for name, each in watch.answers.items()},
        }
        answers = [
            {"run_id": watch.run, "hospital": name, "made_at": watch.made, "content": text}
            for name, text in texts.items()
        ]
        verdicts = [
            {
                "run_id": watch.run,
                "position": place,
                "made_at": watch.made,
                "kind": each.kind,
                "hospital": each.hospital,
                "feature": each.feature,
                "state": each.state,
                "content": each.model_dump_json(),
            }
            for place, each in enumerate(watch.verdicts)
        ]
        with self._engine.begin() as connection:
            for table in (watch_answers, watch_verdicts):
                connection.execute(delete(table).where(table.c.run_id == watch.run))
            connection.execute(insert(watch_answers), answers)
            if verdicts:
                connection.execute(insert(watch_verdicts), verdicts)

    def newest(self) -> Watch | None:
        """Return the last watch; None before the first."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(watch_answers.c.run_id)
                .order_by(watch_answers.c.made_at.desc(), watch_answers.c.run_id.desc())
                .limit(1)
            ).scalar()
        return None if row is None else self.read(row)

    def read(self, run: str) -> Watch | None:
        """Return the watch of a run; None where it kept none."""
        return next(iter(self._read(watch_answers.c.run_id == run)), None)

    def history(self, since: str = "") -> list[Watch]:
        """Return watches, the oldest first; those from a time on where one is given."""
        return self._read(watch_answers.c.made_at >= since)

    def remove_old(self, days: int, now: datetime | None = None) -> None:
        """Remove watches that are older than so many days; none for 0."""
        if not days:
            return
        oldest = ((now or datetime.now(UTC)) - timedelta(days=days)).isoformat(timespec="seconds")
        with self._engine.begin() as connection:
            for table in (watch_answers, watch_verdicts):
                connection.execute(delete(table).where(table.c.made_at < oldest))

    def _read(self, condition: object) -> list[Watch]:
        order = watch_answers.c.made_at, watch_answers.c.run_id
        wanted = select(watch_answers).where(condition).order_by(*order)  # type: ignore[arg-type]
        with self._engine.connect() as connection:
            rows = connection.execute(wanted).all()
            runs = list(dict.fromkeys(row.run_id for row in rows))
            said = connection.execute(
                select(watch_verdicts)
                .where(watch_verdicts.c.run_id.in_(runs))
                .order_by(watch_verdicts.c.position)
            ).all()
        verdicts: dict[str, list[WatchVerdict]] = {run: [] for run in runs}
        for row in said:
            verdicts[row.run_id].append(WatchVerdict.model_validate_json(row.content))
        answers: dict[str, dict[str, WatchAnswer]] = {run: {} for run in runs}
        whole: dict[str, Watch] = {}
        for row in rows:
            if row.hospital == _WHOLE:
                whole[row.run_id] = Watch.model_validate_json(row.content)
            else:
                answers[row.run_id][row.hospital] = WatchAnswer.model_validate_json(row.content)
        return [
            whole[run].model_copy(update={"answers": answers[run], "verdicts": verdicts[run]})
            for run in runs
        ]
