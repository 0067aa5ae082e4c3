"""How the node does, for the coordinator: nothing of it is about a patient."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

from client.home import NodeHome
from client.serving.model_store import NoModelError
from client.serving.services import NodeServices
from shared.errors import JuntosError
from shared.watch.answer import Service

_TIMEOUT = 5.0
_SECONDS = "juntos_http_request_duration_seconds"


def service_of(services: NodeServices) -> Service:
    """Return which model answers, and how the node does; what cannot be told is None."""
    told: dict[str, object] = {"software": version("juntos")}
    try:
        identity = services.store.active.identity
        told |= {"model": identity.version, "digest": identity.digest}
        told["pinned"] = services.store.is_pinned
    except NoModelError:
        pass
    for part in (requests_of, budget_of, certificate_of):
        told |= _or_nothing(part, services.home)
    return Service.model_validate(told)


def _or_nothing(part: Callable[[NodeHome], dict[str, object]], home: NodeHome) -> dict[str, object]:
    try:
        return part(home)
    except (JuntosError, OSError):
        return {}


def certificate_of(home: NodeHome) -> dict[str, object]:
    """Return how many days the certificate is still good for."""
    from client.node_checks import certificate_end

    return {"certificate_days": (certificate_end(home) - datetime.now(UTC)).days}


def budget_of(home: NodeHome) -> dict[str, object]:
    """Return the privacy budget, and what is left of it."""
    from client.privacy.accounting import epsilon_of
    from client.privacy.opening import open_ledger
    from client.privacy.policy import read_policy
    from client.privacy.spending import counts_of

    policy, ledger = read_policy(home.policy_file), open_ledger(home)
    try:
        spent = epsilon_of(counts_of(ledger.entries(), policy), policy.delta)
    finally:
        ledger.close()
    return {"budget": policy.epsilon, "budget_left": max(0.0, policy.epsilon - spent)}


def requests_of(home: NodeHome) -> dict[str, object]:
    """Return what the API counted since it was started; nothing where nobody answers."""
    import httpx

    from client.api.settings import read_settings

    where = read_settings(home.path).address
    where = where.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    context = ssl.create_default_context()
    # Only asked by the machine it runs on: its name may be another.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        answer = httpx.get(f"{where}/metrics", timeout=_TIMEOUT, verify=context)
        answer.raise_for_status()
    except httpx.HTTPError:
        return {}
    return read_metrics(answer.text)


def read_metrics(text: str) -> dict[str, object]:
    """Return requests, errors and times of answers from what ``/metrics`` says.

    Other addresses than those that answer about patients are left out: a page that is opened says
    nothing of how answers are given.
    """
    from prometheus_client.parser import text_string_to_metric_families

    requests = errors = 0.0
    buckets: dict[float, float] = {}
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            if not each.labels.get("route", "").startswith("/v1/"):
                continue
            if each.name == "juntos_http_requests_total":
                requests += each.value
            elif each.name == "juntos_http_errors_total":
                errors += each.value
            elif each.name == f"{_SECONDS}_bucket":
                end = float(each.labels["le"])
                buckets[end] = buckets.get(end, 0.0) + each.value
    return {
        "requests": int(requests),
        "errors": int(errors),
        "median_milliseconds": _quantile(buckets, 0.5),
        "slowest_milliseconds": _quantile(buckets, 0.99),
    }


def _quantile(buckets: dict[float, float], share: float) -> float | None:
    """Return the upper end of the bucket that holds a quantile, in milliseconds."""
    ends = sorted(buckets)
    if not ends or not buckets[ends[-1]]:
        return None
    wanted = share * buckets[ends[-1]]
    reached = next(end for end in ends if buckets[end] >= wanted)
    finite = reached if reached != float("inf") else ends[-2] if len(ends) > 1 else None
    return None if finite is None else 1000 * finite
