"""The commands of a coordinator and its hospitals as processes of their own."""

from __future__ import annotations

import shutil
import signal
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import tomli_w

from server.enrolment.hospitals import enrol
from server.home import CoordinatorHome
from shared.enrolment import Kit, read_kit
from shared.processes import wait_until

JUNTOS = str(Path(sys.executable).parent / "juntos")


def juntos(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [JUNTOS, *(str(each) for each in arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def heed_interrupts() -> None:
    """Undo what a shell does to what it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass
class Program:
    """A `juntos ... serve` that runs, and all processes it was ever seen with."""

    process: subprocess.Popen[str]
    seen: set[psutil.Process] = field(default_factory=set)

    @classmethod
    def start(cls, *arguments: object) -> Program:
        command = [JUNTOS, *(str(each) for each in arguments)]
        return cls(
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heed_interrupts)
        )

    def ready_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))
        return line

    def end(self, by: signal.Signals) -> int:
        if self.process.poll() is None:
            self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))
            self.process.send_signal(by)
        code = self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()
        return code

    def leaves_nothing(self) -> bool:
        return wait_until(lambda: not any(each.is_running() for each in self.seen), 10)


@dataclass
class Federation:
    """A coordinator that serves."""

    home: CoordinatorHome
    folder: Path
    program: Program

    @property
    def url(self) -> str:
        return f"https://{self.home.settings.address}"

    def visitor(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.home.authority_certificate)
        return httpx.Client(base_url=self.url, verify=context, timeout=30)

    def kit(self, hospital: str) -> Path:
        """Enrol; return a copy of the kit, as a hospital has one."""
        kit = enrol(self.home, hospital)
        return Path(shutil.copy(kit, self.folder / f"{hospital}.kit"))

    def changed(self, kit: Path, **changes: str) -> Path:
        # Signed anew: what a hospital is told when the coordinator itself was wrong.
        changed: Kit = read_kit(kit).model_copy(update=changes)
        content = changed.signed_by(self.home.signing_key())
        path = kit.with_suffix(".changed")
        path.write_text(tomli_w.dumps(content.model_dump()))
        return path
