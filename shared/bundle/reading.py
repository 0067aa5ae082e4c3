"""Reading a bundle that may come from anywhere: checked in full before it answers anything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ValidationError

from shared.bundle import manifest as files
from shared.bundle.bundle import Bundle
from shared.bundle.golden_cases import GoldenCases
from shared.bundle.manifest import Manifest, digest_of
from shared.bundle.signature import SIGNATURE, check_signature
from shared.calibration import Calibrator
from shared.contract import Contract
from shared.errors import BundleError
from shared.preparation import Preparation
from shared.run_settings import RunSettings
from shared.statistics import Summary

MAXIMUM_FILE_BYTES = 512 * 1024 * 1024

Part = TypeVar("Part", bound=BaseModel)


def read_bundle(folder: Path, key: Ed25519PublicKey | None = None) -> Bundle:
    """Read, verify and try out a bundle.

    Parameters
    ----------
    key : Ed25519PublicKey, optional
        Whose signature it must carry. Without it the hashes find damage, but not a bundle that
        somebody wrote anew.

    Raises
    ------
    BundleError
        When a file is missing, added, changed or malformed, when the bundle is not signed with
        `key`, or when the model does not give the answers its golden cases promise.
    """
    manifest = read_manifest(folder, key)
    content = read_files(folder, manifest)
    bundle = assemble(manifest, content)
    golden = parse(GoldenCases, files.GOLDEN_CASES, content[files.GOLDEN_CASES])
    golden.check(bundle.predict(golden.table(bundle.contract)))
    return bundle


def read_manifest(folder: Path, key: Ed25519PublicKey | None = None) -> Manifest:
    """Read the list of files; nothing in it is looked at before its signature was."""
    path, signature = folder / files.MANIFEST, folder / SIGNATURE
    if not path.is_file():
        raise BundleError(f"{folder} is no bundle: it has no {files.MANIFEST}.")
    content = read_limited(path)
    if key is not None:
        check_signature(key, content, read_limited(signature) if signature.exists() else None)
    return parse(Manifest, files.MANIFEST, content)


def read_files(folder: Path, manifest: Manifest) -> dict[str, bytes]:
    """Read exactly the files the manifest lists, and compare their hashes."""
    present = {path.name for path in folder.iterdir()} - {files.MANIFEST, SIGNATURE}
    if present != set(manifest.files):
        difference = ", ".join(sorted(present ^ set(manifest.files)))
        raise BundleError(f"{folder} does not hold the files it lists: {difference}.")
    if missing := set(files.PARTS) - present:
        raise BundleError(f"{folder} lacks {', '.join(sorted(missing))}.")
    content = {name: read_limited(folder / name) for name in manifest.files}
    for name, digest in manifest.files.items():
        if digest_of(content[name]) != digest:
            raise BundleError(f"{name} was changed after the bundle was made.", "Fetch it again.")
    return content


def read_limited(path: Path) -> bytes:
    """Read a plain file of bounded size."""
    if path.is_symlink() or not path.is_file():
        raise BundleError(f"{path.name} is not a plain file.")
    if path.stat().st_size > MAXIMUM_FILE_BYTES:
        raise BundleError(f"{path.name} is over {MAXIMUM_FILE_BYTES} bytes.")
    return path.read_bytes()


def parse(schema: type[Part], name: str, data: bytes) -> Part:
    """Read one JSON file of a bundle."""
    try:
        return schema.model_validate_json(data)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])
        raise BundleError(f"{name} is malformed (at {place or 'the top'}).") from None


def assemble(manifest: Manifest, content: dict[str, bytes]) -> Bundle:
    """Put the parts together and check that they belong to each other."""
    contract = parse(Contract, files.CONTRACT, content[files.CONTRACT])
    preparation = parse(Preparation, files.PREPARATION, content[files.PREPARATION])
    hashes = {contract.hash, manifest.contract_hash, preparation.preprocessor.contract_hash}
    if len(hashes) != 1:
        raise BundleError("The parts of this bundle follow different contracts.")
    bundle = Bundle(
        name=manifest.model,
        run=manifest.run,
        contract=contract,
        settings=parse(RunSettings, files.SETTINGS, content[files.SETTINGS]),
        preparation=preparation,
        summary=parse(Summary, files.SUMMARY, content[files.SUMMARY]),
        arrays={},
        card=content[files.CARD].decode(),
    )
    if files.CALIBRATOR in content:
        calibrator = parse(Calibrator, files.CALIBRATOR, content[files.CALIBRATOR])
        if calibrator.classes != preparation.classes:
            raise BundleError(f"{files.CALIBRATOR} is of another number of classes.")
        bundle = replace(bundle, calibrator=calibrator)
    bundle = replace(bundle, onnx=content.get(files.ONNX, b""), terms=content.get(files.TERMS, b""))
    others = {*files.PARTS, *files.ADDED}
    model_files = {name: data for name, data in content.items() if name not in others}
    arrays = bundle.model.from_files(model_files)
    return replace(bundle, arrays=arrays)
