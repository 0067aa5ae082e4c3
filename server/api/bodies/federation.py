"""The federation at a glance, and what its watches found."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from server.api.bodies.models import ModelBody
from server.api.bodies.runs import RunBody
from server.api.bodies.words import Sentence
from server.notifications.notice import Kind, Notice
from shared.settings_file import StrictModel
from shared.watch.verdict import WatchVerdict


class WaitingBody(StrictModel):
    """One thing that a person should look at."""

    meaning: Literal["act", "attention", "unknown"]
    text: str = Field(description="In the language that Accept-Language asks for.")
    path: str = Field(description="Where it can be looked at on the dashboard.")


class ContractBody(StrictModel):
    """The contract that the federation agreed on."""

    name: str
    version: str
    hash: str


class FederationBody(StrictModel):
    """How the federation stands."""

    name: str
    software: str
    sentence: str = Field(description="In the language that Accept-Language asks for.")
    contract: ContractBody
    hospitals: int = Field(description="That have joined.")
    up: int
    answering: int = Field(description="Hospitals where the model in use answers.")
    in_use: ModelBody | None
    run: RunBody | None = Field(description="The one that goes on, or else the last one.")
    waiting: list[WaitingBody] = Field(description="What waits for a person, most urgent first.")


class WatchBody(StrictModel):
    """One watch: what was found at each hospital and over the federation."""

    run: str
    made_at: str
    verdicts: list[WatchVerdict]


class WatchList(StrictModel):
    """Watches, the newest first."""

    watches: list[WatchBody]


class NoticeBody(StrictModel):
    """One thing that somebody was told of."""

    kind: Kind
    subject: str
    since: str
    title: Sentence
    text: Sentence
    path: str = Field(description="Where it can be looked at on the dashboard.")

    @classmethod
    def of(cls, notice: Notice, since: str) -> NoticeBody:
        """Return a notice."""
        return cls(
            kind=notice.kind,
            subject=notice.subject,
            since=since,
            title=Sentence(**notice.title),
            text=Sentence(**notice.text),
            path=notice.path,
        )


class NoticeList(StrictModel):
    """What still holds, the newest first."""

    notices: list[NoticeBody]
