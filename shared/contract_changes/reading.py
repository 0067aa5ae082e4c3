"""Records that were made under an old version of a contract, read under a new one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shared.contract import CategoricalFeature, Contract
from shared.contract_changes.comparing import compare
from shared.contract_changes.renames import Renames
from shared.errors import SettingsError
from shared.records import Records, typed_column, with_derived


def read_under(old: Contract, new: Contract, records: Records) -> Records:
    """Return records of an old version as the new one has them.

    Features, codes and classes get their new names; a new feature is missing; what is derived is
    computed by the new expressions.

    Raises
    ------
    SettingsError
        When the new version says that old records cannot be read; with every reason.
    """
    if old.hash == new.hash:
        return records
    reasons = [change.what for change in compare(old, new) if change.reading == "not"]
    if reasons:
        raise SettingsError(
            f"Records of {old.name} {old.version} cannot be read under {new.version}:\n"
            + "\n".join(f"  {reason}" for reason in reasons),
            "Read them from the source again, through a mapping that fits the new version.",
        )
    renames = Renames(new)
    names = {renames.feature(name): name for name in old.recorded}
    columns = {
        name: _column(new, name, records.table[names[name]], renames)
        if name in names
        else typed_column(new, name, [None] * len(records)).set_axis(records.table.index)
        for name in new.recorded
    }
    labels = np.array([renames.target(label) for label in records.labels], dtype=object)
    table = with_derived(new, pd.DataFrame(columns))
    return Records(table, labels, records.patients, records.dates)


def _column(contract: Contract, name: str, column: pd.Series, renames: Renames) -> pd.Series:
    if not isinstance(contract.recorded[name], CategoricalFeature):
        return column
    codes = [None if code is None else renames.code(name, code) for code in column]
    return pd.Series(codes, index=column.index, dtype=object)
