"""What record systems do all day: ask their node about each patient, and tell what it was."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from simulations.demo.live.patients import LivePatient

# Between two patients while nothing else is to be asked.
QUIET_SECONDS = 0.4
TIMEOUT = 30.0
MOST_REMEMBERED = 20


@dataclass
class Account:
    """What became of all requests of one hospital.

    Attributes
    ----------
    answered : int
    failed : int
        Without an answer, or with an error.
    confirmed : int
    models : Counter of (str, str)
        How often a model answered, by name and digest.
    order : list of str
        Digests in the order in which they first answered.
    reasons : list of str
        Of the first failures.
    """

    answered: int = 0
    failed: int = 0
    confirmed: int = 0
    models: Counter[tuple[str, str]] = field(default_factory=Counter)
    order: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def fail(self, reason: str) -> None:
        """Count a failure."""
        self.failed += 1
        if len(self.reasons) < MOST_REMEMBERED:
            self.reasons.append(reason)


class Traffic(threading.Thread):
    """One hospital's record system.

    Parameters
    ----------
    address, key : str
        Of its node's API.
    next_patient : callable
        Who comes while no others wait.
    """

    def __init__(self, address: str, key: str, next_patient: Callable[[], LivePatient]) -> None:
        super().__init__(daemon=True)
        self.account = Account()
        self._client = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=TIMEOUT
        )
        self._next = next_patient
        self._waiting: deque[LivePatient] = deque()
        self._ends = threading.Event()

    def add(self, patients: list[LivePatient]) -> None:
        """Let patients come, as fast as they are answered."""
        self._waiting.extend(patients)

    @property
    def waiting(self) -> int:
        """How many have not been asked about."""
        return len(self._waiting)

    def run(self) -> None:
        """Ask until it is ended."""
        while not self._ends.is_set():
            if self._waiting:
                self._ask(self._waiting[0])
                self._waiting.popleft()
            else:
                self._ask(self._next())
                self._ends.wait(QUIET_SECONDS)

    def end(self) -> Account:
        """Ask nothing more; return what became of all requests."""
        self._ends.set()
        self.join()
        self._client.close()
        return self.account

    def _ask(self, patient: LivePatient) -> None:
        body = {"patient": patient.number, "case": patient.case}
        try:
            answer = self._client.post("/v1/predictions", json=body)
            if answer.status_code != httpx.codes.OK:
                self.account.fail(f"status {answer.status_code}: {answer.text[:200]}")
                return
            content = answer.json()
            model = content["model"]
            self.account.answered += 1
            self.account.models[model["version"], model["digest"]] += 1
            if model["digest"] not in self.account.order:
                self.account.order.append(model["digest"])
            self._confirm(content["prediction_id"], patient)
        except httpx.HTTPError as error:
            self.account.fail(type(error).__name__)

    def _confirm(self, prediction: str, patient: LivePatient) -> None:
        said = {"prediction_id": prediction, "code": patient.diagnosis, "source": "registry"}
        answer = self._client.post("/v1/confirmations", json=said)
        if answer.is_success:
            self.account.confirmed += 1
        else:
            self.account.fail(f"confirmation, status {answer.status_code}: {answer.text[:200]}")
