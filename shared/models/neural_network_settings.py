"""Settings of neural networks; defaults suit a few hospitals with hundreds of patients each."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.models.transfer_settings import TransferSettings
from shared.settings_file import StrictModel

Width = Annotated[int, Field(ge=1, le=65536)]
StrategyName = Literal[
    "FedAvg",
    "FedProx",
    "SCAFFOLD",
    "FedAvgM",
    "FedAdam",
    "FedYogi",
    "FedAdagrad",
    "FedMedian",
    "FedTrimmedAvg",
    "Krum",
    "MultiKrum",
]
# A step of the server's optimiser is damped by so much of a step of the hospitals' own.
DAMPING = 1e-3


class NeuralNetworkSettings(StrictModel):
    """A multilayer perceptron whose weights a Flower strategy brings together.

    By default every hospital takes one step over all its rows and the server steps with Adam along
    the sum: what Adam would do on the rows in one place, so nothing is lost to hospitals that
    differ. With more local epochs a run needs fewer rounds, and hospitals drift apart.

    Attributes
    ----------
    strategy : str
        Flower's aggregation strategy, or SCAFFOLD (Karimireddy et al. 2020).
    rounds, local_epochs : int
        Rounds; passes over the local rows in each.
    batch_size : int
        Rows of a step; 0 for all of a hospital's.
    hidden : list of int
        Width of each hidden layer; empty gives a linear model.
    embedding_width : int
        Learn so many numbers for each level of a category with more levels; 0 for none.
    term_set_width : int
        Encode a set of terms as so many numbers; 0 gives each term a column of its own.
    note_width : int
        Encode the columns of a note as so many numbers; 0 takes the columns as they are.
    optimiser : {"sgd", "adamw"}
        Of a hospital; its state does not outlive a round.
    learning_rate : float
        Of a hospital.
    l2_regularisation : float
        Half of it times the squared weights, over all hospitals' rows, is added to the mean loss;
        for ``adamw`` the decay is decoupled (Loshchilov and Hutter 2019).
    dropout : float
        Share of a hidden layer's outputs left out in training.
    proximal_mu : float
        FedProx: pull towards the shared model (Li et al. 2020).
    server_learning_rate : float
        FedAvgM, FedAdam, FedYogi, FedAdagrad: step of the server's optimiser (Reddi et al. 2021).
    server_momentum : float
        FedAvgM: share of the last step that goes on (Hsu et al. 2019).
    trimmed_share : float
        FedTrimmedAvg: share of hospitals dropped at each end.
    malicious_hospitals : int
        Krum and MultiKrum: how many hospitals may lie.
    selected_hospitals : int
        MultiKrum: how many updates are averaged, those closest to the others.
    loss : {"cross_entropy", "focal"}
        ``focal``: rows that are already right count less (Lin et al. 2017).
    focal_gamma : float
        How much less.
    logit_adjustment : float
        Ask for more certainty the more frequent a class is (Menon et al. 2021); 1 aims at the mean
        recall of classes. It takes the place of `class_balance`, which is best ``none`` then.
    personal_last_layer : bool
        Each hospital goes on with a last layer of its own, which is what it is judged with;
        newcomers get the average (Arivazhagan et al. 2019).
    validation_share : float
        Training rows that the network does not learn from and that loss is taken on.
    early_stopping_rounds : int
        Stop when the federated validation loss has not fallen for so many rounds, and go back to
        the best; 0 for never.
    transfer : TransferSettings
        For rare classes.
    """

    strategy: StrategyName = "FedAdam"
    rounds: int = Field(default=100, ge=1)
    local_epochs: int = Field(default=1, ge=1)
    batch_size: int = Field(default=0, ge=0)
    hidden: list[Width] = Field(default=[32])
    embedding_width: int = Field(default=0, ge=0, le=4096)
    term_set_width: int = Field(default=0, ge=0, le=4096)
    note_width: int = Field(default=0, ge=0, le=4096)
    optimiser: Literal["sgd", "adamw"] = "sgd"
    learning_rate: float = Field(default=0.1, gt=0)
    l2_regularisation: float = Field(default=15.0, ge=0)
    dropout: float = Field(default=0.2, ge=0, lt=1)
    proximal_mu: float = Field(default=0.1, ge=0)
    server_learning_rate: float = Field(default=0.02, gt=0)
    server_momentum: float = Field(default=0.9, ge=0, lt=1)
    trimmed_share: float = Field(default=0.25, ge=0, lt=0.5)
    malicious_hospitals: int = Field(default=0, ge=0)
    selected_hospitals: int = Field(default=2, ge=1)
    loss: Literal["cross_entropy", "focal"] = "cross_entropy"
    focal_gamma: float = Field(default=2.0, ge=0)
    logit_adjustment: float = Field(default=0.0, ge=0)
    personal_last_layer: bool = False
    validation_share: float = Field(default=0.0, ge=0, lt=1)
    early_stopping_rounds: int = Field(default=0, ge=0)
    transfer: TransferSettings = TransferSettings()

    @property
    def damping(self) -> float:
        """What Flower's adaptive strategies call tau, in the size of a local step."""
        return DAMPING * self.learning_rate

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.early_stopping_rounds and not self.validation_share:
            raise ValueError("early_stopping_rounds needs a validation_share above 0")
        if self.transfer.pretraining_rounds >= self.rounds:
            raise ValueError("transfer.pretraining_rounds must leave rounds for the rare classes")
        has_encoder = self.transfer.pretraining_rounds or self.transfer.start_from
        if self.transfer.prototypes_below and not has_encoder:
            raise ValueError(
                "transfer.prototypes_below needs transfer.pretraining_rounds or "
                "transfer.start_from: at random, an encoder tells no classes apart"
            )
        if self.transfer.prototypes_below and self.personal_last_layer:
            raise ValueError("transfer.prototypes_below needs a last layer that hospitals share")
        if self.strategy == "SCAFFOLD" and self.optimiser != "sgd":
            raise ValueError('strategy SCAFFOLD needs optimiser "sgd", whose steps it corrects')
        return self
