"""The API killed under load: whatever a caller was told can be found again."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from client.api.keys.key_book import KeyBook
from client.service.api_part import MODULE
from client.serving.services import open_services
from shared.processes import free_port, wait_until
from tests.unit.client.api.conftest import CASE
from tests.unit.client.api.conftest import filled_home as filled_home
from tests.unit.client.api.conftest import home as home
from tests.unit.client.service.test_api_part import Running, open_part

CALLERS = 4
KILLS = 2


class Callers:
    """Threads that ask without a pause, and keep what they were told."""

    def __init__(self, running: Running, key: str) -> None:
        self.answers: list[dict[str, Any]] = []
        self.failures = 0
        self._url = f"http://127.0.0.1:{running.port}/v1/predictions"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CALLERS)]
        for each in self._threads:
            each.start()

    def _ask(self) -> None:
        with httpx.Client(timeout=30, headers=self._headers) as client:
            while not self._ended.is_set():
                try:
                    answer = client.post(self._url, json={"case": CASE})
                except httpx.TransportError:
                    self.failures += 1
                    time.sleep(0.05)
                else:
                    assert answer.status_code == 200, answer.text
                    self.answers.append(answer.json())

    def end(self) -> None:
        self._ended.set()
        for each in self._threads:
            each.join()


def api_process() -> psutil.Process:
    return next(each for each in psutil.Process().children() if MODULE in each.cmdline())


def test_every_answer_is_found_again_after_kills_under_load(home: Path) -> None:
    (home / "serving.toml").write_text("latency_limit = 60.0\nanswers_per_commit = 8\n")
    services = open_services(home)
    key = KeyBook(services.audit.engine).add("load", ["predict"])
    services.close()
    running = open_part(home, free_port(), longest_wait_seconds=1)
    running.step_until("up")
    callers = Callers(running, key)
    try:
        for _ in range(KILLS):
            before = len(callers.answers)
            assert wait_until(lambda before=before: len(callers.answers) > before + 40, 60)  # type: ignore[misc]
            api_process().send_signal(signal.SIGKILL)
            running.step_until("restarting")
            running.step_until("up")
        before = len(callers.answers)
        assert wait_until(lambda: len(callers.answers) > before + 10, 60)
    finally:
        callers.end()
        running.part.stop()

    services = open_services(home)
    try:
        verified = services.audit.verify()
        for answer in callers.answers:
            recorded = services.audit.get(answer["prediction_id"])
            assert recorded is not None, answer["prediction_id"]
            assert recorded.output is not None
            assert recorded.output["ranked"] == answer["ranked"]
    finally:
        services.close()
    assert len({each["prediction_id"] for each in callers.answers}) == len(callers.answers)
    # An answer may have been written down whose caller was cut off; never the other way round.
    assert verified.entries >= len(callers.answers)
