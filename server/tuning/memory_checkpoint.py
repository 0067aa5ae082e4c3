"""A checkpoint that a trial's next stage goes on from."""

from __future__ import annotations

from dataclasses import replace

from server.checkpoint import Members, Progress
from shared.run_settings import ModelName


class MemoryCheckpoint:
    """Keeps how far a trial is, in this process."""

    def __init__(self) -> None:
        self._members: Members | None = None
        self._progress: dict[ModelName, Progress] = {}

    def members(self) -> Members | None:
        """Return who takes part, if that was settled."""
        return self._members

    def save_members(self, members: Members) -> None:
        """Keep who takes part."""
        self._members = replace_rounds(members)

    def progress(self, model: ModelName) -> Progress | None:
        """Return how far a kind of model is."""
        kept = self._progress.get(model)
        return None if kept is None else replace(kept, rounds=0)

    def save_progress(self, model: ModelName, progress: Progress) -> None:
        """Keep how far a kind of model is."""
        self._progress[model] = replace(progress)


def replace_rounds(members: Members) -> Members:
    """Return members of a federation that recorded nothing yet."""
    return members.model_copy(update={"rounds": 0})
