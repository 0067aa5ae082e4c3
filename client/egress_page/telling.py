"""What the page says of its values, in both languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from client.egress_page.content import EgressContent, Item, Run, time_of
from client.egress_page.numbers import day, moment, power, significant, size
from client.privacy.entry import NO_PATIENT_DATA
from client.privacy.erasure import AGAIN, PURPOSE
from shared.pages.words import Catalogue, Text, Words, joined, words

_OF_SEVERAL = re.compile(r"(?P<name>[a-z ]+?)(?: (?P<step>\d+))?(?P<rest>, in a sum of \d+ .*)?")
NOTHING = "\N{EN DASH}"
# What the question of the same name says already.
PUBLIC_KEY = "public key for secret sums"
MARKS = {"sent": "✓", "not_sent": "○", "refused": "✗", "erased": "\N{MINUS SIGN}"}


class Telling:
    """Texts of one page.

    Parameters
    ----------
    content : EgressContent
    say : Catalogue
    """

    def __init__(self, content: EgressContent, say: Catalogue) -> None:
        self._content = content
        self._say = say

    def lead(self) -> Words:
        """Return the sentence that the reader came for."""
        content, say = self._content, self._say
        parts = [
            say(
                "lead.spent",
                spent=significant(content.epsilon),
                budget=significant(content.policy.epsilon),
            ),
            say("lead.releases", count=self._releases(), runs=self._runs_words()),
            self._refused(),
        ]
        return joined([joined(parts, "; "), "."], "")

    def points(self) -> list[Words]:
        """Return what qualifies it."""
        content, say = self._content, self._say
        days = content.policy.period_days
        delta = power(content.policy.delta)
        found = [say("point.meaning", count=days, delta=delta)]
        unbounded = sum(each.outcome == "sent" and each.cost is None for each in content.items)
        found.append(say("point.unbounded", count=unbounded) if unbounded else say("point.bounded"))
        not_sent = sum(each.outcome == "not_sent" for each in content.items)
        if not_sent:
            found.append(say("point.not_sent", count=not_sent))
        if content.erased:
            found.append(say("point.erased", count=content.erased))
        found.append(say("point.chain", count=content.entries))
        return found

    def warnings(self) -> list[Words]:
        """Return what a person should look at now."""
        content, say = self._content, self._say
        changed = sum(each.copy in ("changed", "unreadable") for each in content.items)
        found = [say("warning.paused")] if content.paused else []
        return [*found, say("warning.changed", count=changed)] if changed else found

    def facts(self) -> list[tuple[Text, Text]]:
        """Return what the page is about."""
        content, say, policy = self._content, self._say, self._content.policy
        formal = "fact.required" if policy.formal_privacy_required else "fact.not_required"
        facts: list[tuple[Text, Text]] = [
            (say("fact.federation"), content.federation),
            (say("fact.coordinator"), content.coordinator),
            (say("fact.formal"), say(formal)),
            (say("fact.smallest_cell"), say("fact.patients", count=policy.smallest_cell)),
            (say("fact.kept"), say("fact.days", count=policy.keep_payloads_days)),
            (say("fact.written"), self.when(content)),
        ]
        if content.only_run:
            facts.insert(0, (say("fact.run"), content.only_run))
        return facts

    def when(self, content: EgressContent) -> Words:
        """Return when the page was made."""
        return joined([moment(content.written, self._say), "UTC"], " ")

    def run_title(self, run: Run) -> Words:
        """Return what a run is called."""
        if not run.name:
            return self._say("run.none")
        return self._say("run.title", run=run.name)

    def run_line(self, run: Run) -> Words:
        """Return what a run came to."""
        say = self._say
        first, last = (time_of(run.items[place].entry) for place in (0, -1))
        begin, end = day(first, say), day(last, say)
        parts: list[Text] = [begin if begin == end else joined([begin, end], " \N{EN DASH} ")]
        if run.count("sent"):
            parts += [say("run.items", count=run.count("sent")), size(run.size)]
        if run.cost:
            parts.append(say("run.cost", cost=significant(run.cost)))
        unbounded = sum(each.cost is None for each in run.items)
        if unbounded:
            parts.append(say("run.unbounded", count=unbounded))
        if run.count("refused"):
            parts.append(say("run.refused", count=run.count("refused")))
        return joined(parts, " · ")

    def time(self, item: Item) -> Words:
        """Return when an item was written."""
        return moment(time_of(item.entry), self._say)

    def question(self, item: Item) -> Words:
        """Return what was asked, in words."""
        return self._known("question", item.entry.question or "erase")

    def purpose(self, item: Item) -> Words:
        """Return which part of it, in words; empty where the question says it."""
        purpose = item.entry.purpose
        if purpose in ("", item.entry.question, PURPOSE, PUBLIC_KEY):
            return Words.same("")
        if purpose == AGAIN:
            return self._say("purpose.again")
        found = _OF_SEVERAL.fullmatch(purpose)
        if found is None or f"purpose.{found['name']}" not in self._say.texts["en"]:
            return words(purpose)
        name = self._say(f"purpose.{found['name']}")
        step = f" {found['step']}" if found["step"] else ""
        members = re.search(r"\d+", found["rest"] or "")
        rest = self._say("purpose.secretly", count=int(members[0])) if members else Words.same("")
        return joined([name, step, rest], "")

    def cost(self, item: Item) -> Words:
        """Return what an item told about one patient."""
        if item.cost is None:
            return self._say("cost.unbounded")
        if item.entry.state != "spent" or item.entry.mechanism == NO_PATIENT_DATA:
            return self._say("cost.nothing")
        return joined(["ε ", significant(item.cost)], "")

    def size(self, item: Item) -> Words:
        """Return how much left."""
        return size(item.size) if item.outcome == "sent" else Words.same(NOTHING)

    def outcome(self, item: Item) -> Words:
        """Return what became of it, with a mark that is not only a colour."""
        return joined([MARKS[item.outcome], self._say(f"outcome.{item.outcome}")], " ")

    def details(self, item: Item) -> list[tuple[Text, Text]]:
        """Return everything that the ledger holds of an item."""
        say, entry = self._say, item.entry
        number = str(entry.number)
        found: list[tuple[Text, Text]] = [
            (say("detail.entry"), number if not item.sent_with else f"{number}, {item.sent_with}"),
            (say("detail.recipient"), entry.recipient),
            (say("detail.question"), entry.question or NOTHING),
        ]
        if entry.reason:
            found.append((say("detail.reason"), entry.reason))
        if entry.mechanism == "discrete_gaussian":
            found += [
                (say("detail.mechanism"), say("detail.discrete_gaussian")),
                (say("detail.noise"), significant(entry.noise_multiplier)),
                (say("detail.sampling"), significant(entry.sampling_rate)),
                (say("detail.honest"), str(entry.assumed_honest)),
                (say("detail.epsilon"), significant(entry.epsilon)),
            ]
        if item.digest:
            found.append((say("detail.digest"), item.digest))
        return [*found, (say("detail.code"), entry.code), (say("detail.hash"), entry.hash)]

    def copy(self, item: Item) -> Words:
        """Return what is there of the answer itself."""
        return self._say(f"copy.{item.copy}", number=Words.same(str(item.sent_with)))

    def kinds(self) -> Sequence[tuple[str, Words]]:
        """Return the questions of the page, for choosing among them."""
        asked = dict.fromkeys(each.entry.question or "erase" for each in self._content.items)
        return [(kind, self._known("question", kind)) for kind in asked]

    def _known(self, group: str, key: str) -> Words:
        known = f"{group}.{key}" in self._say.texts["en"]
        return self._say(f"{group}.{key}") if known else words(key)

    def _releases(self) -> int:
        return sum(each.outcome in ("sent", "not_sent") for each in self._content.items)

    def _runs_words(self) -> Words:
        told = ("sent", "not_sent")
        runs = {each.entry.run for each in self._content.items if each.outcome in told}
        return self._say("lead.runs", count=len(runs))

    def _refused(self) -> Words:
        refused = sum(each.outcome == "refused" for each in self._content.items)
        if not refused:
            return self._say("lead.none_refused")
        return self._say("lead.refused", count=refused)
