"""What was recorded is there after anything; what cannot be recorded is refused."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from client.audit import AuditQuery, AuditStore, AuditUnavailableError
from tests.postgresql import new_database
from tests.unit.client.audit.predictions import fill, open_store, prediction

# Prints the id of each answer once it is recorded, as a server would give the answer.
WRITE = """
import sys
from tests.unit.client.audit.predictions import open_store, prediction
store = open_store(sys.argv[1])
while True:
    made = prediction(patient="p1")
    store.record(made)
    print(made.id, flush=True)
"""

# Files may grow to so many bytes: the disk of this process is then full.
FULL_DISK = """
import resource, signal, sys
from client.audit import AuditUnavailableError
from tests.unit.client.audit.predictions import open_store, prediction
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = open_store(sys.argv[1])
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
try:
    while True:
        made = prediction()
        store.record(made)
        print(made.id, flush=True)
except AuditUnavailableError as error:
    print("refused:", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
made = prediction()
store.record(made)
print(made.id)
store.close()
"""


def start(program: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, url], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )


def test_a_killed_process_loses_no_answer_that_it_gave(url: str) -> None:
    given: list[str] = []
    with start(WRITE, url) as writer:
        assert writer.stdout
        for line in writer.stdout:
            given.append(line.strip())
            if len(given) == 40:
                writer.kill()
    store = open_store(url)
    recorded = {each.id for each in store.every(AuditQuery())}
    assert {each for each in given if len(each) == 36} <= recorded
    fill(store, 1)
    store.bind()
    assert store.verify().entries == len(recorded) + 2
    store.close()


def test_nothing_is_given_out_on_a_full_disk_and_all_is_well_after(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with start(FULL_DISK, url) as writer:
        said, _ = writer.communicate()
    lines = said.splitlines()
    [refusal] = [each for each in lines if each.startswith("refused")]
    assert "audit store is unavailable" in refusal
    given = [each for each in lines if each != refusal]
    assert len(given) > 10
    store = open_store(url)
    assert [each.id for each in store.every(AuditQuery())] == given
    store.verify()
    store.close()


def test_nothing_is_given_out_while_the_database_is_gone(postgresql: str) -> None:
    url = new_database(postgresql)
    store = open_store(url)
    [first] = fill(store, 1)
    name = url.rpartition("/")[2]
    server = postgresql.replace("+psycopg", "") + "postgres"
    with psycopg.connect(server, autocommit=True) as administrator:
        end_sessions(administrator, name)
        administrator.execute(f"ALTER DATABASE {name} RENAME TO {name}_away".encode())
        with pytest.raises(AuditUnavailableError, match="unavailable"):
            store.record(prediction())
        with pytest.raises(AuditUnavailableError):
            store.check()
        administrator.execute(f"ALTER DATABASE {name}_away RENAME TO {name}".encode())
    [second] = fill(store, 1)
    assert [each.id for each in store.every(AuditQuery())] == [first.id, second.id]
    assert store.verify().entries == 2
    store.close()


def end_sessions(administrator: psycopg.Connection, name: str) -> None:
    administrator.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
    )


def test_a_restarted_database_costs_no_answer(postgresql: str) -> None:
    url = new_database(postgresql)
    store = open_store(url)
    fill(store, 1)
    server = postgresql.replace("+psycopg", "") + "postgres"
    with psycopg.connect(server, autocommit=True) as administrator:
        end_sessions(administrator, url.rpartition("/")[2])
    fill(store, 1)
    assert store.verify().entries == 2
    store.close()


@pytest.mark.parametrize("largest_group", [1, 8])
def test_threads_share_a_chain(url: str, largest_group: int) -> None:
    store = open_store(url, largest_group)
    made = [[prediction() for _ in range(10)] for _ in range(8)]

    def record(mine: int) -> None:
        for each in made[mine]:
            store.record(each)
            assert store.get(each.id)

    threads = [threading.Thread(target=record, args=(each,)) for each in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert store.waiting == 0
    found = store.verify()
    assert (found.entries, found.chains) == (80, 1)
    store.close()


def test_an_answer_that_cannot_be_written_does_not_hold_up_the_others(store: AuditStore) -> None:
    with pytest.raises(TypeError):
        store.record(prediction(input={"age": object()}))
    fill(store, 1)
    assert store.verify().entries == 1


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("largest_group", [1, 8])
def test_tasks_share_a_chain(
    url: str, largest_group: int, quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("client.audit.chain_writer.QUICK_SECONDS", float("inf") if quick else 0.0)
    store = open_store(url, largest_group)

    async def record() -> None:
        made = prediction()
        await store.recorded([made])
        assert store.get(made.id)

    async def all_of_them() -> None:
        await asyncio.gather(*(record() for _ in range(40)))

    asyncio.run(all_of_them())
    fill(store, 1)
    found = store.verify()
    assert (found.entries, found.chains) == (41, 1)
    store.close()


def test_tasks_wait_beside_each_other_while_another_program_holds_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("client.audit.chain_writer.QUICK_SECONDS", float("inf"))
    store = open_store(f"sqlite:///{tmp_path / 'ledger.db'}", 8)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)

    async def ask() -> int:
        await store.recorded([prediction()])
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(store.recorded([prediction()])) for _ in range(3)]
        turns = 0
        for _ in range(20):
            await asyncio.sleep(0.005)
            turns += not any(each.done() for each in waiting)
        other.execute("ROLLBACK")
        await asyncio.gather(*waiting)
        return turns

    # The loop went on although nothing could be written.
    assert asyncio.run(ask()) == 20
    other.close()
    assert store.verify().entries == 4
    store.close()


def test_an_answer_that_is_there_already_does_not_take_others_with_it(url: str) -> None:
    store = open_store(url, 8)
    [first] = fill(store, 1)

    async def together() -> list[object]:
        made = [prediction(), prediction(id=first.id), prediction()]
        return await asyncio.gather(
            *(store.recorded([each]) for each in made), return_exceptions=True
        )

    before, twice, after = asyncio.run(together())
    assert before is None
    assert after is None
    assert isinstance(twice, AuditUnavailableError)
    assert store.verify().entries == 3
    store.close()


def test_processes_write_at_once(url: str) -> None:
    # The first makes the tables.
    open_store(url).close()
    program = WRITE.replace("while True:", "for _ in range(20):")
    writers = [start(program, url) for _ in range(2)]
    given = [each.communicate()[0].split() for each in writers]
    store = open_store(url)
    assert {each.id for each in store.every(AuditQuery())} == {
        one for each in given for one in each
    }
    store.bind()
    assert store.verify().entries == 41
    store.close()
