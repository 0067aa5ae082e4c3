"""The pages about a run: its review, what an exploration found, and what a committee reads."""

from __future__ import annotations

from pathlib import Path

from server.committee.page import committee_page
from server.home import CoordinatorHome
from server.review.keeping import REPORT_FILE
from server.run_store import StoredRun

COMMITTEE = "committee"
# Reports that a run's folder may have, with their files.
FILES = {"review": REPORT_FILE, "exploration": "exploration.html"}


def report_of(home: CoordinatorHome, run: StoredRun, report: str) -> str | None:
    """Return one of a run's reports as a page; None where there is none.

    The committee's is made when it is asked for: it says how things stand now.
    """
    if report == COMMITTEE:
        return committee_page(home, run.id)
    file = _file_of(home, run, report)
    return None if file is None else file.read_text(encoding="utf-8")


def reports_of(home: CoordinatorHome, run: StoredRun) -> list[str]:
    """Return which reports a run has."""
    return [COMMITTEE, *(each for each in FILES if _file_of(home, run, each))]


def _file_of(home: CoordinatorHome, run: StoredRun, report: str) -> Path | None:
    if report not in FILES:
        return None
    # A review says itself where its report is.
    said = ((run.result or {}).get("review") or {}).get("report", "")
    paths = [home.runs / run.id / FILES[report]]
    paths += [Path(said)] if report == "review" and said else []
    return next((each for each in paths if each.is_file()), None)
