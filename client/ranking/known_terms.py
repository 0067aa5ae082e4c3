"""The terms that answers are given by: those of the model, or of the engine where it is alone."""

from __future__ import annotations

from client.serving.services import NodeServices
from shared.ontology import HPO, Terminology


def known_terms(services: NodeServices, code_system: str = HPO) -> Terminology:
    """Return a terminology as it came with what answers here.

    Raises
    ------
    NoModelError
        When nothing answers.
    """
    rankings = services.rankings
    engine = rankings.engine if rankings is not None else None
    if services.store.in_service.active is None and engine is not None and code_system == HPO:
        return engine.terms
    return services.store.active.terminology(code_system)
