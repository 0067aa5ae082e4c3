"""The resources of a server, by searches and their pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import msgspec

from client.sources.fhir.connection import FhirConnection
from client.sources.fhir.decoding import MalformedResourceError, decode, resource_type
from client.sources.fhir.documents import decoded_base64
from client.sources.fhir.export import Wanted
from client.sources.fhir.page_loops import PageLoops
from client.sources.fhir.resources import Binary, Bundle
from client.sources.fhir.settings import FhirSettings
from shared.errors import DataError

FHIR_JSON = "application/fhir+json"
ANY_TEXT = "text/plain, application/fhir+json;q=0.5"
# Which search parameter finds a code; that of an Observation looks at its components too.
CODE_PARAMETERS = {
    "Observation": "combo-code",
    "Condition": "code",
    "FamilyMemberHistory": "code",
    "DocumentReference": "type",
}
# Longer addresses are cut or refused on the way; then everything is fetched and sifted here.
LONGEST_CODES = 4_000


class ServerExport:
    """A FHIR R4 server, read by one search for each type of resource."""

    def __init__(self, settings: FhirSettings, folder: Path) -> None:
        self._settings = settings
        self._connection = FhirConnection(settings, folder)
        self._kind = ""
        self._page = 0
        self._entry = 0
        self.full_url: str | None = None

    @property
    def name(self) -> str:
        """The server's address."""
        return self._connection.base

    @property
    def keeps_order(self) -> bool:
        """A server promises no order."""
        return False

    @property
    def place(self) -> str:
        """The search, its page and the entry."""
        return f"{self._kind} search of {self.name}, page {self._page}, entry {self._entry}"

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def resources(self, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
        """Yield the resources that each search finds, page by page."""
        for kind in wanted:
            self._kind, self._page = kind, 0
            for bundle in self._pages(self._first_page(kind, wanted)):
                for number, entry in enumerate(bundle.entry, 1):
                    self._entry = number
                    raw = bytes(entry.resource)
                    if not raw:
                        continue
                    # A server may add its remarks to what was found.
                    if resource_type(raw, self) == kind:
                        self.full_url = entry.fullUrl
                        yield kind, raw

    def document(self, url: str) -> bytes | None:
        """Return a document of this server, unwrapped from its Binary where it is in one."""
        address = urljoin(f"{self.name}/", url)
        if not self._connection.is_of_server(address):
            return None
        answer = self._connection.get(address, ANY_TEXT)
        if not answer.is_success:
            return None
        if "json" not in answer.headers.get("content-type", ""):
            return answer.content
        try:
            binary = msgspec.json.decode(answer.content, type=Binary)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return None if binary.data is None else decoded_base64(binary.data)

    def _first_page(self, kind: str, wanted: Wanted) -> str:
        parameters = parse_qsl(self._settings.search.get(kind, ""), keep_blank_values=True)
        patterns = wanted[kind]
        name = CODE_PARAMETERS.get(kind, "")
        if patterns and name not in dict(parameters):
            codes = dict.fromkeys(each for pattern in patterns for each in pattern.searched())
            text = ",".join(code.replace(",", r"\,") for code in codes)
            parameters += [(name, text)] if len(text) <= LONGEST_CODES else []
        parameters.append(("_count", str(self._settings.page_size)))
        return f"{self.name}/{kind}?{urlencode(parameters)}"

    def _pages(self, url: str) -> Iterator[Bundle]:
        """Yield a search's pages, following the links to the next one.

        Raises
        ------
        DataError
            When the links lead elsewhere, or in a circle.
        """
        loops = PageLoops(f"The {self._kind} search of {self.name}")
        following: str | None = url
        while following is not None:
            loops.visit(following)
            self._page, self._entry = self._page + 1, 0
            bundle = self._page_at(following)
            loops.look_at(bundle)
            yield bundle
            following = self._next(bundle, following)

    def _page_at(self, url: str) -> Bundle:
        answer = self._connection.get(url, FHIR_JSON)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip()
        where = urlsplit(url)._replace(query="").geturl()
        if not answer.is_success:
            raise DataError(
                f"{where} does not exist (status {answer.status_code}).",
                "Correct source.server: it is the address before /Patient.",
            )
        if "json" not in kind:
            raise DataError(
                f"{where} answered with {kind or 'something'} instead of FHIR in JSON.",
                "Correct source.server; a page for people often stands at the same host.",
            )
        try:
            bundle = decode(Bundle, answer.content, self)
        except MalformedResourceError:
            bundle = Bundle("")
        if bundle.resourceType != "Bundle":
            raise DataError(
                f"{where} answered with something else than a Bundle of what was found.",
                "Correct source.server: it is the address before /Patient.",
            )
        return bundle

    def _next(self, bundle: Bundle, url: str) -> str | None:
        link = next((each.url for each in bundle.link if each.relation == "next"), None)
        if link is None:
            return None
        address = urljoin(url, link)
        if not self._connection.is_of_server(address):
            raise DataError(
                f"{self.place}: the link to the next page leads to another server, "
                f"{urlsplit(address).scheme}://{urlsplit(address).netloc}.",
                "The node's token goes to source.server only. Write the address there that the "
                "server itself uses in its links.",
            )
        return address
