"""How a contract changes: what differs, which version that asks for, how old records are read."""

from shared.contract_changes.change import Change, Level, Reading
from shared.contract_changes.comparing import compare
from shared.contract_changes.full_check import check_in_full
from shared.contract_changes.reading import read_under
from shared.contract_changes.renames import Renames
from shared.contract_changes.version_rule import refuse_wrong_version, required_level

__all__ = [
    "Change",
    "Level",
    "Reading",
    "Renames",
    "check_in_full",
    "compare",
    "read_under",
    "refuse_wrong_version",
    "required_level",
]
