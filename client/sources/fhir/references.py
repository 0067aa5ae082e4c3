"""The id in a reference, however it is spelled."""

from __future__ import annotations

from client.sources.fhir.resources import Reference


def own_ids(identity: str | None, full_url: str | None) -> list[str]:
    """Return the ids by which others may name a resource: its own, and its Bundle's for it."""
    urn = full_url.rpartition(":")[2] if full_url and full_url.startswith("urn:") else None
    return list(dict.fromkeys(each for each in (identity, urn) if each))


def referenced_id(reference: Reference | None, kind: str) -> str | None:
    """Return the id of the resource that a reference names, None where it names none of `kind`.

    Understands ``Patient/1``, an address that ends so, with or without ``/_history/2``, and the
    ``urn:uuid:`` of a Bundle.

    >>> referenced_id(Reference("https://host/fhir/Patient/1/_history/2"), "Patient")
    '1'
    """
    text = None if reference is None else reference.reference
    if text is None:
        return None
    if text.startswith("urn:"):
        return text.rpartition(":")[2]
    head, slash, tail = text.rpartition(f"{kind}/")
    if not slash or (head and not head.endswith("/")):
        return None
    return tail.partition("/")[0] or None
