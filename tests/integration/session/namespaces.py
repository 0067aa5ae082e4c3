"""Hospitals as processes in network namespaces of their own, behind a real network device."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from shared.session.invitation import read_invitation

_NUMBERS = itertools.count(1)
COORDINATOR = "10.213.255.1"
TOOLS = ("ip", "tc", "iptables")


def missing() -> str:
    """Say why namespaces cannot be made here; empty when they can."""
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} not installed"
    if os.geteuid() != 0:
        return "only root may make network namespaces"
    possible = attempt("ip", "netns", "add", "juntos-probe")
    attempt("ip", "netns", "del", "juntos-probe")
    return "" if possible else "this machine allows no network namespaces"


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def attempt(*command: str) -> bool:
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


@dataclass
class Namespace:
    """A network of one hospital, with a cable to the coordinator."""

    number: int = field(default_factory=lambda: next(_NUMBERS))

    def __post_init__(self) -> None:
        here, there = f"juntos-a{self.number}", f"juntos-b{self.number}"
        self.name = f"juntos-{os.getpid()}-{self.number}"
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", self.name)
        run("ip", "addr", "add", f"10.213.{self.number}.1/24", "dev", here)
        run("ip", "link", "set", here, "up")
        run("ip", "-n", self.name, "addr", "add", f"10.213.{self.number}.2/24", "dev", there)
        run("ip", "-n", self.name, "link", "set", there, "up")
        # Every hospital knows the coordinator by one address.
        subprocess.run(
            ["ip", "addr", "add", f"{COORDINATOR}/32", "dev", "lo"],
            check=False,
            capture_output=True,
        )
        route = ("add", f"{COORDINATOR}/32", "via", f"10.213.{self.number}.1")
        run("ip", "-n", self.name, "route", *route)
        self.device = there

    def inside(self, *command: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *command]

    def lose(self, share: float) -> None:
        """Drop packets at random, in both directions."""
        for chain in ("INPUT", "OUTPUT"):
            rule = ("-m", "statistic", "--mode", "random", "--probability", str(share))
            run(*self.inside("iptables", "-A", chain, *rule, "-j", "DROP"))

    def narrow(self, rate: str) -> None:
        """Let no more through than a rate, for example ``20mbit``."""
        limit = ("rate", rate, "burst", "64kbit", "latency", "400ms")
        run(*self.inside("tc", "qdisc", "add", "dev", self.device, "root", "tbf", *limit))

    def cut(self) -> None:
        """Let nothing through, and tell nobody."""
        for chain in ("INPUT", "OUTPUT"):
            run(*self.inside("iptables", "-I", chain, "-j", "DROP"))

    def mend(self) -> None:
        """Take the cut back."""
        for chain in ("INPUT", "OUTPUT"):
            run(*self.inside("iptables", "-D", chain, "-j", "DROP"))

    def close(self) -> None:
        attempt("ip", "netns", "del", self.name)
        attempt("ip", "link", "del", f"juntos-a{self.number}")
        attempt("ip", "addr", "del", f"{COORDINATOR}/32", "dev", "lo")


class RemoteApp(ClientApp):
    """What a SuperNode does with an invitation: starts a process that attends."""

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        super().__init__()
        self.namespace = namespace
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self, message: Message, context: Context) -> Message:
        invitation = read_invitation(message)
        address = invitation.address.replace("0.0.0.0", COORDINATOR)
        changed = invitation.model_copy(update={"address": address})
        file = self.folder / f"{invitation.node}.json"
        file.write_text(changed.model_dump_json())
        module = "tests.integration.session.hospital_process"
        self.process = subprocess.Popen(
            self.namespace.inside(sys.executable, "-m", module, str(file))
        )
        code = self.process.wait()
        if code:
            raise RuntimeError(f"ClientApp process ended with {code}")
        return Message(message.content, reply_to=message)
