"""From the files of a signed bundle to a model that answers, without the training stack."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from client.serving.answer import ModelIdentity
from shared.bundle import manifest as files
from shared.bundle.golden_cases import GoldenCases
from shared.bundle.manifest import Manifest, digest_of
from shared.bundle.reading import parse, read_files, read_limited, read_manifest
from shared.calibration.calibrator import Calibrator
from shared.compiled_terms import read_terms
from shared.contract import Contract, TermsFeature
from shared.errors import BundleError, JuntosError
from shared.ontology import HPO, Terminology
from shared.preparation import Preparation
from shared.run_settings import RunSettings
from shared.statistics import Summary

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

INPUT, OUTPUT = "features", "probabilities"


@dataclass(frozen=True)
class ServedParts:
    """What a bundle holds, checked.

    Attributes
    ----------
    contract : Contract
        As the run saw it.
    session : InferenceSession
        The model, on one thread.
    calibrator : Calibrator
        One that changes nothing where the bundle has none.
    terminologies : dict of str to Terminology
        By code system, in capitals.
    model_files : dict of str to bytes
        The learned arrays; what explains answers reads them when first asked.
    """

    identity: ModelIdentity
    manifest: Manifest
    contract: Contract
    settings: RunSettings
    preparation: Preparation
    summary: Summary
    session: InferenceSession
    calibrator: Calibrator
    terminologies: dict[str, Terminology]
    model_files: dict[str, bytes]
    golden: GoldenCases

    @property
    def keeps_missing(self) -> bool:
        """Whether missing numbers reach the model as NaN."""
        trees = self.manifest.model == "boosted_trees"
        return trees and self.settings.boosted_trees.keeps_missing


def read_parts(folder: Path, key: Ed25519PublicKey, contract: Contract) -> ServedParts:
    """Read and verify a bundle.

    Parameters
    ----------
    key : Ed25519PublicKey
        Whose signature it must carry.
    contract : Contract
        The hospital's.

    Raises
    ------
    BundleError
        When it is not signed, damaged, of another contract, or has no ONNX file.
    """
    manifest = read_manifest(folder, key)
    content = read_files(folder, manifest)
    seen = parse(Contract, files.CONTRACT, content[files.CONTRACT])
    settings = parse(RunSettings, files.SETTINGS, content[files.SETTINGS])
    preparation = parse(Preparation, files.PREPARATION, content[files.PREPARATION])
    if {seen.hash, manifest.contract_hash} != {preparation.preprocessor.contract_hash}:
        raise BundleError("The parts of this bundle follow different contracts.")
    refuse_other_contract(seen, settings, contract)
    others = {*files.PARTS, *files.ADDED}
    return ServedParts(
        identity=ModelIdentity(
            version=f"{manifest.run}/{manifest.model}",
            digest=digest_of(read_limited(folder / files.MANIFEST)),
            contract_version=contract.version,
            contract_hash=contract.hash,
        ),
        manifest=manifest,
        contract=seen,
        settings=settings,
        preparation=preparation,
        summary=parse(Summary, files.SUMMARY, content[files.SUMMARY]),
        session=open_session(content.get(files.ONNX)),
        calibrator=_calibrator(content.get(files.CALIBRATOR), preparation.classes),
        terminologies=_terminologies(folder, seen, content),
        model_files={name: data for name, data in content.items() if name not in others},
        golden=parse(GoldenCases, files.GOLDEN_CASES, content[files.GOLDEN_CASES]),
    )


def refuse_other_contract(seen: Contract, settings: RunSettings, contract: Contract) -> None:
    """Refuse a model that reads records by another contract than the hospital's.

    A run may look at a part of the contract only; the part must be that of the hospital's.
    """
    try:
        expected = settings.task.contract(contract).hash
    except JuntosError:
        expected = ""
    if seen.hash != expected:
        raise BundleError(
            f"The model reads records by contract {seen.name} {seen.version}, and this hospital "
            f"follows {contract.name} {contract.version}.",
            "Accept the coordinator's contract (`juntos node contract accept`), or use a model of "
            "this one.",
        )


def open_session(content: bytes | None) -> InferenceSession:
    """Open the model; one thread is faster for one patient, and leaves the others to requests."""
    if content is None:
        raise BundleError(
            "The bundle has no ONNX file, so that it cannot answer here: the model was too large "
            "for it.",
            "Ask the coordinator for a smaller model; the model's card says what to lower.",
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # Its warnings would go to the service's error stream in a form of their own.
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # The runtime's errors have no class in common.
        raise BundleError(f"The ONNX file cannot be opened ({type(error).__name__}).") from None
    names = [each.name for each in (*session.get_inputs(), *session.get_outputs())]
    if names != [INPUT, OUTPUT]:
        raise BundleError(f"The ONNX file has other inputs and outputs than {INPUT}, {OUTPUT}.")
    return session


def _calibrator(content: bytes | None, classes: int) -> Calibrator:
    if content is None:
        return Calibrator.identity(classes)
    calibrator = parse(Calibrator, files.CALIBRATOR, content)
    if calibrator.classes != classes:
        raise BundleError(f"{files.CALIBRATOR} is of another number of classes.")
    return calibrator


def _terminologies(
    folder: Path, contract: Contract, content: dict[str, bytes]
) -> dict[str, Terminology]:
    """Return the terms that the bundle brings; they are read from the file itself."""
    systems = {
        feature.code_system.upper()
        for feature in contract.features.values()
        if isinstance(feature, TermsFeature)
    }
    if HPO not in systems:
        return {}
    if files.TERMS not in content:
        raise BundleError(
            f"The bundle has no {files.TERMS}, without which its terms cannot be read here.",
            "Ask the coordinator for a model that was made by this release or a later one.",
        )
    return {HPO: read_terms(folder / files.TERMS)}
