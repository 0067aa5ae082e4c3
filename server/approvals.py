"""Who approved which run's models."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from server.database import approvals
from server.review.approval import Approval
from server.review.review import Review
from shared.errors import SettingsError


class ApprovedAlreadyError(SettingsError):
    """Somebody approves what they have approved."""


class ApprovalStore:
    """Reads and writes approvals; they are never changed or taken back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, run: str, review: Review, name: str, comment: str) -> Approval:
        """Record that somebody approves.

        Raises
        ------
        ApprovedAlreadyError
            When they did already.
        SettingsError
            When they are not asked to.
        """
        signatories = {
            each.name: each for each in (review.acceptance.signatory if review.acceptance else [])
        }
        if name not in signatories:
            asked = ", ".join(signatories) or "nobody"
            raise SettingsError(
                f"{name} is not asked to sign for {run}.", f"acceptance.toml names: {asked}."
            )
        if name in {each.name for each in self.of(run)}:
            raise approved_already(run, name)
        approval = Approval(
            name=name, role=signatories[name].role, date=datetime.now(UTC).date(), comment=comment
        )
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(approvals).values(run_id=run, **approval.model_dump(mode="json"))
                )
        except IntegrityError:
            # At the same moment.
            raise approved_already(run, name) from None
        return approval

    def of(self, run: str) -> list[Approval]:
        """Return the approvals of a run, oldest first."""
        query = select(approvals).where(approvals.c.run_id == run).order_by(approvals.c.date)
        with self._engine.connect() as connection:
            rows = [row._asdict() for row in connection.execute(query)]
        return [
            Approval(**{key: value for key, value in row.items() if key != "run_id"})
            for row in rows
        ]


def approved_already(run: str, name: str) -> ApprovedAlreadyError:
    """Return why an approval is not written down a second time."""
    return ApprovedAlreadyError(f"{name} has approved {run} already.")
