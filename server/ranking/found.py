"""What a run that learns to rank brings, with a formal guarantee or without."""

from __future__ import annotations

from typing import TypeAlias

from server.ranking.learning_run import LearnedRanking
from server.ranking.noised_run import NoisedRanking

FoundRanking: TypeAlias = LearnedRanking | NoisedRanking
