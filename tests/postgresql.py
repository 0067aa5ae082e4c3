"""A PostgreSQL server of the tests' own, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from shared.processes import free_port, wait_until

START_SECONDS = 60.0


def program(name: str) -> str | None:
    """Return one of PostgreSQL's programs; None where it is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(debian[-1]) if debian else shutil.which(name)


@contextmanager
def running_postgresql() -> Iterator[str]:
    """Run a server; yield the start of a URL, to which a database's name is to be added."""
    initdb, postgres = program("initdb"), program("postgres")
    assert initdb
    assert postgres
    # Not under pytest's own folder, which another user may not enter.
    with tempfile.TemporaryDirectory(prefix="juntos-postgresql-") as root:
        options = as_another_user(Path(root))
        data, port = f"{root}/data", free_port()
        subprocess.run(
            [initdb, "-D", data, "--auth=trust", "--username=juntos", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=root,
            **options,
        )
        with subprocess.Popen(
            [postgres, "-F", "-D", data, "-p", str(port), "-k", root, "-h", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=root,
            **options,
        ) as server:
            try:
                assert wait_until(lambda: answers(port), START_SECONDS)
                yield f"postgresql+psycopg://juntos@127.0.0.1:{port}/"
            finally:
                # Fast shutdown: a test that failed has left connections open.
                server.send_signal(signal.SIGINT)


def as_another_user(root: Path) -> dict[str, int]:
    """Return how to start it: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    shutil.chown(root, "nobody")
    return {"user": "nobody"}  # type: ignore[dict-item]


def answers(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="juntos", dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def new_database(server: str) -> str:
    """Create an empty database; return its URL."""
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(
        server.replace("+psycopg", "") + "postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server + name
