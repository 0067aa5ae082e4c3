"""``juntos node review answer | rule | undo``: what readers decide, from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from client.home import open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import SettingsError

ReaderOption = Annotated[str, typer.Option("--reader", help="Who decides.")]
BecauseOption = Annotated[str, typer.Option("--because", help="Why, in a sentence.")]
NumberArgument = Annotated[str, typer.Argument(help="Of a question; its first digits will do.")]


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
