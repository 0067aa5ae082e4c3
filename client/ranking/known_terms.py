"""The terms that answers are given by: those of the model, or of the engine where it is alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client.ranking.ranking_store import RankingStore
from client.serving.model_store import ModelStore
from shared.ontology import HPO, Terminology

if TYPE_CHECKING:
    from client.serving.services import NodeServices


def terms_in_service(
    store: ModelStore, rankings: RankingStore | None, code_system: str
) -> Terminology:
    """Return a terminology as it came with what answers; the installed one where nothing does.

    The installed one takes 200 MB and is not quite the one that an engine was made with.
    """
    engine = rankings.engine if rankings is not None else None
    has_model = store.in_service.active is not None
    if not has_model and engine is not None and code_system.upper() == HPO:
        return engine.terms
    return store.terminology(code_system)


def known_terms(services: NodeServices, code_system: str = HPO) -> Terminology:
    """Return a terminology as it came with what answers here.

    Raises
    ------
    NoModelError
        When nothing answers.
    """
    engine = services.rankings.engine if services.rankings is not None else None
    if services.store.in_service.active is None and engine is None:
        # Raises what is told where there is no model.
        return services.store.active.terminology(code_system)
    return terms_in_service(services.store, services.rankings, code_system)
