"""`juntos coordinator approve` and `promote`: from a reviewed run to the model in use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from server.approvals import ApprovalStore, refuse_unready
from server.card import HUMAN_NAMES
from server.champion import crown, refuse_tampered
from server.home import CoordinatorHome, open_home
from server.review.keeping import read_review, write_pages
from server.review.review import Review
from server.run_store import RunStore, StoredRun
from server.tracking import Tracker
from shared.errors import SettingsError

Home = Annotated[Path, typer.Option(help="The coordinator's folder.")]
Run = Annotated[str, typer.Argument(help="The run, as `juntos coordinator runs` names it.")]


def approve(
    run: Run,
    name: Annotated[str, typer.Option(help="Who approves, as acceptance.toml has it.")],
    comment: Annotated[str, typer.Option(help="What they want kept with it.")] = "",
    home: Home = Path("juntos-coordinator"),
) -> None:
    """Record that a clinician approves the chosen model of a reviewed run."""
    folder = open_home(home)
    review = reviewed(folder, run)
    store = ApprovalStore(folder.engine())
    approval = store.add(run, review, name, comment)
    write_pages(folder.runs / run, review, store.of(run))
    Console().print(f"{run}: approved by {approval.name}, {approval.date}.", markup=False)


def promote(run: Run, home: Home = Path("juntos-coordinator")) -> None:
    """Put the chosen model of a reviewed run in use, if it is ready and approved."""
    folder = open_home(home)
    review = reviewed(folder, run)
    approvals = ApprovalStore(folder.engine()).of(run)
    refuse_unready(run, review, approvals)
    registered = registered_model(RunStore(folder.engine()).read(run), review)
    tracker = Tracker(folder.mlflow_url, folder.artifacts, folder.settings.name)
    name, version = registered["name"], registered["version"]
    refuse_tampered(tracker.client, name, version, folder.signing_key().public_key())
    crown(tracker.client, folder.contract(), name, version)
    words = HUMAN_NAMES[review.chosen].lower()
    Console().print(
        f"In use now: {name} version {version} ({words} of {run}).",
        markup=False,
    )


def reviewed(home: CoordinatorHome, run: str) -> Review:
    """Return the review of a run that exists."""
    RunStore(home.engine()).read(run)
    return read_review(home.runs / run, run)


def registered_model(run: StoredRun, review: Review) -> dict[str, str]:
    """Return where the chosen model is registered.

    Raises
    ------
    SettingsError
        When the run did not get that far.
    """
    registered = (run.result or {}).get("registered", {})
    if review.chosen not in registered:
        raise SettingsError(f"{run.id} has no registered model.", "Resume it, or train anew.")
    found: dict[str, str] = registered[review.chosen]
    return found
