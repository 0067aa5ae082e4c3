"""One patient of the demonstration, as a clinician would meet the model."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from client.sources import load_records
from shared.bundle import Bundle, read_bundle
from shared.contract import Contract
from shared.explanation import Finding, explain
from shared.holdout import split
from shared.records import Records
from shared.run_settings import RunSettings

SHOWN_CLASSES = 5
SHOWN_FINDINGS = 4


def held_out_patient(contract: Contract, settings: RunSettings, mapping: Path) -> Records:
    """Return one held-out patient of a hospital, with a rare diagnosis if there is one."""
    view = settings.task.contract(contract)
    records = settings.task.records(contract, load_records(contract, mapping).records)
    _, held_out = split(view, records, settings.holdout)
    rare = [
        row
        for row, label in enumerate(held_out.labels)
        if view.classes[label].frequency == "rare" and label in view.leaves
    ]
    row = rare[0] if rare else 0
    return Records(held_out.table.iloc[[row]].reset_index(drop=True), held_out.labels[[row]])


def explained_prediction(bundle_folder: Path, patient: Records, hospital: str) -> Group:
    """Show the ranked differential for a patient, with reasons for the first."""
    bundle = read_bundle(bundle_folder)
    probabilities = bundle.predict(patient.table)[0]
    order = (-probabilities).argsort()
    findings = explain(bundle, patient.table, int(order[0]))
    truth = bundle.contract.classes[patient.labels[0]].name
    return Group(
        Text(f"One held-out patient of {hospital} (recorded diagnosis: {truth})", style="bold"),
        differential(bundle, [(int(index), float(probabilities[index])) for index in order]),
        Text(),
        *reasons(bundle.contract.classes[bundle.contract.leaves[order[0]]].name, findings),
    )


def differential(bundle: Bundle, ranked: list[tuple[int, float]]) -> Table:
    """List the most probable classes, with how many cases the federation trained on."""
    table = Table(box=None)
    table.add_column("diagnosis")
    table.add_column("code")
    table.add_column("probability", justify="right")
    table.add_column("")
    table.add_column("cases trained on", justify="right")
    for index, probability in ranked[:SHOWN_CLASSES]:
        target = bundle.contract.classes[bundle.contract.leaves[index]]
        table.add_row(
            target.name,
            target.code,
            f"{probability:.3f}",
            "▇" * max(1, round(20 * probability)),
            str(bundle.summary.classes.get(target.code, 0)),
        )
    rest = sum(probability for _, probability in ranked[SHOWN_CLASSES:])
    if rest:
        table.add_row("something else", "", f"{rest:.3f}", "", "")
    return table


def reasons(name: str, findings: list[Finding]) -> list[Text]:
    """Say which findings spoke for and against the first diagnosis."""
    lines = [Text(f"What the model weighed for {name} (change of log-odds):")]
    for words, chosen in (
        ("for", [each for each in findings if each.weight > 0]),
        ("against", [each for each in findings if each.weight < 0]),
    ):
        lines += [
            Text(f"  {words:<8} {finding.weight:+.2f}  {finding.words}")
            for finding in chosen[:SHOWN_FINDINGS]
        ]
    return lines
