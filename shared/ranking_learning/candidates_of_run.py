"""Which diseases a run ranks."""

from __future__ import annotations

from collections.abc import Collection


def candidates_of_run(
    diseases: Collection[str], *, orphanet: bool, always: Collection[str]
) -> list[str]:
    """Return the candidates in their order.

    Parameters
    ----------
    diseases : collection of str
        All that something is known of.
    orphanet : bool
        Whether Orphanet's are candidates.
    always : collection of str
        Classes of the contract, of whatever code system: they are candidates in any case.
    """
    kept = set(always)
    return [each for each in diseases if orphanet or each in kept or not each.startswith("ORPHA:")]
