"""Mergeable summaries: the only statistics that leave a hospital."""

from shared.statistics.summarise import summarise
from shared.statistics.summary import Summary, merge_summaries

__all__ = ["Summary", "merge_summaries", "summarise"]
