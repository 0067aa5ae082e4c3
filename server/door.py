"""The coordinator's public address: enrolment, status, and the fleet calls of hospitals' nodes.

The SuperLink serves its Control API, which starts code at every hospital, on the same port as the
Fleet API and without authentication. So it is not reachable from outside: this door is.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from server.contracts.offering import add_contract, member
from server.enrolment.admission import JoinRefusedError, redeem
from server.enrolment.ending import end_membership
from server.enrolment.renewal import renew_hospital_certificate
from server.fleet_authentication import Members
from server.fleet_forwarding import FleetForwarder, create_client
from server.flower_command import FlowerCommandError
from server.home import CoordinatorHome
from shared.enrolment import JoinAnswer, JoinRequest, RenewAnswer, StatusAnswer
from shared.errors import JuntosError, SettingsError

MAXIMUM_JOIN_BODY = 64 * 1024


def create_door(home: CoordinatorHome, superlink_address: str) -> FastAPI:
    """Build the door's application.

    Parameters
    ----------
    superlink_address : str
        ``HOST:PORT`` of the SuperLink behind it.
    """
    client = create_client(superlink_address, home.authority().certificate_pem)

    @contextlib.asynccontextmanager
    async def lifespan(_door: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    door = FastAPI(
        title="Juntos", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None
    )
    door.add_exception_handler(HTTPException, _answer_http_error)
    door.add_exception_handler(JuntosError, _answer_juntos_error)
    door.add_exception_handler(Exception, _answer_unexpected_error)
    _add_enrolment(door, home)
    members = Members(home.engine())
    add_contract(door, home, members)
    forwarder = FleetForwarder(client, members)

    @door.post("/v1/renew")
    def renew(request: Request) -> RenewAnswer:
        hospital = member(members, request)
        return RenewAnswer(certificate_pem=renew_hospital_certificate(home, hospital))

    @door.post("/v1/leave")
    def leave(request: Request) -> dict[str, str]:
        hospital = member(members, request)
        end_membership(home, hospital, "left")
        return {"hospital": hospital}

    @door.post("/v1/fleet/{call}")
    async def fleet(call: str, request: Request) -> Response:
        return await forwarder.forward(call, request)

    return door


def _add_enrolment(door: FastAPI, home: CoordinatorHome) -> None:
    @door.post("/v1/join")
    async def join(request: Request) -> JoinAnswer:
        body = await _limited_body(request)
        try:
            join_request = JoinRequest.model_validate_json(body)
        except ValidationError:
            raise HTTPException(422, "The body must be {token, csr_pem}.") from None
        return await run_in_threadpool(redeem, home, join_request)

    @door.get("/v1/status")
    def status() -> StatusAnswer:
        return StatusAnswer(
            federation=home.settings.name,
            contract_hash=home.contracts().current().hash,
            time=datetime.now(UTC).isoformat(),
        )


async def _limited_body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAXIMUM_JOIN_BODY:
            raise HTTPException(413, f"At most {MAXIMUM_JOIN_BODY} bytes.")
    return body


def problem(status: int, detail: str = "", fix: str = "") -> JSONResponse:
    """Return an error in the form of RFC 9457; `fix` is our extension."""
    phrase = HTTPStatus(status).phrase
    content = {"type": "about:blank", "title": phrase, "status": status}
    if detail and detail != phrase:
        content["detail"] = detail
    if fix:
        content["fix"] = fix
    return JSONResponse(content, status, media_type="application/problem+json")


def _answer_http_error(_request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return problem(error.status_code, error.detail)
    return problem(500)


def _answer_juntos_error(_request: Request, error: Exception) -> Response:
    if isinstance(error, JoinRefusedError):
        return problem(403, error.what, error.fix)
    if isinstance(error, SettingsError):
        return problem(422, error.what, error.fix)
    if isinstance(error, FlowerCommandError):
        return problem(503, "The SuperLink did not take the key.", "Try again in a minute.")
    return problem(500)


def _answer_unexpected_error(_request: Request, _error: Exception) -> Response:
    return problem(500)
