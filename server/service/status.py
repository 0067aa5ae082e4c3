"""How the coordinator is doing: each part in order, or what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from server.home import CoordinatorHome
from server.listening import dashboard_address, shown_dashboard
from server.monitoring.certificate import certificate_ends
from server.notifications.outbox import Outbox
from server.notifications.settings import read_settings
from server.run_store import RunStore
from server.scheduling.lease import lease_holder
from server.scheduling.queue import RunQueue
from server.scheduling.upcoming import upcoming
from server.service.parts import DASHBOARD, DISPATCHER, DOOR, NOTIFIER, SUPERLINK
from shared.supervision.report import ServiceReport, read_report
from shared.supervision.status_line import Standing, StatusLine, service_line, told

# How long before its end a certificate is spoken of.
EXPIRES_SOON = timedelta(days=30)


def status_of(home: CoordinatorHome) -> list[StatusLine]:
    """Return all lines; one that cannot be told says why."""
    report = read_report(home.path)
    lines: list[tuple[str, Callable[[], StatusLine]]] = [
        ("service", lambda: service_line(report, "juntos coordinator serve")),
        ("superlink", lambda: _part(home, report, SUPERLINK, "carries out runs")),
        ("door", lambda: _part(home, report, DOOR, f"answers at {home.settings.address}")),
        ("dispatcher", lambda: _part(home, report, DISPATCHER, "sees to the queue")),
        ("dashboard", lambda: _dashboard(home, report)),
        ("notifier", lambda: _notifier(home, report)),
        ("run", lambda: _run(home)),
        ("queue", lambda: _queue(home)),
        ("schedule", lambda: _schedule(home)),
        ("certificate", lambda: _certificate(home)),
    ]
    return [told(name, tell) for name, tell in lines]


def _part(home: CoordinatorHome, report: ServiceReport | None, name: str, does: str) -> StatusLine:
    part = report.parts.get(name) if report else None
    if part is None:
        return StatusLine(name, "off", "the service is not running", facts={"up": False})
    facts = {"up": part.state == "up", "restarts": part.restarts, "since": part.since}
    if part.state == "off":
        return StatusLine(name, "off", part.reason, facts=facts)
    if part.state == "up":
        times = "once" if part.restarts == 1 else f"{part.restarts} times"
        again = f"; started again {times}: {part.reason}" if part.restarts else ""
        return StatusLine(name, "ok", f"{does}{again}", facts=facts)
    if part.state == "starting":
        return StatusLine(name, "ok", "starting", facts=facts)
    return StatusLine(name, "attention", part.reason, f"Its log is {home.logs / name}.log.", facts)


def _notifier(home: CoordinatorHome, report: ServiceReport | None) -> StatusLine:
    settings, waiting = read_settings(home.path), Outbox(home.engine()).waiting()
    if not settings.channels:
        return StatusLine(NOTIFIER, "off", "nobody is to be told anything")
    line = _part(home, report, NOTIFIER, f"tells people in {len(settings.channels)} ways")
    if waiting and line.standing == "ok":
        text = f"{waiting} messages wait to be sent"
        fix = "`juntos coordinator notify list` says why."
        return StatusLine(NOTIFIER, "attention", text, fix, {"waiting": waiting})
    return line


def _dashboard(home: CoordinatorHome, report: ServiceReport | None) -> StatusLine:
    if dashboard_address(home) is None:
        return StatusLine(DASHBOARD, "off", "coordinator.toml says so", facts={"up": False})
    return _part(home, report, DASHBOARD, f"answers at {shown_dashboard(home)}")


def _run(home: CoordinatorHome) -> StatusLine:
    running = RunQueue(home.engine()).running()
    if running is None:
        return StatusLine("run", "off", "none", facts={"run": None})
    holder = lease_holder(home.engine())
    run = RunStore(home.engine()).read(running.run_id or "")
    doing = run.message if run.ended_at is None else "it has ended; what follows is being done"
    facts = {
        "run": running.run_id,
        "doing": doing,
        "kind": running.kind,
        "reason": running.reason,
        "requested_by": running.requested_by,
        "looked_after_by": str(holder) if holder else None,
    }
    text = f"{running.run_id} ({running.kind}): {running.reason} Now: {doing}"
    return StatusLine("run", "ok", text, facts=facts)


def _queue(home: CoordinatorHome) -> StatusLine:
    waiting = RunQueue(home.engine()).waiting()
    facts = {"waiting": len(waiting)}
    if not waiting:
        return StatusLine("queue", "off", "nothing waits", facts=facts)
    first = waiting[0]
    why = f" {first.message}" if first.message else ""
    count = "1 request waits" if len(waiting) == 1 else f"{len(waiting)} requests wait"
    return StatusLine("queue", "ok", f"{count}; first {first.kind}.{why}", facts=facts)


def _schedule(home: CoordinatorHome) -> StatusLine:
    coming = [each for each in upcoming(home) if each.source == "calendar"]
    if not coming:
        return StatusLine("schedule", "off", "no calendar entry", facts={"next": None})
    first = coming[0]
    text = f"next {first.kind} at {(first.at or '')[:16].replace('T', ' ')} UTC"
    return StatusLine("schedule", "ok", text, facts={"next": first.model_dump(mode="json")})


def _certificate(home: CoordinatorHome) -> StatusLine:
    ends = certificate_ends(home)
    left = ends - datetime.now(UTC)
    facts = {"expires": ends.isoformat(), "days": left.days}
    standing: Standing = "ok" if left >= EXPIRES_SOON else "attention"
    fix = "" if standing == "ok" else "Renew it before then: hospitals will not connect after."
    return StatusLine("certificate", standing, f"valid until {ends:%Y-%m-%d}", fix, facts)
