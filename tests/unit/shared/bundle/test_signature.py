"""A signed bundle is the coordinator's byte for byte, or it is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from server.bundling import write_bundles
from shared.bundle import manifest as files
from shared.bundle import read_bundle
from shared.bundle.manifest import digest_of
from shared.bundle.signature import SIGNATURE
from shared.contract import Contract
from shared.errors import BundleError
from shared.run_settings import run_settings
from simulations.in_process import run_in_process
from tests.conftest import learnable_records

SAMPLED_BYTES = 300
SETTINGS = {
    "models": ["random_forest"],
    "random_forest": {"trees": 2},
    "minimum_hospitals": 1,
    "compare_alone": False,
}


@pytest.fixture(scope="module")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def signed(
    contract: Contract, key: Ed25519PrivateKey, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A small bundle as a run writes it."""
    settings = run_settings(SETTINGS, [], "test")
    result = run_in_process(contract, {"north": learnable_records(contract, 60, 1)}, settings)
    folder = tmp_path_factory.mktemp("bundles")
    return write_bundles(folder, "run-0001", settings, result, key)["random_forest"]


@pytest.fixture
def bundle(signed: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(signed, tmp_path / "bundle"))


def flipped(content: bytes, position: int, mask: int) -> bytes:
    return content[:position] + bytes([content[position] ^ mask]) + content[position + 1 :]


def test_a_signed_bundle_is_read(signed: Path, key: Ed25519PrivateKey) -> None:
    assert read_bundle(signed, key.public_key()).run == "run-0001"
    assert read_bundle(signed).run == "run-0001"


def test_one_changed_byte_of_any_file_is_refused(bundle: Path, key: Ed25519PrivateKey) -> None:
    public, generator = key.public_key(), np.random.default_rng(20)
    assert {files.MANIFEST, SIGNATURE, *files.PARTS} <= {file.name for file in bundle.iterdir()}
    for file in bundle.iterdir():
        content = file.read_bytes()
        positions = range(len(content))
        if len(content) > SAMPLED_BYTES:
            drawn = generator.choice(len(content), SAMPLED_BYTES, replace=False)
            positions = [0, len(content) - 1, *drawn]  # type: ignore[assignment]
        for position in positions:
            file.write_bytes(flipped(content, position, 1 << int(generator.integers(8))))
            with pytest.raises(BundleError):
                read_bundle(bundle, public)
        file.write_bytes(content)
    assert read_bundle(bundle, public).run == "run-0001"


def other_card(bundle: Path) -> None:
    """Change a file and make the manifest fit, as somebody would who can write files."""
    (bundle / files.CARD).write_text("It is perfect.")
    manifest = json.loads((bundle / files.MANIFEST).read_text())
    manifest["files"][files.CARD] = digest_of(b"It is perfect.")
    (bundle / files.MANIFEST).write_text(json.dumps(manifest))


SPOILS: dict[str, Callable[[Path], object]] = {
    "no signature": lambda bundle: (bundle / SIGNATURE).unlink(),
    "empty signature": lambda bundle: (bundle / SIGNATURE).write_bytes(b""),
    "longer signature": lambda bundle: (bundle / SIGNATURE).write_bytes(
        (bundle / SIGNATURE).read_bytes() + b"\0"
    ),
    "another manifest": other_card,
    "added file": lambda bundle: (bundle / "extra.py").write_text("import os"),
    "added folder": lambda bundle: (bundle / "extra").mkdir(),
    "missing card": lambda bundle: (bundle / files.CARD).unlink(),
    "missing manifest": lambda bundle: (bundle / files.MANIFEST).unlink(),
    "linked file": lambda bundle: (
        shutil.move(bundle / files.CARD, bundle.parent / "card"),
        (bundle / files.CARD).symlink_to(bundle.parent / "card"),
    ),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_spoilt_bundle_is_refused(bundle: Path, key: Ed25519PrivateKey, spoil: str) -> None:
    SPOILS[spoil](bundle)
    with pytest.raises(BundleError):
        read_bundle(bundle, key.public_key())


def test_hashes_alone_do_not_find_a_bundle_written_anew(
    bundle: Path, key: Ed25519PrivateKey
) -> None:
    other_card(bundle)
    assert read_bundle(bundle).card == "It is perfect."
    with pytest.raises(BundleError, match="not the one this federation's coordinator signed"):
        read_bundle(bundle, key.public_key())


def test_another_key_is_refused(signed: Path) -> None:
    stranger: Ed25519PublicKey = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(BundleError, match="not the one this federation's coordinator signed"):
        read_bundle(signed, stranger)


def test_a_signature_of_another_purpose_is_refused(bundle: Path, key: Ed25519PrivateKey) -> None:
    (bundle / SIGNATURE).write_bytes(key.sign((bundle / files.MANIFEST).read_bytes()))
    with pytest.raises(BundleError, match="not the one"):
        read_bundle(bundle, key.public_key())
