"""What a run predicts from what: a view of the contract that leaves the contract as it is."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import Field

from shared.contract import Contract
from shared.records import Records
from shared.settings_file import StrictModel


class TaskSettings(StrictModel):
    """The view of the contract that a run takes.

    Attributes
    ----------
    level : {"finest", "group"}
        Predict the contract's leaves, or only its coarsest classes (disease or not).
    exclude_features : list of str
        Features the run leaves out.
    """

    level: Literal["finest", "group"] = "finest"
    exclude_features: list[str] = Field(default_factory=list)

    def contract(self, contract: Contract) -> Contract:
        """Return the contract as this run sees it."""
        view = contract.without_features(self.exclude_features)
        return view.at_group_level() if self.level == "group" else view

    def records(self, contract: Contract, records: Records) -> Records:
        """Return the records as this run sees them; labels are lifted to the run's level."""
        view = self.contract(contract)
        labels = records.labels
        if self.level == "group":
            labels = np.array([contract.group_of(code) for code in labels], dtype=object)
        features = list(view.features)
        return records.relabelled(labels).changed(lambda table: table[features])
