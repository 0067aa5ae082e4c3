"""From a run's result to bundles on disk."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.card import model_card
from server.federation_result import FederationResult
from shared.bundle import Bundle, read_bundle, write_bundle
from shared.compiled_terms import compile_terms, read_obo
from shared.contract import Contract, TermsFeature
from shared.errors import BundleError
from shared.onnx_export import export_onnx, sample_rows
from shared.ontology import HPO, HumanPhenotypeOntology
from shared.run_settings import ModelName, RunSettings

log = logging.getLogger("juntos.coordinator")


def write_bundles(
    folder: Path,
    run: str,
    settings: RunSettings,
    result: FederationResult,
    key: Ed25519PrivateKey | None = None,
    ontology: Path | None = None,
) -> dict[ModelName, Path]:
    """Write one bundle per model into a folder of the run, and read each back to be sure of it.

    Parameters
    ----------
    key : Ed25519PrivateKey, optional
        Signs the bundles.
    ontology : Path, optional
        ``hp.obo`` of an HPO release, for synonyms and merged numbers.
    """
    written = {}
    terms = terms_of(result.contract, ontology)
    for name, arrays in result.models.items():
        bundle = Bundle(
            name=name,
            run=run,
            contract=result.contract,
            settings=settings,
            preparation=result.preparation,
            summary=result.summary,
            arrays=arrays,
            card=model_card(run, name, result),
            calibrator=result.calibrators.get(name),
            terms=terms,
        )
        # Of a process of this run that was killed before it could say that it was done.
        shutil.rmtree(folder / name, ignore_errors=True)
        write_bundle(with_onnx(bundle), folder / name, key)
        read_bundle(folder / name, None if key is None else key.public_key())
        written[name] = folder / name
    return written


def terms_of(contract: Contract, ontology: Path | None) -> bytes:
    """Return what hospitals need to know of HPO to answer; empty where no record holds its terms.

    Parameters
    ----------
    ontology : Path, optional
        Where ``hp.obo`` may be.
    """
    systems = {
        feature.code_system.upper()
        for feature in contract.features.values()
        if isinstance(feature, TermsFeature)
    }
    if HPO not in systems:
        return b""
    words = read_obo(ontology) if ontology is not None and ontology.is_file() else None
    return compile_terms(HumanPhenotypeOntology(), words)


def with_onnx(bundle: Bundle) -> Bundle:
    """Return the bundle with the model as ONNX; without it, saying so, where that cannot be."""
    model = bundle.model
    sample = sample_rows(model.columns, bundle.settings.seed, missing=model.keeps_missing)
    try:
        content = export_onnx(
            model, bundle.arrays, sample, maximum_bytes=bundle.settings.maximum_onnx_bytes
        )
    except BundleError as error:
        log.warning("No ONNX file: %s", error)
        return replace(bundle, card=f"{bundle.card}- No ONNX file: {error.what}\n")
    return replace(bundle, onnx=content)
