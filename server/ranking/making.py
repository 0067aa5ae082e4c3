"""From the ontology and its annotations to a signed engine, ready to deploy."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from server.home import CoordinatorHome
from server.ranking.golden import golden_cases
from shared.annotation_engine import layout
from shared.annotation_engine.compiling import compile_annotations
from shared.annotation_engine.engine import AnnotationEngine, open_engine
from shared.bundle.manifest import TERMS
from shared.bundle.ranking_files import ranking_files
from shared.compiled_terms import compile_terms, read_obo
from shared.contract import TermsFeature
from shared.errors import BundleError, SettingsError
from shared.knowledge.installed import installed_published
from shared.ontology import HPO, HumanPhenotypeOntology

HPOA = "phenotype.hpoa"
KIND = "disease_ranking"
CARD = """\
# {name}

Ranks {diseases} diseases of {systems} by the findings that {source} annotates to them; HPO of
{release}. It has learned from no hospital: `cases` is 0 everywhere, no coverage is stated and
probabilities are not calibrated. Age, onset and sex are not looked at. Annotations are written from
published cases, so that on these very cases the engine looks better than it is.
"""


def make_engine(home: CoordinatorHome, annotations: Path | None, ontology: Path | None) -> Path:
    """Write an engine into a folder of its own below the coordinator's runs.

    Parameters
    ----------
    annotations : Path or None
        HPO's ``phenotype.hpoa``; the one in the coordinator's folder ``ontology/`` without it, or
        else the annotations that hpo3 brings.
    ontology : Path or None
        ``hp.obo``, for synonyms; the one in that folder without it.

    Returns
    -------
    Path
        ``runs/engine-0001/disease_ranking``.

    Raises
    ------
    SettingsError
        When a file cannot be read, or the contract records no findings.
    """
    contract = home.contract()
    if not any(
        isinstance(each, TermsFeature) and each.code_system.upper() == HPO
        for each in contract.recorded.values()
    ):
        raise SettingsError(
            f"The contract {contract.name} records no findings of HPO.",
            'Give it a feature of kind "terms" with code_system = "HPO".',
        )
    known = HumanPhenotypeOntology()
    obo = ontology or _there(home.ontology_file)
    hpoa = annotations or _there(home.ontology_file.with_name(HPOA))
    content = {
        **compile_annotations(installed_published(known, hpoa)),
        TERMS: compile_terms(known, read_obo(obo) if obo is not None else None),
    }
    name = _next_name(home.runs)
    engine = _opened(content)
    card = CARD.format(
        name=name,
        diseases=engine.diseases,
        systems="OMIM and Orphanet",
        source=hpoa.name if hpoa is not None else "the package hpo3",
        release=known.version(),
    )
    files = ranking_files(
        contract,
        layout.KIND,
        {layout.FILE: content[layout.FILE]},
        content[TERMS],
        golden_cases(engine, engine.codes),
        name,
        card,
        home.signing_key(),
    )
    return _written(home.runs / name / KIND, files)


def _opened(content: Mapping[str, bytes]) -> AnnotationEngine:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in content.items():
            (Path(folder) / name).write_bytes(data)
        return open_engine(Path(folder))


def _there(path: Path) -> Path | None:
    return path if path.is_file() else None


def _next_name(runs: Path) -> str:
    taken = [path.name for path in runs.glob("engine-*")] if runs.is_dir() else []
    return f"engine-{1 + max((int(name.partition('-')[2]) for name in taken), default=0):04d}"


def _written(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".engine-", dir=folder.parent))
    try:
        for name, data in files.items():
            (temporary / name).write_bytes(data)
        temporary.rename(folder)
    except OSError as error:
        raise BundleError(f"{folder} cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
