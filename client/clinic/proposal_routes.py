"""Where the form of a case sends a note or a phenopacket; both are read, answered and forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse
from starlette.responses import Response

from client.clinic.form_fields import LONGEST_NOTE
from client.clinic.pages import ClinicPages
from client.clinic.proposing import note_proposals, packet_fields
from client.serving.model_store import NoModelError
from client.web.signing_in import own_form

# The page sends only the parts that are read.
LONGEST_PACKET = 60_000
UNAVAILABLE = 503


def add_proposals(router: APIRouter, clinic: ClinicPages) -> None:
    """Add the addresses."""

    @router.post("/findings", dependencies=[Depends(own_form)])
    def findings(text: Annotated[str, Form(max_length=LONGEST_NOTE)] = "") -> Response:
        try:
            return JSONResponse({"findings": note_proposals(clinic, text)})
        except NoModelError as error:
            return JSONResponse({"problem": str(error)}, UNAVAILABLE)

    @router.post("/phenopacket", dependencies=[Depends(own_form)])
    def phenopacket(
        request: Request, packet: Annotated[str, Form(max_length=LONGEST_PACKET)] = ""
    ) -> Response:
        try:
            return JSONResponse(packet_fields(clinic, clinic.wording(request), packet))
        except NoModelError as error:
            return JSONResponse({"problem": str(error)}, UNAVAILABLE)
