"""``juntos node review``: the queue and what came of it; the other commands are added here."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption
from client.review.deciding_commands import answer, rule, undo
from client.review.page_commands import invite, serve
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.review.agreement import Agreement
    from client.review.desk import Desk
    from client.review.questions import Question

app = typer.Typer(
    help="Records that clinicians are asked about, and what they decide.", no_args_is_help=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SHORT = 10
for _command in (answer, rule, undo, invite, serve):
    app.command()(_command)


@app.command()
def fill(home: HomeOption = DEFAULT_HOME) -> None:
    """Look for what a person should look at; what was answered stays answered."""
    from client.review.opening_desk import fill as fill_queue

    count = fill_queue(open_home(home))
    typer.echo(f"{count} questions are in the queue. Answer them: juntos node review serve")


@app.command("list")
def list_questions(
    home: HomeOption = DEFAULT_HOME,
    reader: Annotated[str, typer.Option("--reader", help="Only what waits for this one.")] = "",
    limit: Annotated[int, typer.Option(help="How many; 0 for all.", min=0)] = 20,
    json_output: JsonOption = False,
) -> None:
    """List the questions, the most harmful first."""
    from client.review.opening_desk import open_desk

    standing = open_desk(open_home(home)).standing()
    questions = standing.waiting_for(reader) if reader else standing.questions
    shown = questions[:limit] if limit else questions
    if json_output:
        typer.echo(json.dumps([question_json(each) for each in shown], indent=2))
        return
    titles = ["question", "harm", "asked", "row", "recorded", "state"]
    print_columns(titles, [_row(each) for each in shown])
    if len(shown) < len(questions):
        typer.echo(f"{len(questions) - len(shown)} more; show them with --limit 0")


def _row(question: Question) -> list[str]:
    item = question.item
    concern = item.concern
    asked = concern.kind if concern.question == "record" else concern.question
    asked = " ".join(filter(None, [asked, concern.feature]))
    place = "all" if item.source_row is None else str(item.source_row)
    return [item.id[:SHORT], f"{item.harm:.2f}", asked, place, item.label, question.state]


def question_json(question: Question) -> dict[str, Any]:
    """Return a question as programs read it."""
    item = question.item
    decision = question.consensus.decision
    return {
        "question": item.id,
        "asked": item.concern.question,
        "feature": item.concern.feature,
        "harm": item.harm,
        "source_row": item.source_row,
        "recorded": item.label,
        "suggested": item.concern.suggested,
        "probabilities": item.concern.probabilities,
        "because": item.concern.because,
        "state": question.state,
        "decision": None if decision is None else decision.model_dump(),
        "last_entry": question.last,
    }


@app.command()
def show(
    number: Annotated[str, typer.Argument(help="Of a question; all entries without it.")] = "",
    home: HomeOption = DEFAULT_HOME,
    json_output: JsonOption = False,
) -> None:
    """Show a question with its record and the most similar cases, or all entries so far."""
    from client.review.opening_desk import open_desk

    desk = open_desk(open_home(home))
    if number:
        _show_question(desk, desk.question(number), json_output)
    else:
        _show_entries(desk, json_output)


def _show_entries(desk: Desk, json_output: bool) -> None:
    entries = [each.as_json() for each in desk.decided()]
    if json_output:
        typer.echo(json.dumps(entries, indent=2))
        return
    rows = [
        [
            str(each["number"]),
            each["time"].removesuffix("+00:00").replace("T", " "),
            each["reader"],
            each["item"][:SHORT],
            "erased" if each["decision"] is None else decision_words(each["decision"]),
            each["comment"],
        ]
        for each in entries
    ]
    print_columns(["no.", "when", "reader", "question", "decision", "why"], rows)


def decision_words(decision: dict[str, Any]) -> str:
    """Return a decision in a few words: ``class grade_2``."""
    said = [value for value in decision.values() if value is not None]
    return " ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in said)


def _show_question(desk: Desk, question: Question, json_output: bool) -> None:
    from client.review.comparing import comparison

    cases = comparison(desk, question)
    if json_output:
        found = {**question_json(question), "cases": [asdict(each) for each in cases]}
        typer.echo(json.dumps(found, indent=2))
        return
    print_columns(["", *(_title(each.distance) for each in cases)], _lines(desk, cases))


def _title(distance: float | None) -> str:
    return "this record" if distance is None else f"distance {distance:.2f}"


def _lines(desk: Desk, cases: list[Any]) -> list[list[str]]:
    lines = [["diagnosis", *(each.label for each in cases)]]
    names = desk.contract.recorded
    return lines + [[name, *(each.texts.get(name, "") for each in cases)] for name in names]


@app.command()
def rules(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """List the rules that count, and how many records each is about."""
    from client.review.opening_desk import open_desk

    desk = open_desk(open_home(home))
    found = desk.rules()
    if json_output:
        typer.echo(json.dumps([each.as_json() for each in found], indent=2))
        return
    rows = [
        [
            str(each.number),
            each.reader,
            decision_words(each.rule.model_dump(exclude={"answer"})),
            "not counted" if each.records is None else str(each.records),
            each.state,
            each.comment,
        ]
        for each in found
    ]
    print_columns(["entry", "reader", "rule", "records", "state", "why"], rows)


@app.command()
def status(home: HomeOption = DEFAULT_HOME, json_output: JsonOption = False) -> None:
    """Show how far the review is, what it changed, and how well readers agree."""
    from client.review.opening_desk import open_desk

    desk = open_desk(open_home(home))
    counts, effect, agreed = desk.standing().count(), desk.effect(), desk.agreement()
    if json_output:
        found = {
            "questions": counts,
            "effect": asdict(effect),
            "agreement": [asdict(each) for each in agreed],
            "overlay": desk.overlay().content_hash,
        }
        typer.echo(json.dumps(found, indent=2))
        return
    print_columns(["questions", ""], [[name, str(count)] for name, count in counts.items()])
    typer.echo()
    changes = [effect.rows, *effect.classes, *effect.missing]
    rows = [[each.name, str(each.before), str(each.after)] for each in changes]
    print_columns(["records", "before", "after"], rows)
    typer.echo(f"\nCorrected: {effect.relabelled} diagnoses, {effect.values} values.")
    for each in agreed:
        typer.echo(agreement_words(each))


def agreement_words(agreement: Agreement) -> str:
    """Say how well two readers agree."""
    names = " and ".join(agreement.readers)
    if agreement.kappa is None:
        return f"{names}: kappa is not defined over {agreement.questions} questions answered alike."
    return (
        f"{names}: kappa {agreement.kappa:.2f} [{agreement.low:.2f}, {agreement.high:.2f}] over "
        f"{agreement.questions} questions."
    )
