"""Someone who carries out runs, and who outlives the dispatcher, as a SuperLink's database does."""

from __future__ import annotations

import json
from pathlib import Path

from server.home import CoordinatorHome
from server.run_store import RunStore


class FakeRunner:
    """Ends each run after it was looked at some times; the first `deaths` processes die instead."""

    def __init__(self, home: CoordinatorHome, looks: int = 3, deaths: int = 0) -> None:
        self._store, self._looks, self._deaths = RunStore(home.engine()), looks, deaths
        self._folder = home.path / "fake"
        self._folder.mkdir(exist_ok=True)

    def start(self, run: str) -> str:
        going_on = [name for name, state in self._states().items() if state == "running"]
        if going_on:
            self._note("overlaps", f"{run} while {going_on}")
        name = str(1000 + len(list(self._folder.glob("*.json"))))
        self._write(name, run, "running", 0)
        self._note("starts", run)
        return name

    def known(self) -> dict[str, str]:
        for path in sorted(self._folder.glob("*.json")):
            self._go_on(path.stem, json.loads(path.read_text()))
        return self._states()

    def stop(self, name: str) -> None:
        found = json.loads((self._folder / f"{name}.json").read_text())
        self._write(name, found["run"], "finished:stopped", found["looks"])

    def notes(self, what: str) -> list[str]:
        path = self._folder / what
        return path.read_text().splitlines() if path.exists() else []

    def _go_on(self, name: str, found: dict[str, object]) -> None:
        run, looks = str(found["run"]), int(str(found["looks"])) + 1
        if found["state"] != "running":
            return
        if looks == 1:
            # Its process is only being started, and has not said whose it is.
            self._write(name, run, "running", looks)
        elif not self._store.attach(run, name):
            # As the ServerApp does: another of Flower's runs carries it out.
            self._write(name, run, "finished:completed", looks)
        elif looks < self._looks:
            self._write(name, run, "running", looks)
        elif len(self.notes("deaths")) < self._deaths:
            self._note("deaths", run)
            self._write(name, run, "finished:failed", looks)
        else:
            self._write(name, run, "finished:completed", looks)
            self._note("carried_out", run)
            self._store.finish(run, "completed", "all took part", {"models": {}})

    def _states(self) -> dict[str, str]:
        paths = sorted(self._folder.glob("*.json"))
        return {path.stem: json.loads(path.read_text())["state"] for path in paths}

    def _write(self, name: str, run: str, state: str, looks: int) -> None:
        new = self._folder / f"{name}.new"
        new.write_text(json.dumps({"run": run, "state": state, "looks": looks}))
        new.replace(Path(self._folder / f"{name}.json"))

    def _note(self, what: str, text: str) -> None:
        with (self._folder / what).open("a") as file:
            file.write(f"{text}\n")
