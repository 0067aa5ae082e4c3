"""When the federation runs by itself: ``schedule.toml`` in the coordinator's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from server.scheduling.cron import check_cron, check_timezone
from server.scheduling.request import RequestKind
from shared.settings_file import StrictModel, load

SCHEDULE_FILE = "schedule.toml"
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Timezone = Annotated[str, AfterValidator(check_timezone)]
Cron = Annotated[str, AfterValidator(check_cron)]
Where = Literal["off", "federation", "hospital"]
CalendarKind = Literal["learn", "evaluate", "watch", "deploy"]


class CalendarEntry(StrictModel):
    """A run that comes again and again.

    Attributes
    ----------
    name : str
        By which reasons speak of it.
    cron : str
        Minute, hour, day of the month, month, day of the week: ``0 2 * * sat``.
    timezone : str
        Of the cron line: ``Europe/Madrid``.
    kind : {"learn", "evaluate", "watch", "deploy"}
    settings : str
        TOML file with the run's settings, in the coordinator's folder; empty for the defaults. Of
        a deployment: ``model``, ``hospitals``, ``shadow``.
    latest_hours : float or None
        A slot missed by more, because the coordinator was down, is left out; without it, it runs
        once, however late.
    """

    name: str = Field(min_length=1, max_length=64)
    cron: Cron
    timezone: Timezone = "UTC"
    kind: CalendarKind = "learn"
    settings: str = ""
    latest_hours: float | None = Field(default=None, gt=0)


class QuietHours(StrictModel):
    """Hours of a day in which nothing is started.

    Attributes
    ----------
    start, end : str
        ``HH:MM``; an end before the start is of the next day.
    days : list of str
        On which they start; all without it.
    timezone : str
    kinds : list of str
        What waits. Deployments do not by default: a model that is taken back must not wait.
    """

    start: Clock
    end: Clock
    days: list[Weekday] = Field(default=list(WEEKDAYS), min_length=1)
    timezone: Timezone = "UTC"
    kinds: list[RequestKind] = Field(default=["learn", "evaluate", "watch", "explore"])

    @model_validator(mode="after")
    def _last_some_time(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end are the same; leave the entry out for no quiet hours")
        return self


class TriggerSettings(StrictModel):
    """What makes the federation learn again without a date; all are looked for in the last watch.

    Attributes
    ----------
    new_confirmed_records : int or None
        Confirmed cases of all hospitals that the model did not learn from.
    drift : {"off", "federation", "hospital"}
        ``federation``: where the patients of all together have changed; ``hospital``: of one is
        enough. A sick feed is no reason to learn: it is told to a person.
    drift_kinds : list of str
    performance : {"off", "federation", "hospital"}
        The same for answers against confirmed diagnoses that are under the lines that the watch's
        settings draw (``least_recall``, ``least_auc``, ...).
    new_contract, new_release : bool
        The data contract, once every hospital has accepted it, or Juntos itself has another version
        than when it last learned.
    settings : str
        TOML file with the settings of the runs so started; empty for the defaults.
    """

    new_confirmed_records: int | None = Field(default=None, ge=1)
    drift: Where = "off"
    drift_kinds: list[Literal["data", "label", "score"]] = Field(
        default=["data", "label", "score"], min_length=1
    )
    performance: Where = "off"
    new_contract: bool = False
    new_release: bool = False
    settings: str = ""

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return self != TriggerSettings(drift_kinds=self.drift_kinds, settings=self.settings)


class ScheduleSettings(StrictModel):
    """The content of ``schedule.toml``; without the file only what people ask for runs.

    Attributes
    ----------
    calendar : list of CalendarEntry
    quiet : list of QuietHours
    cooldown_hours : float
        Between the end of a learning run that brought a model and the start of the next one.
    maximum_hours : float
        A run that takes longer is stopped.
    restarts : int
        How often a run goes on after its process was killed.
    triggers : TriggerSettings
    """

    calendar: list[CalendarEntry] = Field(default_factory=list)
    quiet: list[QuietHours] = Field(default_factory=list)
    cooldown_hours: float = Field(default=0.0, ge=0)
    maximum_hours: float = Field(default=24.0, gt=0)
    restarts: int = Field(default=3, ge=0)
    triggers: TriggerSettings = TriggerSettings()

    @model_validator(mode="after")
    def _names_are_different(self) -> Self:
        names = [each.name for each in self.calendar]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two calendar entries have the same name: {', '.join(twice)}")
        return self


def read_schedule(home: Path) -> ScheduleSettings:
    """Read ``schedule.toml`` of a coordinator's folder; an absent file means nothing is scheduled.

    Raises
    ------
    SettingsError
        When it cannot be used.
    """
    path = home / SCHEDULE_FILE
    return load(ScheduleSettings, path) if path.exists() else ScheduleSettings()
