"""What a folder and a server have in common: resources one after the other, and documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from client.sources.fhir.code_systems import CodePattern
from client.sources.fhir.decoding import Located

# Per resource type, the codes that are looked for; None for all.
Wanted = Mapping[str, Sequence[CodePattern] | None]


class Export(Located, Protocol):
    """Where resources come from."""

    @property
    def name(self) -> str:
        """What a person calls it; holds no password."""

    @property
    def keeps_order(self) -> bool:
        """Whether the resources come in the same order every time."""

    @property
    def full_url(self) -> str | None:
        """The address under which its Bundle knows the resource that came last."""

    def resources(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        """Yield the type and the undecoded JSON of each resource of the wanted types.

        Others than the wanted codes may come too.

        Raises
        ------
        DataError
            When a file or an answer cannot be read to its end.
        """

    def document(self, url: str) -> bytes | None:
        """Return a document that a resource points to, None where it is not there.

        Only documents in the same folder, or on the same server, are ever fetched.
        """

    def close(self) -> None:
        """Close what is open."""
