"""``juntos node review``: what clinicians do on the page, from the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import SettingsError
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.review.agreement import Agreement
    from client.review.desk import Desk
    from client.review.questions import Question

app = typer.Typer(
    help="Records that clinicians are asked about, and what they decide.", no_args_is_help=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ReaderOption = Annotated[str, typer.Option("--reader", help="Who decides.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why, in a sentence.")]
NumberArgument = Annotated[str, typer.Argument(help="Of a question; its first digits will do.")]
SHORT = 10


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
    asked = " ".join(filter(None, [item.concern.question, item.concern.feature]))
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
        "facts": item.concern.facts,
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
def answer(
    number: NumberArgument,
    reader: ReaderOption,
    home: HomeOption = DEFAULT_HOME,
    keep: Annotated[bool, typer.Option("--keep", help="It is right as it is.")] = False,
    exclude: Annotated[bool, typer.Option("--exclude", help="Nobody learns from it.")] = False,
    diagnosis: Annotated[str, typer.Option("--class", help="The right class.")] = "",
    value: Annotated[
        str,
        typer.Option(metavar="FEATURE=VALUE", help="The right value; nothing after = for none."),
    ] = "",
    means: Annotated[
        str, typer.Option(help="Why a value is missing: not_measured, normal, unknown or lost.")
    ] = "",
    becomes: Annotated[str, typer.Option(help="With --means normal: what stands there.")] = "",
    because: BecauseOption = "",
) -> None:
    """Answer a question: keep, correct, exclude, or say what a missing value means."""
    from client.review.answer_forms import decision_of
    from client.review.book import new_request
    from client.review.opening_desk import open_desk

    desk = open_desk(open_home(home))
    asked = desk.question(number)
    chosen = {"keep": keep, "exclude": exclude, "class": diagnosis, "value": value, "null": means}
    named = [name for name, given in chosen.items() if given]
    if len(named) != 1:
        raise SettingsError(
            "An answer is one of --keep, --class, --value, --exclude and --means.", "Give one."
        )
    feature, _, new = value.partition("=")
    decision = decision_of(
        desk.contract,
        asked,
        named[0],
        code=diagnosis,
        feature=feature,
        value=new,
        meaning=means,
        becomes=becomes,
    )
    entry = desk.answering.answer(
        asked,
        decision,
        reader=reader_name(reader),
        comment=because,
        request=new_request(),
        seen=asked.last,
    )
    typer.echo(f"Entry {entry.number}: {desk.question(asked.item.id).state}.")


def reader_name(name: str) -> str:
    """Return a reader's name.

    Raises
    ------
    SettingsError
        When it is none.
    """
    from client.web.people import checked_name

    return checked_name(name)


@app.command()
def rule(
    feature: Annotated[str, typer.Argument(help="Of the contract.")],
    reader: ReaderOption,
    means: Annotated[str, typer.Option(help="not_measured, normal, unknown or lost.")],
    home: HomeOption = DEFAULT_HOME,
    empty: Annotated[bool, typer.Option("--empty", help="Where the feature is missing.")] = False,
    value: Annotated[str, typer.Option(help="Where it has this value of the contract.")] = "",
    code: Annotated[str, typer.Option(help="Where the source has this local code.")] = "",
    becomes: Annotated[str, typer.Option(help="With --means normal: what stands there.")] = "",
    because: BecauseOption = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
) -> None:
    """Decide the same for every record that matches; `undo` takes it back."""
    from client.review.answer_forms import rule_of
    from client.review.book import new_request
    from client.review.opening_desk import open_desk

    given = {"empty": empty, "value": value, "code": code}
    matches = {name: each for name, each in given.items() if each}
    if len(matches) != 1:
        raise SettingsError("A rule matches one of --empty, --value and --code.", "Give one.")
    when, text = next(iter(matches.items()))
    desk = open_desk(open_home(home))
    made = rule_of(desk.contract, feature, when, "" if text is True else str(text), means, becomes)
    if when != "code":
        typer.echo(f"{desk.matching(made)} records match.")
    if not dry_run:
        entry = desk.answering.rule(
            made, reader=reader_name(reader), comment=because, request=new_request()
        )
        typer.echo(f"Entry {entry.number}. Take it back: juntos node review undo {entry.number}")


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
def undo(
    number: Annotated[int, typer.Argument(help="Of the entry; see `show` and `rules`.", min=1)],
    reader: ReaderOption,
    home: HomeOption = DEFAULT_HOME,
    because: BecauseOption = "",
) -> None:
    """Let an answer or a rule no longer count, by a new entry."""
    from client.review.book import new_request
    from client.review.opening_desk import open_desk

    desk = open_desk(open_home(home))
    entry = desk.answering.undo(
        number, reader=reader_name(reader), comment=because, request=new_request()
    )
    typer.echo(f"Entry {entry.number}: entry {number} no longer counts.")


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


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="Of the reader, as entries will have it.")],
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[int, typer.Option(help="Of the page.", min=1, max=65535)] = 8470,
) -> None:
    """Print a link that signs a reader in, once."""
    from client.review.serving import invitation

    link, expires = invitation(open_home(home), name, port)
    typer.echo(link)
    typer.echo(f"It signs in {reader_name(name)}, once, until {expires}.", err=True)


@app.command()
def serve(
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[int, typer.Option(help="On this machine only.", min=1, max=65535)] = 8470,
    reader: Annotated[str, typer.Option("--reader", help="Print a link for this one.")] = "",
) -> None:
    """Open the page on this machine until Ctrl-C."""
    from client.review.serving import serve as serve_page

    serve_page(open_home(home), port, reader, typer.echo)
