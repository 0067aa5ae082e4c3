"""What passes the gate of a real hospital, and what stays in the ledger whatever happens."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from client.privacy import ledger, spending
from client.privacy.accounting import Counts, epsilon_of, kind_of
from client.privacy.egress import payload_words
from client.privacy.entry import NO_PATIENT_DATA, BrokenLedgerError
from client.privacy.ledger import Ledger
from client.privacy.ledger_gate import LedgerGate
from client.privacy.pause import pause, resume
from client.privacy.policy import policy_in_force
from shared.errors import PrivacyRefusedError, SettingsError
from shared.session.messages import content_bytes
from tests.unit.client.privacy.conftest import OpenGate, noised, question, reply_to

DIE = """
import os, sys
from tests.unit.client.privacy.test_ledger_gate import gate_of
from tests.unit.client.privacy.conftest import noised, question
gate = gate_of(sys.argv[1], sys.argv[2])
gate.admit(question())
gate.spend(noised(10.0))
os._exit(9)
"""
SPEND = """
import sys
from tests.unit.client.privacy.test_ledger_gate import gate_of
from tests.unit.client.privacy.conftest import noised, question
from shared.errors import PrivacyRefusedError
gate = gate_of(sys.argv[1], sys.argv[2])
gate.admit(question())
made = 0
try:
    while True:
        gate.spend(noised(20.0))
        made += 1
except PrivacyRefusedError:
    print(made)
