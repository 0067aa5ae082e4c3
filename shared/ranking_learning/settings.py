"""What a run that learns to rank diseases asks for."""

from __future__ import annotations

from pydantic import Field

from shared.settings_file import StrictModel


class RankingSettings(StrictModel):
    """A run that learns to rank all known diseases, and trains no model.

    Attributes
    ----------
    enabled : bool
    orphanet : bool
        Whether Orphanet's diseases are candidates beside those of OMIM.
    excluded : bool
        Whether findings that were looked for in vain count, as evidence against.
    folds : int
        Parts of the cases; what a ranker learns from one is scored without it.
    passes, steps_per_pass : int
        Of the networks that rank; each step is one question to all hospitals.
    gate_passes, gate_steps_per_pass : int
        Of the networks that say whether the federation knows the disease.
    fewest_cases : int
        A disease of which all hospitals together have fewer cases is known from annotations only.
    """

    enabled: bool = False
    orphanet: bool = False
    excluded: bool = True
    folds: int = Field(default=5, ge=2, le=20)
    passes: int = Field(default=24, ge=1, le=200)
    steps_per_pass: int = Field(default=12, ge=1, le=200)
    gate_passes: int = Field(default=15, ge=1, le=200)
    gate_steps_per_pass: int = Field(default=10, ge=1, le=200)
    fewest_cases: int = Field(default=1, ge=1)
