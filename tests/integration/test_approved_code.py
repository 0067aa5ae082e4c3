"""The executor and a real SuperNode's giving out of tasks: what runs, what is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flwr.supercore.constant import TaskType
from flwr.supercore.fab import Fab

from client.executor import Executor
from client.home import POLICY_FILE, NodeHome, NodeSettings
from client.privacy.policy import policy_in_force
from client.supernode import forget_apps
from shared.app_hash import RELEASE_APP_HASH
from shared.contract import load_contract
from shared.processes import free_port, wait_until
from shared.questions import REFUSED
from tests.conftest import REPOSITORY
from tests.foreign_app import app_content, approve_at, write_foreign_app
from tests.integration.lonely_supernode import SuperNode, hash_of, serving

SECRET = b"the executor's own secret"
RELEASE_APP = app_content(REPOSITORY / "server" / "flower_app")[0]


@pytest.fixture
def supernode() -> Iterator[SuperNode]:
    with serving(SECRET) as started:
        yield started


@pytest.fixture
def home(tmp_path: Path) -> NodeHome:
    path = tmp_path / "node"
    for folder in ("flower", "logs", "keys"):
        (path / folder).mkdir(parents=True)
    settings = NodeSettings(
        hospital="lyon",
        federation="Test",
        coordinator="127.0.0.1:1",
        contract_hash=load_contract("heart_disease").hash,
    )
    return NodeHome(path, settings)


@pytest.fixture
def executor(supernode: SuperNode, home: NodeHome) -> Iterator[Executor]:
    policy = policy_in_force(home.path / POLICY_FILE)
    with Executor(home, supernode.address, SECRET, policy) as started:
        yield started


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "marker"


@pytest.fixture
def foreign(tmp_path: Path, marker: Path) -> bytes:
    return app_content(write_foreign_app(tmp_path / "foreign", marker))[0]


def app_log(home: NodeHome) -> str:
    path = home.logs / "app.log"
    return path.read_text() if path.exists() else ""


def test_foreign_code_is_refused_and_never_unpacked(
    supernode: SuperNode, executor: Executor, home: NodeHome, foreign: bytes, marker: Path
) -> None:
    for _ in range(2):
        supernode.receive(foreign)
        executor.step()
        error = supernode.refusal()
        assert error.code == REFUSED
        assert hash_of(foreign) in error.reason
    time.sleep(1)
    assert not marker.exists()
    assert not (home.flower / "apps").exists()
    assert not (home.logs / "app.log").exists()


def test_a_message_that_still_arrives_is_waited_for(
    supernode: SuperNode, executor: Executor, foreign: bytes
) -> None:
    with ThreadPoolExecutor(1) as pool:
        receiving = pool.submit(supernode.receive, foreign, seconds=1.5)
        assert wait_until(lambda: bool(supernode.state.get_tasks()), 10)
        executor.step()
        receiving.result(30)
    assert supernode.refusal().code == REFUSED
    # The SuperNode told the SuperLink that it had the whole message.
    assert len(supernode.confirmed) == 1


def test_approved_code_runs_and_its_answer_is_sent(
    supernode: SuperNode, executor: Executor, home: NodeHome, foreign: bytes, marker: Path
) -> None:
    approve_at(home.path, hash_of(foreign))
    supernode.receive(foreign)
    executor.step()
    answer = supernode.awaited()
    assert not answer.has_error()
    assert marker.exists()
    assert (home.flower / "apps").is_dir()
    forget_apps(home)
    assert not (home.flower / "apps").exists()


def test_approval_taken_back_counts_at_once(
    supernode: SuperNode, executor: Executor, home: NodeHome, foreign: bytes, marker: Path
) -> None:
    approve_at(home.path, hash_of(foreign))
    (home.path / POLICY_FILE).write_text("approved_code = []\n")
    supernode.receive(foreign)
    executor.step()
    assert supernode.refusal().code == REFUSED
    assert not marker.exists()


def test_a_damaged_policy_approves_nothing(
    supernode: SuperNode, executor: Executor, home: NodeHome, foreign: bytes
) -> None:
    (home.path / POLICY_FILE).write_text(f'approved_code = ["{hash_of(foreign)}"\n')
    supernode.receive(foreign)
    executor.step()
    assert supernode.refusal().code == REFUSED


def test_the_releases_own_app_needs_no_approval(
    supernode: SuperNode, executor: Executor, home: NodeHome
) -> None:
    supernode.receive(RELEASE_APP)
    executor.step()
    assert (home.logs / "app.log").is_file()
    assert supernode.answers() == []


def test_content_that_does_not_have_its_hash_is_not_kept(
    supernode: SuperNode, executor: Executor, home: NodeHome, foreign: bytes
) -> None:
    with pytest.raises(ValueError, match="FAB hash mismatch"):
        supernode.receive(foreign, RELEASE_APP_HASH, RELEASE_APP_HASH)
    executor.step()
    assert not (home.logs / "app.log").exists()


@pytest.mark.parametrize("known", [False, True])
def test_a_run_that_claims_the_releases_hash_gets_only_the_releases_app(
    supernode: SuperNode, executor: Executor, home: NodeHome, foreign: bytes, known: bool
) -> None:
    if known:
        supernode.state.store_fab(Fab(RELEASE_APP_HASH, RELEASE_APP, {}))
    supernode.receive(foreign, run_says=RELEASE_APP_HASH)
    executor.step()
    assert wait_until(lambda: "Start `flwr-clientapp`" in app_log(home), 30)
    assert wait_until(lambda: not any(child.running for child in executor._running), 60)
    unpacked = [str(file) for file in (home.flower / "apps").rglob("*.py")]
    assert unpacked == []
    assert (home.flower / "apps").exists() == known


def test_another_kind_of_task_is_refused(
    supernode: SuperNode, executor: Executor, home: NodeHome, foreign: bytes
) -> None:
    approve_at(home.path, hash_of(foreign))
    supernode.receive(foreign, kind=TaskType.AGENT_APP)
    executor.step()
    assert "no task of kind flwr-agentapp" in supernode.refusal().reason


def test_tasks_are_given_to_nobody_else(
    supernode: SuperNode, home: NodeHome, executor: Executor, foreign: bytes
) -> None:
    supernode.receive(foreign)
    policy = policy_in_force(home.path / POLICY_FILE)
    with Executor(home, supernode.address, b"guessed", policy) as stranger:
        stranger.step()
        assert supernode.answers() == []
    executor.step()
    assert supernode.refusal().code == REFUSED


def test_an_executor_waits_for_its_supernode(home: NodeHome) -> None:
    policy = policy_in_force(home.path / POLICY_FILE)
    with Executor(home, f"127.0.0.1:{free_port()}", SECRET, policy) as early:
        early.step()
    assert not (home.logs / "app.log").exists()
