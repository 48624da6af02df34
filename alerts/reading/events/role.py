"""Roles: who acts on whom in the sentence that tells an event.

The method is that of the pattern coders TABARI and PETRARCH, cut down to three parties: a name
before the verb is its subject unless a preposition, a case particle or a passive says otherwise.
A longer name hides the shorter ones in it, so that Japan's ambassador in China (日本駐華大使) is
Japan alone, and a compound (China-Japan, 中日) is the relation and no one who acts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import NamedTuple, Protocol

from alerts.reading.coding import Category
from alerts.reading.words.fold import fold
from alerts.reading.words.passage import PARTIES, Passage
from alerts.reading.words.scan import Hit
from alerts.reading.words.vocabulary import Sign


class Case(Enum):
    """What the words beside a name make of it."""

    SUBJECT = 1
    ATTRIBUTE = 2
    """Says whose or from where a thing is: Japanese seafood, 日本航班, 日本の水産物."""
    AGENT = 3
    """Named by a passive: by China, 遭中方, 中国による."""
    DATIVE = 4
    """At whom something is aimed: with Japan, 對日, 中国に, and compounds such as 訪華."""
    PLACE = 5
    """In Beijing, 在東京, 北京で; also what is only the cause: after, 因, 受."""


class Mention(NamedTuple):
    """A party named at `start:end` of its field."""

    start: int
    end: int
    party: str
    case: Case


class Told(Protocol):
    """A sign in a sentence."""

    @property
    def sign(self) -> Sign: ...
    @property
    def hits(self) -> tuple[Hit, ...]: ...
    @property
    def passage(self) -> Passage: ...


Pair = tuple[str | None, str | None]


def roles(
    told: Sequence[Told], title: Sequence[Passage], main: Sequence[str], names: Names
) -> Pair:
    """Actor and target of one event, from the sentences that tell it, the surest first.

    What a sentence leaves open is taken from the next one, then from the title (sooner where the
    same party acts there), then from `main`, the two parties that the text is chiefly about.
    `names` remembers the names of the sentences of one text.
    """
    told = told[:_SENTENCES]
    owner = next((p for one in told if (p := _owner(one, names))), None)
    actor = next((a for one in told if (a := _actor(one, owner, names))), None)
    actor = actor or next((p for p in _subjects(title, names) if p != owner), None)
    target = owner or _target(told, title, actor, names)
    actor = actor or next((p for p in main if p != target), None)
    named = (m.party for p in title for m in names.of(p))
    return actor, target or next((p for p in [*named, *main] if p != actor), None)


_SENTENCES = 4
"""How many sentences are asked who acts."""


class Names:
    """The names in the sentences of one text, worked out when they are first asked for."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[Mention, ...]] = {}

    def of(self, passage: Passage) -> tuple[Mention, ...]:
        key = (passage.field, passage.number)
        if key not in self._known:
            self._known[key] = tuple(_mentions(passage))
        return self._known[key]


def _owner(told: Told, names: Names) -> str | None:
    """Whose the thing or who the person is that the event is done to, where its words say so."""
    sign = told.sign
    if sign.target:
        return _inside(told.hits[sign.all.index(sign.target)], names.of(told.passage))
    if sign.theirs:
        hit, mentions = told.hits[sign.all.index(sign.theirs)], names.of(told.passage)
        led = mentions if sign.led else ()
        return _inside(hit, mentions) or _beside(hit, mentions, told.passage) or _before(hit, led)
    return None


def _inside(hit: Hit, mentions: Sequence[Mention]) -> str | None:
    return next((m.party for m in mentions if m.start < hit.end and m.end > hit.start), None)


def _beside(hit: Hit, mentions: Sequence[Mention], passage: Passage) -> str | None:
    """The party named right before the hit; after it for an age ("10-year-old Japanese")."""
    base = passage.start
    for m in reversed(mentions):
        if m.end <= hit.start and passage.text[m.end - base : hit.start - base] in _LINKS:
            return m.party
        if passage.scale > 1 and m.start - hit.end == 1:
            return m.party
    return None


def _before(hit: Hit, mentions: Sequence[Mention]) -> str | None:
    """The party named last before the hit: a Japanese trading-house employee."""
    return next((m.party for m in reversed(mentions) if m.end <= hit.start), None)


_LINKS = {"", " ", "の", fold("產").text, fold("籍").text, fold("的").text}
"""What may stand between a name and the thing that is its own."""


