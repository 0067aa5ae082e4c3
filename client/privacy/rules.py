"""When an answer is refused, and in which words."""

from __future__ import annotations

from client.privacy.policy import Policy
from shared.errors import PrivacyRefusedError
from shared.questions import COUNT_ON_GRID, GROW, PROTOTYPES, REFILL

# Sums over whichever rows a question picks out, one of them if it likes.
SUMS_OVER_FEW = frozenset({COUNT_ON_GRID, GROW, REFILL, PROTOTYPES})


def refuse_paused(paused: bool) -> None:
    """Refuse everything while the node is paused."""
    if paused:
        raise PrivacyRefusedError(
            "paused: this hospital lets nothing out at the moment.",
            "Its administrator ends the pause with `juntos node resume`.",
        )


def refuse_question(question: str, policy: Policy) -> None:
    """Refuse a question that the policy does not list."""
    if question not in policy.questions:
        raise PrivacyRefusedError(
            f"questions: this hospital's policy does not have {question!r} answered.",
            "Its administrator may add it to questions in policy.toml.",
        )


def refuse_sums_over_few(question: str, policy: Policy) -> None:
    """Refuse what cannot be told without small cells, where the policy has a smallest one."""
    # Where formal privacy is required, that is why the answer is refused.
    if (
        question in SUMS_OVER_FEW
        and policy.smallest_cell > 1
        and not policy.formal_privacy_required
    ):
        raise PrivacyRefusedError(
            f"smallest_cell: the answer to {question!r} holds sums over fewer than "
            f"{policy.smallest_cell} patients.",
            'Have the run sum secretly (privacy.guarantee = "secret_sums") or with noise, or have '
            "the hospital's administrator write smallest_cell = 1 in policy.toml.",
        )


def refuse_without_guarantee(question: str, policy: Policy) -> None:
    """Refuse what nothing bounds, where the policy requires formal privacy."""
    if policy.formal_privacy_required:
        raise PrivacyRefusedError(
            f"formal_privacy_required: the answer to {question!r} would come without a formal "
            "guarantee.",
            "Train with one, or have the hospital's administrator write "
            "formal_privacy_required = false in policy.toml.",
        )


def refuse_overspending(spent: float, after: float, policy: Policy) -> None:
    """Say how far a release would go over the budget.

    Parameters
    ----------
    spent, after : float
        Epsilon without and with the release.
    """
    raise PrivacyRefusedError(
        f"epsilon: the answer would bring what this hospital has told to {after:.4g} of "
        f"{policy.epsilon:g} ({spent:.4g} is spent, delta {policy.delta:g}, "
        f"{policy.period_days} days).",
        "Wait until older releases have left the period, ask with more noise, or have the "
        "administrator raise epsilon in policy.toml.",
    )
