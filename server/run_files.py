"""Files that a run uses beside its settings: its own, or those of the coordinator's home."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from server.home import CoordinatorHome
from server.public_test import PUBLIC_TEST_FILE, read_public_test
from server.review.acceptance import ACCEPTANCE_FILE, read_acceptance
from shared.run_settings import RunSettings


@dataclass(frozen=True)
class RunFiles:
    """Files that one run is to use in place of those of the coordinator's home."""

    acceptance: Path | None = None
    public_test: Path | None = None

    def check(self, home: CoordinatorHome, settings: RunSettings) -> None:
        """Refuse files that a run could not use, those of the home too, before it starts."""
        if self.acceptance is not None:
            read_acceptance(self.acceptance, settings.task.contract(home.contract()))
        public_test = self.public_test or home.path / PUBLIC_TEST_FILE
        if self.public_test is not None or public_test.exists():
            read_public_test(public_test, home.contract())

    def keep(self, folder: Path) -> None:
        """Copy them into the run's folder."""
        for source, name in (
            (self.acceptance, ACCEPTANCE_FILE),
            (self.public_test, PUBLIC_TEST_FILE),
        ):
            if source is not None:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / name)


def file_of_run(home: CoordinatorHome, run: str, name: str) -> Path | None:
    """Return the run's own file of a name, or that of the home; None where there is neither."""
    for folder in (home.runs / run, home.path):
        if (folder / name).exists():
            return folder / name
    return None
