"""The one way out of a hospital: every answer passes a gate, and says what it gives away."""

from __future__ import annotations

from typing import Protocol

from flwr.app import Message

from client.privacy.policy import Policy
from shared.privacy.release import Release


class Gate(Protocol):
    """What all that leaves must pass; one answer at a time.

    An answer is let in with `admit`, declares what it gives away with `spend` (or that it gives
    away nothing, with `tell_nothing`) before it takes the noise that was declared, and leaves with
    `sent`. One that declared nothing is taken for a release that nothing bounds.
    """

    @property
    def policy(self) -> Policy:
        """The hospital's policy as it is now.

        Raises
        ------
        SettingsError
            When it cannot be read.
        """

    def admit(self, question: Message) -> None:
        """Begin with a question.

        Raises
        ------
        PrivacyRefusedError
            When the node is paused, or the policy does not have the question answered.
        """

    def spend(self, release: Release) -> None:
        """Write down a release before it is made.

        Raises
        ------
        PrivacyRefusedError
            When the release must not be made.
        """

    def tell_nothing(self, purpose: str) -> None:
        """Write down that the answer depends on no record: a public key, a lost place.

        Parameters
        ----------
        purpose : str
            What it is, in words.
        """

    def sent(self, reply: Message) -> None:
        """Write down an answer that is about to leave.

        Raises
        ------
        PrivacyRefusedError
            When it declared nothing and the policy requires formal privacy.
        """


class OpenGate:
    """Lets everything out: for simulated hospitals and pooled baselines, which have no patients.

    Parameters
    ----------
    policy : Policy, optional
        What handlers read; nothing is refused by it.

    Attributes
    ----------
    releases : list of Release
        What was declared, in order.
    """

    def __init__(self, policy: Policy | None = None) -> None:
        self.policy = policy or Policy(
            formal_privacy_required=False,
            smallest_cell=1,
            smallest_cohort=1,
            assumed_honest=1_000_000,
        )
        self.releases: list[Release] = []

    def admit(self, question: Message) -> None:
        """Let it in."""

    def spend(self, release: Release) -> None:
        """Remember it."""
        self.releases.append(release)

    def tell_nothing(self, purpose: str) -> None:
        """Forget it."""

    def sent(self, reply: Message) -> None:
        """Let it out."""
