from __future__ import annotations

import pytest

from shared.contract_changes import compare, refuse_wrong_version
from shared.errors import SettingsError
from tests.unit.shared.contract_changes.versions import TROPONIN, Edit, add, change, edited

BEFORE = edited(version="1.4.2")
EDITS = {
    "major": change("age", unit="mo"),
    "minor": add("feature", TROPONIN),
    "patch": change("age", description="Years"),
}


def refused(edit: Edit, version: str) -> SettingsError | None:
    new = edited(edit, version=version)
    try:
        refuse_wrong_version(BEFORE, new, compare(BEFORE, new))
    except SettingsError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("level", "right", "wrong"),
    [
        ("major", ["2.0.0", "3.1.0"], ["1.5.0", "1.4.3", "1.4.2", "1.0.0", "0.9.9"]),
        ("minor", ["1.5.0", "1.7.0"], ["2.0.0", "1.4.3", "1.4.2", "1.3.9"]),
        ("patch", ["1.4.3", "1.4.9"], ["1.5.0", "2.0.0", "1.4.2", "1.4.1"]),
    ],
)
def test_the_number_says_what_changes_or_the_fix_says_the_number(
    level: str, right: list[str], wrong: list[str]
) -> None:
    assert not [version for version in right if refused(EDITS[level], version)]
    for version in wrong:
        error = refused(EDITS[level], version)
        assert error is not None, version
        assert error.fix == f'Write version = "{right[0]}".'
        assert refused(EDITS[level], error.fix.split('"')[1]) is None


def test_a_version_without_a_change_is_refused() -> None:
    new = edited(version="1.4.3")
    with pytest.raises(SettingsError, match="Nothing but the version differs"):
        refuse_wrong_version(BEFORE, new, compare(BEFORE, new))
