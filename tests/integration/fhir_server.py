"""A FHIR server as a program: searches of an export's files, with the faults that a test asks for.

``python -m tests.integration.fhir_server FOLDER PORT [CERTIFICATE KEY]``. The first part of an
address says how the server behaves there: ``/plain/Patient``, ``/secured/Patient``, ...
"""

from __future__ import annotations

import base64
import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI, Request, Response

CLIENT, SECRET = "node", "s%cret/:é"
USES_OF_A_TOKEN = 4
FHIR = "application/fhir+json"
Resource = dict[str, Any]


def read_export(folder: Path) -> dict[str, list[Resource]]:
    return {
        path.stem: [json.loads(line) for line in path.read_text().splitlines()]
        for path in folder.glob("*.ndjson")
    }


def codes_of(resource: Resource) -> set[str]:
    concepts = [resource.get("code", {}), *(each["code"] for each in resource.get("component", []))]
    codings = [coding for concept in concepts for coding in concept.get("coding", [])]
    return {f"{coding['system']}|{coding['code']}" for coding in codings}


class FhirServer:
    """Searches, a token endpoint, and documents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.export = read_export(folder)
        self.asked: Counter[str] = Counter()
        self.tokens: dict[str, int] = {}

    def found(self, kind: str, query: dict[str, str]) -> list[Resource]:
        resources = self.export.get(kind, [])
        codes = query.get("code") or query.get("combo-code")
        if codes is not None:
            wanted = set(codes.split(","))
            resources = [each for each in resources if codes_of(each) & wanted]
        return resources

    def token(self, authorization: str, form: bytes) -> Response:
        words = form.decode()
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if given != "node:s%25cret%2F%3A%C3%A9":
            return answer({"error": "invalid_client", "error_description": given}, 401)
        if "grant_type=client_credentials" not in words or "scope=system" not in words:
            return answer({"error": "invalid_scope"}, 400)
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = USES_OF_A_TOKEN
        return answer({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def is_let_in(self, authorization: str) -> bool:
        token = authorization.removeprefix("Bearer ")
        self.tokens[token] = self.tokens.get(token, 0) - 1
        return self.tokens[token] >= 0

    def page(self, way: str, kind: str, request: Request) -> Response:
        query = dict(request.query_params)
        start, count = int(query.get("page", 0)), int(query.get("_count", 10))
        found = [] if way == "empty" else self.found(kind, query)
        shown = found[:count] if way == "repeat" else found[start : start + count]
        host = f"{request.url.scheme}://{request.url.netloc}"
        links = {"self": str(request.url)}
        if way == "empties" or start + count < len(found):
            following = urlencode({**query, "page": start + count})
            links["next"] = f"{host}/{way}/{kind}?{following}"
        if "next" in links and way == "circle":
            links["next"] = links["self"]
        if way == "elsewhere":
            links["next"] = links["self"].replace("127.0.0.1", "localhost") + "&page=9"
        if way == "empties":
            shown = []
        return answer(bundle(shown, links, host))


def bundle(resources: Iterable[Resource], links: dict[str, str], host: str) -> Resource:
    remark = {"resourceType": "OperationOutcome", "issue": [{"severity": "information"}]}
    entries = [
        {"fullUrl": f"{host}/r/{each['resourceType']}/{each['id']}", "resource": each}
        for each in resources
    ]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "link": [{"relation": name, "url": url} for name, url in links.items()],
        "entry": [*entries, {"resource": remark, "search": {"mode": "outcome"}}],
    }


def answer(content: Resource, status: int = 200, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(content), status, names, media_type=FHIR)


def create_app(folder: Path) -> FastAPI:
    server = FhirServer(folder)
    app = FastAPI()

    @app.post("/token")
    async def token(request: Request) -> Response:
        return server.token(request.headers.get("authorization", ""), await request.body())

    @app.get("/{way}/Binary/{name}")
    async def binary(way: str, name: str, request: Request) -> Response:
        if name == "wrapped":
            data = base64.b64encode(b"from a Binary").decode()
            return answer({"resourceType": "Binary", "contentType": "text/plain", "data": data})
        if name == "plain":
            return Response("as it is", media_type="text/plain")
        return Response(status_code=404)

    @app.get("/{way}/{kind}")
    async def search(way: str, kind: str, request: Request) -> Response:
        server.asked[str(request.url)] += 1
        tries = server.asked[str(request.url)]
        if way == "secured" and not server.is_let_in(request.headers.get("authorization", "")):
            return answer({"resourceType": "OperationOutcome"}, 401)
        if way == "page":
            return Response("<html>Garcia1957</html>", media_type="text/html")
        if way == "cut":
            return Response('{"resourceType": "Bundle", "entry": [{"res', media_type=FHIR)
        if way == "busy" and tries <= 2:
            return answer({}, [429, 503][tries - 1], retry_after="0")
        if way == "stubborn":
            return answer({}, 503, retry_after="Fri, 31 Dec 2100 23:59:59 GMT")
        if way == "forever":
            return answer({}, 429, retry_after="0")
        if way == "redirect":
            return Response(status_code=302, headers={"location": "http://localhost/"})
        if way.isdigit():
            return answer({"resourceType": "OperationOutcome"}, int(way))
        if way == "outcome":
            return answer({"resourceType": "OperationOutcome"})
        return server.page(way, kind, request)

    return app


if __name__ == "__main__":
    certificate = dict(zip(["ssl_certfile", "ssl_keyfile"], sys.argv[3:], strict=False))
    uvicorn.run(
        create_app(Path(sys.argv[1])),
        port=int(sys.argv[2]),
        log_level="warning",
        **certificate,  # type: ignore[arg-type]
    )
