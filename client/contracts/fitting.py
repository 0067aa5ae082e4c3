"""Whether a hospital's mapping fits a version of the contract, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from client.sources.agreement import check_agreement
from client.sources.mapping import load_mapping
from client.sources.renamed_mapping import under_contract
from client.sources.template import feature_block
from shared.contract import Contract
from shared.contract_changes.renames import Renames
from shared.errors import SettingsError


@dataclass(frozen=True)
class Fit:
    """How a mapping does under a new version.

    Attributes
    ----------
    complaint : str
        What has to be changed before the version can be accepted; empty where nothing has.
    unmapped : list of str
        New features that no column maps to: missing for every patient until one does.
    blocks : list of str
        For each of them the lines to fill in.
    """

    complaint: str = ""
    unmapped: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)


def fit_of(old: Contract, new: Contract, mapping_file: Path) -> Fit:
    """Try a mapping against a new version, without reading any data.

    Raises
    ------
    SettingsError
        When the mapping is wrong in itself.
    """
    mapping = under_contract(new, load_mapping(mapping_file))
    try:
        check_agreement(new, mapping, str(mapping_file))
    except SettingsError as error:
        return Fit(complaint=error.what)
    renames = Renames(new)
    known = {renames.feature(name) for name in old.recorded}
    mapped = {column.feature for column in mapping.column}
    unmapped = [name for name in new.recorded if name not in known | mapped]
    return Fit(unmapped=unmapped, blocks=[feature_block(new.recorded[name]) for name in unmapped])
