"""What a run may choose about learning rare classes from what is known of others."""

from __future__ import annotations

from pydantic import Field

from shared.settings_file import StrictModel

# As what to start from: the network of the run whose model is in use.
CHAMPION = "champion"


class TransferSettings(StrictModel):
    """Every layer but the last, the encoder, learns from common classes or from elsewhere.

    Which classes are rare, the contract says.

    Attributes
    ----------
    pretraining_rounds : int
        In the first so many rounds, rows of rare classes count nothing.
    start_from : str
        What to begin with instead of at random: ``champion`` for the network of the run whose model
        is in use, or the folder of a model bundle on the coordinator's machine, from an outside
        source, or of patients sampled from published knowledge of diseases. Weights are taken over
        by the names of columns and the codes of classes.
    encoder_rate : float
        Afterwards, the encoder's steps are so many times as long; 0 freezes it.
    prototypes_below : int
        A class with fewer training rows at all hospitals together is told by how close a row is to
        the mean of its rows in the encoder's last layer (Qi et al. 2018); 0 for none.
    fine_tuning_epochs : int
        In the end each hospital goes on with its own rows for so many passes, and keeps what that
        gives where it beats the shared model on rows that it set aside.
    fine_tuning_share : float
        Share of the training rows that are set aside for that.
    """

    pretraining_rounds: int = Field(default=0, ge=0)
    start_from: str = ""
    encoder_rate: float = Field(default=1.0, ge=0, le=1)
    prototypes_below: int = Field(default=0, ge=0)
    fine_tuning_epochs: int = Field(default=0, ge=0)
    fine_tuning_share: float = Field(default=0.3, gt=0, lt=1)
