"""``/healthz``, ``/readyz`` and ``/metrics``: for whoever watches the coordinator.

No account is needed: they say how it does, and nothing that a hospital told in confidence.
"""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request
from prometheus_client.exposition import choose_encoder
from starlette.responses import JSONResponse, Response

from server.home import CoordinatorHome
from server.monitoring.coordinator_metrics import CoordinatorMetrics
from server.monitoring.readiness import problems_of
from shared.http.problems import ApiError, problem_response
from shared.monitoring.request_metrics import RequestMetrics


def health_routes(home: CoordinatorHome, requests: RequestMetrics) -> APIRouter:
    """Return the addresses.

    Parameters
    ----------
    requests : RequestMetrics
        What was counted of requests to this process; told beside the coordinator's own figures.
    """
    router = APIRouter(include_in_schema=False)
    requests.registry.register(CoordinatorMetrics(home))

    @router.get("/healthz")
    async def alive() -> Response:
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    def ready(request: Request) -> Response:
        problems = problems_of(home)
        if not problems:
            return JSONResponse({"status": "ok"})
        error = ApiError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "not-ready",
            "The coordinator is not ready",
            " ".join(problems),
            "`juntos coordinator status` says what to do.",
        )
        return problem_response(error, getattr(request.state, "request_id", ""))

    @router.get("/metrics")
    def metrics(request: Request) -> Response:
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(requests.registry), headers={"Content-Type": kind})

    return router
