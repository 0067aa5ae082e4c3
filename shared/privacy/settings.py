"""What a run promises every patient, and what it may spend on what."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from shared.settings_file import StrictModel


class PrivacySettings(StrictModel):
    """Formal privacy of a run.

    With ``differential``, whoever sees everything that one hospital sends in the run can hardly
    tell whether any one patient was among its records: (epsilon, delta)-differential privacy, where
    neighbouring data sets differ by one patient. It covers the run alone; the hospital's ledger
    adds up all runs.

    Attributes
    ----------
    guarantee : {"none", "secret_sums", "differential"}
        ``none``: hospitals answer every question, each for itself. ``secret_sums``: the coordinator
        learns sums over all hospitals only, without noise; no patient is promised anything.
    epsilon, delta : float
        Of the whole run.
    summary_share, evaluation_share : float
        Shares of the budget for the summary before training and for judging the models after it;
        the models share the rest. Without one for judging, nothing is judged.
    summary : {"features", "classes"}
        ``classes``: only diagnoses are counted, and numbers are scaled by the contract's ranges;
        for few patients, whose features the noise would drown.
    largest_set : int
        Terms of one patient that count in the summary, those above them included.
    clip : float
        The longest gradient that one patient may add (a Euclidean norm).
    sampling_rate : float
        Chance of each patient to be in one step of a network (Poisson sampling).
    secret_sums : bool
        With ``differential``: whether hospitals mask what they send too, so that the coordinator
        sees sums only; needs as many hospitals as each one's policy asks for.
    largest_update : float
        With ``secret_sums``: a hospital whose training changes a network by more (a Euclidean norm)
        keeps the update back.
    assumed_honest : int
        On so many hospitals, this one among them, each counts for the noise in a sum that nobody
        sees the parts of: each adds its share of it. With 1 each adds the whole noise and counts on
        nobody.
    iterations, learning_rate, momentum : int, float, float
        Of boosted trees: steps, and how far each goes along the sum of gradients.
    cuts : int
        Of boosted trees: places where a number may be cut, one of which each step draws.
    trees, depth : int, int
        Of forests: trees whose splits are drawn at random, and their levels.
    """

    guarantee: Literal["none", "secret_sums", "differential"] = "none"
    epsilon: float = Field(default=1.0, gt=0, le=100)
    delta: float = Field(default=1e-5, gt=0, lt=0.1)
    summary_share: float = Field(default=0.1, gt=0, lt=1)
    evaluation_share: float = Field(default=0.1, ge=0, lt=1)
    summary: Literal["features", "classes"] = "features"
    largest_set: int = Field(default=64, ge=1)
    clip: float = Field(default=1.0, gt=0)
    sampling_rate: float = Field(default=1.0, gt=0, le=1)
    secret_sums: bool = True
    largest_update: float = Field(default=100.0, gt=0)
    assumed_honest: int = Field(default=1, ge=1)
    iterations: int = Field(default=100, ge=1)
    learning_rate: float = Field(default=1.0, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    cuts: int = Field(default=15, ge=1, le=255)
    trees: int = Field(default=20, ge=1)
    depth: int = Field(default=4, ge=1, le=16)

    @property
    def is_private(self) -> bool:
        """Whether patients are promised anything."""
        return self.guarantee == "differential"

    @property
    def only_sums(self) -> bool:
        """Whether hospitals are asked for parts of sums and nothing else."""
        return self.guarantee != "none"

    @property
    def masks(self) -> bool:
        """Whether hospitals mask their parts."""
        return self.guarantee == "secret_sums" or (self.is_private and self.secret_sums)
