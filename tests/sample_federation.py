"""A federation that has been going for two months, written straight into a database.

Five hospitals, thirty runs, a watch a day: Valencia's thallium scans stopped arriving, Porto's
patients are changing, and a candidate waits for a person.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flwr.supercore.state.schema.linkstate_models import LinkStateBase, Node
from sqlalchemy import Engine, create_engine, insert

from server.database import (
    actions,
    candidate_transitions,
    candidates,
    hospitals,
    rounds,
    run_requests,
    runs,
)
from server.enrolment.hospitals import enrol
from server.home import CoordinatorHome, create_home
from server.promotion.candidate import Candidate, NamedModel, State
from server.promotion.candidate_store import row_of
from server.promotion.decision import Decision, Reason
from server.scheduling.settings import SCHEDULE_FILE
from server.watch.store import WatchStore
from shared.run_settings import RunSettings
from shared.watch.answer import Service, WatchAnswer
from shared.watch.verdict import WatchVerdict
from shared.watch.watch import Watch

NAMES = ("Lyon", "Porto", "Salamanca", "Torino", "Valencia")
ROWS = {"Lyon": 412, "Porto": 655, "Salamanca": 288, "Torino": 530, "Valencia": 361}
MODEL = "heart_disease.boosted_trees"
WAITING, IN_USE, BEFORE = "run-0028", "run-0018", "run-0010"
CLASSES = {"none": 0.86, "grade_1": 0.55, "grade_2": 0.49, "grade_3": 0.52, "grade_4": 0.31}
SHARES = {"none": 0.52, "grade_1": 0.21, "grade_2": 0.12, "grade_3": 0.11, "grade_4": 0.04}
DAYS = 60
SCHEDULE = """
cooldown_hours = 12
maximum_hours = 8

[[calendar]]
name = "watch"
cron = "0 6 * * *"
timezone = "Europe/Madrid"
kind = "watch"

[[calendar]]
name = "learn"
cron = "0 2 * * sat"
timezone = "Europe/Madrid"
kind = "learn"

[[quiet]]
start = "07:00"
end = "20:00"
timezone = "Europe/Madrid"
kinds = ["learn"]

[triggers]
new_confirmed_records = 500
drift = "hospital"
performance = "federation"
new_contract = true
"""


def write_federation(folder: Path, time: datetime | None = None) -> CoordinatorHome:
    """Make a coordinator's folder with a history up to a time, now without one."""
    home = create_home(folder, "Iberian heart network", "127.0.0.1:9443", "heart_disease")
    Writer(home, time or datetime.now(UTC)).write()
    return home


def text_of(time: datetime) -> str:
    return time.isoformat(timespec="seconds")


def digest_of(run: str) -> str:
    return (run.removeprefix("run-") * 16)[:64]


