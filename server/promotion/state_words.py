"""States of candidates as the terminal says them."""

from __future__ import annotations

from server.promotion.candidate import State

STATES: dict[State, str] = {
    "trained": "trained, not judged yet",
    "judged": "judged",
    "waits_for_approval": "waits for a person",
    "shadow": "in shadow: it answers unseen",
    "canary": "in use at the first hospitals",
    "everywhere": "in use",
    "confirmed": "in use, confirmed",
    "rejected": "rejected",
    "rolled_back": "taken back",
}
