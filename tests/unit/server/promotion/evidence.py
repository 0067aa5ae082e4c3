"""Evidence that is made up, about which a gate has nothing to say but yes."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from server.promotion.evidence import (
    AttackEvidence,
    ClassEvidence,
    Evidence,
    HospitalEvidence,
    OverallEvidence,
    ReviewEvidence,
)
from shared.metrics.paired_tests import PairedTable

TODAY = datetime.date(2026, 11, 25)


def table(rows: int, better: int, worse: int) -> PairedTable:
    """Return a table in which most rows are right by both."""
    both = round(0.7 * (rows - better - worse))
    return PairedTable(
        both=both,
        challenger_only=better,
        champion_only=worse,
        neither=rows - better - worse - both,
    )


def overall(found: PairedTable, seed: int = 0, replicates: int = 600) -> OverallEvidence:
    """Return the gain in replicates that are drawn as hospitals draw them."""
    cells = [found.both, found.champion_only, found.challenger_only, found.neither]
    drawn = np.random.default_rng(seed).poisson(cells, (replicates, 4))
    gains = (drawn[:, 2] - drawn[:, 1]) / drawn.sum(axis=1)
    return OverallEvidence(table=found, draws=gains.tolist())


def good_evidence(**changes: Any) -> Evidence:  # noqa: ANN401 - fields of Evidence
    """Return evidence of a challenger that is better, with some of it replaced."""
    content: dict[str, Any] = {
        "run": "run-0002",
        "champion": "two.random_forest version 1",
        "overall": overall(table(2000, 160, 80)),
        "classes": {
            "common": ClassEvidence(name="Common", frequency="common", table=table(1800, 150, 75)),
            "rare": ClassEvidence(name="Rare", frequency="rare", table=table(200, 10, 5)),
        },
        "hospitals": {
            "north": HospitalEvidence(table=table(1200, 100, 50), held_out="time"),
            "south": HospitalEvidence(table=table(800, 60, 30), held_out="time"),
        },
        "champion_calibration": 0.04,
        "calibration": 0.03,
        "attack": AttackEvidence(low=0.51, limit=0.6),
        "review": ReviewEvidence(verdict="ready", criteria=2, met=2),
        "date": TODAY,
    }
    return Evidence(**{**content, **changes})
