"""Three ways to a model for one hospital: its own, the federation's, and that made its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from client.training.local_models import probabilities, train_alone
from client.training.own_models import fine_tuned
from shared.calibration import Calibrator
from shared.contract import Contract
from shared.models import create_model
from shared.models.base import Arrays
from shared.models.neural_network import NeuralNetwork
from shared.models.neural_network_settings import NeuralNetworkSettings
from shared.models.training_data import SMALLEST_PROBABILITY, Probabilities
from shared.preparation import Preparation
from shared.records import Records
from shared.run_settings import ModelName, RunSettings

Answers = Callable[[Records], Probabilities]
Way = Literal["own", "federated", "personalised"]
WAYS: tuple[Way, ...] = ("own", "federated", "personalised")
# Passes over the hospital's rows, each of which is taken back unless it helps on rows kept apart.
FINE_TUNING_EPOCHS = 10
# Rows that the federation's class shares count as, beside the hospital's.
PRIOR_ROWS = 20.0
# Of a class in the federation: a smaller one is not known so well.
LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class FederatedModel:
    """A model of a run, as a bundle holds it."""

    kind: ModelName
    settings: RunSettings
    preparation: Preparation
    arrays: Arrays
    calibrator: Calibrator | None = None

    def answers(self, records: Records) -> Probabilities:
        """Return the probability of each leaf, shape (rows, leaves)."""
        found = probabilities(records, self.settings, self.preparation, self.kind, self.arrays)
        return found if self.calibrator is None else self.calibrator.apply(found)


def answers_of_ways(
    hospital: str,
    contract: Contract,
    training: Records,
    held_out: Records,
    federated: FederatedModel,
) -> dict[Way, Probabilities]:
    """Return what each way says of the held-out rows; nothing learns from these.

    The hospital's own model is of the same kind with the same settings, from its training rows and
    their own statistics alone.

    Returns
    -------
    dict of str to array of shape (rows, leaves)
    """
    settings = federated.settings.model_copy(update={"models": [federated.kind]})
    preparation, own = train_alone(hospital, contract, training, settings)
    return {
        "own": probabilities(held_out, settings, preparation, federated.kind, own[federated.kind]),
        "federated": federated.answers(held_out),
        "personalised": personalised(contract, training, federated)(held_out),
    }


def personalised(contract: Contract, training: Records, federated: FederatedModel) -> Answers:
    """Return the federated model made the hospital's own, with its training rows alone.

    A network goes on learning, and keeps that only where it helps on rows kept apart (fine-tuning
    after federated averaging, Yu et al. 2020, arXiv:2002.04758). Every kind is then told how
    frequent each class is at this hospital (Saerens et al. 2002, Neural Computation 14, 21-41),
    whose shares are drawn to the federation's where there are few rows; that too is kept only where
    it helps on the training rows, since under a formal guarantee the federation's shares are noise
    in part.
    """
    tuned = _tuned(contract, training, federated)
    factors = _frequencies(contract, training, federated.preparation)

    def weighed(records: Records) -> Probabilities:
        said = tuned.answers(records) * factors
        return np.asarray(said / said.sum(axis=1, keepdims=True))

    return weighed if _helps(contract, training, tuned.answers, weighed) else tuned.answers


def _helps(contract: Contract, training: Records, before: Answers, after: Answers) -> bool:
    """Return whether answers lose less on the rows that they may learn from."""
    candidates = contract.membership(list(training.labels))

    def losses(said: Probabilities) -> npt.NDArray[np.float64]:
        likely = np.maximum((said * candidates).sum(axis=1), SMALLEST_PROBABILITY)
        return np.asarray(-np.log(likely))

    return float(losses(after(training)).sum()) < float(losses(before(training)).sum())


def _tuned(contract: Contract, training: Records, federated: FederatedModel) -> FederatedModel:
    of_kind = federated.settings.of_model(federated.kind)
    preparation = federated.preparation
    if isinstance(of_kind, NeuralNetworkSettings):
        transfer = of_kind.transfer.model_copy(update={"fine_tuning_epochs": FINE_TUNING_EPOCHS})
        of_kind = of_kind.model_copy(update={"transfer": transfer})
    model = create_model(
        federated.kind,
        of_kind,
        preparation.columns,
        preparation.classes,
        federated.settings.seed,
        preparation.preprocessor.blocks(),
    )
    if not isinstance(model, NeuralNetwork):
        return federated
    data = preparation.training_data(contract, training)
    arrays = fine_tuned(model, federated.arrays, data)
    if arrays is federated.arrays:
        return federated
    # The calibration was of the network as it came.
    return FederatedModel(federated.kind, federated.settings, preparation, arrays)


def _frequencies(
    contract: Contract, training: Records, preparation: Preparation
) -> npt.NDArray[np.float64]:
    """Return how much more frequent each leaf is here than in the federation."""
    shared = np.maximum(np.array(preparation.class_frequencies), LEAST_SHARE)
    shares = contract.membership(list(training.labels)) * shared
    # A label that several leaves meet counts for each by how frequent it is.
    own = (shares / shares.sum(axis=1, keepdims=True)).sum(axis=0)
    drawn = (own + PRIOR_ROWS * shared) / (own.sum() + PRIOR_ROWS)
    return np.asarray(drawn / shared)