def _actor(told: Told, owner: str | None, names: Names) -> str | None:
    """Who the event's words name, else the agent of a passive, else the subject before the event,
    in its own clause first."""
    sign, mentions = told.sign, names.of(told.passage)
    if not mentions:
        return None
    if sign.actor and (party := _inside(told.hits[sign.all.index(sign.actor)], mentions)):
        return party
    mentions = tuple(m for m in mentions if m.party != owner)
    low, high = _clause(told.passage, told.hits)
    agents = (m for m in mentions if m.case is Case.AGENT and low <= m.start < high)
    if agent := next(agents, None):
        return agent.party
    if _is_passive(told.passage, told.hits):
        return None
    event = (max if _is_japanese(told.passage) else min)(hit.start for hit in told.hits)
    if sign.category in _NEAREST:
        near = [m for m in mentions if m.case is Case.SUBJECT and m.start <= event]
        return near[-1].party if near else None
    before = [m for m in mentions if m.case is Case.SUBJECT and m.start < event]
    return _subject(told.passage, before, low)


def _is_japanese(passage: Passage) -> bool:
    return passage.scale == 1 and bool(_KANA.search(passage.text))


_NEAREST = {Category.MILITARY_MARITIME}
"""Categories told by one side about the other: the name nearest to the verb acts."""
_KANA = re.compile("[\u3041-\u30fa]")


def _subject(passage: Passage, before: Sequence[Mention], low: int) -> str | None:
    """Of the subjects before the event the first one of its clause, else who speaks before a
    colon or in the nearest clause of a headline, else the first of the sentence."""
    if own := [m for m in before if m.start >= low]:
        return _speaker(passage, own).party
    part = passage.text.rfind(";", 0, low - passage.start) + passage.start
    before = [m for m in before if m.start >= part]
    if not before:
        return None
    if passage.field == "text":
        return before[0].party
    spoken = [m for m in before if passage.text[m.end - passage.start :].lstrip()[:1] == ":"]
    return (spoken or before)[-1].party


def _clause(passage: Passage, hits: Sequence[Hit]) -> tuple[int, int]:
    """Where the clause of an event begins and ends, in the field."""
    text, base = passage.text, passage.start
    start, end = (min(h.start for h in hits) - base, max(h.end for h in hits) - base)
    if _is_japanese(passage):
        start = max(h.start for h in hits) - base
    low, high = 0, len(text)
    for first, last in _breaks(text):
        if last <= start:
            low = last
        elif first >= end:
            high = first
            break
    return low + base, high + base


@lru_cache(maxsize=16)
def _breaks(text: str) -> tuple[tuple[int, int], ...]:
    return tuple([mark.span() for mark in _BREAK.finditer(text)])


_BREAK = re.compile("[,;:\n\u3000() ](?:(?<! )|(?=[^ -~])(?<=[^ -~] )|- )")
"""Ends the clause of a subject. A Japanese topic may stand before a comma (、)."""


def _speaker(passage: Passage, own: Sequence[Mention]) -> Mention:
    """The first subject, or the first after a word of saying between two subjects."""
    for said in passage.lists.get("modality.speech", ()):
        after = [m for m in own if m.start >= said.end]
        if said.start >= own[0].end and after:
            return after[0]
    return own[0]


def _target(
    told: Sequence[Told], title: Sequence[Passage], actor: str | None, names: Names
) -> str | None:
    """At whom a sentence is aimed, else the other party of a title with the same actor, else who
    else is named."""
    found = [m for one in told if (m := _other(one, actor, names))]
    if aimed := next((m for m in found if m.case is Case.DATIVE), None):
        return aimed.party
    if actor == next(_subjects(title, names), None):
        others = (m.party for p in title for m in names.of(p) if m.party != actor)
        if other := next(others, None):
            return other
    return found[0].party if found else None


def _other(told: Told, actor: str | None, names: Names) -> Mention | None:
    """The mention of the target: in the event's clause, aimed at, after its first word."""
    mentions = [m for m in names.of(told.passage) if m.party != actor]
    if len(mentions) < 2:
        return mentions[0] if mentions else None
    low, high = _clause(told.passage, told.hits)
    start = told.hits[0].start

    def away(m: Mention) -> tuple[bool, bool, bool, int]:
        inside = low <= m.start < high and not _owns(told.passage, m)
        return not inside, m.case is not Case.DATIVE, m.start < start, abs(m.start - start)

    return min(mentions, key=away)


def _owns(passage: Passage, mention: Mention) -> bool:
    """Whether the name only says whose something is (Beijing's grip)."""
    return passage.text.startswith("'s", mention.end - passage.start)


