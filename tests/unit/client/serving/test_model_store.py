"""The store of models: what gets in, what answers, and how one goes back."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.serving.incoming import files_of
from client.serving.model_store import ModelStore, NoModelError
from client.serving.settings import ServingSettings
from client.serving.state_changes import activated, forgotten, rolled_back, with_model
from client.serving.store_state import Kept, StateFile, StoreState
from shared.bundle import Bundle
from shared.bundle import manifest as files
from shared.bundle.manifest import Manifest, digest_of
from shared.bundle.signature import SIGNATURE, sign_manifest
from shared.errors import BundleError
from tests.unit.client.serving.bundles import CONTRACT, cases_of, records_of, write_signed
from tests.unit.client.serving.conftest import PATIENT, SIGNING_KEY, bundle_of

CASES = cases_of(CONTRACT, records_of(CONTRACT, rows=12, seed=8))


def opened(folder: Path, settings: ServingSettings = PATIENT) -> ModelStore:
    return ModelStore(folder, SIGNING_KEY.public_key(), CONTRACT, settings)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return opened(tmp_path / "models")


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Bundles of one kind that differ in what they say."""
    base = tmp_path_factory.mktemp("versions")
    bundle = bundle_of("neural_network")
    for number in range(4):
        arrays = {name: array * (1 + 0.2 * number) for name, array in bundle.arrays.items()}
        changed = remade(bundle, replace(bundle, arrays=arrays, run=f"run-{number}"))
        write_signed(changed, base / str(number), SIGNING_KEY)
    return [base / str(number) for number in range(4)]


def remade(bundle: Bundle, changed: Bundle) -> Bundle:
    """Export the changed model anew."""
    from server.bundling import with_onnx

    assert bundle.onnx
    return with_onnx(replace(changed, onnx=b""))


def test_an_empty_store_says_what_to_do(store: ModelStore) -> None:
    with pytest.raises(NoModelError, match="juntos node models install"):
        _ = store.active
    assert store.shadow is None
    assert store.models() == []
    for change in (store.pin, store.unpin, store.rollback, store.end_shadow):
        with pytest.raises(BundleError):
            change()


def test_what_was_installed_answers_also_after_a_start_anew(
    store: ModelStore, versions: list[Path]
) -> None:
    installed = store.install(versions[0], label="everything.neural_network version 1")
    assert (installed.role, installed.version, installed.pinned) == (
        "active",
        "run-0/neural_network",
        False,
    )
    again = opened(store.folder)
    assert again.active.answer(CASES[0]) == store.active.answer(CASES[0])
    assert again.active.identity.digest == installed.digest
    assert store.install(versions[0]).digest == installed.digest
    assert len(store.models()) == 1


def test_going_back_pins_until_an_administrator_unpins(
    store: ModelStore, versions: list[Path]
) -> None:
    store.install(versions[0], source="coordinator")
    store.install(versions[1], source="coordinator")
    assert store.active.identity.version == "run-1/neural_network"
    back = store.rollback()
    assert (back.version, back.pinned, back.role) == ("run-0/neural_network", True, "active")
    assert store.active.identity.version == "run-0/neural_network"
    for source in ("coordinator", "folder"):
        with pytest.raises(BundleError, match="pinned to run-0/neural_network") as refused:
            store.install(versions[2], source=source)
        assert "juntos node models unpin" in str(refused.value)
    assert opened(store.folder).is_pinned
    store.install(versions[2], shadow=True)
    assert store.active.identity.version == "run-0/neural_network"
    store.unpin()
    store.install(versions[2], source="coordinator")
    assert store.active.identity.version == "run-2/neural_network"
    assert store.rollback().version == "run-0/neural_network"
    with pytest.raises(BundleError, match="no earlier model"):
        store.rollback()
    assert [event.what for event in store.events()] == [
        "installed",
        "installed",
        "rolled_back",
        "refused",
        "refused",
        "shadow",
        "unpinned",
        "installed",
        "rolled_back",
    ]


def test_a_challenger_answers_beside_and_becomes_active_when_deployed(
    store: ModelStore, versions: list[Path]
) -> None:
    store.install(versions[0])
    assert store.shadow_answer(CASES[0]) is None
    store.install(versions[1], shadow=True)
    both = store.in_service
    assert both.active is not None
    assert both.shadow is not None
    assert both.active.identity.version == "run-0/neural_network"
    beside = store.shadow_answer(CASES[0])
    assert beside is not None
    assert beside.model.version == "run-1/neural_network"
    with pytest.raises(BundleError, match="its own challenger"):
        store.install(versions[0], shadow=True)
    store.install(versions[1])
    assert store.active.identity.version == "run-1/neural_network"
    assert store.shadow is None
    store.install(versions[2], shadow=True)
    store.end_shadow()
    assert store.shadow is None
    assert {each.role for each in store.models()} == {"active", "kept"}


