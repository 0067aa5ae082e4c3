"""What `juntos node map` prints: a line for each feature, then what a person has to do."""

from __future__ import annotations

from client.mapping_assistant.guess import in_words
from client.mapping_assistant.proposal import Proposal, ProposedColumn

TITLES = ["feature", "column", "how sure", "seen"]
NOTHING = "-"


def summary_rows(proposal: Proposal) -> list[list[str]]:
    """Return one row for each feature, the diagnosis and what tells patients apart."""
    patient = proposal.patient
    rows = [
        [
            "(patient)",
            str(patient.keys.get("patient", NOTHING)),
            in_words(patient.confidence) if patient.keys else "not found",
            patient.seen.get("patient", ""),
        ],
        ["(diagnosis)", *_cells(proposal.label)],
    ]
    found = {each.feature: each for each in proposal.columns}
    rows += [[each.name, *_cells(found.get(each.name))] for each in proposal.contract.feature]
    return rows


def _cells(found: ProposedColumn | None) -> list[str]:
    if found is None:
        return [NOTHING, "not found", ""]
    sure = in_words(found.confidence) if found.is_proposed else "unsure, as a comment"
    return [found.column, sure, _seen(found)]


def _seen(found: ProposedColumn) -> str:
    keys = found.guess.keys
    parts = [f"{key} {keys[key]}" for key in ("unit", "unit_column", "analyte") if key in keys]
    if keys.get("codes"):
        parts.append(f"{len(keys['codes']) - len(found.guess.added)} codes")
    if found.guess.doubts or found.others:
        parts.append("check")
    return ", ".join(parts)


def closing_words(proposal: Proposal) -> list[str]:
    """Return what was found in all, and what is left to a person."""
    proposed, features = proposal.proposed, proposal.contract.feature
    unsure = [each for each in proposal.columns if not each.is_proposed]
    doubtful = [each for each in proposed if each.guess.doubts or each.others]
    lines = [f"{len(proposed)} of {len(features)} features have a column."]
    if doubtful:
        lines.append(f"{_lines(len(doubtful))} marked CHECK in the file.")
    if unsure:
        lines.append(f"{_lines(len(unsure))} a comment, being too unsure.")
    if proposal.left_out:
        lines.append(f"Left out, since they may identify: {', '.join(proposal.left_out)}.")
    if proposal.unused:
        lines.append(f"Columns that match nothing: {', '.join(proposal.unused)}.")
    if proposal.label is None or not proposal.label.is_proposed:
        lines.append("Name the column of the diagnosis under [label] before anything else.")
    return lines


def _lines(count: int) -> str:
    return "1 is" if count == 1 else f"{count} are"
