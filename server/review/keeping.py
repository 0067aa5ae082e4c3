"""A review as files: for people, and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server.review.approval import Approval
from server.review.review import Review
from shared.errors import SettingsError

REPORT_FILE = "report.html"
REVIEW_FILE = "review.json"


def keep_review(folder: Path, review: Review) -> dict[str, Any]:
    """Write report and data; return what the run's result says of it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_pages(folder, review)
    return {
        "verdict": review.verdict,
        "chosen": review.chosen,
        "findings": [each.model_dump(mode="json") for each in review.findings],
        "report": str(folder / REPORT_FILE),
    }


def write_pages(folder: Path, review: Review, approvals: Sequence[Approval] = ()) -> None:
    """Write the report with the approvals so far, and the review as data."""
    from server.review.report import write_report

    (folder / REVIEW_FILE).write_text(review.model_dump_json(indent=1), encoding="utf-8")
    write_report(review, folder / REPORT_FILE, approvals)


def read_review(folder: Path, run: str) -> Review:
    """Read the review of a run.

    Raises
    ------
    SettingsError
        When the run was not reviewed.
    """
    try:
        return Review.model_validate_json((folder / REVIEW_FILE).read_bytes())
    except OSError:
        raise SettingsError(
            f"{run} was not reviewed.", "Train with `juntos coordinator train --review`."
        ) from None
