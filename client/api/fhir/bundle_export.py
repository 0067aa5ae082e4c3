"""Resources that came with a request, as an export of one patient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from client.sources.fhir.decoding import MalformedResourceError, decode, resource_type
from client.sources.fhir.export import Wanted
from client.sources.fhir.resources import Binary, Bundle
from shared.errors import DataError


class BundleExport:
    """A Bundle, or several, each with what was asked for at once.

    Parameters
    ----------
    parts : iterable of (str, bytes)
        Where each stands in the request, and its JSON: a Bundle or a resource.

    Raises
    ------
    DataError
        When a part is no FHIR.
    """

    def __init__(self, parts: Iterable[tuple[str, bytes]]) -> None:
        self.place = "the request"
        self.full_url: str | None = None
        self._resources: list[tuple[str, str, bytes, str | None]] = []
        for place, raw in parts:
            self.place = place
            self._take_in(place, raw)

    @property
    def name(self) -> str:
        """What a person calls it."""
        return "the request"

    @property
    def keeps_order(self) -> bool:
        """Entries have an order."""
        return True

    @property
    def types(self) -> set[str]:
        """The types of which there are resources."""
        return {kind for _, kind, _, _ in self._resources}

    def resources(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        """Yield the resources of the wanted types."""
        for place, kind, raw, full_url in self._resources:
            if kind in wanted:
                self.place, self.full_url = place, full_url
                yield kind, raw

    def document(self, url: str) -> bytes | None:
        """Return a document that came along as a Binary; nothing is ever fetched."""
        # Both bring tables, which only readers of FHIR need.
        from client.sources.fhir.documents import decoded_base64
        from client.sources.fhir.values import WrongValueError

        for place, kind, raw, full_url in self._resources:
            if kind != "Binary" or full_url is None:
                continue
            if url == full_url or full_url.endswith(f"/{url}"):
                self.place = place
                try:
                    data = decode(Binary, raw, self).data
                    return None if data is None else decoded_base64(data)
                except (MalformedResourceError, WrongValueError):
                    return None
        return None

    def close(self) -> None:
        """Nothing is open."""

    def _take_in(self, place: str, raw: bytes) -> None:
        kind = resource_type(raw, self)
        if kind != "Bundle":
            self._resources.append((place, kind, raw, None))
            return
        try:
            bundle = decode(Bundle, raw, self)
        except MalformedResourceError as error:
            raise DataError(
                f"{place} is no FHIR Bundle ({error.path} is not what it should be).",
                "Send a Bundle as FHIR R4 describes it.",
            ) from None
        for number, entry in enumerate(bundle.entry, 1):
            self.place = f"{place}, entry {number}"
            inner = bytes(entry.resource)
            if inner:
                kind = resource_type(inner, self)
                self._resources.append((self.place, kind, inner, entry.fullUrl))
