"""Learning rare classes with an encoder that others taught."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from shared.errors import JuntosError
from shared.models.network_layers import Arrays, NetworkLayers
from shared.models.training_data import TrainingData
from shared.models.transfer_settings import TransferSettings

ROUNDING = 1e-3


@dataclass(frozen=True)
class Transfer:
    """What transfer settings mean for one network on one task.

    Attributes
    ----------
    class_counts : int array of shape (classes,)
        Training rows labelled with each class, at all hospitals together.
    """

    settings: TransferSettings
    layers: NetworkLayers
    class_counts: npt.NDArray[np.int64]

    def is_pretraining(self, number: int) -> bool:
        """Return whether rows of rare classes count nothing in a round."""
        return number <= self.settings.pretraining_rounds

    @property
    def prototyped(self) -> npt.NDArray[np.intp]:
        """Classes told by the mean of their rows, by position."""
        few = (self.class_counts > 0) & (self.class_counts < self.settings.prototypes_below)
        # With no other class there is nothing whose weights tell how large theirs are to be.
        return np.flatnonzero(few) if not few.all() else np.empty(0, dtype=np.intp)

    def begins(self, number: int) -> bool:
        """Return whether prototypes are taken before a round."""
        return number == self.settings.pretraining_rounds + 1 and len(self.prototyped) > 0

    def settled(self, number: int, before: Arrays, after: Arrays) -> Arrays:
        """Return what a shared model becomes of what aggregation made of it in a round.

        After pretraining the encoder's steps are shorter, and prototypes stay where they are: the
        other weights and all biases are fitted around them.
        """
        if self.is_pretraining(number):
            return after
        weight, _ = self.layers.last_names
        rate = self.settings.encoder_rate
        settled = dict(after)
        if rate != 1:
            for name in set(after) - set(self.layers.last_names):
                step = before[name] + rate * (after[name] - before[name])
                settled[name] = step.astype(np.float32)
        if len(self.prototyped):
            settled[weight] = after[weight].copy()
            settled[weight][self.prototyped] = before[weight][self.prototyped]
        return settled

    def prototype_sums(self, arrays: Arrays, data: TrainingData) -> npt.NDArray[np.float64]:
        """Sum the encodings, each of length one, of the rows of each prototyped class.

        Returns
        -------
        array of shape (prototyped classes, width of the encoder's last layer)
        """
        encodings = self.layers.encoded(arrays, data.features).astype(np.float64)
        lengths = np.linalg.norm(encodings, axis=1, keepdims=True)
        units = encodings / np.where(lengths > 0, lengths, 1)
        is_leaf = data.candidates.sum(axis=1) == 1
        of_class = data.candidates[:, self.prototyped] & is_leaf[:, None]
        sums: npt.NDArray[np.float64] = of_class.T.astype(np.float64) @ units
        return sums

    def check_sums(self, sums: npt.NDArray[np.float64]) -> None:
        """Refuse sums from another party that no rows can have given.

        Raises
        ------
        JuntosError
            Naming what does not fit.
        """
        shape = (len(self.prototyped), self.layers.widths[-2])
        if sums.shape != shape or sums.dtype != np.float64 or not np.isfinite(sums).all():
            raise JuntosError("sums of encodings of another shape or type, or not finite")
        most = self.class_counts[self.prototyped]
        if (np.linalg.norm(sums, axis=1) > most + ROUNDING).any():
            raise JuntosError("sums of encodings of more rows than there are")

    def with_prototypes(self, arrays: Arrays, sums: npt.NDArray[np.float64]) -> Arrays:
        """Return the network with prototypes as weights of their classes (Qi et al. 2018).

        Each is a direction; its length is the mean length of the other classes' weights.

        Parameters
        ----------
        sums : array of shape (prototyped classes, width)
            Over all hospitals.
        """
        name, _ = self.layers.last_names
        weights = arrays[name].astype(np.float64)
        others = np.delete(weights, self.prototyped, axis=0)
        length = np.linalg.norm(others, axis=1).mean()
        sizes = np.linalg.norm(sums, axis=1, keepdims=True)
        weights[self.prototyped] = length * sums / np.where(sizes > 0, sizes, 1)
        return {**arrays, name: weights.astype(np.float32)}
