"""A proposal as the text of a mapping file, every line with how sure it is and what was seen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

from client.mapping_assistant.guess import Guess, in_words, percent
from client.mapping_assistant.proposal import Proposal, ProposedColumn

WIDTH = 98
FIELDS = "field"
HEAD = """\
# Proposed for the contract {contract} from {rows} of {source}.
#
# Look at every line: it was proposed from names and values, by a program. Behind each stands how
# sure that is, and what was seen. What is not likely enough stands as a comment; take away its "# "
# to use it. Codes of fewer than {smallest_cell} rows are not shown; lines marked "not seen often"
# come from the contract.
#
# No column that is not named here is ever read. Then run: juntos node check
"""


def mapping_text(proposal: Proposal, source_name: str) -> str:
    """Return the mapping file of a proposal.

    Parameters
    ----------
    source_name : str
        What a person calls the source.

    Returns
    -------
    str
        TOML. A mapping without a proposed diagnosis says ``column = ""``, to be filled in.
    """
    rows = (
        f"all {proposal.rows_seen} rows"
        if proposal.whole
        else f"the first {proposal.rows_seen} rows"
    )
    head = HEAD.format(
        contract=f"{proposal.contract.name} {proposal.contract.version}",
        rows=rows,
        source=_comment(source_name),
        smallest_cell=proposal.smallest_cell,
    )
    blocks = [head, _source(proposal), _rows(proposal), _label(proposal)]
    blocks += [_column(each) for each in proposal.columns]
    return "\n".join([*blocks, _rest(proposal)])


def _source(proposal: Proposal) -> str:
    lines = [
        _line(key, value, proposal.source_seen.get(key, ""))
        for key, value in proposal.source.items()
        if key != FIELDS
    ]
    lines += _doubts([proposal.source_seen[FIELDS]] if FIELDS in proposal.source_seen else [])
    # Tables of the source end it.
    for field in proposal.source.get(FIELDS, []):
        lines += ["", f"[[source.{FIELDS}]]", *(_line(key, field[key], "") for key in field)]
    return "\n".join(["[source]", *lines, ""])


def _rows(proposal: Proposal) -> str:
    patient = proposal.patient
    lines = ["[rows]", _line("bad_rows", "stop", 'or "set_aside": go on with the good rows')]
    if patient.keys:
        sure = in_words(patient.confidence)
        lines += [
            _line(key, value, _why(patient, key, sure)) for key, value in patient.keys.items()
        ]
        lines += _doubts(patient.doubts)
    else:
        lines += ['# patient = ""   # no column was found that tells patients apart']
    lines.append(_line("missing", proposal.missing, "texts that mean not recorded in every column"))
    for name, written in proposal.dates.items():
        lines.append(f"# date = {_value(name)}   # dates; inside the hospital only")
        lines.append(f"# date_format = {_value(written)}")
    return "\n".join([*lines, ""])


def _label(proposal: Proposal) -> str:
    label = proposal.label
    title = "# The diagnosis"
    if label is None:
        return f'{title}: no column was found; name it here.\n[label]\ncolumn = ""\n'
    if not label.is_proposed:
        lines = [f"{title}: unsure; name its column here.", "[label]", 'column = ""']
        lines += [*_commented(_label_lines(label)), *_doubts(label.guess.doubts)]
        return "\n".join([*lines, *_others(label), ""])
    lines = [f"{title}: {_sure(label)}", "[label]", *_label_lines(label)]
    return "\n".join([*_before_codes(lines, label, "label"), ""])


def _label_lines(label: ProposedColumn) -> list[str]:
    return [_line("column", label.column, label.guess.seen.get("column", ""))]


def _column(found: ProposedColumn) -> str:
    lines = [
        "[[column]]",
        _line("column", found.column, ""),
        _line("feature", found.feature, ""),
        *(
            _line(key, value, _why(found.guess, key, in_words(found.guess.confidence)))
            for key, value in found.guess.keys.items()
            if key != "codes"
        ),
    ]
    lines = _before_codes(lines, found, "column")
    if not found.is_proposed:
        lines = _commented(lines)
    return "\n".join([f"# {found.feature}: {_sure(found)}", *lines, ""])


def _before_codes(lines: list[str], found: ProposedColumn, table: str) -> list[str]:
    """Return a block's lines with its doubts, and its codes as the table that ends it."""
    lines = [*lines, *_doubts(found.guess.doubts), *_others(found)]
    codes = found.guess.keys.get("codes", {})
    if not codes:
        return lines
    seen = found.guess.seen.get("codes", "")
    title = f"[{table}.codes]" + (
        f"   # {in_words(found.guess.confidence)}: {seen}" if seen else ""
    )
    added = found.guess.added
    return [
        *lines,
        title,
        *(
            _line(code, meaning, "not seen often" if code in added else "", quoted=True)
            for code, meaning in codes.items()
        ),
    ]


def _sure(found: ProposedColumn) -> str:
    return f"{in_words(found.confidence)} ({percent(found.confidence)})"


def _why(guess: Guess, key: str, sure: str) -> str:
    seen = guess.seen.get(key, "")
    return f"{sure}: {seen}" if seen else ""


def _doubts(doubts: Iterable[str]) -> list[str]:
    return [line for doubt in doubts for line in _wrapped(f"CHECK: {doubt}")]


def _others(found: ProposedColumn) -> list[str]:
    if not found.others:
        return []
    return _wrapped(f"CHECK: the column could also be {', '.join(map(_value, found.others))}")


def _rest(proposal: Proposal) -> str:
    """Return what has no line: features without a column, columns without a feature."""
    parts: list[tuple[str, list[str]]] = [
        (
            "Features without a column; they will be missing for every patient:",
            [f"{each.name}: {' '.join(each.description.split())}" for each in proposal.unmapped],
        ),
        (
            "Columns left out, since they sound as if they told who a patient is:",
            [f"{_value(name)}: {what}" for name, what in proposal.left_out.items()],
        ),
        ("Columns that match no feature:", [_value(name) for name in proposal.unused]),
    ]
    lines: list[str] = []
    for title, entries in parts:
        if entries:
            lines += [f"# {title}", *(line for each in entries for line in _wrapped(f"  {each}"))]
    return "\n".join([*lines, ""])


def _commented(lines: Sequence[str]) -> list[str]:
    return [line if line.startswith("# ") else f"# {line}" for line in lines]


def _wrapped(text: str) -> list[str]:
    plain = _comment(text)
    indent = "#   " if plain.startswith("  ") else "# "
    lines = wrap(plain.strip(), WIDTH - len(indent), break_on_hyphens=False)
    return [indent + line for line in lines]


def _comment(text: str) -> str:
    """Return a text that can stand in a comment: no control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _line(key: str, value: Any, seen: str, *, quoted: bool = False) -> str:  # noqa: ANN401
    start = f"{_value(key) if quoted else key} = {_value(value)}"
    return f"{start}   # {_comment(seen)}" if seen else start


def _value(value: Any) -> str:  # noqa: ANN401 - a text, number or list of texts
    """Return a value as TOML, whose basic strings escape as JSON's do but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
