from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest

from client.app import create_client_app
from client.privacy.policy import Policy, policy_in_force, policy_template, read_policy
from client.privacy.policy_file import approve_code
from shared.errors import SettingsError
from shared.questions import EVERY_QUESTION


def test_a_new_nodes_file_says_what_an_absent_one_means(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(policy_template())
    written = read_policy(tmp_path / "policy.toml")
    assert written == read_policy(tmp_path / "absent.toml") == Policy()
    assert written.formal_privacy_required
    assert written.questions == EVERY_QUESTION
    # A person finds every key in the file.
    with_all = policy_template().replace("# questions", "questions").replace("# peers", "peers")
    content = tomllib.loads(with_all)
    assert set(content) == set(Policy.model_fields)
    del content["peers"]
    assert Policy.model_validate(content) == Policy()


def test_a_policy_may_list_every_question_that_is_answered() -> None:
    app = create_client_app(lambda _context: pytest.fail("nothing is asked"))
    answered = {name.removesuffix(".default") for name in app._registered_funcs}
    assert answered == set(EVERY_QUESTION)


@pytest.mark.parametrize(
    "line",
    [
        "epsilon = 0",
        "epsilon = inf",
        "delta = 1",
        "period_days = 0",
        'questions = ["query.identify"]',
        'approved_code = ["abc"]',
        "keep_payloads_days = -1",
        "paused = true",
        "formal_privacy = false",
    ],
)
def test_what_means_nothing_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "policy.toml").write_text(line)
    with pytest.raises(SettingsError, match=line.split()[0]):
        read_policy(tmp_path / "policy.toml")


def test_a_change_is_in_force_at_once_and_a_broken_file_is_not_ignored(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    current = policy_in_force(path)
    assert current() == Policy()
    path.write_text("epsilon = 3")
    assert current().epsilon == 3
    path.write_text("epsilon = 2")
    os.utime(path, (1, 1))
    assert current().epsilon == 2
    path.write_text("epsilon = oh")
    with pytest.raises(SettingsError):
        current()


CODES = ["a" * 64, "b" * 64]


WITH_TABLE = f'epsilon = 2  # ours\n[peers]\nsouth = "{CODES[1]}"\n'


@pytest.mark.parametrize("before", ["", WITH_TABLE, policy_template()])
def test_approving_changes_one_line(tmp_path: Path, before: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(before)
    kept = read_policy(path)
    for code in [*CODES, CODES[0]]:
        approve_code(path, code)
    assert read_policy(path) == kept.model_copy(update={"approved_code": tuple(CODES)})
    comments = [line for line in before.splitlines() if "#" in line]
    assert [line for line in path.read_text().splitlines() if "#" in line] == comments
    assert [each.name for each in tmp_path.iterdir()] == ["policy.toml"]


def test_approving_makes_an_absent_file(tmp_path: Path) -> None:
    approve_code(tmp_path / "policy.toml", CODES[0])
    assert read_policy(tmp_path / "policy.toml").approved_code == (CODES[0],)
    assert "# The privacy budget" in (tmp_path / "policy.toml").read_text()


def test_what_is_no_hash_is_not_approved(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no SHA-256"):
        approve_code(tmp_path / "policy.toml", "latest")
    assert list(tmp_path.iterdir()) == []
