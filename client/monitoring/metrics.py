"""``/metrics`` for Prometheus; no key is needed, as nothing of a patient is in it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client.exposition import choose_encoder
from starlette.responses import Response

from client.api.frame import Observer
from client.monitoring.node_metrics import NodeMetrics
from client.monitoring.request_metrics import RequestMetrics
from client.serving.services import NodeServices

ADDRESS = "/metrics"


def monitored(services: NodeServices) -> tuple[APIRouter, Observer]:
    """Return the address, and what must see every exchange of the API; see `create_api`."""
    requests = RequestMetrics()
    requests.registry.register(NodeMetrics(services))
    router = APIRouter()

    # Not among what record systems are offered.
    @router.get(ADDRESS, include_in_schema=False)
    def metrics(request: Request) -> Response:
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(requests.registry), headers={"Content-Type": kind})

    return router, requests.observe
