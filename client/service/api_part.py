"""The API's processes, as one part of the service."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from client.api.settings import ApiSettings
from client.api.settings import read_settings as read_api_settings
from client.home import NodeHome, open_home
from client.monitoring.counting_together import counting_together
from client.service.api_socket import READY, listen
from client.service.settings import ServiceSettings
from client.serving.store_state import StateFile
from shared.errors import JuntosError
from shared.processes import ChildProcess
from shared.supervision.backoff import Backoff
from shared.supervision.part import PartState, changed, how_ended, now

MODULE = "client.service.api_process"
NO_MODEL = "No model is installed yet."
SHOWN_CHARACTERS = 300


class ApiPart:
    """Keeps the API answering.

    Parameters
    ----------
    home : NodeHome
    settings : ServiceSettings
    backoff : Backoff
    say, warn : callable
        Get a sentence: where it answers; why it does not.
    """

    name = "api"

    def __init__(
        self,
        home: NodeHome,
        settings: ServiceSettings,
        backoff: Backoff,
        say: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self._home, self._settings, self._backoff = home, settings, backoff
        self._say, self._warn = say, warn
        self._socket: socket.socket | None = None
        self._children: dict[int, ChildProcess] = {}
        self._told = False
        self._together: dict[str, str] = {}
        self._followed = ""
        self.state = PartState("off", now(), reason="" if self.wanted else self._why_not())

    @property
    def wanted(self) -> bool:
        """Whether the API is to be up now."""
        if self._settings.api == "with_a_model":
            return self._children != {} or has_model(self._home)
        return self._settings.api == "always"

    @property
    def running(self) -> bool:
        """Whether any of its processes is."""
        return any(each.running for each in self._children.values())

    def step(self) -> None:
        """Start what is not running, or say why it is not."""
        if not self.wanted:
            return
        if self._children and followed(self._home) != self._followed:
            self._start_anew()
        ended = [number for number, each in self._children.items() if not each.running]
        if ended:
            self._ended(ended)
        if len(self._children) < self._settings.workers and self._backoff.due:
            self._start()
        elif self.state.state != "up" and self._all_ready():
            self._ready()

    def stop(self) -> None:
        """End it: nothing more is accepted, requests that began are answered."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._end_children()

    def _start_anew(self) -> None:
        """End the processes; whoever asks meanwhile waits at the socket for those that follow."""
        self._say("This hospital follows another contract now: the API starts anew.")
        self._end_children()
        self.state = changed(self.state, "starting", reason=self.state.reason)

    def _end_children(self) -> None:
        children, self._children = list(self._children.values()), {}
        if children:
            with ThreadPoolExecutor(len(children)) as pool:
                list(pool.map(lambda each: each.stop(self._settings.stop_seconds), children))

    def _start(self) -> None:
        try:
            settings = read_api_settings(self._home.path)
            if self._socket is None:
                self._socket = listen(settings.host, settings.port)
        except JuntosError as error:
            self._failed(f"The API is not up: {error}")
            return
        self._backoff.started()
        if not self._children:
            self._followed = followed(self._home)
            self._together = counting_together(self._home.path, self._settings.workers)
        for number in range(self._settings.workers):
            if number not in self._children:
                self._children[number] = self._child(number, self._socket)
        self.state = changed(self.state, "starting", reason=self.state.reason)

    def _child(self, number: int, listening: socket.socket) -> ChildProcess:
        descriptor = listening.fileno()
        log_file = self._home.logs / f"api{f'-{number + 1}' if number else ''}.log"
        arguments = [str(self._home.path), str(descriptor), str(log_file)]
        command = [sys.executable, "-P", "-m", MODULE, *arguments]
        environment = {**os.environ, **self._together, "PYTHONUNBUFFERED": "1"}
        return ChildProcess(command, environment, log_file, keep_open=[descriptor])

    def _all_ready(self) -> bool:
        complete = len(self._children) == self._settings.workers
        return complete and all(READY in each.log_text() for each in self._children.values())

    def _ready(self) -> None:
        self.state = changed(self.state, "up", reason=self.state.reason)
        if not self._told:
            self._told = True
            for sentence in sentences(read_api_settings(self._home.path)):
                self._say(sentence)

    def _ended(self, ended: list[int]) -> None:
        whys = [why_ended(self._children.pop(number)) for number in ended]
        self._failed(whys[0])

    def _failed(self, why: str) -> None:
        if not self._children and self._backoff.failures > 0 and self._socket is not None:
            # Whoever asks is told at once that nobody answers.
            self._socket.close()
            self._socket = None
        wait = self._backoff.failed()
        if why != self.state.reason or self.state.state == "up":
            self._warn(f"{why} It is started again in {wait:.0f} s.")
        self.state = changed(self.state, "restarting", restarts=1, reason=why)

    def _why_not(self) -> str:
        return "service.toml says so." if self._settings.api == "never" else NO_MODEL


def followed(home: NodeHome) -> str:
    """Return the hash of the contract that the hospital follows now; another program changes it."""
    try:
        return open_home(home.path).settings.contract_hash
    except JuntosError:
        # Half-way changed by hand: what runs goes on.
        return home.settings.contract_hash


def has_model(home: NodeHome) -> bool:
    """Return whether a model, or an engine that ranks diseases, answers at this hospital."""
    return any(_has_active(folder) for folder in (home.models, home.rankings))


def _has_active(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    try:
        return StateFile(folder).read().active is not None
    except JuntosError:
        # The API says what is wrong with the store.
        return True


def sentences(settings: ApiSettings) -> list[str]:
    """Return where programs and people are answered."""
    found = [f"The API answers at {settings.address}."]
    if settings.page.open:
        invite = "juntos node clinic invite NAME signs somebody in"
        found.append(f"The clinic's page is at {settings.address}/clinic; {invite}.")
    return found


def why_ended(child: ChildProcess) -> str:
    """Say how a process of the API ended, with the last that it said of itself."""
    how = how_ended(child.exit_code)
    # Lines of requests are JSON objects; the others are the API's own words.
    lines = [line for line in child.log_text().splitlines() if line and not line.startswith("{")]
    said = [line for line in lines if line != READY][-1:]
    last = f" {said[0][:SHOWN_CHARACTERS]}" if said else ""
    return f"The API ended by itself ({how}; its log is {child.log_file}).{last}"