class Writer:
    """Writes the history of one federation, the same each time."""

    def __init__(self, home: CoordinatorHome, time: datetime) -> None:
        self.home, self.time = home, time
        self.engine: Engine = home.engine()
        self.random = random.Random(7)
        self.contract = home.contract()

    def write(self) -> None:
        self._hospitals()
        self._superlink()
        (self.home.path / SCHEDULE_FILE).write_text(SCHEDULE, encoding="utf-8")
        for number in range(1, 31):
            self._run(number)
        self._watches()
        self._candidates()
        self._queue()
        self._actions()

    def _hospitals(self) -> None:
        rows: list[dict[str, Any]] = [
            {
                "name": name,
                "token_hash": f"{place:064d}",
                "token_expires_at": text_of(self.time - timedelta(days=50)),
                "enrolled_at": text_of(self.time - timedelta(days=64)),
                "joined_at": text_of(self.time - timedelta(days=63 - place)),
                "node_id": str(1000 + place),
                "is_public": False,
            }
            for place, name in enumerate(NAMES)
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(hospitals), rows)
        enrol(self.home, "Coimbra", lifetime=timedelta(days=9))

    def _superlink(self) -> None:
        """Write when each node was heard last; Torino fell silent three hours ago."""
        engine = create_engine(f"sqlite:///{self.home.path / 'superlink' / 'superlink.db'}")
        LinkStateBase.metadata.create_all(engine)
        rows = [
            {
                "node_id": 1000 + place,
                "status": "online",
                "heartbeat_interval": 30.0,
                "online_until": (self.time - timedelta(hours=3)).timestamp()
                if name == "Torino"
                # Long enough for whoever looks at pages for a while.
                else (self.time + timedelta(days=1)).timestamp(),
            }
            for place, name in enumerate(NAMES)
        ]
        with engine.begin() as connection:
            connection.execute(insert(Node), rows)
        engine.dispose()

    def _run(self, number: int) -> None:
        name = f"run-{number:04d}"
        start = self.time - timedelta(days=2 * (30 - number), hours=3)
        goes_on = number == 30
        if goes_on:
            start = self.time - timedelta(seconds=41)
        settings = RunSettings(
            models=["boosted_trees"] if number % 2 else ["neural_network"],
            boosted_trees={"rounds": 10},
            neural_network={"rounds": 10},
            watch={"enabled": number == 29},
        )
        absent = "Torino" if number in (7, 19, 26) else ""
        failed = number == 13
        status = (
            "running" if goes_on else "failed" if failed else "partial" if absent else "completed"
        )
        said = {
            "running": f"{settings.models[0]} round 7: 5 hospitals asked",
            "failed": "2 of 5 hospitals answered; the run needs 3",
            "partial": "Torino was left out: its node cannot be reached any more",
            "completed": "all 5 hospitals took part",
        }
        watches = number == 29
        result = (
            None
            if goes_on or failed or watches
            else self._result(number, settings.models[0], absent)
        )
        row = {
            "id": name,
            "flower_run_id": str(7000 + number),
            "started_at": text_of(start),
            "ended_at": None if goes_on else text_of(start + timedelta(seconds=140 + 3 * number)),
            "status": status,
            "settings": settings.model_dump_json(),
            "contract_hash": self.contract.hash,
            "result": None if result is None else json.dumps(result),
            "message": said[status],
        }
        asked = list(self._rounds(name, settings, absent, goes_on=goes_on, failed=failed))
        with self.engine.begin() as connection:
            connection.execute(insert(runs).values(**row))
            connection.execute(insert(rounds), asked)

    def _rounds(
        self, run: str, settings: RunSettings, absent: str, *, goes_on: bool, failed: bool
    ) -> Iterator[dict[str, Any]]:
        model = settings.models[0]
        plan = [("query.summarise", "", 0)]
        plan += [("train", model, each) for each in range(1, 11)]
        plan += [("evaluate", "", 0), ("query.alone", "", 0)]
        if settings.watch.enabled:
            plan = [("query.watch", "", 0)]
        done = plan[: 7 if goes_on else 4 if failed else 13]
        for place, (question, of, number) in enumerate(done):
            missing = {}
            if absent and place >= 4:
                missing[absent] = "its node cannot be reached any more"
            if goes_on and place == 3:
                missing["Valencia"] = "no answer within 60 s"
            if failed and place == 3:
                missing = dict.fromkeys(NAMES[2:], "no answer within 60 s")
            answered = [each for each in NAMES if each not in missing]
            loss = 1.42 * 0.87**number + 0.31 + self.random.uniform(-0.015, 0.015)
            yield {
                "run_id": run,
                "position": place + 1,
                "question": question,
                "model": of,
                "round_number": number,
                "invited": json.dumps(list(NAMES)),
                "answered": json.dumps(answered),
                "left_out": json.dumps(missing),
                "without_stream": "{}",
                "seconds": self.random.uniform(1.2, 4.8),
                "bytes_sent": 184_000 * bool(number),
                "bytes_received": 171_000 * bool(number) + 9_000,
                "loss": loss if question == "train" else None,
            }

    def _result(self, number: int, model: str, absent: str) -> dict[str, Any]:
        took_part = [each for each in NAMES if each != absent]
        better = 0.0016 * number
        federated = {each: self._figures(ROWS[each] // 4, better) for each in took_part}
        alone = {each: self._figures(ROWS[each] // 4, better - 0.06) for each in took_part}
        held_out = sum(ROWS[each] // 4 for each in took_part)
        return {
            "hospitals": [
                {
                    "name": each,
                    "rows": ROWS[each],
                    "training_rows": ROWS[each] - ROWS[each] // 4,
                    "held_out_rows": ROWS[each] // 4,
                    "rows_set_aside": 3,
                    "data_version": digest_of(f"run-{number:04d}"),
                }
                for each in took_part
            ],
            "models": {
                model: {
                    "federated": {
                        "overall": self._figures(held_out, better),
                        "by_hospital": federated,
                    },
                    "local": {
                        "overall": self._figures(held_out, better - 0.06),
                        "by_hospital": alone,
                    },
                }
            },
            "left_out": {absent: "its node cannot be reached any more"} if absent else {},
        }

    def _figures(self, held_out: int, better: float) -> dict[str, Any]:
        def near(middle: float) -> float:
            return min(max(middle + better + self.random.uniform(-0.02, 0.02), 0.0), 0.99)

        by_class = {}
        for code, recall in CLASSES.items():
            count = round(held_out * SHARES[code])
            by_class[code] = {
                "rows": count,
                "precision": near(recall - 0.04) if count else None,
                "recall": near(recall) if count else None,
                "f1": near(recall - 0.02) if count else None,
                "auc": near(recall * 0.4 + 0.5) if count else None,
            }
        figures = {
            "rows": held_out,
            "accuracy": near(0.68),
            "macro_f1": near(0.52),
            "auc": near(0.83),
            "top_3": near(0.91),
            "top_5": 1.0,
            "top_10": 1.0,
            "expected_calibration_error": near(0.03),
            "log_loss": 0.81 - better,
            "brier": 0.42 - better,
            "by_class": by_class,
        }
        return {**figures, "group": {**figures, "accuracy": near(0.82), "by_class": {}}}

    def _watches(self) -> None:
        store = WatchStore(self.engine)
        for day in range(DAYS):
            made = self.time - timedelta(days=DAYS - 1 - day, minutes=8)
            absent = {"Torino": "its node cannot be reached any more"} if day in (22, 23) else {}
            present = [each for each in NAMES if each not in absent]
            store.add(
                Watch(
                    run=f"watch-{day + 1:04d}",
                    made=text_of(made),
                    answers={each: self._answer(each, made, day) for each in present},
                    left_out=absent,
                    verdicts=[
                        verdict
                        for each in [*present, "federation"]
                        for verdict in self._verdicts(each, day)
                    ],
                )
            )

    def _answer(self, hospital: str, made: datetime, day: int) -> WatchAnswer:
        pinned = hospital == "Salamanca"
        behind = hospital == "Torino"
        return WatchAnswer(
            made=text_of(made),
            service=Service(
                model="1.1.0" if behind else "1.2.0",
                digest=digest_of(BEFORE if behind else IN_USE),
                pinned=pinned,
                software="0.1.0",
                requests=900 + 14 * day,
                errors=2,
                median_milliseconds=4.1,
                slowest_milliseconds=19.0,
                budget=8.0,
                budget_left=round(
                    {"Lyon": 5.2, "Porto": 6.1, "Salamanca": 0.6, "Torino": 4.4, "Valencia": 3.3}[
                        hospital
                    ]
                    + 0.02 * (DAYS - 1 - day),
                    2,
                ),
                certificate_days=17 if hospital == "Lyon" else 203,
            ),
            smallest_cell=5,
            new_for_training={"Lyon": 40, "Porto": 85, "Salamanca": 15}.get(hospital, 25),
        )

    def _verdicts(self, hospital: str, day: int) -> Iterator[WatchVerdict]:
        for place, feature in enumerate(self.contract.features):
            score = abs(self.random.gauss(0.012, 0.008))
            sick = hospital == "Valencia" and feature == "thallium_scan" and day >= 52
            grows = hospital == "Porto" and feature in ("age", "st_depression", "major_vessels")
            together = hospital == "federation" and feature == "age"
            if sick:
                yield WatchVerdict(
                    kind="feed",
                    hospital=hospital,
                    feature=feature,
                    state="alarm",
                    sign="missing",
                    score=0.71,
                    sentence="Thallium scan is missing in 94% of 212 answers, before in 12%.",
                    sentence_es="Falta la gammagrafía con talio en el 94 % de 212 respuestas; "
                    "antes, en el 12 %.",
                    evidence={"missing": 0.94, "before": 0.12, "rows": 212.0},
                )
                continue
            if grows or together:
                score += max(0, day - 30) * (0.006 if grows else 0.002)
            few = hospital == "Salamanca" and (day + place) % 9 == 0
            alarm = score > 0.09 and not few
            plain = feature.replace("_", " ")
            yield WatchVerdict(
                kind="data",
                hospital=hospital,
                feature=feature,
                state="insufficient" if few else "alarm" if alarm else "steady",
                sign="alone" if alarm else "",
                score=min(score, 1.0),
                sentence=f"{plain.capitalize()} has moved: {score:.3f} bits over 340 answers."
                if alarm
                else f"{plain.capitalize()} is as before: {score:.3f} bits over 340 answers.",
                sentence_es=f"«{plain}» ha cambiado: {score:.3f} bits en 340 respuestas."
                if alarm
                else f"«{plain}» sigue como antes: {score:.3f} bits en 340 respuestas.",
                evidence={"bits": round(score, 3), "rows": 340.0},
            )

    def _candidates(self) -> None:
        gain = Reason(
            key="gain.better",
            speaks="for",
            values={"gain": 0.021, "low": 0.008, "high": 0.034, "rows": 560},
        )
        few = Reason(
            key="class.few",
            speaks="unknown",
            about="grade_4",
            values={"names": "Heart disease, grade 4", "cases": 22, "least": 50},
        )
        worse = Reason(
            key="hospital.worse",
            speaks="against",
            about="Salamanca",
            values={"hospital": "Salamanca", "worse": 19, "better": 4, "rows": 72, "gain": -0.208},
        )
        first = Reason(key="gain.first", speaks="for")
        self._candidate("run-0004", "1.0.0", "rolled_back", "promote", [first], 52, "")
        self._candidate(BEFORE, "1.1.0", "confirmed", "promote", [gain], 40, "run-0004")
        self._candidate(IN_USE, "1.2.0", "confirmed", "promote", [gain], 24, BEFORE)
        self._candidate("run-0022", "1.3.0", "rejected", "reject", [worse, gain], 16, IN_USE)
        self._candidate(
            WAITING, "1.3.1", "waits_for_approval", "insufficient", [few, gain], 4, IN_USE
        )

    def _candidate(
        self,
        run: str,
        version: str,
        state: State,
        outcome: str,
        reasons: list[Reason],
        days: int,
        former: str,
    ) -> None:
        since = self.time - timedelta(days=days)
        path: dict[State, list[State]] = {
            "rolled_back": ["trained", "judged", "everywhere", "rolled_back"],
            "confirmed": ["trained", "judged", "waits_for_approval", "everywhere", "confirmed"],
            "rejected": ["trained", "judged", "rejected"],
            "waits_for_approval": ["trained", "judged", "waits_for_approval"],
        }
        steps = path[state]
        candidate = Candidate(
            id=run,
            model=NamedModel(label=f"{MODEL} version {int(run[-2:])}", digest=digest_of(run)),
            kind="boosted_trees",
            version=version,
            state=state,
            since=text_of(since),
            revision=len(steps),
            decision=Decision.model_validate(
                {
                    "outcome": outcome,
                    "reasons": reasons,
                    "level": 0.05,
                    "tries": 1,
                    "gain": 0.021,
                    "low": 0.008,
                    "high": 0.034,
                }
            ),
            former=NamedModel(label=f"{MODEL} version {int(former[-2:])}", digest=digest_of(former))
            if former
            else None,
            hospitals=dict.fromkeys(NAMES, digest_of(run)) if run == IN_USE else {},
            pinned=["Salamanca"] if run == IN_USE else [],
        )
        who = {"everywhere": "ines.prado", "rolled_back": "ines.prado"}
        with self.engine.begin() as connection:
            connection.execute(insert(candidates).values(**row_of(candidate)))
            for place, after in enumerate(steps):
                connection.execute(
                    insert(candidate_transitions).values(
                        candidate=run,
                        revision=place + 1,
                        before=steps[place - 1] if place else None,
                        after=after,
                        at=text_of(since - timedelta(hours=len(steps) - 1 - place)),
                        actor=who.get(after, "gate" if after == "judged" else "loop"),
                        reason="Recall of grade 3 fell at two hospitals."
                        if after == "rolled_back"
                        else "",
                    )
                )

    def _queue(self) -> None:
        def row(hours: float, **values: object) -> dict[str, object]:
            return {
                "kind": "watch",
                "reason": "Calendar: every day at 06:00.",
                "priority": 20,
                "settings": "{}",
                "requested_by": "calendar",
                "requested_at": text_of(self.time - timedelta(hours=hours)),
                "status": "done",
                "run_id": None,
                "started_at": None,
                "ended_at": None,
                "message": "",
                "key": None,
                **values,
            }

        rows = [
            row(30, ended_at=text_of(self.time - timedelta(hours=29)), run_id="run-0029"),
            row(
                0.2,
                kind="learn",
                reason="Drift of age and two more features at Porto.",
                requested_by="trigger",
                priority=40,
                status="running",
                run_id="run-0030",
                started_at=text_of(self.time - timedelta(seconds=45)),
            ),
            row(
                0.1,
                kind="evaluate",
                reason="Before the committee of Thursday.",
                requested_by="ines.prado",
                priority=60,
                status="waiting",
                message="waits for run-0030",
            ),
            row(
                3,
                kind="explore",
                reason="Age at diagnosis, for the annual report.",
                requested_by="ines.prado",
                status="cancelled",
                ended_at=text_of(self.time - timedelta(hours=2)),
                message="cancelled by ines.prado",
            ),
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(run_requests), rows)

    def _actions(self) -> None:
        said = (
            (
                24 * 24,
                "ines.prado",
                "candidate.promote",
                IN_USE,
                "done",
                "The committee agreed.",
            ),
            (300, "marc.vidal", "account.sign_in", "marc.vidal", "refused", ""),
            (120, "ines.prado", "hospital.enrol", "Coimbra", "done", ""),
            (
                3,
                "ines.prado",
                "run.request",
                "4",
                "done",
                "For the annual report.",
            ),
            (2, "ines.prado", "run.cancel", "4", "done", ""),
        )
        rows = [
            {
                "at": text_of(self.time - timedelta(hours=hours)),
                "actor": actor,
                "role": "coordinator",
                "through": "session",
                "address": "10.0.4.17",
                "action": action,
                "subject": subject,
                "outcome": outcome,
                "detail": detail,
            }
            for hours, actor, action, subject, outcome, detail in said
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(actions), rows)