def test_another_process_follows(store: ModelStore, versions: list[Path]) -> None:
    other = opened(store.folder)
    store.install(versions[0])
    assert other.refresh()
    assert not other.refresh()
    assert other.active.identity.version == "run-0/neural_network"
    kept = other.active
    store.pin()
    assert other.refresh()
    assert other.active is kept
    watching = opened(store.folder)
    watching.watch()
    store.unpin()
    store.install(versions[1])
    for _ in range(200):
        if watching.active.identity.version == "run-1/neural_network":
            break
        threading.Event().wait(0.05)
    assert watching.active.identity.version == "run-1/neural_network"
    watching.close()


def test_a_swap_under_load_loses_and_mixes_nothing(store: ModelStore, versions: list[Path]) -> None:
    expected = {}
    for folder in versions[:2]:
        store.install(folder)
        model = store.active
        expected[model.identity.version] = [model.answer(case).ranked for case in CASES]
    assert len({str(each) for each in expected.values()}) == 2
    ended, found, failures = threading.Event(), [0], []

    def ask() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            try:
                answer = store.active.answer(CASES[number % len(CASES)])
                if answer.ranked != expected[answer.model.version][number % len(CASES)]:
                    failures.append(answer.model.version)
            except Exception as error:  # a lost request is what this looks for
                failures.append(repr(error))
            found[0] += 1

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    seen = [store.install(versions[number % 2]).version for number in range(6)]
    ended.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert found[0] > 0
    assert set(seen) == set(expected)


