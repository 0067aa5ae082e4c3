"""How pages write times, spans of time and intervals, in the reader's language."""

from __future__ import annotations

from datetime import UTC, datetime

from server.recorded.translating import recorded
from shared.metrics.wilson import wilson
from shared.pages.words import Words as BothLanguages
from shared.watch.verdict import WatchVerdict
from shared.web.words import Words

MINUTE, HOUR, DAY = 60, 3600, 86400
# Watches come once a day.
OLD = 2 * DAY


class Wording:
    """Writes what templates show.

    Parameters
    ----------
    words : Words
    now : datetime, optional
    """

    def __init__(self, words: Words, now: datetime | None = None) -> None:
        self.words = words
        self.now = now or datetime.now(UTC)

    def ago(self, text: str | None) -> str:
        """Say how long ago a time was."""
        if not text:
            return self.words("span.never")
        seconds = (self.now - _time(text)).total_seconds()
        if seconds < MINUTE:
            return self.words("span.just_now")
        return self.words("span.ago", span=self.span(seconds))

    def is_old(self, text: str) -> bool:
        """Return whether a time is so long ago that what was said then may not hold any more."""
        return (self.now - _time(text)).total_seconds() > OLD

    def until(self, text: str) -> str:
        """Say how long a time is away."""
        seconds = (_time(text) - self.now).total_seconds()
        return self.words("span.in", span=self.span(max(seconds, 0.0)))

    def span(self, seconds: float) -> str:
        """Write a span of time in its largest unit."""
        for name, size in (("days", DAY), ("hours", HOUR), ("minutes", MINUTE)):
            if seconds >= size:
                return self.words(f"span.{name}", count=int(seconds // size))
        return self.words("span.seconds", count=int(seconds))

    def took(self, start: str, end: str | None) -> str:
        """Write how long something took, or takes until now."""
        return self.span(((_time(end) if end else self.now) - _time(start)).total_seconds())

    def day(self, text: str) -> str:
        """Write a day without its year."""
        time = _time(text).astimezone()
        return self.words("span.day", day=time.day, month=self.words(f"month.{time.month}"))

    def clock(self) -> str:
        """Write the time of day that the page was made at."""
        return f"{self.now.astimezone():%H:%M:%S}"

    def points(self, share: float | None, digits: int = 1) -> str:
        """Write a share in hundredths."""
        return (
            self.words("number.none") if share is None else self.words.number(100 * share, digits)
        )

    def signed(self, share: float) -> str:
        """Write a difference of shares in points, with its sign."""
        text = self.words.number(abs(100 * share), 1)
        return ("\N{MINUS SIGN}" if share < 0 else "+") + text

    def question(self, question: str, model: str) -> str:
        """Name what was asked."""
        plain = question.rpartition(", stage ")[0] or question
        if plain.startswith("part: "):
            return plain.removeprefix("part: ")
        key = "question." + plain.replace(".", "_")
        said = self.words(key) if self.words.has(key) else plain
        return f"{self.model(model)}: {said}" if model else said

    def actor(self, name: str) -> str:
        """Name who did something: a person, or what does things by itself."""
        key = f"actor.{name}"
        return self.words(key) if self.words.has(key) else name

    def model(self, kind: str) -> str:
        """Name a kind of model."""
        key = f"model.{kind}"
        return self.words(key) if self.words.has(key) else kind

    def both(self, text: BothLanguages) -> str:
        """Return a text of another catalogue in the reader's language."""
        return text.of(self.words.language)

    def recorded(self, text: str) -> str:
        """Return a sentence of the coordinator's record in the reader's language."""
        return recorded(text).of(self.words.language)

    def said(self, verdict: WatchVerdict) -> str:
        """Return the sentence of a verdict."""
        spanish = self.words.language == "es" and verdict.sentence_es
        return verdict.sentence_es if spanish else verdict.sentence

    def bounds(self, share: float | None, rows: int) -> tuple[float, float] | None:
        """Return the 95% interval of a share of rows (Wilson 1927); None without rows."""
        if share is None or rows < 1:
            return None
        return wilson(round(share * rows), rows)

    def with_interval(self, share: float | None, rows: int) -> str:
        """Write a share of rows in percent with its 95% interval."""
        found = self.bounds(share, rows)
        if share is None or found is None:
            return self.words("number.none")
        low, high = found
        return f"{self.points(share)} [{self.points(low)}, {self.points(high)}]"

    def percent(self, share: float | None, rows: int) -> str:
        """Write a share of rows with its 95% interval, as it stands in a sentence."""
        found = self.bounds(share, rows)
        if share is None or found is None:
            return self.words("number.none")
        low, high = found
        value = self.words("number.percent", value=self.points(share))
        return f"{value} [{self.points(low)}, {self.points(high)}]"


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