def _subjects(title: Sequence[Passage], names: Names) -> Iterator[str]:
    return (m.party for p in title for m in names.of(p) if m.case is Case.SUBJECT)


def _mentions(passage: Passage) -> Iterator[Mention]:
    """The names in a sentence in order, without those inside longer ones."""
    things = [hit for name in _THINGS if name in passage.lists for hit in passage.lists[name]]
    last: Mention | None = None
    reach = -1
    for start, end, aimed, party in sorted(_names(passage.lists)):
        if -end <= reach:
            continue
        reach = -end
        if party:
            case = Case.DATIVE if aimed == 0 else _case(passage, start, -end, things)
            if last and last.party == party and start - last.end <= 1 and case is Case.SUBJECT:
                case = last.case
            last = Mention(start, -end, party, case)
            yield last


_THINGS = (
    "transport.service",
    "trade_restriction.goods",
    "visa_entry.visa",
    "visa_entry.waiver",
    "sanctions_legal.law",
    "exchange_cancellation.work",
)
"""Lists of things: a name right before one says whose it is."""


def _names(lists: Mapping[str, Sequence[Hit]]) -> list[tuple[int, int, int, str]]:
    """Start, end (negative: the longer first), 0 for a compound that aims, party or nothing."""
    return [
        (start, -end, aimed, party)
        for name in lists
        if name in _PARTY
        for party, aimed in [_PARTY[name]]
        for start, end, _ in lists[name]
    ]


_PARTY: dict[str, tuple[str, int]] = {
    **{f"parties.{p}.{kind}": (p, 1) for p in PARTIES for kind in ("state", "body", "place")},
    **{f"parties.{p}.to": (p, 0) for p in PARTIES},
    **{f"parties.{pair}": ("", 1) for pair in ("JP-CN", "islands", "HK-JP", "HK-CN")},
}


def _case(passage: Passage, start: int, end: int, things: Sequence[Hit]) -> Case:
    if any(hit.start <= end + 1 and hit.end > end - 1 and hit.start >= start for hit in things):
        return Case.ATTRIBUTE
    base = passage.start
    before, after = passage.text[: start - base], passage.text[end - base :]
    return _latin_case(before, after) if passage.scale > 1 else _cjk_case(before, after)


_PREPOSITION = re.compile(
    r"\b(?:(by)|(with|against|on|to|toward|towards|for|over|at|between)"
    r"|(in|from|near|off|of|into|about|amid|after|around|across|inside|outside|following))"
    r" (?:the |its |both |mainland |neighbou?ring )?$"
)


def _latin_case(before: str, after: str) -> Case:
    found = _PREPOSITION.search(before[-32:])
    if not found or after.startswith("'s "):
        return Case.SUBJECT
    return Case.AGENT if found[1] else Case.DATIVE if found[2] else Case.PLACE


_AFTER = re.compile(
    "(による|によって|により)|(に|へ|と|向け|側に|側へ|側と|政府に|大使に)"
    "|(で|滞在|国内|各地|市内|から)|(を)"
)
_AFTER_CASES = (Case.AGENT, Case.DATIVE, Case.PLACE, Case.ATTRIBUTE)
"""The case of each of its groups."""
_TOPIC = re.compile("[^、。,「はがをにでとへ\u3000 ]{0,16}(?:は|が|も|、|:|「|$)")
_BEFORE = (
    (Case.AGENT, fold("被遭獲").text),
    (Case.DATIVE, fold("對向與同跟和給赴往訪駐促籲批斥").text),
    (Case.PLACE, fold("在於自從因受就為至到據經抵離由").text),
)


def _cjk_case(before: str, after: str) -> Case:
    """By the particle after a name (Japanese), else by the character before it (Chinese)."""
    if particle := _AFTER.match(after):
        return _AFTER_CASES[(particle.lastindex or 1) - 1]
    if _KANA.search(before) or _KANA.search(after):
        return Case.SUBJECT if _TOPIC.match(after) else Case.ATTRIBUTE
    last = before[-1:]
    return next((case for case, signs in _BEFORE if last and last in signs), Case.SUBJECT)


_PASSIVE_BEFORE = re.compile(rf"(?:[{fold('被遭獲').text}]|\b(?:was|were|been|be|being|is|are)) ?$")


def _is_passive(passage: Passage, hits: Sequence[Hit]) -> bool:
    """Whether the event's word stands in a passive whose agent is not named."""
    base = passage.start
    return any(
        _PASSIVE_BEFORE.search(passage.text[max(hit.start - base - 8, 0) : hit.start - base])
        or passage.text.startswith("され", hit.end - base)
        for hit in hits
    )
