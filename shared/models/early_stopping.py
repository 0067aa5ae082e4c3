"""When to stop training, and what to go back to."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from shared.models.base import Arrays

_STATE = "state"


@dataclass
class EarlyStopping:
    """The best model so far by validation loss.

    Attributes
    ----------
    patience : int
        Rounds without a better loss before it says stop; 0 for never.
    """

    patience: int
    best: Arrays = field(default_factory=dict)
    best_loss: float = float("inf")
    waited: int = 0

    def judged(self, arrays: Arrays, loss: float) -> bool:
        """Take the loss of a model; return whether to stop."""
        if not self.patience:
            return False
        if loss < self.best_loss:
            self.best, self.best_loss, self.waited = arrays, loss, 0
        else:
            self.waited += 1
        return self.waited >= self.patience

    def state(self) -> Arrays:
        """Return what a resumed run needs."""
        if not self.best:
            return {}
        return {_STATE: np.array([self.best_loss, self.waited]), **self.best}

    def restore(self, state: Arrays) -> None:
        """Go on from what `state` returned."""
        if state:
            self.best_loss, self.waited = float(state[_STATE][0]), int(state[_STATE][1])
            self.best = {name: array for name, array in state.items() if name != _STATE}
