"""Frequencies of HPO's file, as it writes them."""

from __future__ import annotations

import pytest

from shared.knowledge.annotations import frequency_of


@pytest.mark.parametrize(
    ("text", "share", "patients"),
    [
        ("3/4", 0.75, 4),
        ("0/0", None, 0),
        ("25%", 0.25, 0),
        ("HP:0040283", 0.17, 0),
        ("", None, 0),
    ],
)
def test_a_frequency_is_read_with_how_many_were_counted(
    text: str, share: float | None, patients: float
) -> None:
    assert frequency_of(text) == (share, patients)


def test_what_is_no_frequency_is_refused() -> None:
    with pytest.raises(ValueError, match="convert"):
        frequency_of("often")
