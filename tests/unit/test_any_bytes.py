"""Whatever bytes a reader gets, it answers or says what is wrong, and quotes no patient."""

from __future__ import annotations

import random
import warnings

import pytest

from shared.errors import JuntosError
from tests.fuzz.targets import Target, targets
from tests.unit.client.small_hospital import SENTINEL

# Of each reader; `make fuzz` goes on for as long as it is told.
TRIES = 60
PIECES = (b"", b"\x00", b"\xff\xfe", b'"', b"{", b"[[", b"\n", b"1e999", b"-1", b"NaN", b"null")
TARGETS = list(targets())


def changed(seed: bytes, generator: random.Random) -> bytes:
    """Change some places of an input: cut, double, flip, put something else."""
    data = bytearray(seed)
    for _ in range(generator.randint(1, 4)):
        start = generator.randrange(len(data) + 1)
        end = min(len(data), start + generator.choice((0, 1, 2, 8, 64, 400)))
        kind = generator.randrange(4)
        if kind == 0:
            del data[start:end]
        elif kind == 1:
            data[start:start] = data[start:end] * generator.randint(1, 3)
        elif kind == 2 and start < len(data):
            data[start] ^= 1 << generator.randrange(8)
        else:
            data[start:end] = generator.choice(PIECES)
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: each.name)
def test_only_errors_for_people_come_out(target: Target) -> None:
    target.read(target.seed)
    generator = random.Random(target.name)
    said = [said_of(target, changed(target.seed, generator)) for _ in range(TRIES)]
    assert any(said) or target.name == "note"
    assert [each for each in said if SENTINEL in each] == []


def said_of(target: Target, data: bytes) -> str:
    """Return the error that a reader raises; empty where it answers."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target.read(data)
    except JuntosError as error:
        return str(error) or "an error"
    return ""
