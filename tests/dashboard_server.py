"""The dashboard of a coordinator's folder, served in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from server.accounts.services import open_accounts
from server.dashboard.application import create_dashboard
from server.home import CoordinatorHome
from shared.processes import free_port, wait_until

PASSWORD = "plum gravel lantern"
ACCOUNTS = {
    "ines.prado": "coordinator",
    "marc.vidal": "coordinator",
    "ada.lopez": "administrator",
    "vera.costa": "viewer",
}
START_SECONDS = 20.0


def add_accounts(home: CoordinatorHome) -> None:
    """Let some people sign in."""
    accounts = open_accounts(home)
    for name, role in ACCOUNTS.items():
        account = accounts.store.add(name, role)
        accounts.set_password(account, PASSWORD)


@contextmanager
def dashboard(home: CoordinatorHome, port: int = 0) -> Iterator[str]:
    """Serve the dashboard while the block runs, at a free port unless given; yield its address."""
    port = port or free_port()
    config = uvicorn.Config(
        create_dashboard(home),
        host="127.0.0.1",
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert wait_until(lambda: server.started, START_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
