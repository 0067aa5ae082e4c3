"""`juntos coordinator decisions`: every candidate, why it was promoted or not, and each step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from server.commands.options import DEFAULT_HOME, HomeOption, JsonOption

if TYPE_CHECKING:
    from server.home import CoordinatorHome
    from server.promotion.candidate import Candidate


def decisions(
    run: Annotated[str | None, typer.Argument(help="Show one candidate in full.")] = None,
    home: HomeOption = DEFAULT_HOME,
    language: Annotated[str, typer.Option(help="en or es.")] = "en",
    json_output: JsonOption = False,
) -> None:
    """List candidates, or say why one was promoted or not, and what happened to it since."""
    from server.home import open_home
    from server.promotion.candidate_store import CandidateStore
    from shared.errors import SettingsError
    from shared.pages.words import LANGUAGES

    if language not in LANGUAGES:
        raise SettingsError(f"There is no language {language!r}.", "Choose en or es.")
    folder = open_home(home)
    store = CandidateStore(folder.engine())
    found = [store.read(run)] if run else store.all()
    if json_output:
        typer.echo(json.dumps([_plain(folder, each) for each in found]))
    elif run:
        _show(folder, found[0], language)
    else:
        _list(found)


def _plain(home: CoordinatorHome, candidate: Candidate) -> dict[str, Any]:
    """Return a candidate, with sentences and steps, in JSON's types."""
    from server.promotion.candidate_store import CandidateStore

    plain = candidate.model_dump(mode="json")
    if candidate.decision is not None:
        for reason, found in zip(
            plain["decision"]["reasons"], candidate.decision.reasons, strict=True
        ):
            reason["text"] = {"en": found.words.en, "es": found.words.es}
    steps = CandidateStore(home.engine()).transitions(candidate.id)
    return {**plain, "transitions": [each.model_dump(mode="json") for each in steps]}


def _show(home: CoordinatorHome, candidate: Candidate, language: str) -> None:
    from server.promotion.telling import decision_lines, history_lines, next_of, state_of

    typer.echo(f"{candidate.id}: {candidate.model.label}, version {candidate.version}")
    typer.echo(f"Now: {state_of(candidate)}")
    if following := next_of(home, candidate):
        typer.echo(f"Next: {following}")
    for part in (decision_lines(candidate, language), history_lines(home, candidate)):
        typer.echo("")
        typer.echo("\n".join(part))


def _list(found: list[Candidate]) -> None:
    from server.promotion.telling import state_of
    from shared.terminal import print_columns

    if not found:
        typer.echo("No candidate yet: `juntos coordinator train --review` brings one.")
        return
    print_columns(
        ["run", "model", "version", "decision", "state"],
        [
            [
                each.id,
                each.model.label,
                each.version,
                each.decision.outcome if each.decision else "-",
                state_of(each),
            ]
            for each in found
        ],
    )
