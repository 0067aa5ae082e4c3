"""The pages that a run left behind: its review, what an exploration found, for the committee."""

from __future__ import annotations

from pathlib import Path

from server.home import CoordinatorHome
from server.review.keeping import REPORT_FILE
from server.run_store import StoredRun

# Reports that a run's folder may have, with what their links say.
REPORTS = {"review": REPORT_FILE, "exploration": "exploration.html", "committee": "committee.html"}


def report_of(home: CoordinatorHome, run: StoredRun, report: str) -> Path | None:
    """Return the file of one of a run's reports; None where there is none."""
    if report not in REPORTS:
        return None
    folder = home.runs / run.id
    # A review says itself where its report is.
    said = ((run.result or {}).get("review") or {}).get("report", "")
    paths = [folder / REPORTS[report], *([Path(said)] if report == "review" and said else [])]
    return next((each for each in paths if each.is_file()), None)


def reports_of(home: CoordinatorHome, run: StoredRun) -> list[str]:
    """Return which reports a run has."""
    return [each for each in REPORTS if report_of(home, run, each)]
