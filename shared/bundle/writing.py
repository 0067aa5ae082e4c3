"""Writing a bundle: all of it or nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.bundle import manifest as files
from shared.bundle.bundle import Bundle
from shared.bundle.golden_cases import GoldenCases, invent_cases
from shared.bundle.manifest import Manifest, digest_of
from shared.bundle.signature import SIGNATURE, sign_manifest
from shared.errors import BundleError
from shared.preprocessing.steps import TermsStep


def write_bundle(bundle: Bundle, folder: Path, key: Ed25519PrivateKey | None = None) -> str:
    """Write a bundle into a folder that does not exist yet.

    Parameters
    ----------
    key : Ed25519PrivateKey, optional
        Signs the bundle; without it the bundle is read only where no signature is asked for.

    Returns
    -------
    str
        The bundle's digest: SHA-256 of its manifest, which holds the hash of every other file.

    Raises
    ------
    BundleError
        When the folder exists or the disk refuses; nothing is left behind then.
    """
    if folder.exists():
        raise BundleError(f"{folder} exists already.", "Choose another folder.")
    content = bundle_files(bundle)
    if key is not None:
        content[SIGNATURE] = sign_manifest(key, content[files.MANIFEST])
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".bundle-", dir=folder.parent))
    try:
        for name, data in content.items():
            (temporary / name).write_bytes(data)
        os.replace(temporary, folder)  # noqa: PTH105 - Path.replace refuses no non-empty target
    except OSError as error:
        raise BundleError(f"{folder} cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return digest_of(content[files.MANIFEST])


def bundle_files(bundle: Bundle) -> dict[str, bytes]:
    """Return every file of a bundle by name."""
    parts = {
        files.CONTRACT: bundle.contract.model_dump_json(indent=1),
        files.PREPARATION: bundle.preparation.model_dump_json(),
        files.SUMMARY: bundle.summary.model_dump_json(),
        files.SETTINGS: bundle.settings.model_dump_json(indent=1),
        files.GOLDEN_CASES: golden_cases(bundle).model_dump_json(),
        files.CARD: bundle.card,
    }
    content = {name: text.encode() for name, text in parts.items()}
    if bundle.calibrator is not None:
        content[files.CALIBRATOR] = bundle.calibrator.model_dump_json().encode()
    if bundle.onnx:
        content[files.ONNX] = bundle.onnx
    if bundle.terms:
        content[files.TERMS] = bundle.terms
    content |= bundle.model.to_files(bundle.arrays)
    manifest = Manifest(
        model=bundle.name,
        run=bundle.run,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        contract_hash=bundle.contract.hash,
        files={name: digest_of(data) for name, data in content.items()},
    )
    return {**content, files.MANIFEST: manifest.model_dump_json(indent=1).encode()}


def golden_cases(bundle: Bundle) -> GoldenCases:
    """Invent cases and write down the model's answers."""
    vocabulary = {
        step.feature: step.vocabulary
        for step in bundle.preparation.preprocessor.steps
        if isinstance(step, TermsStep)
    }
    cases = invent_cases(bundle.contract, vocabulary, bundle.settings.seed)
    unanswered = GoldenCases(cases=cases, probabilities=[])
    answers = bundle.predict(unanswered.table(bundle.contract))
    return unanswered.model_copy(update={"probabilities": answers.tolist()})
