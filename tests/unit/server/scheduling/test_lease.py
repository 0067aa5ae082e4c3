"""One holder at a time, and none that is gone."""

from __future__ import annotations

import os
import signal
import time

import pytest

from server.home import CoordinatorHome, open_home
from server.scheduling import lease as leases
from server.scheduling.lease import Lease, lease_holder
from shared.processes import wait_until
from tests.unit.server.scheduling.forked import ended, forked


def test_one_at_a_time(either_home: CoordinatorHome) -> None:
    first, second = (Lease(either_home.engine(), name) for name in ("first", "second"))
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    second.release()
    assert not second.acquire()
    holder = second.holder()
    assert holder is not None
    assert str(holder).startswith(f"first (process {os.getpid()}, since ")
    first.release()
    assert lease_holder(either_home.engine()) is None
    assert second.acquire()
    second.release()


def test_a_killed_holder_is_noticed_at_once(either_home: CoordinatorHome) -> None:
    either_home.engine().dispose()

    def hold() -> None:
        Lease(open_home(either_home.path).engine(), "killed").acquire()
        time.sleep(60)

    process = forked(hold)
    assert wait_until(lambda: lease_holder(either_home.engine()) is not None, 20)
    lease = Lease(either_home.engine(), "next")
    assert not lease.acquire()
    os.kill(process, signal.SIGKILL)
    ended(process)
    assert lease.acquire()
    lease.release()


def test_one_that_is_not_renewed_ends(home: CoordinatorHome) -> None:
    now = [1_000.0]
    first, second = (Lease(home.engine(), name, lambda: now[0]) for name in ("first", "second"))
    assert first.acquire()
    now[0] += leases.LEASE_SECONDS - 1
    assert not second.acquire()
    assert first.renew()
    now[0] += leases.LEASE_SECONDS - 1
    assert not second.acquire()
    now[0] += 2
    assert second.acquire()
    assert not first.renew()
    first.release()
    assert second.renew()
    second.release()


def test_it_is_renewed_while_it_is_held(
    home: CoordinatorHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.05)
    lease = Lease(home.engine(), "first")
    assert lease.acquire()
    before = lease.holder()
    assert before is not None
    assert wait_until(lambda: (lease.holder() or before).until > before.until, 10, 0.05)
    lease.release()
