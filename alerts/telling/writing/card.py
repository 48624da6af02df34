"""A card: what a notice says, in the words and the time zone of one reader.

Every string of a card is one line of visible text and not yet escaped for a format.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from alerts.telling.writing.escape import cut, link, visible
from alerts.telling.writing.wording import Wording

SHARED_ZONES = frozenset({"CST", "IST", "BST", "AST", "EST", "PST"})
"""Names of several zones in IANA's database: CST is Shanghai's and Chicago's."""
SUBJECT_LIMIT = 200
"""Characters of a subject: mail programs and push services show fewer."""
HEADLINE_LIMIT = 300
PASSAGE_LIMIT = 500
OUTLET_LIMIT = 10
"""Outlets that a message names; the others are counted."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the passage; `marked` where it is what matched."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what it is called and what it says."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Outlet:
    """Who reports the event, in which language and where."""

    name: str
    language: str
    url: str | None
    """None where the address cannot be shown as a link."""


@dataclass(frozen=True, slots=True)
class Card:
    """One event for one reader."""

    subject: str
    """`[HIGH] Travel advisory, escalation: CN → JP — headline`."""
    what: str
    """The subject without the headline."""
    summary: str
    """The event in one line, with names in full."""
    headline: str
    language: str
    """BCP 47 tag of headline and passage."""
    url: str | None
    severity: str
    """As the code names it: `critical`, `high`, `medium`, `low`."""
    passage: tuple[Segment, ...]
    times: tuple[Fact, ...]
    outlets: tuple[Outlet, ...]
    more_outlets: str
    changes: tuple[Fact, ...]
    """What is new since readers were last told; empty the first time."""
    rules: tuple[Fact, ...]
    """Every rule that fired, with its version."""
    mute: tuple[Fact, ...]
    """How to hear no more of the event, or of its kind."""


def card(notice: Notice, wording: Wording, zone: ZoneInfo) -> Card:
    """What `notice` says, in the language of `wording` and with times of `zone`."""
    outlets = _outlets(notice)
    return Card(
        subject=subject(notice, wording),
        what=_first_things(notice, wording),
        summary=_summary(notice, wording),
        headline=_short(notice.headline, HEADLINE_LIMIT),
        language=visible(notice.language),
        url=link(notice.url),
        severity=notice.severity,
        passage=passage(notice),
        times=_times(notice, wording, zone),
        outlets=tuple(_outlet(a, wording) for a in outlets[:OUTLET_LIMIT]),
        more_outlets=_more(len(outlets) - OUTLET_LIMIT, wording),
        changes=tuple(_change(fact, wording) for fact in notice.facts),
        rules=tuple(_rule(fired, wording) for fired in notice.fired),
        mute=_mute(notice, wording),
    )


def subject(notice: Notice, wording: Wording) -> str:
    """What happened, first things first, in at most SUBJECT_LIMIT characters."""
    first = _first_things(notice, wording)
    return cut(visible(f"{first} — {_short(notice.headline, HEADLINE_LIMIT)}"), SUBJECT_LIMIT)


def _first_things(notice: Notice, wording: Wording) -> str:
    severity = wording.word("severity", notice.severity).upper()
    colon = wording.phrase("colon", "mark")
    parts = (_what(notice, wording), _who(notice, wording, "party_short"))
    event = colon.join(part for part in parts if part)
    if notice.kind is NoticeKind.UPDATE:
        event = wording.phrase("update") + colon + event
    return visible(f"[{severity}] {event}")


def local(moment: datetime, zone: ZoneInfo) -> str:
    """`2025-11-15 09:30 JST`; `UTC+08:00` for a zone whose name others have too."""
    there = moment.astimezone(zone)
    name = there.strftime("%Z")
    if name in SHARED_ZONES or not name.isalpha():
        name = f"UTC{there.isoformat()[-6:]}"
    return f"{there:%Y-%m-%d %H:%M} {name}"


def _what(notice: Notice, wording: Wording) -> str:
    """`Travel advisory (amber), escalation`; the rule's name where there is no category."""
    if notice.category is None:
        name = _short(notice.rule_name, 60)
    else:
        name = wording.word("category", notice.category)
    if notice.level:
        name += _bracketed(wording.word("level", notice.level), wording)
    if notice.direction:
        name += wording.phrase("comma", "mark") + wording.word("direction", notice.direction)
    return visible(name)


def _who(notice: Notice, wording: Wording, kind: str) -> str:
    parties = [wording.word(kind, p) for p in (notice.actor, notice.target) if p]
    return visible(" → ".join(parties))


