"""The loop by itself: two hospitals change, one is called, for the other the model learns anew."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from rich.console import Console

from server.home import open_home
from server.promotion.candidate import Candidate
from shared.errors import JuntosError
from shared.processes import wait_until
from shared.watch.watch import Watch
from simulations.demo.commands import Services, free_port, run_command
from simulations.demo.federation import POLICY, DemoFolder, join, prepare_folder
from simulations.demo.keeping import make_key, open_port, ready
from simulations.demo.live.mailbox import Mailbox, open_mailbox
from simulations.demo.live.patients import (
    MIX_HOSPITAL,
    UNIT_FACTOR,
    UNIT_FEATURE,
    UNIT_HOSPITAL,
    LiveHospital,
    LivePatient,
    case_mix,
    write_contract,
)
from simulations.demo.live.seeing import Seeing
from simulations.demo.live.settings import (
    CANARY,
    SIGNATORY,
    allow_many_requests,
    begin_at_one_hospital,
    last_day_of_signature,
    watch_every_minute,
    write_settings,
)
from simulations.demo.live.telling import Telling
from simulations.demo.live.traffic import Account, Traffic
from simulations.watched_hospitals import HOSPITALS

# Patients of each hospital: in the registry at first, then in the two times that are watched.
KNOWN, BEFORE, AFTER = 700, 400, 600
WINDOW = 400
# Of a class's recall, that the standing signature covers.
LARGEST_DROP = 0.3
WEEKS = datetime.timedelta(weeks=6)
ALARMS = ("feed", "data", "label", "performance", "score")
IN_USE = ("everywhere", "confirmed")
JUDGED = ("waits_for_approval", "shadow", "canary", *IN_USE)


def demonstrate_live(out: Path, seed: int, console: Console) -> dict[str, Any]:
    """Run the demonstration; return its figures.

    Raises
    ------
    JuntosError
        When the loop does not do what it is for.
    """
    begun = time.monotonic()
    folder, tell = prepare_folder(out), Telling(console)
    hospitals = {
        name: LiveHospital(place, folder.data / name, seed) for place, name in enumerate(HOSPITALS)
    }
    tell.opening(KNOWN, BEFORE, AFTER)
    with open_mailbox() as mailbox, running(folder, hospitals, seed, mailbox, tell) as live:
        found = live.play()
    found["seconds"] = round(time.monotonic() - begun, 1)
    tell.line(f"Done in {found['seconds']:.0f} s. Everything is in {folder.root}.")
    if found["failed_predictions"]:
        raise JuntosError(f"{found['failed_predictions']} predictions failed.")
    return found


@contextmanager
def running(
    folder: DemoFolder,
    hospitals: Mapping[str, LiveHospital],
    seed: int,
    mailbox: Mailbox,
    tell: Telling,
) -> Iterator[Live]:
    """Have a coordinator and four nodes up, with what was decided beforehand."""
    home = folder.coordinator
    contract = write_contract(folder.root / "contract.toml")
    run_command(
        *("coordinator", "init", str(home), "--name", "live"),
        *("--address", f"127.0.0.1:{free_port()}", "--contract", str(contract)),
    )
    add_dashboard(home)
    write_settings(home, seed, WINDOW, mailbox.url)
    run_command(
        *("coordinator", "sign-off", "give", "--name", SIGNATORY, "--home", str(home)),
        *("--until", last_day_of_signature(), "--largest-class-drop", str(LARGEST_DROP)),
    )
    today = datetime.datetime.now(UTC).date()
    register_first(hospitals, today)
    with Services(folder.logs) as services:
        services.start("coordinator", "coordinator", "serve", "--home", str(home))
        services.wait_until_said("coordinator", "is ready")
        addresses = {}
        for name, hospital in hospitals.items():
            join(folder, hospital.files(), ["--home", str(home)], POLICY)
            addresses[name] = open_port(folder.node(name))
            allow_many_requests(folder.node(name))
            services.start(name, "node", "serve", "--home", str(folder.node(name)))
        for name in hospitals:
            services.wait_until_said(name, "is connected")
        tell.line("A coordinator and four hospitals are up: TLS, keys made at each node.")
        yield Live(folder, hospitals, addresses, mailbox, tell, today)


def register_first(hospitals: Mapping[str, LiveHospital], today: datetime.date) -> None:
    """Fill the registries with the patients of the year before."""
    last = today - 2 * WEEKS
    for each in hospitals.values():
        each.register(each.come(KNOWN, last - datetime.timedelta(days=365), last, changed=False))


def add_dashboard(home: Path) -> None:
    """Give the dashboard a port that nobody uses."""
    path = home / "coordinator.toml"
    text = f'dashboard = "127.0.0.1:{free_port()}"\n{path.read_text(encoding="utf-8")}'
    path.write_text(text, encoding="utf-8")


class Live:
    """The demonstration while everything is up.

    Parameters
    ----------
    addresses : mapping of str to str
        Of the nodes' APIs.
    today : date
    """

    def __init__(
        self,
        folder: DemoFolder,
        hospitals: Mapping[str, LiveHospital],
        addresses: Mapping[str, str],
        mailbox: Mailbox,
        tell: Telling,
        today: datetime.date,
    ) -> None:
        self._folder, self._hospitals, self._addresses = folder, hospitals, addresses
        self._mailbox, self._tell, self._today = mailbox, tell, today
        self._home = open_home(folder.coordinator)
        self._see = Seeing(self._home)
        self._traffic: dict[str, Traffic] = {}
        self._changed = False

    def play(self) -> dict[str, Any]:
        """Let it happen, and tell it."""
        champion = self._first_model()
        self._begin_traffic()
        try:
            self._steady()
            watch = self._change()
            challenger = self._learn_anew(champion)
            self._everywhere(challenger)
        finally:
            accounts = {name: each.end() for name, each in self._traffic.items()}
        return self._result(champion, challenger, watch, accounts)

    def _first_model(self) -> Candidate:
        self._tell.chapter("The first model")
        run_command(
            *("coordinator", "request", "learn", "--reason", "The first model.", "--urgent"),
            *("--settings", str(self._folder.coordinator / "run.toml")),
            *("--home", str(self._folder.coordinator)),
        )
        found = self._see.wait_for("the first model", self._judged_after(""))
        self._tell.judged(found, self._see.run(found.id))
        if found.state == "waits_for_approval":
            self._sign(found)
        in_use = self._see.wait_for(
            "the first model at all hospitals", lambda: self._see.candidate_in(*IN_USE)
        )
        for name in self._hospitals:
            self._wait_ready(name)
        self._tell.line(f"Version {in_use.version} answers at all four hospitals.")
        begin_at_one_hospital(self._folder.coordinator)
        watch_every_minute(self._folder.coordinator)
        self._tell.line(
            "From now on the calendar asks every minute how it does; a model that comes after it "
            f"begins at hospital {CANARY}."
        )
        return in_use

    def _sign(self, found: Candidate) -> None:
        """Have a person sign the first model; later ones have the standing signature."""
        words = ("coordinator", "approve", found.id, "--name", SIGNATORY)
        run_command(*words, "--home", str(self._folder.coordinator))
        self._tell.line(f"{SIGNATORY} signs it; what comes later has her standing signature.")

    def _judged_after(self, run: str) -> Callable[[], Candidate | None]:
        def look() -> Candidate | None:
            found = self._see.candidate_in(*JUDGED, after=run)
            return found if found is not None and found.decision is not None else None

        return look

    def _wait_ready(self, name: str) -> None:
        if not wait_until(lambda: ready(self._addresses[name]), 300, 0.5):
            raise JuntosError(f"Hospital {name} does not answer.")

    def _open(self, name: str) -> None:
        """Have a hospital's record system ask its node from now on."""
        key = make_key(self._folder.node(name))
        traffic = Traffic(self._addresses[name], key, lambda: self._passing(name))
        self._traffic[name] = traffic
        traffic.start()

    def _passing(self, name: str) -> LivePatient:
        [found] = self._hospitals[name].come(1, self._today, self._today, changed=self._changed)
        return found

    def _begin_traffic(self) -> None:
        for name in self._hospitals:
            if name not in self._traffic:
                self._open(name)

    def _weeks(self, count: int, first: datetime.date) -> dict[str, list[LivePatient]]:
        """Let some weeks' patients come everywhere; their diagnoses are in the registries."""
        found = {
            name: each.come(count, first, first + WEEKS, changed=self._changed)
            for name, each in self._hospitals.items()
        }
        for name, patients in found.items():
            self._traffic[name].add(patients)
        for name, patients in found.items():
            if not wait_until(lambda: not self._traffic[name].waiting, 600, 0.2):  # noqa: B023
                raise JuntosError(f"Hospital {name} does not answer fast enough.")
            self._hospitals[name].register(patients)
        return found

    def _steady(self) -> None:
        self._tell.chapter("Weeks like those before")
        found = self._weeks(BEFORE, self._today - 2 * WEEKS)
        self._tell.mixes({name: case_mix(each) for name, each in found.items()})
        watch = self._watched()
        self._tell.verdicts(watch, ALARMS)

    def _watched(self) -> Watch:
        """Wait for a watch of everything that was answered until now."""
        moment = datetime.datetime.now(UTC).isoformat(timespec="seconds")
        return self._see.wait_for("a watch", lambda: self._see.watch_after(moment))

    def _change(self) -> Watch:
        self._tell.chapter("Half-way, two hospitals change")
        self._tell.line(
            f"Hospital {MIX_HOSPITAL} becomes a centre for severe disease: another case mix."
        )
        self._tell.line(
            f"The laboratory of hospital {UNIT_HOSPITAL} begins to send {UNIT_FEATURE} in mg/dL in "
            f"place of mmol/L: numbers {UNIT_FACTOR:.0f} times as large."
        )
        self._changed = True
        found = self._weeks(AFTER, self._today - WEEKS)
        self._tell.mixes({name: case_mix(each) for name, each in found.items()})
        watch = self._watched()
        self._tell.verdicts(watch, ALARMS)
        return watch

    def _learn_anew(self, champion: Candidate) -> Candidate:
        self._tell.chapter("What the loop makes of it")
        asked = self._see.wait_for("a reason to learn", self._see.triggered)
        self._tell.said("Retraining", asked.reason)
        told = self._see.wait_for("the message about the feed", self._alert)
        self._tell.said(f"Message to hospital {UNIT_HOSPITAL}", told)
        found = self._see.wait_for("the new model", self._judged_after(champion.id))
        self._tell.judged(found, self._see.run(found.id))
        return found

    def _alert(self) -> str | None:
        sick = self._mailbox.of("sick_feed")
        return str(sick[0]["text"]) if sick else None

    def _everywhere(self, challenger: Candidate) -> None:
        self._tell.chapter("The new model goes out")
        self._see.wait_for(
            "the new model at the first hospital",
            lambda: self._see.candidate_in("canary", *IN_USE, after=challenger.id[:-1]),
        )
        self._tell.line(f"It answers at hospital {CANARY} first.")
        self._see.wait_for("the new model at all hospitals", lambda: self._answering(challenger))
        self._tell.line(f"Version {challenger.version} answers at all four hospitals.")
        self._see.wait_for("its confirmation", lambda: self._confirmed(challenger))
        self._tell.line("Every hospital has told that this very model answers: confirmed.")

    def _answering(self, challenger: Candidate) -> bool | None:
        digest = challenger.model.digest
        newest = [each.account.order[-1:] for each in self._traffic.values()]
        return True if all(each == [digest] for each in newest) else None

    def _confirmed(self, challenger: Candidate) -> bool | None:
        return True if self._see.candidates.read(challenger.id).state == "confirmed" else None

    def _result(
        self,
        champion: Candidate,
        challenger: Candidate,
        watch: Watch,
        accounts: Mapping[str, Account],
    ) -> dict[str, Any]:
        known = {champion.model.digest, challenger.model.digest}
        mislabelled = sum(
            count
            for each in accounts.values()
            for (_, digest), count in each.models.items()
            if digest not in known
        )
        failed = sum(each.failed for each in accounts.values()) + mislabelled
        predictions = sum(each.answered for each in accounts.values())
        self._tell.account(accounts)
        reasons = [each.reason for each in self._see.queue.all() if each.requested_by == "trigger"]
        alerts = [str(each["text"]) for each in self._mailbox.of("sick_feed")]
        wrong = [each.sentence for each in watch.alarms("feed") if each.hospital != UNIT_HOSPITAL]
        if wrong:
            raise JuntosError(f"A change of patients was called a sick feed: {wrong[0]}")
        decision = challenger.decision
        return {
            "hospitals": [
                {"name": name, "answered": each.answered} for name, each in accounts.items()
            ],
            "promoted": challenger.version,
            "model": challenger.model.label,
            "gain": decision.gain if decision else None,
            "retrain_reasons": reasons,
            "alerts": alerts,
            "predictions": predictions,
            "failed_predictions": failed,
        }
