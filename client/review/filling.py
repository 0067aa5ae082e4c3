"""Filling the queue: what is to be asked, of which record, in which order."""

from __future__ import annotations

from collections.abc import Iterable

from client.review.decisions import Rule
from client.review.harm import harm, rarity
from client.review.identity import identities
from client.review.items import Concern, Item
from client.sources.loading import LoadedRecords
from shared.contract import Contract


def as_items(
    contract: Contract, loaded: LoadedRecords, concerns: Iterable[Concern], key: bytes
) -> list[Item]:
    """Return concerns as questions of the queue; of the same question, the most harmful.

    Parameters
    ----------
    loaded : LoadedRecords
        The records that the concerns are about.
    key : bytes
        The node's own; see `identities`.
    """
    weights = rarity(loaded.records.labels)
    known = identities(contract, loaded, key)
    items = []
    for concern in concerns:
        if concern.row is None:
            items.append(_of_feature(concern))
            continue
        record, label = known[concern.row], str(loaded.records.labels[concern.row])
        if record is None:
            raise TypeError(concern.row)
        classes = [label, *filter(None, [concern.suggested])]
        items.append(
            Item(
                id=record.item(concern.kind or concern.question, concern.feature),
                concern=concern,
                harm=harm(concern.severity, concern.suspicion, classes, weights),
                source_row=int(loaded.rows[concern.row]),
                label=label,
                **record._asdict(),
            )
        )
    return sorted(items, key=lambda each: each.harm)


def _of_feature(concern: Concern) -> Item:
    """Return the question what a cell of a feature means; a rule is its answer."""
    when = "empty" if concern.matches is None else "code"
    asked = Rule(feature=concern.feature, when=when, matches=concern.matches, meaning="unknown")
    return Item(
        id=asked.item, concern=concern, harm=harm(concern.severity, concern.suspicion, [], {})
    )
