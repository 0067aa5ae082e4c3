"""`juntos node confirm` and `juntos node performance`."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client.home import NodeHome, open_home
from client.options import DEFAULT_HOME, HomeOption
from shared.errors import SettingsError
from shared.terminal import print_columns

if TYPE_CHECKING:
    from client.confirmations.case import ConfirmedCase
    from client.confirmations.confirmations import Confirmations
    from client.confirmations.performance import Performance
    from client.confirmations.share import Share

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
CLASS_TITLES = ("class", "code", "confirmed", "precision", "recall", "F1")


@contextmanager
def opened(home: NodeHome) -> Iterator[Confirmations]:
    """Return the confirmed diagnoses of a node while the block runs."""
    from client.audit.opening import open_audit
    from client.confirmations.confirmations import Confirmations
    from client.ranking.disease_names import ranked_at

    store = open_audit(home)
    try:
        yield Confirmations(store, home.contract(), lambda: ranked_at(home))
    finally:
        store.close()


def confirm(
    prediction: Annotated[
        str, typer.Argument(help="Id of the answer; nothing with --patient or --file.")
    ] = "",
    code: Annotated[
        str, typer.Argument(help="Code of the diagnosis in the contract; a coarser one will do.")
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    patient: Annotated[
        str, typer.Option(help="The patient's number here, in place of the answer; with --code.")
    ] = "",
    diagnosis: Annotated[str, typer.Option("--code", help="The code, with --patient.")] = "",
    date: Annotated[str, typer.Option(help="Day of the diagnosis; today without it.")] = "",
    source: Annotated[
        str, typer.Option(help="Whose word it is, such as pathology; yours without it.")
    ] = "",
    who: Annotated[str, typer.Option(help="Who says so; your login without it.")] = "",
    file: Annotated[
        Path | None,
        typer.Option(help="A CSV file: prediction_id or patient, diagnosis, date."),
    ] = None,
    resolve: Annotated[
        bool, typer.Option("--resolve", help="Settle what all sources said before.")
    ] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back what the source said.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Say what a patient turned out to have, or import a file of it."""
    opened_home, speaker = open_home(home), who or getpass.getuser()
    if file is not None:
        import_whole(opened_home, file, speaker, source, json_output)
        return
    stated = code or diagnosis
    if bool(stated) == withdraw:
        raise SettingsError("What is the diagnosis?", "Give its code, or --withdraw.")
    words = Stated(stated, speaker, source, date, resolve)
    print_case(confirm_one(opened_home, prediction, patient, words), json_output)


@dataclass(frozen=True)
class Stated:
    """What is said, as in `client.confirmations.confirmation.Confirmation`."""

    code: str
    who: str
    source: str
    date: str
    resolves: bool


def confirm_one(home: NodeHome, prediction: str, patient: str, stated: Stated) -> ConfirmedCase:
    """Write down what is said about an answer, or about a patient by the local number."""
    from client.confirmations.confirmation import Confirmation

    with opened(home) as confirmations:
        whom = confirmations.audit.pseudonym(patient) if patient else ""
        return confirmations.confirm(
            Confirmation(prediction=prediction, patient=whom, **asdict(stated))
        )


def print_case(case: ConfirmedCase, json_output: bool) -> None:
    """Print what is said of a case now."""
    if json_output:
        typer.echo(json.dumps(case.as_json(), indent=2))
        return
    about = f"answer {case.prediction}" if case.prediction else "a patient without an answer"
    if case.state == "confirmed":
        typer.echo(f"Confirmed: {case.code} on {case.date}, for {about}.")
    elif case.state == "withdrawn":
        typer.echo(f"No diagnosis is confirmed any more for {about}.")
    else:
        last = {each.speaker: each.code for each in case.history}
        said = ", ".join(f"{who}: {code}" for who, code in last.items() if code)
        typer.echo(f"In conflict ({said}), for {about}.")
        typer.echo("It is used once a source corrects itself, or you settle it with --resolve.")


def import_whole(home: NodeHome, file: Path, who: str, source: str, json_output: bool) -> None:
    """Import a file and print what came of it."""
    from client.confirmations.importing import import_file
    from client.sources.mapping import load_mapping

    codes = load_mapping(home.mapping_file).label.codes if home.mapping_file.exists() else {}
    with opened(home) as confirmations:
        found = import_file(
            confirmations, file, who=who, source=source or "file", local_codes=codes
        )
    if json_output:
        typer.echo(json.dumps(asdict(found)))
        return
    typer.echo(f"{found.added} confirmed, {found.unchanged} known before.")
    if found.conflicts:
        typer.echo(f"{found.conflicts} in conflict with another source: not used until settled.")
    if found.without_answer:
        typer.echo(f"{found.without_answer} of patients without an answer before that day.")


def performance(
    home: HomeOption = DEFAULT_HOME,
    model: Annotated[str, typer.Option(help="Version or digest, or how they begin.")] = "",
    since: Annotated[str, typer.Option(help="Answers from this day on (UTC).")] = "",
    until: Annotated[str, typer.Option(help="Answers before this day (UTC).")] = "",
    shadow: Annotated[
        bool, typer.Option("--shadow", help="Of the challenger, whose answers are not shown.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Show how good the answers were, as far as diagnoses are confirmed."""
    with opened(open_home(home)) as confirmations:
        mode = "shadow" if shadow else "shown"
        found = confirmations.performance(model=model, since=since, until=until, mode=mode)
    if json_output:
        typer.echo(found.model_dump_json())
        return
    print_performance(found)


def print_performance(found: Performance) -> None:
    """Print the figures, the answer to how good first."""
    typer.echo(f"{found.labelled} of {found.answers} answers have a confirmed diagnosis.")
    typer.echo(found.note)
    if not found.labelled:
        return
    diseases = len(found.evaluation.finest.classes)
    rows = [
        ["first is right", words(found.accuracy)],
        *(
            [f"among the first {rank}", words(each)]
            for rank, each in found.top.items()
            if 1 < rank < diseases
        ),
        ["coarsest class is right", words(found.accuracy_of_groups)],
        ["right with enough evidence", words(found.accuracy_where_enough_evidence)],
        ["in the prediction set", words(found.coverage)],
    ]
    if found.calibration_error is not None:
        rows.append(["calibration error", f"{found.calibration_error:.3f}"])
    if found.delays.median is not None and found.delays.nine_tenths is not None:
        middle, most = found.delays.median, found.delays.nine_tenths
        rows.append(["days until confirmed", f"{middle:.1f} in the middle, 90% within {most:.1f}"])
    if found.not_comparable:
        rows.append(["not comparable", str(found.not_comparable)])
    typer.echo("")
    print_columns(("of confirmed answers", "share [95% interval]"), rows)
    typer.echo("")
    print_columns(
        CLASS_TITLES,
        [
            [
                each.name,
                each.code,
                str(each.rows),
                words(each.precision),
                words(each.recall),
                words(each.f1, count=False),
            ]
            for each in found.by_class
        ],
    )


def words(found: Share, *, count: bool = True) -> str:
    """Return a share for people."""
    if found.value is None:
        return "no case"
    counted = f" ({found.hits} of {found.rows})" if count else ""
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]{counted}"
