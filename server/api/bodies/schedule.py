"""The queue and the schedule, in requests and answers."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from server.api.given import Reason
from server.scheduling.request import RequestKind, RunRequest
from server.scheduling.settings import ScheduleSettings
from server.scheduling.upcoming import Upcoming
from shared.settings_file import StrictModel


class RunWanted(StrictModel):
    """A run to ask for."""

    kind: RequestKind
    reason: Reason = Field(min_length=1, description="Why, in a sentence; it is kept with the run.")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        description="As in a run's settings file; of `deploy`: `model`, `hospitals`, `shadow`.",
    )
    urgent: bool = Field(
        default=False, description="First of all, without quiet hours or cool-down."
    )


class RequestList(StrictModel):
    """What was asked for, the newest first."""

    requests: list[RunRequest]


class UpcomingList(StrictModel):
    """What comes next, the soonest first."""

    upcoming: list[Upcoming]


class ScheduleBody(StrictModel):
    """When the federation runs by itself."""

    schedule: ScheduleSettings
    etag: str = Field(description="Of the file as it is; send it with If-Match to replace it.")
