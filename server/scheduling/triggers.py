"""What makes the federation learn again: functions of what the last watch found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.scheduling.settings import TriggerSettings, Where
from shared.watch.verdict import FEDERATION, Kind
from shared.watch.watch import Watch

# Enough of a hash to tell one contract from another.
SHOWN_HASH = 16


@dataclass(frozen=True)
class Evidence:
    """What triggers look at.

    Attributes
    ----------
    watch : Watch or None
        The newest one.
    learned_at : str
        When the last learning run began, ISO 8601, UTC; empty before the first.
    contract, learned_contract : str
        Hash of the contract now, and of that run's; empty before the first.
    contract_version : str
        Of the contract now.
    not_accepted : tuple of str
        Hospitals that have not accepted it yet; a run would be without them.
    deployed_at : str
        When the model in use came to the hospitals; empty before the first.
    on_its_way : str
        A candidate that is judged, or answers at some hospitals only; empty without one.
    release, learned_release : str
        Version of Juntos now, and when it was last looked at; empty before the first time.
    """

    watch: Watch | None = None
    learned_at: str = ""
    contract: str = ""
    learned_contract: str = ""
    contract_version: str = ""
    not_accepted: tuple[str, ...] = ()
    deployed_at: str = ""
    on_its_way: str = ""
    release: str = ""
    learned_release: str = ""

    @property
    def news(self) -> Watch | None:
        """The newest watch, if it tells of the model in use and nothing was done about it yet."""
        if self.watch is None or self.on_its_way:
            return None
        if self.watch.made <= max(self.learned_at, self.deployed_at):
            return None
        return self.watch


@dataclass(frozen=True)
class Wish:
    """A learning run that a trigger asks for.

    Attributes
    ----------
    trigger : str
    reason : str
        In a sentence.
    key : str
        What is asked for: the same evidence asks once.
    """

    trigger: str
    reason: str
    key: str


def wishes(settings: TriggerSettings, evidence: Evidence) -> list[Wish]:
    """Return what the triggers ask for, in the order of their weight."""
    return [
        *_performance(settings, evidence),
        *_drift(settings, evidence),
        *_new_records(settings, evidence),
        *_new_contract(settings, evidence),
        *_new_release(settings, evidence),
    ]


def _performance(settings: TriggerSettings, evidence: Evidence) -> Iterator[Wish]:
    yield from _alarms("performance", settings.performance, ("performance",), evidence)


def _drift(settings: TriggerSettings, evidence: Evidence) -> Iterator[Wish]:
    yield from _alarms("drift", settings.drift, tuple(settings.drift_kinds), evidence)


def _alarms(
    trigger: str, where: Where, kinds: tuple[Kind, ...], evidence: Evidence
) -> Iterator[Wish]:
    watch = evidence.news
    if watch is None or where == "off":
        return
    alarms = watch.alarms(*kinds, hospital=FEDERATION if where == FEDERATION else "")
    if alarms:
        first = alarms[0]
        place = "" if first.hospital == FEDERATION else f" at {first.hospital}"
        others = f" ({len(alarms) - 1} more)" if len(alarms) > 1 else ""
        yield Wish(
            trigger,
            f"Trigger {trigger}: {watch.run} found{place}: {first.sentence}{others}",
            f"{trigger}:{watch.run}",
        )


def _new_records(settings: TriggerSettings, evidence: Evidence) -> Iterator[Wish]:
    watch, wanted = evidence.news, settings.new_confirmed_records
    if watch is not None and wanted is not None and watch.new_for_training >= wanted:
        yield Wish(
            "new_confirmed_records",
            f"Trigger new records: {watch.run} counted {watch.new_for_training} confirmed cases "
            f"that the model did not learn from; {wanted} are asked for.",
            f"new_confirmed_records:{watch.run}",
        )


def _new_contract(settings: TriggerSettings, evidence: Evidence) -> Iterator[Wish]:
    learned, now = evidence.learned_contract, evidence.contract
    if settings.new_contract and learned and learned != now and not evidence.not_accepted:
        yield Wish(
            "new_contract",
            f"Trigger new contract: version {evidence.contract_version} was published since the "
            "last learning run, and every hospital has accepted it.",
            f"new_contract:{now[:SHOWN_HASH]}",
        )


def _new_release(settings: TriggerSettings, evidence: Evidence) -> Iterator[Wish]:
    learned, now = evidence.learned_release, evidence.release
    if settings.new_release and learned and learned != now:
        yield Wish(
            "new_release",
            f"Trigger new release: Juntos is {now} now, and was {learned}.",
            f"new_release:{now}",
        )
