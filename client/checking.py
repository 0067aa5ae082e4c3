"""`juntos node check`: what a run needs, tried one by one, each failure with its fix."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from cryptography import x509

from client.coordinator_connection import (
    open_connection,
    read_status,
    refuse_wrong_clock,
    transport_error,
)
from client.home import NodeHome, open_home
from shared.enrolment import StatusAnswer, split_address
from shared.errors import ConnectionRefusedByPeerError, JuntosError, SettingsError

State = Literal["ok", "problem", "not checked"]
CONNECT_TIMEOUT = 10.0


@dataclass(frozen=True)
class CheckResult:
    """What one check found.

    Attributes
    ----------
    name : str
    state : {"ok", "problem", "not checked"}
        The last where an earlier problem stands in the way.
    text : str
        What was found.
    fix : str
        What to do about a problem.
    exit_code : int
        That of the problem; 0 otherwise.
    problems : list of str
        Places in the data that are wrong.
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

    def run(self, name: str, check: Callable[[], str], *, possible: bool = True) -> bool:
        """Run a check; return whether it succeeded."""
        if not possible:
            self.results.append(CheckResult(name, "not checked", "needs an earlier check"))
            return False
        try:
            self.results.append(CheckResult(name, "ok", check()))
        except JuntosError as error:
            problems = [str(each) for each in getattr(error, "problems", [])]
            self.errors.append(error)
            self.results.append(
                CheckResult(name, "problem", error.what, error.fix, error.exit_code, problems)
            )
            return False
        return True


def run_checks(path: Path) -> list[CheckResult]:
    """Run all checks of a node's folder."""
    checks = _Checks()
    home = _check_offline(checks, path)
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
        _refuse_absent_files(home)
        opened.append(home)
        return str(home.path)

    usable = checks.run("folder", folder)
    home = opened[0] if usable else None
    checks.run("keys", lambda: _keys(_given(home)), possible=usable)
    checks.run("certificate", lambda: _certificate(_given(home)), possible=usable)
    readable = checks.run("contract", lambda: _contract(_given(home)), possible=usable)
    checks.run("data", lambda: _data(_given(home)), possible=readable)
    return home


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

    reachable = checks.run("network", lambda: _network(_given(home)), possible=home is not None)
    known = checks.run("coordinator", identity, possible=reachable)
    checks.run("clock", clock, possible=known)
    checks.run("version", lambda: _version(_given(home), answers[0][0]), possible=known)


def _given(home: NodeHome | None) -> NodeHome:
    if home is None:
        raise SettingsError("The node's folder is not open.")
    return home


def _refuse_absent_files(home: NodeHome) -> None:
    needed = [
        home.private_key,
        home.public_key,
        home.certificate,
        home.authority_certificate,
        home.contract_file,
    ]
    absent = [str(path.relative_to(home.path)) for path in needed if not path.is_file()]
    if absent:
        raise SettingsError(
            f"{home.path} is not complete: {', '.join(absent)} is missing.",
            "Restore the folder from a backup, or join anew with a new kit.",
        )


def _keys(home: NodeHome) -> str:
    for path in (home.keys, home.private_key):
        if path.stat().st_mode & 0o077:
            raise SettingsError(
                f"Others on this machine can reach {path}.", f"Run: chmod go= {path}"
            )
    return "only their owner can read them"


def _certificate(home: NodeHome) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    except ValueError:
        raise SettingsError(
            f"{home.certificate} is no certificate.", "Restore it from a backup."
        ) from None
    expires = certificate.not_valid_after_utc
    if expires <= datetime.now(UTC):
        raise ConnectionRefusedByPeerError(
            f"This hospital's certificate expired on {expires:%Y-%m-%d}.",
            "Ask the coordinator for a new kit, and join anew.",
        )
    return f"valid until {expires:%Y-%m-%d}"


def _contract(home: NodeHome) -> str:
    return f"{home.contract().name} {home.contract().version}"


def _data(home: NodeHome) -> str:
    from client.sources import load_records

    loaded = load_records(home.contract(), home.mapping_file)
    text = f"{len(loaded.records)} records from {loaded.rows_read} rows"
    return f"{text}; {loaded.rows_set_aside} set aside" if loaded.rows_set_aside else text


def _network(home: NodeHome) -> str:
    address = home.settings.coordinator
    try:
        socket.create_connection(split_address(address), timeout=CONNECT_TIMEOUT).close()
    except OSError as error:
        raise transport_error(str(error.strerror), address) from None
    return f"{address} answers"


def _version(home: NodeHome, status: StatusAnswer) -> str:
    if status.contract_hash != home.settings.contract_hash:
        raise SettingsError(
            "The coordinator uses another version of the data contract.",
            "Ask the coordinator for a new kit, and join anew in another folder.",
        )
    return "the contract is the coordinator's"
