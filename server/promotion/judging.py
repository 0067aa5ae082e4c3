"""From a run in the coordinator's folder to a candidate, and to a decision about it."""

from __future__ import annotations

import datetime

from server.approvals import ApprovalStore
from server.database import now
from server.home import CoordinatorHome
from server.promotion.candidate import Candidate, NamedModel
from server.promotion.candidate_store import CandidateStore
from server.promotion.decision import Decision
from server.promotion.evidence import Evidence, SignatureEvidence
from server.promotion.gate import judge
from server.promotion.gathering import EVIDENCE_FILE, read_evidence
from server.promotion.policy import read_policy
from server.promotion.registry import Registry
from server.promotion.sign_off_store import SignOffStore
from server.promotion.tries import TryStore
from server.review.acceptance import Acceptance
from server.review.keeping import REVIEW_FILE, read_review
from server.run_store import RunStore, StoredRun
from shared.bundle import manifest as files
from shared.bundle.manifest import digest_of
from shared.bundle.reading import read_bundle
from shared.run_settings import ModelName


def candidate_of(home: CoordinatorHome, run: StoredRun, registry: Registry) -> Candidate | None:
    """Return the candidate that a run brings; None where it brings none.

    A run brings one where it ended with a registered model and with evidence, which reviewed runs
    and runs of sums leave.
    """
    brings = run.settings.review.enabled or run.settings.privacy.only_sums
    if run.result is None or not brings or not (home.runs / run.id / EVIDENCE_FILE).is_file():
        return None
    kind = chosen_kind(home, run)
    registered = run.result.get("registered", {}).get(kind)
    if registered is None:
        return None
    folder = home.runs / run.id / kind
    digest = digest_of((folder / files.MANIFEST).read_bytes())
    inputs = read_bundle(folder, home.signing_key().public_key()).contract.hash
    label = f"{registered['name']} version {registered['version']}"
    return Candidate(
        id=run.id,
        model=NamedModel(label=label, digest=digest),
        kind=kind,
        version=next_version(CandidateStore(home.engine()).all(), inputs),
        inputs=inputs,
        state="trained",
        since=now(),
        revision=1,
        former=compared_with(home, run.id, registry),
    )


def compared_with(home: CoordinatorHome, run: str, registry: Registry) -> NamedModel | None:
    """Return the model that a run was compared with; without a digest if it is in use no more."""
    champion, in_use = read_evidence(home.runs / run, run).champion, registry.in_use()
    if in_use is not None and in_use.label == champion:
        return in_use
    return NamedModel(label=champion, digest="") if champion else None


def chosen_kind(home: CoordinatorHome, run: StoredRun) -> ModelName:
    """Return the kind that the review chose; without a review, the one with the lowest log loss."""
    folder = home.runs / run.id
    if (folder / REVIEW_FILE).is_file():
        return read_review(folder, run.id).chosen
    kinds = (run.result or {}).get("models", {})

    def loss(name: ModelName) -> float:
        overall = kinds[name].get("federated", {}).get("overall", {})
        found = overall.get("log_loss")
        return float("inf") if found is None else float(found)

    return min((name for name in run.settings.models if name in kinds), key=loss)


def next_version(earlier: list[Candidate], inputs: str) -> str:
    """Return MAJOR.MINOR.PATCH of the next candidate.

    Another set of inputs or labels raises MAJOR, another training MINOR. Nothing calibrates a model
    anew without training, so that PATCH stays 0.
    """
    if not earlier:
        return "1.0.0"
    newest = max(earlier, key=lambda each: numbers_of(each.version))
    major, minor, _ = numbers_of(newest.version)
    return f"{major}.{minor + 1}.0" if newest.inputs == inputs else f"{major + 1}.0.0"


def numbers_of(version: str) -> tuple[int, int, int]:
    """Return the three numbers of a version."""
    major, minor, patch = (int(each) for each in version.split("."))
    return major, minor, patch


def decide(home: CoordinatorHome, candidate: Candidate) -> Decision:
    """Judge a candidate by what is known today: signatures may have come since it was trained."""
    return judge(evidence_today(home, candidate), read_policy(home))


def evidence_today(home: CoordinatorHome, candidate: Candidate) -> Evidence:
    """Return a candidate's evidence with the signatures and the tries there are now.

    Raises
    ------
    SettingsError
        When its run left none.
    """
    folder = home.runs / candidate.id
    evidence = read_evidence(folder, candidate.id)
    today = datetime.datetime.now(datetime.UTC).date()
    engine = home.engine()
    acceptance = acceptance_of(home, candidate)
    signatures = SignatureEvidence(
        asked=[each.name for each in acceptance.signatory] if acceptance else [],
        given=ApprovalStore(engine).of(candidate.id),
        standing=SignOffStore(engine).holding(today),
    )
    tries = 1
    if evidence.overall is not None:
        tries = TryStore(engine).count(
            candidate.id, evidence.champion, held_out_after(home, evidence)
        )
    return evidence.model_copy(update={"signatures": signatures, "tries": tries, "date": today})


def acceptance_of(home: CoordinatorHome, candidate: Candidate) -> Acceptance | None:
    """Return what clinicians asked for when the candidate was reviewed."""
    folder = home.runs / candidate.id
    if not (folder / REVIEW_FILE).is_file():
        return None
    return read_review(folder, candidate.id).acceptance


def held_out_after(home: CoordinatorHome, evidence: Evidence) -> str:
    """Return the day after which all held-out rows are; empty where any of them were drawn."""
    later_than = RunStore(home.engine()).read(evidence.run).settings.holdout.later_than
    by_time = all(
        each.held_out == "time" for each in evidence.hospitals.values() if each.table is not None
    )
    return later_than.isoformat() if later_than is not None and by_time else ""