def _summary(notice: Notice, wording: Wording) -> str:
    colon = wording.phrase("colon", "mark")
    event = colon.join(p for p in (_who(notice, wording, "party"), _what(notice, wording)) if p)
    severity = wording.phrase("severity") + colon + wording.word("severity", notice.severity)
    return event + _bracketed(severity, wording)


def passage(notice: Notice) -> tuple[Segment, ...]:
    """The passage around its first mark, at most PASSAGE_LIMIT characters, in segments."""
    text, marks = notice.passage, notice.marks
    first = marks[0][0] if marks else 0
    start = max(0, first - PASSAGE_LIMIT // 3) if len(text) > PASSAGE_LIMIT else 0
    end = min(len(text), start + PASSAGE_LIMIT)
    edges = [start, *(min(max(e, start), end) for mark in marks for e in mark), end]
    pieces = [Segment("…", False)] if start else []
    for number, (left, right) in enumerate(pairwise(edges)):
        pieces.append(Segment(visible(text[left:right]), number % 2 == 1))
    pieces += [Segment("…", False)] if end < len(text) else []
    return tuple(piece for piece in pieces if piece.text)


def _times(notice: Notice, wording: Wording, zone: ZoneInfo) -> tuple[Fact, ...]:
    published, seen = wording.phrase("unknown"), local(notice.first_seen_at, zone)
    if notice.published_at:
        published = local(notice.published_at, zone)
        lag = notice.first_seen_at - notice.published_at
        if lag >= timedelta():
            seen += _bracketed(wording.phrase("lag", lag=duration(lag, wording)), wording)
    if notice.published_at and notice.published_source:
        source = wording.word("published_source", notice.published_source)
        published += _bracketed(visible(source), wording)
    return (
        Fact(wording.phrase("published"), published),
        Fact(wording.phrase("first_seen"), seen),
    )


def duration(span: timedelta, wording: Wording) -> str:
    """The two largest units of a span, to the minute: `3 d 4 h`, `12 min`."""
    minutes = int(span.total_seconds() // 60)
    counts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    parts = [wording.phrase(unit, "unit", n=n) for unit, n in counts.items() if n]
    glue = " " if wording.labels == "en" else ""
    return glue.join(parts[:2]) or wording.phrase("minute", "unit", n=0)


def _outlets(notice: Notice) -> tuple[Appearance, ...]:
    """The article of the notice first, then the others: one line an address."""
    own = Appearance(notice.outlet, notice.url, notice.headline, notice.language)
    return tuple({a.url: a for a in (own, *notice.appearances)}.values())


def _outlet(appearance: Appearance, wording: Wording) -> Outlet:
    return Outlet(
        name=_short(appearance.outlet, 80),
        language=visible(wording.word("language", appearance.language)),
        url=link(appearance.url),
    )


def _more(count: int, wording: Wording) -> str:
    return wording.phrase("more", n=count) if count > 0 else ""


def _change(fact: NewFact, wording: Wording) -> Fact:
    """`Severity` and `medium → high`; words that no table has, a source's name say, stay."""
    sides = (wording.word(fact.development, s) for s in (fact.before, fact.after) if s)
    return Fact(
        visible(wording.word("change", fact.development)),
        " → ".join(_short(side, 80) for side in sides),
    )


def _rule(fired: FiredRule, wording: Wording) -> Fact:
    version = wording.phrase("version", version=visible(fired.version))
    detail = visible(fired.id) + wording.phrase("comma", "mark") + version
    name = visible(wording.rule(fired.id, fired.name))
    return Fact(wording.phrase("rule"), name + _bracketed(detail, wording))


def _mute(notice: Notice, wording: Wording) -> tuple[Fact, ...]:
    rules = (shlex.quote(visible(fired.id)) for fired in notice.fired)
    return (
        Fact(
            wording.phrase("mute_event"),
            wording.phrase("mute_event_how", event=visible(notice.event_id)),
        ),
        *(
            Fact(wording.phrase("mute_rule"), wording.phrase("mute_rule_how", rule=rule))
            for rule in rules
        ),
    )


def _bracketed(text: str, wording: Wording) -> str:
    return wording.phrase("open", "mark") + text + wording.phrase("close", "mark")


def _short(text: str, limit: int) -> str:
    """The beginning of `text` on one line; a headline of megabytes is not read to its end."""
    return cut(visible(text[: limit * 20]).strip(), limit)
