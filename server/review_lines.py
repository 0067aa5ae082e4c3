"""A review in a few lines of the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from server.card import HUMAN_NAMES


def review_lines(review: Mapping[str, Any]) -> Text:
    """Say whether a run is ready, why not, and where the report is."""
    ready = review["verdict"] == "ready"
    text = Text("Review: ")
    text.append("READY" if ready else "ITERATE", style="bold green" if ready else "bold yellow")
    text.append(f"; {HUMAN_NAMES[review['chosen']].lower()} chosen\n")
    for finding in review["findings"]:
        text.append("  blocks " if finding["blocks"] else "  note   ")
        text.append(f"{finding['step']}: {finding['what']} {finding['change']}\n")
    text.append(f"Report: {review['report']}")
    return text
