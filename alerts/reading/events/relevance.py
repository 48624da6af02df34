"""Relevance: is a text news about relations between two of Hong Kong, Japan and mainland China?

A score from 0 to 1 with its reasons: who is named where, whether something happened between them,
and whether the text is of a kind (sport, weather, travel tips, encyclopedia) that holds the same
words for other reasons.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from alerts.reading.words.fold import fold
from alerts.reading.words.passage import PARTIES, Passage

THRESHOLD = 0.5


class Trace(NamedTuple):
    """What the coder saw of an event: enough to weigh it."""

    in_lead: bool
    reported: bool
    official: bool = False
    """In the title, and between governments: sport and stars are only the occasion."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """`score` is between 0 and 1; `parties` are those that the text is about."""

    score: float
    parties: tuple[str, ...]
    main: tuple[str, ...]
    """The two that it is chiefly about."""
    reasons: tuple[str, ...]


_GENRES = {
    "sport": 0.6,
    "weather": 0.45,
    "travel": 0.6,
    "encyclopedia": 0.6,
    "market": 0.5,
    "entertainment": 0.4,
    "health": 0.35,
    "domestic": 0.45,
    "crime": 0.5,
    "food": 0.5,
}
"""What a genre takes away when its words stand in the title; half of it for three in the body."""


_KINDS = tuple(f"genres.{genre}" for genre in _GENRES)
_OCCASIONS = {"sport", "entertainment", "weather", "market"}
"""Kinds of text that governments quarrel about too."""


def weigh(read: Sequence[Passage], traces: Sequence[Trace]) -> Relevance:
    """The relevance of the text that `read` holds."""
    parties = named(read)
    if len(parties) < 2:
        return nothing(parties)
    title, lead = [p for p in read if p.field == "title"], [p for p in read if p.leads]
    marks = [
        *_pairing(title, lead),
        *_ties(lead),
        *_happening(traces),
        *_against(read, title, traces),
    ]
    score = round(min(max(sum(points for points, _ in marks), 0.0), 1.0), 2)
    reasons = tuple(f"{points:+.2f} {why}" for points, why in marks)
    return Relevance(score, parties, chief(read), reasons)


def nothing(parties: Collection[str]) -> Relevance:
    """The relevance of a text that names fewer than two parties."""
    ordered = tuple(party for party in PARTIES if party in parties)
    only = ", ".join(ordered) or "none"
    return Relevance(0.0, ordered, ordered, (f"names fewer than two parties ({only})",))


def named(read: Sequence[Passage]) -> tuple[str, ...]:
    """The parties that are named at all, in the order HK, JP, CN."""
    seen = frozenset().union(*[passage.parties for passage in read])
    return tuple([party for party in PARTIES if party in seen])


def chief(read: Sequence[Passage]) -> tuple[str, ...]:
    """The two parties named most: a sentence counts 1, in the lead 2, the title 4; a
    quarter where only a compound (中日, Senkaku) names the party."""
    counts = dict.fromkeys(PARTIES, 0)
    for passage in read:
        weight = 16 if passage.field == "title" else 8 if passage.leads else 4
        if passage.parties:
            itself = {_ITSELF[name] for name in passage.lists if name in _ITSELF}
            for party in passage.parties:
                counts[party] += weight if party in itself else weight // 4
    top = sorted(PARTIES, key=lambda party: -counts[party])[:2]
    return tuple(party for party in PARTIES if party in top and counts[party])


_ITSELF = {f"parties.{p}.{kind}": p for p in PARTIES for kind in ("state", "body", "place", "to")}
"""Lists that name one party, not a pair."""


Marks = Iterator[tuple[float, str]]


def _pairing(title: Sequence[Passage], lead: Sequence[Passage]) -> Marks:
    above, early = _together(title), _together(lead)
    if len(above) >= 2:
        yield 0.35, "two parties in the title"
    elif above and len(early) >= 2:
        yield 0.3, "two parties in title and lead"
    elif len(early) >= 2:
        yield 0.2, "two parties in the lead"
    else:
        yield 0.1, "two parties in the body"


def _together(read: Sequence[Passage]) -> frozenset[str]:
    return frozenset().union(*[passage.parties for passage in read])


def _ties(lead: Sequence[Passage]) -> Marks:
    if any(name in p.lists for p in lead for name in _COMPOUNDS):
        yield 0.1, "a compound of both names in the lead"
    if any(len(p.parties) >= 2 and "relations.tie" in p.lists for p in lead):
        yield 0.1, "a word for their relation in the lead"
    if any(len(p.parties) >= 2 and _state(p) for p in lead):
        title = _together([p for p in lead if p.field == "title"])
        yield (
            0.15 if len(title) >= 2 and "JP" in title else 0.1,
            "a government and another party in one sentence",
        )


_COMPOUNDS = ("parties.JP-CN", "parties.HK-JP", "parties.HK-CN")


def _state(passage: Passage) -> bool:
    return not _STATES.isdisjoint(passage.lists)


_STATES = frozenset(f"parties.{party}.state" for party in PARTIES)


def _happening(traces: Sequence[Trace]) -> Marks:
    if any(t.reported and t.in_lead for t in traces):
        yield 0.35, "an event is reported in the lead"
    elif any(t.reported for t in traces):
        yield 0.25, "an event is reported in the body"
    elif traces:
        yield 0.2, "an event is named as background"


def _against(read: Sequence[Passage], title: Sequence[Passage], traces: Sequence[Trace]) -> Marks:
    if _defines(read, title):
        yield -0.7, "defines its title"
    counts = dict.fromkeys(_KINDS, 0)
    for passage in read:
        for name in passage.lists:
            if name in counts:
                counts[name] += len(passage.lists[name])
    above = {name for p in title for name in p.lists}
    official = any(t.official and t.reported for t in traces)
    taken = [
        (points if name in above else points / 2, genre)
        for name, (genre, points) in zip(_KINDS, _GENRES.items(), strict=True)
        if name in above or counts[name] >= 3
        if not (official and genre in _OCCASIONS)
    ]
    if taken:
        points, genre = max(taken)
        yield -points, f"reads like {genre}"
    if not (official and len(_together(title)) >= 2):
        yield from _abroad(read, title)


def _defines(read: Sequence[Passage], title: Sequence[Passage]) -> bool:
    """Whether the body begins with the title and says what that is, as an encyclopedia does."""
    name = "".join([p.text for p in title])[:600].strip()
    if not 4 <= len(name) <= 60:
        return False
    opening = "".join([p.text for p in read[len(title) : len(title) + _OPENING]])[:_OPENING]
    return any(
        opening.startswith(begin) and _IS.match(opening, len(begin))
        for begin in (f"the {name}", name)
    )


_OPENING = 600
"""Characters of a text that are its opening."""
_IS = re.compile(
    f".{{0,30}}?(?:{fold('是|指|為|とは|は、').text}| is | are | was | were | refers | concerns )"
)


def _abroad(read: Sequence[Passage], title: Sequence[Passage]) -> Marks:
    pair = any(name in p.lists for p in title for name in _COMPOUNDS)
    ours = _together(title)
    named = {_ITSELF[name] for p in title for name in p.lists if name in _ITSELF}
    both = "JP" in ours and (pair or (len(named) >= 2 and _opens_here(title)))
    if any(p.foreign for p in title) and not both:
        yield -0.4, "the title is about a third country"
        return
    foreign = sum(p.foreign for p in read)
    pairs = sum(len(p.parties) >= 2 for p in read)
    if foreign > 2 * pairs:
        yield -0.2, "third countries outweigh the pair"


def abroad_acts(headline: Passage) -> bool:
    """Whether a headline begins with another country: what it tells is that country's act."""
    return (
        headline.foreign
        and any(
            hit.start - headline.start <= _SUBJECT * headline.scale
            for hit in headline.lists.get("parties.other", ())
        )
        and not _opens_here([headline])
    )


_SUBJECT = 3
"""Characters (three times as many Latin ones) within which a headline names its subject."""


def _opens_here(title: Sequence[Passage]) -> bool:
    """Whether a headline names one of the three before any other country."""
    ours = (h.start for p in title for n in p.lists if n in _NAMES for h in p.lists[n])
    others = (h.start for p in title for h in p.lists.get("parties.other", ()))
    return min(ours, default=0) < min(others, default=0)


_NAMES = {*_ITSELF, *_COMPOUNDS}
