"""Two crowds that overlap: one may be the other moved by a known factor, or a long tail."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from client.data_quality.hospital_rows import Mask, Numbers

STEPS = 60
# A moved copy must explain the numbers so much better than one crowd of any of these shapes
# (natural logarithms of the likelihood): one in a billion.
MARGIN = 20.0
FEWEST_FOR_SHAPES = 50


class OneCrowd:
    """How well one crowd explains some logarithms: a bell, one with long tails, or a lopsided one.

    Parameters
    ----------
    logs : float64 array of shape (values,)
    """

    def __init__(self, logs: Numbers) -> None:
        self.logs = logs

    @cached_property
    def likelihood(self) -> float:
        """Logarithm of the best shape's likelihood."""
        from scipy.stats import norm, skewnorm, t

        return max(
            float(kind.logpdf(self.logs, *kind.fit(self.logs)).sum())
            for kind in (norm, t, skewnorm)
        )

    def copies(self, move: float) -> Mask:
        """Say which values belong to a copy of the others, moved by `move`.

        Fitted by expectation and maximisation: two bells of one width, `move` apart.

        Returns
        -------
        bool array of shape (values,)
            All false where one crowd explains the values about as well, or the copy is larger.
        """
        if len(self.logs) < FEWEST_FOR_SHAPES:
            return np.zeros(len(self.logs), dtype=np.bool_)
        middle, share = float(np.median(self.logs)), 0.1
        low, high = np.quantile(self.logs, [0.25, 0.75])
        width = max(float(high - low) / 1.349, 0.01)
        for _ in range(STEPS):
            own = np.log1p(-share) - 0.5 * ((self.logs - middle) / width) ** 2
            moved = np.log(share) - 0.5 * ((self.logs - middle - move) / width) ** 2
            belongs = 1 / (1 + np.exp(np.clip(own - moved, -500, 500)))
            share = float(np.clip(belongs.mean(), 1e-6, 1 - 1e-6))
            middle = float((self.logs - belongs * move).mean())
            spread = (1 - belongs) * (self.logs - middle) ** 2
            spread += belongs * (self.logs - middle - move) ** 2
            width = max(float(np.sqrt(spread.mean())), 0.01)
        both = np.logaddexp(own, moved).sum() - len(self.logs) * np.log(width * np.sqrt(2 * np.pi))
        is_better = float(both) - self.likelihood > MARGIN
        return np.asarray((belongs > 0.5) & is_better & (share < 0.5), dtype=np.bool_)
