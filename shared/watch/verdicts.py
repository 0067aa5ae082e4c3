"""What a watch means, as a function of what hospitals answered."""

from __future__ import annotations

from collections.abc import Sequence

from shared.watch.reference import WatchReference
from shared.watch.settings import WatchSettings
from shared.watch.verdict import WatchVerdict
from shared.watch.watch import Watch


def watch_verdicts(
    history: Sequence[Watch], reference: WatchReference, settings: WatchSettings
) -> list[WatchVerdict]:
    """Return what the newest watch means, beside those before it.

    Parameters
    ----------
    history : sequence of Watch
        The oldest first; the verdicts of the newest are not looked at.

    Returns
    -------
    list of WatchVerdict
        Alarms first, the clearest of them first; then what is steady, and what there is too little
        of.
    """
    raise NotImplementedError
