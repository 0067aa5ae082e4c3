"""`juntos node check`: what a run needs, tried one by one, each failure with its fix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from client.coordinator_connection import open_connection, read_status, refuse_wrong_clock
from client.home import NodeHome, open_home
from client.node_checks import (
    Warned,
    check_certificate,
    check_contract,
    check_data,
    check_keys,
    check_mapping,
    check_membership,
    check_network,
    check_privacy,
    check_version,
    refuse_absent_files,
)
from client.service.checks import (
    check_database,
    check_disk,
    check_model,
    check_name,
    check_port,
    check_proxy,
)
from shared.enrolment import StatusAnswer
from shared.errors import JuntosError, SettingsError

State = Literal["ok", "attention", "problem", "not checked"]


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes
    ----------
    name : str
    state : {"ok", "attention", "problem", "not checked"}
        ``attention`` where all works and a person should look at it; the last where an earlier
        problem stands in the way.
    text : str
        What was found.
    fix : str
        What to do about a problem.
    exit_code : int
        That of the problem; 0 otherwise.
    problems : list of str
        Places in the data that are wrong, or what deserves attention.
    """

    name: str
    state: State
    text: str
    fix: str = ""
    exit_code: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return the fields that a program reads."""
        found: dict[str, object] = {"check": self.name, "state": self.state, "text": self.text}
        if self.fix:
            found["fix"] = self.fix
        if self.problems:
            found["problems"] = self.problems
        return found


class _Checks:
    """Runs checks one after the other; a failed one makes those that build on it pointless."""

    def __init__(self) -> None:
        self.results: list[CheckResult] = []
        self.errors: list[JuntosError] = []

    def run(self, name: str, check: Callable[[], str | Warned], *, possible: bool = True) -> bool:
        """Run a check; return whether it succeeded."""
        if not possible:
            self.results.append(CheckResult(name, "not checked", "needs an earlier check"))
            return False
        try:
            self.results.append(_result(name, check()))
        except JuntosError as error:
            problems = [str(each) for each in getattr(error, "problems", [])]
            self.errors.append(error)
            self.results.append(
                CheckResult(name, "problem", error.what, error.fix, error.exit_code, problems)
            )
            return False
        return True


def _result(name: str, found: str | Warned) -> CheckResult:
    """Return the result of a check that found no problem."""
    if isinstance(found, str):
        return CheckResult(name, "ok", found)
    return CheckResult(name, "attention", found.text, found.fix, problems=found.warnings)


def run_checks(path: Path) -> list[CheckResult]:
    """Run all checks of a node's folder."""
    checks = _Checks()
    home = _check_offline(checks, path)
    _check_service(checks, home)
    _check_online(checks, home)
    return checks.results


def refuse_failed_offline_checks(path: Path) -> None:
    """Raise the first problem that can be seen without the network."""
    checks = _Checks()
    _check_offline(checks, path)
    if checks.errors:
        raise checks.errors[0]


def exit_code(results: list[CheckResult]) -> int:
    """Return that of the first problem; 0 when there is none."""
    return next((each.exit_code for each in results if each.state == "problem"), 0)


def _check_offline(checks: _Checks, path: Path) -> NodeHome | None:
    opened: list[NodeHome] = []

    def folder() -> str:
        home = open_home(path)
        refuse_absent_files(home)
        opened.append(home)
        return str(home.path)

    usable = checks.run("folder", folder)
    home = opened[0] if usable else None
    checks.run("keys", lambda: check_keys(_given(home)), possible=usable)
    checks.run("certificate", lambda: check_certificate(_given(home)), possible=usable)
    checks.run("privacy", lambda: check_privacy(_given(home)), possible=usable)
    readable = checks.run("contract", lambda: check_contract(_given(home)), possible=usable)
    fits = checks.run("mapping", lambda: check_mapping(_given(home)), possible=readable)
    checks.run("data", lambda: check_data(_given(home)), possible=fits)
    return home


def _check_service(checks: _Checks, home: NodeHome | None) -> None:
    """Try what answers need; none of it keeps the node from its federation."""
    singles = {
        "database": check_database,
        "disk": check_disk,
        "model": check_model,
        "port": check_port,
    }
    for name, single in singles.items():
        checks.run(name, partial(_of_home, single, home), possible=home is not None)


def _of_home(check: Callable[[NodeHome], str | Warned], home: NodeHome | None) -> str | Warned:
    return check(_given(home))


def _check_online(checks: _Checks, home: NodeHome | None) -> None:
    answers: list[tuple[StatusAnswer, float]] = []

    def identity() -> str:
        authority = _given(home).authority_certificate.read_text(encoding="ascii")
        with open_connection(_given(home).settings.coordinator, authority) as client:
            answers.append(read_status(client))
        return f"federation {answers[0][0].federation!r}"

    def clock() -> str:
        refuse_wrong_clock(answers[0][1])
        return f"{abs(answers[0][1]):.1f} s from the coordinator's"

    opened = home is not None
    checks.run("proxy", lambda: check_proxy(_given(home)), possible=opened)
    named = checks.run("name", lambda: check_name(_given(home)), possible=opened)
    reachable = checks.run("network", lambda: check_network(_given(home)), possible=named)
    known = checks.run("coordinator", identity, possible=reachable)
    right = checks.run("clock", clock, possible=known)
    checks.run("membership", lambda: check_membership(_given(home)), possible=right)
    checks.run("version", lambda: check_version(_given(home), answers[0][0]), possible=known)


def _given(home: NodeHome | None) -> NodeHome:
    if home is None:
        raise SettingsError("The node's folder is not open.")
    return home
