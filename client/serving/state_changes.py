"""What becomes of a store's state: decisions without a disk."""

from __future__ import annotations

from client.serving.store_state import Kept, StoreState
from shared.errors import BundleError


def with_model(state: StoreState, kept: Kept) -> StoreState:
    """Add a model as the newest."""
    others = {digest: each for digest, each in state.models.items() if digest != kept.digest}
    return state.model_copy(update={"models": {**others, kept.digest: kept}})


def activated(state: StoreState, digest: str) -> StoreState:
    """Make a model active; a challenger that becomes active is no challenger any more."""
    shadow = None if state.shadow == digest else state.shadow
    if state.active == digest:
        return state.model_copy(update={"shadow": shadow})
    earlier = [each for each in state.earlier if each != digest]
    if state.active is not None:
        earlier.append(state.active)
    return state.model_copy(update={"active": digest, "earlier": earlier, "shadow": shadow})


def with_shadow(state: StoreState, digest: str | None) -> StoreState:
    """Make a model the challenger, or have none."""
    if digest is not None and digest == state.active:
        raise BundleError("The active model cannot be its own challenger.")
    return state.model_copy(update={"shadow": digest})


def rolled_back(state: StoreState) -> StoreState:
    """Go back to the model before, and stay with it."""
    if not state.earlier:
        raise BundleError("There is no earlier model to go back to.")
    *earlier, before = state.earlier
    shadow = None if state.shadow == before else state.shadow
    changes = {"active": before, "earlier": earlier, "shadow": shadow, "pinned": True}
    return state.model_copy(update=changes)


def forgotten(state: StoreState, most: int) -> StoreState:
    """Keep so many models beside those in use."""
    used = {state.active, state.shadow}
    idle = [digest for digest in state.models if digest not in used]
    # What was never active goes before what one may want to go back to.
    idle.sort(key=lambda digest: _recency(state, digest))
    gone = idle[: max(0, len(idle) - most)]
    kept = {digest: each for digest, each in state.models.items() if digest not in gone}
    earlier = [digest for digest in state.earlier if digest in kept]
    return state.model_copy(update={"models": kept, "earlier": earlier})


def _recency(state: StoreState, digest: str) -> tuple[int, int]:
    place = state.earlier.index(digest) if digest in state.earlier else -1
    return place, list(state.models).index(digest)
