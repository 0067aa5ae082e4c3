"""How a hospital's node is doing: each line in order, or what to do."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from client.home import NodeHome
from shared.supervision.report import ServiceReport, read_report
from shared.supervision.status_line import StatusLine, service_line, told

LOG_TAIL_BYTES = 100_000
API_TIMEOUT = 5.0
_LOST, _FOUND_AGAIN = "Connection attempt failed", "Connection successful"


def status_of(home: NodeHome) -> list[StatusLine]:
    """Return all lines; one that cannot be told says why."""
    report = read_report(home.path)
    lines: list[tuple[str, Callable[[], StatusLine]]] = [
        ("service", lambda: service_line(report, "juntos node serve")),
        ("connection", lambda: _connection(home, report)),
        ("paused", lambda: _paused(home)),
        ("last_run", lambda: _last_run(home)),
        ("budget", lambda: _budget(home)),
        ("model", lambda: _model(home)),
        ("api", lambda: _api(home, report)),
        ("daily", lambda: _daily(home, report)),
        ("certificate", lambda: _certificate(home)),
    ]
    return [told(name, tell) for name, tell in lines]


def _connection(home: NodeHome, report: ServiceReport | None) -> StatusLine:
    part = report.parts.get("supernode") if report else None
    address = home.settings.coordinator
    if part is None:
        return StatusLine("connection", "off", "the service is not running")
    connected = part.state == "up" and not lost(home.logs / "supernode.log")
    facts = {"connected": connected, "coordinator": address, "restarts": part.restarts}
    if connected:
        return StatusLine("connection", "ok", f"connected to {address}", facts=facts)
    text = f"not connected to {address}; the node goes on trying"
    if part.state == "restarting":
        text = part.reason
    return StatusLine("connection", "attention", text, "Run: juntos node check", facts)


def lost(log_file: Path) -> bool:
    """Return whether the SuperNode said last that it cannot reach the coordinator."""
    if not log_file.exists():
        return False
    with log_file.open("rb") as log:
        log.seek(max(0, log_file.stat().st_size - LOG_TAIL_BYTES))
        text = log.read().decode(errors="replace")
    found = re.findall(f"{_LOST}|{_FOUND_AGAIN}|SuperNode ID:", text)
    return bool(found) and found[-1] == _LOST


def _paused(home: NodeHome) -> StatusLine:
    from client.privacy.pause import is_paused

    if is_paused(home.path):
        text = "paused: every question is refused until `juntos node resume`"
        return StatusLine("paused", "off", text, facts={"paused": True})
    return StatusLine("paused", "ok", "no", facts={"paused": False})


def _last_run(home: NodeHome) -> StatusLine:
    from client.privacy.opening import open_ledger

    ledger = open_ledger(home)
    try:
        entries = [each for each in ledger.entries() if each.run and each.state != "erased"]
    finally:
        ledger.close()
    if not entries:
        return StatusLine("last_run", "off", "none yet", facts={"run": None})
    last = entries[-1]
    refused = sum(each.run == last.run and each.state == "refused" for each in entries)
    # The coordinator's own name of the run does not come to the hospital.
    text = f"Flower run {last.run}, last asked at {last.time[:16].replace('T', ' ')} UTC"
    text = f"{text}; {refused} questions refused" if refused else text
    facts = {"run": last.run, "at": last.time, "refused": refused}
    return StatusLine("last_run", "ok", text, facts=facts)


def _budget(home: NodeHome) -> StatusLine:
    from client.privacy.accounting import epsilon_of
    from client.privacy.opening import open_ledger
    from client.privacy.policy import read_policy
    from client.privacy.spending import counts_of

    policy, ledger = read_policy(home.policy_file), open_ledger(home)
    try:
        spent = epsilon_of(counts_of(ledger.entries(), policy), policy.delta)
    finally:
        ledger.close()
    left = max(0.0, policy.epsilon - spent)
    text = (
        f"epsilon {left:.4g} of {policy.epsilon:g} is left, of the last {policy.period_days} days"
    )
    facts = {"epsilon": policy.epsilon, "spent": spent, "left": left}
    if left > 0:
        return StatusLine("budget", "ok", text, facts=facts)
    fix = "Private questions are refused until older ones leave the period."
    return StatusLine("budget", "attention", text, fix, facts)


def _model(home: NodeHome) -> StatusLine:
    from client.serving.store_state import StateFile

    facts: dict[str, Any] = {"version": None, "digest": None, "pinned": False}
    if not home.models.is_dir() or (state := StateFile(home.models).read()).active is None:
        return StatusLine("model", "off", "none is installed yet", facts=facts)
    kept = state.models[state.active]
    pinned = ", pinned" if state.pinned else ""
    facts = {"version": kept.version, "digest": kept.digest, "pinned": state.pinned}
    return StatusLine("model", "ok", f"{kept.version} ({kept.digest[:12]}){pinned}", facts=facts)


def _api(home: NodeHome, report: ServiceReport | None) -> StatusLine:
    from client.api.settings import read_settings

    settings = read_settings(home.path)
    where = settings.address
    part = report.parts.get("api") if report else None
    if part is None:
        return StatusLine("api", "off", "the service is not running", facts={"up": False})
    if part.state == "off":
        return StatusLine("api", "off", part.reason, facts={"up": False})
    status, said = ready(where)
    facts = {"up": status is not None, "ready": status == 200, "address": where}
    if status == 200:
        return StatusLine("api", "ok", f"answers at {where}", facts=facts)
    why = said or part.reason or f"nobody answers at {where}"
    return StatusLine("api", "attention", why, f"Its log is {home.logs / 'api.log'}.", facts)


def ready(where: str) -> tuple[int | None, str]:
    """Ask the API whether it could answer; return the status, None without one, and why not."""
    import httpx

    context = ssl.create_default_context()
    # Only asked whether it is there, by the machine it runs on: its name may be another.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    where = where.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    try:
        answer = httpx.get(f"{where}/readyz", timeout=API_TIMEOUT, verify=context)
        said = "" if answer.status_code == 200 else str(answer.json().get("detail", ""))
    except (httpx.HTTPError, json.JSONDecodeError):
        return None, ""
    return answer.status_code, said


def _daily(home: NodeHome, report: ServiceReport | None) -> StatusLine:
    from client.service.daily_part import last_day
    from client.service.settings import read_settings

    last, hour = last_day(home), read_settings(home.path).daily_at
    facts = {"last_day": last or None, "daily_at": hour}
    part = report.parts.get("daily") if report else None
    if part is not None and part.state == "restarting":
        return StatusLine("daily", "attention", part.reason, "It is tried again.", facts)
    if part is not None and part.state == "up":
        return StatusLine("daily", "ok", "running now", facts=facts)
    text = f"last done for {last}" if last else "none yet"
    text = f"{text}; next at {hour}" if hour else f"{text}; no hour is set"
    return StatusLine("daily", "ok" if hour else "off", text, facts=facts)


def _certificate(home: NodeHome) -> StatusLine:
    from client.node_checks import EXPIRES_SOON, certificate_end

    ends = certificate_end(home)
    left = ends - datetime.now(UTC)
    facts = {"expires": ends.isoformat(), "days": left.days}
    if left >= EXPIRES_SOON:
        return StatusLine("certificate", "ok", f"valid until {ends:%Y-%m-%d}", facts=facts)
    when = f"expires on {ends:%Y-%m-%d}" if left.days >= 0 else f"expired on {ends:%Y-%m-%d}"
    fix = "Ask the coordinator for a new kit, and join anew."
    return StatusLine("certificate", "attention", when, fix, facts)