def resigned(folder: Path, name: str, content: bytes, key: Ed25519PrivateKey) -> None:
    """Change a file as somebody would who has the key."""
    (folder / name).write_bytes(content)
    manifest = Manifest.model_validate_json((folder / files.MANIFEST).read_bytes())
    listed = {**manifest.files, name: digest_of(content)}
    text = manifest.model_copy(update={"files": listed}).model_dump_json().encode()
    (folder / files.MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_bytes(sign_manifest(key, text))


def without_onnx(folder: Path) -> None:
    (folder / files.ONNX).unlink()
    manifest = Manifest.model_validate_json((folder / files.MANIFEST).read_bytes())
    listed = {name: each for name, each in manifest.files.items() if name != files.ONNX}
    text = manifest.model_copy(update={"files": listed}).model_dump_json().encode()
    (folder / files.MANIFEST).write_bytes(text)
    (folder / SIGNATURE).write_bytes(sign_manifest(SIGNING_KEY, text))


def spoil(folder: Path, way: str) -> None:
    onnx = (folder / files.ONNX).read_bytes()
    if way == "a changed model":
        (folder / files.ONNX).write_bytes(onnx[:-4] + b"\x00\x01\x02\x03")
    elif way == "a cut file":
        (folder / files.ONNX).write_bytes(onnx[: len(onnx) // 2])
    elif way == "a missing file":
        (folder / files.SUMMARY).unlink()
    elif way == "an added file":
        (folder / "more.py").write_text("import os")
    elif way == "no signature":
        (folder / SIGNATURE).unlink()
    elif way == "another key":
        manifest = (folder / files.MANIFEST).read_bytes()
        other = Ed25519PrivateKey.generate()
        (folder / SIGNATURE).write_bytes(sign_manifest(other, manifest))
    elif way == "a changed manifest":
        text = (folder / files.MANIFEST).read_text().replace("run-1", "run-9")
        (folder / files.MANIFEST).write_text(text)
    elif way == "no ONNX file":
        without_onnx(folder)
    elif way == "other answers":
        golden = json.loads((folder / files.GOLDEN_CASES).read_text())
        golden["probabilities"][3] = golden["probabilities"][3][::-1]
        resigned(folder, files.GOLDEN_CASES, json.dumps(golden).encode(), SIGNING_KEY)
    elif way == "no ONNX at all":
        resigned(folder, files.ONNX, b"something else", SIGNING_KEY)
    elif way == "a link":
        card = folder / files.CARD
        card.unlink()
        card.symlink_to("/etc/hostname")
    else:
        shutil.rmtree(folder)


REFUSALS = {
    "a changed model": "model.onnx was changed",
    "a cut file": "model.onnx was changed",
    "a missing file": "does not hold the files it lists",
    "an added file": "does not hold the files it lists",
    "no signature": "not signed",
    "another key": "not the one this federation's coordinator signed",
    "a changed manifest": "not the one this federation's coordinator signed",
    "no ONNX file": "too large",
    "other answers": "does not give the answers its bundle promises",
    "no ONNX at all": "cannot be opened",
    "a link": "not a plain file",
    "no folder": "no folder of a bundle",
}


@pytest.mark.parametrize("way", REFUSALS)
def test_a_bundle_that_cannot_be_trusted_changes_nothing(
    tmp_path: Path, store: ModelStore, versions: list[Path], way: str
) -> None:
    store.install(versions[0])
    before = store.active
    folder = tmp_path / "bad"
    shutil.copytree(versions[1], folder)
    spoil(folder, way)
    with pytest.raises(BundleError, match=REFUSALS[way]):
        store.install(folder)
    assert store.active is before
    assert len(store.models()) == 1
    assert len(list((store.folder / "versions").iterdir())) == 1
    assert not list(store.folder.glob(".incoming-*"))
    assert store.events()[-1].what == "refused"
    assert opened(store.folder).active.identity == before.identity


def test_a_model_that_was_changed_in_the_store_is_never_served(
    store: ModelStore, versions: list[Path]
) -> None:
    digest = store.install(versions[0]).digest
    onnx = store.folder / "versions" / digest / files.ONNX
    good = onnx.read_bytes()
    onnx.write_bytes(good[:-1] + b"\x00")
    again = opened(store.folder)
    with pytest.raises(NoModelError, match=r"model\.onnx was changed"):
        _ = again.active
    # The process that has it in memory goes on; installing it anew mends the store.
    assert store.active.identity.digest == digest
    store.install(versions[0])
    assert opened(store.folder).active.identity.digest == digest


def test_a_model_that_is_not_the_one_that_was_installed_is_never_served(
    store: ModelStore, versions: list[Path]
) -> None:
    first, second = (store.install(folder).digest for folder in versions[:2])
    kept = store.folder / "versions"
    shutil.rmtree(kept / second)
    shutil.copytree(kept / first, kept / second)
    with pytest.raises(NoModelError, match="not the one that was installed"):
        _ = opened(store.folder).active


def test_going_back_to_a_spoilt_model_changes_nothing(
    store: ModelStore, versions: list[Path]
) -> None:
    first = store.install(versions[0]).digest
    store.install(versions[1])
    (store.folder / "versions" / first / files.CARD).write_text("other")
    with pytest.raises(BundleError, match=r"card\.md was changed"):
        store.rollback()
    assert store.active.identity.version == "run-1/neural_network"
    assert not store.is_pinned


def test_a_slow_model_is_refused(tmp_path: Path, versions: list[Path]) -> None:
    hasty = ServingSettings(latency_limit=1e-9)
    with pytest.raises(BundleError, match="ms are allowed") as refused:
        opened(tmp_path / "models", hasty).install(versions[0])
    assert "latency_limit" in str(refused.value)


def test_names_that_lead_elsewhere_are_refused(store: ModelStore, versions: list[Path]) -> None:
    for name in ("../escape", "/etc/x", ".hidden", "a/b", "a\\b", ""):
        with pytest.raises(BundleError, match="leads elsewhere"):
            store.install({**files_of(versions[0]), name: b"x"})
    with pytest.raises(BundleError, match="too many files"):
        store.install({str(number): b"x" for number in range(99)})


def test_a_damaged_state_is_said(store: ModelStore, versions: list[Path]) -> None:
    store.install(versions[0])
    state = StateFile(store.folder)
    state.path.write_text("{")
    again = opened(store.folder)
    with pytest.raises(NoModelError, match="Restore it from a backup"):
        _ = again.active


def test_old_models_are_forgotten_but_none_in_use(tmp_path: Path, versions: list[Path]) -> None:
    few = PATIENT.model_copy(update={"kept_versions": 1})
    store = opened(tmp_path / "models", few)
    digests = [store.install(folder).digest for folder in versions]
    held = {path.name for path in (store.folder / "versions").iterdir()}
    assert held == set(digests[2:])
    assert store.rollback().digest == digests[2]
    with pytest.raises(BundleError, match="no earlier model"):
        store.rollback()


def test_what_a_killed_process_left_goes(store: ModelStore, versions: list[Path]) -> None:
    orphan = store.folder / "versions" / ("0" * 64)
    shutil.copytree(versions[3], orphan)
    halfway = store.folder / ".incoming-old"
    halfway.mkdir()
    os.utime(halfway, (0, 0))
    busy = store.folder / ".incoming-now"
    busy.mkdir()
    store.install(versions[0])
    assert not orphan.exists()
    assert not halfway.exists()
    assert busy.exists()


def test_a_disk_that_refuses_changes_nothing(
    store: ModelStore, versions: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.install(versions[0])
    store.install(versions[1])
    state = StateFile(store.folder).read()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for change in (store.pin, store.rollback, lambda: store.install(versions[2])):
        with pytest.raises(BundleError, match="No space left"):
            change()
    assert StateFile(store.folder).read() == state
    assert store.active.identity.version == "run-1/neural_network"
    assert not [path for path in store.folder.iterdir() if "partial" in path.name]


def kept(digest: str) -> Kept:
    return Kept(version=digest, digest=digest, installed_at="2026-01-01T00:00:00", source="folder")


def test_what_was_never_active_is_forgotten_first() -> None:
    state = StoreState()
    for digest in "abcde":
        state = with_model(state, kept(digest))
        if digest in "ace":
            state = activated(state, digest)
    assert state.earlier == ["a", "c"]
    state = forgotten(state, 2)
    assert list(state.models) == ["a", "c", "e"]
    assert rolled_back(state).active == "c"
    assert rolled_back(rolled_back(state)).active == "a"
