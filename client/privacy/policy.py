"""A hospital's own rules for what may leave it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from client.home import POLICY_FILE as POLICY_FILE
from shared.enrolment import HospitalName
from shared.errors import SettingsError
from shared.questions import EVERY_QUESTION
from shared.settings_file import StrictModel, load

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

# The longest six months of a year, from March to August or from July to December.
SIX_MONTHS = 184


class Policy(StrictModel):
    """The content of ``policy.toml``; the defaults are those of a node without the file.

    Attributes
    ----------
    epsilon, delta : float
        The budget: all releases of a period together are (epsilon, delta)-differentially private
        for each patient, all of whose records are added or removed.
    period_days : int
        Releases older than this no longer count.
    formal_privacy_required : bool
        Whether an answer that bounds nothing about a patient is refused.
    questions : tuple of str
        Types of message that are answered, out of `shared.questions.EVERY_QUESTION`.
    smallest_cell : int
        Patients below which no count is told, in answers that carry no noise: classes, codes, bins
        of histograms, mistakes of models; 1 tells every count.
    smallest_cohort : int
        Hospitals that a secret sum must have.
    assumed_honest : int
        The most hospitals, this one among them, whose noise in a secret sum this hospital counts on
        together; 1 for its own alone.
    approved_code : tuple of str
        SHA-256 of the Flower apps that are run beside the installed release's own.
    peers : dict of str to str
        Fingerprint of each other hospital's node key, learned from that hospital; where there are
        any, secret sums are answered with these hospitals only.
    keep_payloads_days : int
        Days for which a copy of each answer is kept; 0 keeps none.
    keep_snapshots_days : int
        Days for which the records that runs saw are kept, encrypted; 0 keeps none.
    keep_predictions_days : int
        Days for which what was asked and answered is kept, encrypted; at least six months, as the
        EU AI Act has it (articles 19 and 26).
    """

    epsilon: float = Field(default=8.0, gt=0, allow_inf_nan=False)
    delta: float = Field(default=1e-5, gt=0, lt=1)
    period_days: int = Field(default=365, ge=1, le=36_500)
    formal_privacy_required: bool = True
    questions: tuple[str, ...] = EVERY_QUESTION
    smallest_cell: int = Field(default=5, ge=1)
    smallest_cohort: int = Field(default=3, ge=1)
    assumed_honest: int = Field(default=1, ge=1)
    approved_code: tuple[Hash, ...] = ()
    peers: dict[HospitalName, Hash] = Field(default_factory=dict)
    keep_payloads_days: int = Field(default=30, ge=0, le=36_500)
    keep_snapshots_days: int = Field(default=90, ge=0, le=36_500)
    keep_predictions_days: int = Field(default=3650, le=36_500)

    @field_validator("questions")
    @classmethod
    def _are_known(cls, questions: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(questions) - set(EVERY_QUESTION))
        if unknown:
            raise ValueError(f"no question of this release: {', '.join(unknown)}")
        return questions

    @field_validator("keep_predictions_days")
    @classmethod
    def _are_six_months(cls, days: int) -> int:
        if days < SIX_MONTHS:
            raise ValueError(
                f"at least {SIX_MONTHS}: the EU AI Act (articles 19 and 26) has what a system of "
                "high risk answered kept for six months"
            )
        return days


def read_policy(path: Path) -> Policy:
    """Read ``policy.toml``; an absent file means the defaults.

    Raises
    ------
    SettingsError
        When it cannot be used.
    """
    return load(Policy, path) if path.exists() else Policy()


def policy_in_force(path: Path) -> Callable[[], Policy]:
    """Return how to get the policy as the file has it now; it is read again when it changes.

    What is returned raises SettingsError when the file cannot be used: nothing leaves then.
    """
    known: dict[tuple[int, int] | None, Policy] = {}

    def current() -> Policy:
        try:
            state = path.stat()
            version = (state.st_mtime_ns, state.st_size)
        except FileNotFoundError:
            version = None
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}.") from None
        if version not in known:
            known.clear()
            known[version] = read_policy(path)
        return known[version]

    return current


def policy_template() -> str:
    """Return the text of a new node's ``policy.toml``: the defaults, each with its meaning."""
    policy = Policy()
    questions = ", ".join(f'"{each}"' for each in policy.questions)
    return f"""\
# What may leave this hospital. The node reads this file again whenever it changes.

# The privacy budget: what all answers of a period together may tell about any one patient.
epsilon = {policy.epsilon}
delta = {policy.delta}
period_days = {policy.period_days}

# true: an answer without a formal guarantee is refused. Write false to take part in runs that
# send models, statistics and counts as they are.
formal_privacy_required = {str(policy.formal_privacy_required).lower()}

# Questions that are answered; without this line, all of the installed release:
# questions = [{questions}]

# Patients below which no count (a class, a code, a bin) is told, in answers that carry no noise.
# Above 1, sums that trees grow by are refused in runs that ask each hospital for its own.
smallest_cell = {policy.smallest_cell}

# Hospitals that a secret sum must have.
smallest_cohort = {policy.smallest_cohort}

# In a secret sum each hospital may add its share of the noise only, and count on so many hospitals,
# this one among them, not to give theirs away. 1: the whole noise is added here.
assumed_honest = {policy.assumed_honest}

# SHA-256 of Flower apps that this node runs beside those of its release (juntos node approve).
approved_code = []

# Fingerprints of the other hospitals' node keys, each learned from that hospital itself. With any,
# this hospital adds to secret sums with these hospitals only:
# peers = {{ other_hospital = "SHA-256 of its node key" }}

# Days for which a copy of each answer is kept in egress/; 0 keeps none.
keep_payloads_days = {policy.keep_payloads_days}

# Days for which the records that runs saw are kept in snapshots/, encrypted; 0 keeps none.
keep_snapshots_days = {policy.keep_snapshots_days}

# Days for which what was asked of a model here and what it answered are kept, encrypted; at least
# {SIX_MONTHS}, the six months of the EU AI Act.
keep_predictions_days = {policy.keep_predictions_days}
"""
