"""A hostile hospital's own records, for simulations: what it can do before anybody asks it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shared.contract import Contract
from shared.records import Records


def flip_labels(contract: Contract, records: Records) -> Records:
    """Return the records with each label moved to the next of the contract's coarsest classes.

    Of two such classes, as disease or not, each becomes the other.
    """
    groups = contract.groups
    following = dict(zip(groups, [*groups[1:], *groups[:1]], strict=True))
    labels = [following[contract.group_of(code)] for code in records.labels]
    return replace(records, labels=np.array(labels, dtype=object))
