"""The story as the terminal tells it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from server.promotion.candidate import Candidate
from server.run_store import StoredRun
from shared.watch.verdict import FEDERATION
from shared.watch.watch import Watch
from simulations.demo.live.traffic import Account

MARKS = {"for": "+", "against": "-", "unknown": "?", "note": " "}


class Telling:
    """Prints what happens, with the time since the beginning.

    Parameters
    ----------
    console : Console
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = time.monotonic()

    def opening(self, known: int, before: int, after: int) -> None:
        """Say what is about to happen."""
        self._console.print(
            "[bold]Four hospitals, SIMULATED patients, and a federation that runs by itself[/bold]"
        )
        self._console.print(
            f"At each: {known} patients in the registry, then {before} like them and {after} after "
            "the change. Each is answered by the hospital's API and confirmed; the APIs are asked "
            "all the time.",
            soft_wrap=True,
        )

    def chapter(self, title: str) -> None:
        """Begin a part."""
        self._console.print(f"\n[bold]{title}[/bold]")

    def line(self, text: str) -> None:
        """Say one thing that happened."""
        self._console.print(f"  {self._clock()}  {text}", soft_wrap=True, markup=False)

    def said(self, what: str, text: str) -> None:
        """Say what the coordinator said."""
        self.line(f"{what}: {text.strip()}")

    def mixes(self, mixes: Mapping[str, str]) -> None:
        """Show whom each hospital saw."""
        for name, text in mixes.items():
            self._console.print(f"           {name}: {text}", soft_wrap=True, markup=False)

    def verdicts(self, watch: Watch, kinds: Sequence[str]) -> None:
        """Show what a watch found."""
        alarms = [each for each in watch.verdicts if each.is_alarm and each.kind in kinds]
        rows = {
            name: answer.window.summary.rows if answer.window else 0
            for name, answer in watch.answers.items()
        }
        looked = ", ".join(f"{name} {count}" for name, count in sorted(rows.items()))
        self.line(f"{watch.run} looked at the last answers ({looked}).")
        if not alarms:
            self.line("Nothing has changed beyond chance.")
        firsts = {(each.kind, each.hospital): each for each in reversed(alarms)}
        for (kind, hospital), each in reversed(firsts.items()):
            place = "federation" if hospital == FEDERATION else f"hospital {hospital}"
            same = sum((other.kind, other.hospital) == (kind, hospital) for other in alarms) - 1
            more = f" ({same} more)" if same else ""
            text = f"           {kind}, {place}: {each.sentence}{more}"
            self._console.print(text, soft_wrap=True, markup=False)

    def judged(self, candidate: Candidate, run: StoredRun) -> None:
        """Show what the gate decided, and why."""
        rows = sum(each.get("rows") or 0 for each in (run.result or {}).get("hospitals", []))
        self.line(f"{candidate.id} trained {candidate.model.label} on {rows} records.")
        if candidate.decision is None:
            return
        self.line(candidate.decision.sentence.en)
        for each in candidate.decision.reasons:
            text = f"           {MARKS.get(each.speaks, ' ')} {each.words.en}"
            self._console.print(text, soft_wrap=True, markup=False)

    def account(self, accounts: Mapping[str, Account]) -> None:
        """Show what became of all requests."""
        self._console.print()
        table = Table(title="Asked meanwhile", title_justify="left", box=None)
        for column in ("hospital", "answered", "confirmed", "failed", "by model"):
            table.add_column(
                column, justify="left" if column in ("hospital", "by model") else "right"
            )
        for name, each in accounts.items():
            models = ", ".join(
                f"{model.partition('/')[0]} {count}" for (model, _), count in each.models.items()
            )
            table.add_row(name, str(each.answered), str(each.confirmed), str(each.failed), models)
        self._console.print(table)
        for name, each in accounts.items():
            for reason in each.reasons[:3]:
                self._console.print(f"  {name}: {reason}", soft_wrap=True, markup=False)

    def _clock(self) -> str:
        seconds = int(time.monotonic() - self._begun)
        return f"{seconds // 60}:{seconds % 60:02d}"
