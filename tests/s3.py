"""An S3 server process of the tests' own, which holds its objects in memory."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import fsspec

from shared.processes import free_port, wait_until

START_SECONDS = 60.0
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "reader",
    "AWS_SECRET_ACCESS_KEY": "not a secret",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


@dataclass(frozen=True)
class Storage:
    """A running server, and the bucket that it holds."""

    endpoint: str
    bucket: str

    def put(self, name: str, content: bytes) -> str:
        """Store an object; return its address."""
        _client(self.endpoint).pipe_file(f"{self.bucket}/{name}", content)
        return f"s3://{self.bucket}/{name}"


@contextmanager
def running_s3(bucket: str = "hospital") -> Iterator[Storage]:
    """Run a server with an empty bucket; the caller's environment holds the credentials."""
    port = free_port()
    program = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(
        program,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **CREDENTIALS},
    ) as server:
        try:
            assert wait_until(lambda: listens(port), START_SECONDS)
            storage = Storage(f"http://127.0.0.1:{port}", bucket)
            _client(storage.endpoint).mkdir(bucket, region_name=CREDENTIALS["AWS_DEFAULT_REGION"])
            yield storage
        finally:
            server.terminate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _client(endpoint: str) -> fsspec.AbstractFileSystem:
    return fsspec.filesystem(
        "s3",
        key=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        secret=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        endpoint_url=endpoint,
        skip_instance_cache=True,
        use_listings_cache=False,
    )
