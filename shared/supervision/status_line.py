"""How a service is doing, line by line: in order, or what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.errors import JuntosError
from shared.supervision.report import ServiceReport

Standing = Literal["ok", "attention", "off"]


@dataclass(frozen=True)
class StatusLine:
    """One thing that an administrator wants to know.

    Attributes
    ----------
    name : str
    standing : {"ok", "attention", "off"}
        ``off`` where it is not wanted, or nothing of it is known yet.
    text : str
    fix : str
        What to do where it deserves attention.
    facts : dict
        The same for programs.
    """

    name: str
    standing: Standing
    text: str
    fix: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return what a program reads."""
        found = {"state": self.standing, "text": self.text, **self.facts}
        return {**found, "fix": self.fix} if self.fix else found


def told(name: str, tell: Callable[[], StatusLine]) -> StatusLine:
    """Return a line; one that cannot be told says why."""
    try:
        return tell()
    except JuntosError as error:
        return StatusLine(name, "attention", error.what, error.fix)


def service_line(report: ServiceReport | None, start: str) -> StatusLine:
    """Say whether a service runs.

    Parameters
    ----------
    start : str
        The command that starts it.
    """
    if report is None:
        return StatusLine(
            "service", "attention", "not running", f"Start it: {start}", {"running": False}
        )
    text = f"runs since {report.started_at[:16].replace('T', ' ')} UTC, process {report.process}"
    facts = {"running": True, "process": report.process, "started_at": report.started_at}
    return StatusLine("service", "ok", text, facts=facts)


def exit_code(lines: Sequence[StatusLine]) -> int:
    """Return 0 where nothing deserves attention, 1 otherwise."""
    return int(any(each.standing == "attention" for each in lines))


def print_lines(lines: Sequence[StatusLine], *, as_json: bool) -> None:
    """Print all lines, and below them what to do."""
    import json

    import typer

    from shared.terminal import print_columns

    if as_json:
        typer.echo(json.dumps({each.name: each.as_json() for each in lines}, indent=2))
        return
    rows = [[each.name.replace("_", " "), each.standing, each.text] for each in lines]
    print_columns(["what", "state", "found"], rows)
    for each in lines:
        if each.standing == "attention":
            typer.echo(f"\n{each.name.replace('_', ' ')}: {each.text}\nfix: {each.fix}")
