"""What requests name things by: names, numbers and texts that every database can hold."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import Field

NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$"
# Without control characters, which PostgreSQL and terminals do not take.
PLAIN = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"
LONGEST_REASON = 500
# Of the databases' integers.
MOST = 2**31 - 1

Named = Annotated[str, Path(pattern=NAME)]
Number = Annotated[int, Path(ge=1, le=MOST)]
Chosen = Annotated[str, Query(max_length=64, pattern=r"^[A-Za-z0-9._@-]*$")]
Reason = Annotated[str, Field(max_length=LONGEST_REASON, pattern=PLAIN)]
Line = Annotated[str, Field(max_length=200, pattern=PLAIN)]