"""


def gate_of(home: str, url: str) -> LedgerGate:
    policy = policy_in_force(Path(home) / "policy.toml")
    return LedgerGate(Path(home), Ledger(url, "test", "1.0"), policy)


def states(gate: LedgerGate) -> list[str]:
    return [each.state for each in gate._ledger.entries()]


def test_an_answer_is_written_before_it_leaves(open_gate: OpenGate, tmp_path: Path) -> None:
    gate = open_gate()
    asked = question()
    gate.admit(asked)
    gate.spend(noised(10.0))
    gate.spend(noised(12.0))
    gate.sent(reply_to(asked))
    first, second, sent = gate._ledger.entries()
    assert (first.state, second.state, sent.state) == ("spent", "spent", "sent")
    assert (first.run, first.question, first.noise_multiplier) == ("7", "train", 10.0)
    assert 0 < first.epsilon < second.epsilon
    assert sent.releases == [1, 2]
    payload = content_bytes(reply_to(asked))
    assert (sent.size, sent.digest) == (len(payload), hashlib.sha256(payload).hexdigest())
    (kept,) = (tmp_path / "egress").iterdir()
    assert kept.read_bytes() == payload
    assert payload_words(payload) == {"config": {"answer": "3 rows"}}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_epsilon_is_that_of_dp_accounting_on_what_the_ledger_holds(open_gate: OpenGate) -> None:
    gate = open_gate()
    gate.admit(question())
    releases = [noised(10.0), noised(25.0, rate=0.1), noised(10.0), noised(40.0)]
    for release in releases:
        gate.spend(release)
    counts = Counts(kind_of(release) for release in releases)
    last = gate._ledger.entries()[-1]
    assert epsilon_of(counts, 1e-5) <= last.epsilon <= epsilon_of(counts, 1e-5) * 1.2


def test_the_shipped_policy_lets_nothing_out_without_a_guarantee(open_gate: OpenGate) -> None:
    gate = open_gate()
    asked = question()
    gate.admit(asked)
    with pytest.raises(PrivacyRefusedError, match="formal_privacy_required") as caught:
        gate.sent(reply_to(asked))
    assert "formal_privacy_required = false in policy.toml" in caught.value.fix
    assert states(gate) == ["refused"]


def test_an_answer_that_declared_nothing_is_written_as_unbounded(open_gate: OpenGate) -> None:
    gate = open_gate("formal_privacy_required = false", "smallest_cell = 1")
    asked = question("query.grow")
    gate.admit(asked)
    gate.sent(reply_to(asked))
    spent, sent = gate._ledger.entries()
    assert (spent.mechanism, spent.purpose, spent.state) == ("none", "query.grow", "spent")
    assert (sent.state, sent.releases) == ("sent", [1])


def test_a_declaration_is_not_for_the_next_answer(open_gate: OpenGate) -> None:
    gate = open_gate()
    asked = question()
    gate.admit(asked)
    gate.spend(noised(10.0))
    gate.admit(asked)
    with pytest.raises(PrivacyRefusedError):
        gate.sent(reply_to(asked))


def test_what_depends_on_no_record_passes_and_is_seen(open_gate: OpenGate) -> None:
    gate = open_gate()
    asked = question("query.grow")
    gate.admit(asked)
    gate.tell_nothing("a place it lost")
    gate.sent(reply_to(asked))
    spent, sent = gate._ledger.entries()
    assert (spent.mechanism, spent.purpose, spent.epsilon) == (
        NO_PATIENT_DATA,
        "a place it lost",
        0,
    )
    assert sent.releases == [1]


def test_a_question_outside_the_policy_is_refused(open_gate: OpenGate) -> None:
    gate = open_gate('questions = ["evaluate"]')
    gate.admit(question("evaluate"))
    with pytest.raises(PrivacyRefusedError, match="'train'"):
        gate.admit(question("train"))
    assert states(gate) == ["refused"]


def spend_until_refused(gate: LedgerGate) -> tuple[PrivacyRefusedError, int]:
    for made in range(1000):
        try:
            gate.spend(noised(20.0))
        except PrivacyRefusedError as refusal:
            return refusal, made
    pytest.fail("nothing was refused")


def test_the_budget_is_used_and_never_passed(open_gate: OpenGate) -> None:
    gate = open_gate("epsilon = 1")
    gate.admit(question())
    refusal, made = spend_until_refused(gate)
    spent = epsilon_of(Counts({kind_of(noised(20.0)): made}), 1e-5)
    assert 0.9 < spent <= 1 + 1e-4
    assert epsilon_of(Counts({kind_of(noised(20.0)): made + 1}), 1e-5) > 1
    said = re.search(r"to ([\d.]+) of 1 \(([\d.]+) is spent", refusal.what)
    assert said is not None
    assert float(said.group(2)) == pytest.approx(spent, rel=1e-2)
    assert float(said.group(1)) > 1
    # What is cheap enough still passes.
    gate.spend(noised(5000.0))


def test_a_raised_budget_is_in_force_at_once(open_gate: OpenGate, tmp_path: Path) -> None:
    gate = open_gate("epsilon = 0.1")
    gate.admit(question())
    with pytest.raises(PrivacyRefusedError):
        gate.spend(noised(10.0))
    (tmp_path / "policy.toml").write_text("epsilon = 1.0")
    gate.spend(noised(10.0))


def test_what_has_left_the_period_no_longer_counts(
    open_gate: OpenGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = open_gate("epsilon = 0.45", "period_days = 30")
    gate.admit(question())
    gate.spend(noised(10.0))
    with pytest.raises(PrivacyRefusedError):
        gate.spend(noised(10.0))
    at_days(monkeypatch, 29)
    with pytest.raises(PrivacyRefusedError):
        gate.spend(noised(10.0))
    at_days(monkeypatch, 31)
    gate.spend(noised(10.0))
    # The same for a process that reads the ledger only now.
    later = open_gate("epsilon = 0.45", "period_days = 30")
    with pytest.raises(PrivacyRefusedError):
        later.spend(noised(10.0))
    at_days(monkeypatch, 62)
    later.spend(noised(10.0))
    assert gate._ledger.verify() is not None


def at_days(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    later = datetime.now(UTC) + timedelta(days=days)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return later

    monkeypatch.setattr(ledger, "datetime", Later)
    monkeypatch.setattr(spending, "datetime", Later)


def test_a_pause_holds_back_even_what_is_under_way(open_gate: OpenGate, tmp_path: Path) -> None:
    gate = open_gate("formal_privacy_required = false")
    asked = question()
    gate.admit(asked)
    gate.spend(noised(10.0))
    pause(tmp_path)
    with pytest.raises(PrivacyRefusedError, match="paused"):
        gate.sent(reply_to(asked))
    with pytest.raises(PrivacyRefusedError, match="paused"):
        gate.spend(noised(10.0))
    with pytest.raises(PrivacyRefusedError, match="paused"):
        gate.admit(asked)
    assert states(gate) == ["spent", "refused", "refused", "refused"]
    assert not (tmp_path / "egress").exists()
    resume(tmp_path)
    gate.admit(asked)
    gate.sent(reply_to(asked))


def test_a_policy_that_cannot_be_read_lets_nothing_out(open_gate: OpenGate, tmp_path: Path) -> None:
    gate = open_gate("epsilon = 1")
    (tmp_path / "policy.toml").write_text("epsilon = ")
    with pytest.raises(SettingsError):
        gate.admit(question())
    with pytest.raises(SettingsError):
        gate.spend(noised(10.0))


def test_a_changed_ledger_lets_nothing_out(open_gate: OpenGate) -> None:
    gate = open_gate()
    gate.admit(question())
    gate.spend(noised(10.0))
    with gate._ledger.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER ledger_is_not_changed"))
        connection.execute(text("UPDATE ledger SET noise_multiplier = 1000"))
    with pytest.raises(BrokenLedgerError, match="entry 1"):
        gate.spend(noised(10.0))


def test_old_copies_are_removed(open_gate: OpenGate, tmp_path: Path) -> None:
    gate = open_gate("formal_privacy_required = false", "keep_payloads_days = 2")
    asked = question()
    gate.admit(asked)
    gate.sent(reply_to(asked))
    (copy,) = (tmp_path / "egress").iterdir()
    old = time.time() - 3 * 86_400
    os.utime(copy, (old, old))
    later = open_gate("formal_privacy_required = false", "keep_payloads_days = 2")
    later.admit(asked)
    later.sent(reply_to(asked))
    assert [each.name for each in (tmp_path / "egress").iterdir()] == ["4.message"]
    none = open_gate("formal_privacy_required = false", "keep_payloads_days = 0")
    none.admit(asked)
    none.sent(reply_to(asked))
    assert not (tmp_path / "egress" / "6.message").exists()


def run(code: str, home: Path, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home), url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_crash_before_the_answer_counts_as_spent(
    open_gate: OpenGate, tmp_path: Path, url: str
) -> None:
    gate = open_gate("epsilon = 0.45", url=url)
    process = run(DIE, tmp_path, url)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 9, error
    assert states(gate) == ["spent"]
    with pytest.raises(PrivacyRefusedError, match="spent"):
        gate.spend(noised(10.0))


def test_two_processes_share_one_budget(open_gate: OpenGate, tmp_path: Path, url: str) -> None:
    gate = open_gate("epsilon = 1", url=url)
    started = [run(SPEND, tmp_path, url) for _ in range(2)]
    told = [process.communicate(timeout=120) for process in started]
    made = sum(int(output) for output, error in told)
    kind = kind_of(noised(20.0))
    assert epsilon_of(Counts({kind: made}), 1e-5) <= 1 + 1e-4
    assert epsilon_of(Counts({kind: made + 1}), 1e-5) > 1
    assert states(gate).count("spent") == made
    assert gate._ledger.verify() is not None
