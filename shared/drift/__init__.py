"""Whether a window of records is still like the records that a model learned from.

All of it works on summaries, so that a hospital can look at its own window and a coordinator at the
merged windows of all, without a record.
"""

from shared.drift.compared import Compared
from shared.drift.finding import PartDrift, find_drift
from shared.drift.of_summaries import compare_classes, compare_summaries

__all__ = ["Compared", "PartDrift", "compare_classes", "compare_summaries", "find_drift"]
