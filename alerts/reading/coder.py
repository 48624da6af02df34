"""The coder: which events a text speaks of, and how.

Sentence by sentence it looks for signs (combinations of words, `alerts.reading.vocabulary`),
decides for each whether the sentence reports it, denies it, considers it or names it as
background, who acts on whom and how grave it is, and keeps the words that led there. The method is
that of dictionary-based event coders such as TABARI and PETRARCH, with the severity scale and the
modality rules of this house. No network, no model.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

from alerts.reading.coding import (
    Category,
    CodedEvent,
    Coding,
    Direction,
    Evidence,
    Status,
)
from alerts.reading.fold import Folded, fold
from alerts.reading.grave import LEVELS, Grade, grade
from alerts.reading.passage import Passage, as_taiwanese, first, passages
from alerts.reading.relevance import THRESHOLD, Relevance, Trace, named, weigh
from alerts.reading.role import Names, roles
from alerts.reading.scan import Hit, Scanner
from alerts.reading.sentence import clause, days
from alerts.reading.thing import thing
from alerts.reading.vocabulary import Sign, Vocabulary, family, shipped

_GUARDS = "guards.guard"
_UNSPACED = {"zh", "ja"}
_TRIES = 6
"""How many hits of one list are tried in a sentence."""
_DEEP = 600
"""CJK characters (three times as many Latin ones) that the news of a text is expected to take."""
_EVIDENCE = 8
"""How many words an event keeps as its evidence."""


class Coder:
    """Codes texts. Built once; works in any number of processes (pickles as its vocabulary)."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._heads: dict[str, list[_Head]] = defaultdict(list)
        for sign in vocabulary.signs:
            head = _Head(sign, frozenset(sign.all), frozenset(sign.without))
            self._heads[sign.all[0]].append(head)
        self._scanners: dict[str, Scanner] = {}

    @classmethod
    @cache
    def shipped(cls) -> Coder:
        """The coder with the vocabulary that noroshi ships; made once per process."""
        return cls(shipped())

    def __reduce__(self) -> tuple[object, ...]:
        if self.vocabulary is shipped():
            return (Coder.shipped, ())
        return (Coder, (self.vocabulary,))

    def code(
        self, title: str, text: str, *, language: str | None = None, published: date | None = None
    ) -> Coding:
        """What `title` and `text` speak of. `published` tells the news from older dates."""
        folded = {"title": fold(title, lines=True), "text": fold(text, lines=True)}
        scanner = self._scanner(family(language or "") or script(title + text[:2000]))
        read = _read(folded, scanner)
        if len(named(read)) < 2:
            nothing = weigh(read, ())
            return Coding(False, nothing.score, nothing.parties, (), nothing.reasons)
        found = settle([f for passage in read for f in self._find(passage, published)], read)
        found = [f for f in found if _concerns(f, read)]
        relevance = weigh(read, [_trace(f) for f in found])
        if relevance.score < THRESHOLD:
            return Coding(False, relevance.score, relevance.parties, (), relevance.reasons)
        title_read = [p for p in read if p.field == "title"]
        events = tuple(_events(found, title_read, relevance, folded, scanner))
        reasons = (*relevance.reasons, *(_why(event) for event in events if not event.background))
        return Coding(True, relevance.score, relevance.parties, events, reasons)

    def _scanner(self, wanted: str) -> Scanner:
        """The scanner for a family of languages; unknown ones are read as English."""
        known = wanted if wanted in {"en", "zh", "ja"} or self._speaks(wanted) else "en"
        if known not in self._scanners:
            columns = {name: c.get(known, ()) for name, c in self.vocabulary.words.items()}
            guards = columns.pop(_GUARDS, ())
            self._scanners[known] = Scanner(columns, guards, spaced=known not in _UNSPACED)
        return self._scanners[known]

    def _speaks(self, wanted: str) -> bool:
        return any(wanted in column for column in self.vocabulary.words.values())

    def _find(self, passage: Passage, published: date | None) -> list[Finding]:
        """The events of one sentence, the better sign first where two claim the same words."""
        if passage.foreign and len(passage.parties) < 2:
            return []
        names = passage.lists.keys()
        spotted = [
            (head.sign, hits)
            for name in names
            if name in self._heads
            for head in self._heads[name]
            if head.needs <= names and head.bars.isdisjoint(names)
            for hits in _combinations(head.sign, passage)
        ]
        kept = spotted if len(spotted) < 2 else _best(spotted)
        return [
            Finding(sign, hits, passage, _status(sign, hits, passage, published))
            for sign, hits in kept
        ]


class _Head(NamedTuple):
    """A sign with its lists as sets."""

    sign: Sign
    needs: frozenset[str]
    bars: frozenset[str]


class Finding(NamedTuple):
    """A sign in a sentence."""

    sign: Sign
    hits: tuple[Hit, ...]
    passage: Passage
    status: Status

    @property
    def place(self) -> tuple[str, int]:
        """Field and number of the sentence."""
        return self.passage.field, self.passage.number


def settle(found: Sequence[Finding], read: Sequence[Passage]) -> list[Finding]:
    """What the findings of one text say about each other.

    To lift is to lift something: where a sentence, or a title over its body, reports one direction
    of a category, the other direction is the story so far. Attacks that give the reason of a
    travel notice are no event of their own. A title that calls itself opinion or feature brings
    no news at all, nor does an essay.
    """
    if any(p.field == "title" and "genres.feature" in p.lists for p in read):
        return [_as_background(f) for f in found]
    if is_essay(found, read):
        return [_as_background(f) for f in found]
    news = _News.of(found)
    return [_as_background(f) if news.tells_story(f) else f for f in found]


def is_essay(found: Sequence[Finding], read: Sequence[Passage]) -> bool:
    """Whether a text argues what ought to be done: its title says so ("Introduction: ..."), or no
    event stands in the title and sentences that argue outnumber those that report by far."""
    title = [p for p in read if p.field == "title"]
    if any("genres.essay" in p.lists for p in title):
        return True
    if any(f.passage.field == "title" and f.status is Status.REPORTED for f in found):
        return False
    argues = sum("genres.argue" in p.lists for p in read)
    reports = sum("modality.speech" in p.lists or "modality.now" in p.lists for p in read)
    return argues >= _ARGUES and argues > 2 * reports


_ARGUES = 4
"""Sentences that argue from which on a text can be an essay."""


def _as_background(finding: Finding) -> Finding:
    reported = finding.status is Status.REPORTED
    return finding._replace(status=Status.BACKGROUND) if reported else finding


@dataclass(frozen=True, slots=True)
class _News:
    """What a text reports, by sentence and in its title."""

    sentences: frozenset[tuple[str, int, Category, Direction]]
    title: frozenset[tuple[Category, Direction]]
    leads: frozenset[tuple[Category, Direction]]
    """In the title or the first sentences of the body."""
    categories: frozenset[Category]

    @classmethod
    def of(cls, found: Sequence[Finding]) -> _News:
        news = [f for f in found if f.status is Status.REPORTED]
        return cls(
            frozenset((*f.place, f.sign.category, f.sign.direction) for f in news),
            frozenset(
                (f.sign.category, f.sign.direction) for f in news if f.passage.field == "title"
            ),
            frozenset((f.sign.category, f.sign.direction) for f in news if f.passage.leads),
            frozenset(f.sign.category for f in news),
        )

    def tells_story(self, finding: Finding) -> bool:
        """Whether the other news makes `finding` part of the story so far."""
        if finding.status is not Status.REPORTED:
            return False
        if self._is_reason(finding) or self._is_reversed(finding) or self._is_late(finding):
            return True
        return finding.passage.field == "text" and self._lasts(finding)

    def _is_reason(self, finding: Finding) -> bool:
        sign = finding.sign
        attack = sign.category is Category.DETENTION_SAFETY and "attack" in sign.all[-1]
        return attack and Category.TRAVEL_ADVISORY in self.categories

    def _is_late(self, finding: Finding) -> bool:
        """Eased below a lead with other news: in most texts a visit or a lifting of long ago."""
        sign = finding.sign
        late = not finding.passage.leads and (sign.category, sign.direction) not in self.leads
        return late and bool(self.leads) and sign.direction is Direction.EASING

    def _is_reversed(self, finding: Finding) -> bool:
        """The other direction is told in the same sentence, or in the title over a body."""
        category, direction = finding.sign.category, finding.sign.direction
        if direction is Direction.NEUTRAL:
            return False
        other = next(d for d in _OPPOSITES if d is not direction)
        if finding.passage.field == "text" and (category, other) in self.title:
            return True
        mutual = category is Category.OFFICIAL_CONTACT
        stronger = Direction.ESCALATION if mutual else Direction.EASING
        return other is stronger and (*finding.place, category, other) in self.sentences

    def _lasts(self, finding: Finding) -> bool:
        """A state that lasts ("has urged", 呼びかけている) beside the other news of a title."""
        title = {category for category, _ in self.title}
        if not title or finding.sign.category in title:
            return False
        around = _Around.of(finding.hits, finding.passage)
        return around.lasts or around.says("earlier", 5)


_OPPOSITES = (Direction.ESCALATION, Direction.EASING)


def script(text: str) -> str:
    """The family of languages that a text without a tag is read as."""
    if re.search("[\u3041-\u30fa]", text):
        return "ja"
    return "zh" if re.search("[\u3400-\u9fff]", text) else "en"


def _read(folded: Mapping[str, Folded], scanner: Scanner) -> list[Passage]:
    title = passages("title", folded["title"], scanner)
    read = [*title, *passages("text", folded["text"], scanner)]
    taiwanese = any("parties.taiwan-voice" in p.lists for p in read if p.leads)
    return [as_taiwanese(p) for p in read] if taiwanese else read


def _trace(finding: Finding) -> Trace:
    title = finding.passage.field == "title"
    official = title and finding.sign.category in _OFFICIAL
    return Trace(finding.passage.leads, finding.status is Status.REPORTED, official)


_OFFICIAL = {Category.OFFICIAL_CONTACT, Category.DIPLOMATIC_PROTEST}


def _concerns(finding: Finding, read: Sequence[Passage]) -> bool:
    """Between Hong Kong and the mainland alone, courts, protests and sanctions are one side's own
    affairs."""
    return finding.sign.category not in _ABROAD or any("JP" in p.parties for p in read)


_ABROAD = {
    Category.SANCTIONS_LEGAL,
    Category.DIPLOMATIC_PROTEST,
    Category.PUBLIC_SENTIMENT,
    Category.MILITARY_MARITIME,
}


Spotted = tuple[Sign, tuple[Hit, ...]]


def _combinations(sign: Sign, passage: Passage) -> Iterator[tuple[Hit, ...]]:
    """Each hit of the first list with its nearest hit of the others, where they are in reach."""
    reach = sign.reach * passage.scale
    for head in first(passage.lists[sign.all[0]], _TRIES):
        hits = [head]
        for name in sign.all[1:]:
            near = _nearest(head, first(passage.lists[name], 3 * _TRIES))
            if near is None or _gap(head, near) > reach:
                break
            hits.append(near)
        if len(hits) == len(sign.all):
            yield tuple(hits)


def _nearest(head: Hit, others: Iterator[Hit]) -> Hit | None:
    """The nearest that does not overlap; of two as near, the one that ends later."""
    best, least = None, 0
    for other in others:
        gap = _gap(head, other)
        if gap < 0 or (best and (gap, -other.end) >= (least, -best.end)):
            continue
        best, least = other, gap
    return best


def _gap(one: Hit, other: Hit) -> int:
    """Characters between two hits; negative where they overlap."""
    return (other.start - one.end) if other.start > one.start else (one.start - other.end)


def _best(spotted: Sequence[Spotted]) -> list[Spotted]:
    return [one for one in spotted if not any(_outdoes(other, one) for other in spotted)]


def _outdoes(better: Spotted, one: Spotted) -> bool:
    """Whether `better` reads the words of `one` more fully, by more or longer words."""
    more = len(better[1]) - len(one[1])
    if more < 0 or better is one:
        return False
    for hit in one[1]:
        if not any(b.start <= hit.start and hit.end <= b.end for b in better[1]):
            return False
    return more > 0 or _size(better) > _size(one)


def _size(spotted: Spotted) -> int:
    return sum(hit.end - hit.start for hit in spotted[1])


def _status(sign: Sign, hits: tuple[Hit, ...], passage: Passage, published: date | None) -> Status:
    """How the sentence speaks of the event: denied > considered > background > reported."""
    if sign.status:
        return sign.status
    around = _Around.of(hits, passage)
    refusal = sign.all[0].endswith(".refusal")
    if not refusal and around.denies():
        return Status.DENIED
    if around.says("considered", 10) and not refusal:
        return Status.CONSIDERED
    if around.is_past(published):
        return Status.BACKGROUND
    if not sign.incident and (around.says("cause", 6) or around.says("relative", 0)):
        return Status.BACKGROUND
    if not _is_answer(sign) and around.says("object", 4):
        return Status.BACKGROUND
    if passage.field == "text" and (sign.mention or around.is_deep):
        return Status.BACKGROUND
    return Status.REPORTED


def _is_answer(sign: Sign) -> bool:
    """Whether the event is itself a protest; what is protested against is no news."""
    words = {Category.DIPLOMATIC_PROTEST, Category.PUBLIC_SENTIMENT}
    return sign.category in words and sign.all[0] != "public_sentiment.shrine"


_CUES = {
    cue: (f"modality.{cue}-before", f"modality.{cue}-after")
    for cue in ("denied", "considered", "cause", "relative", "object", "perfect", "earlier")
}


class _Around(NamedTuple):
    """The clause around the words of an event; offsets are those of the field."""

    passage: Passage
    start: int
    end: int
    low: int
    high: int
    scale: int

    @classmethod
    def of(cls, hits: Sequence[Hit], passage: Passage) -> _Around:
        start, end = min(h.start for h in hits), max(h.end for h in hits)
        base = passage.start
        low, high = clause(passage.text, start - base, end - base)
        return cls(passage, start, end, base + low, base + high, passage.scale)

    def denies(self) -> bool:
        """A denial before or among the words of the event, or soon after them."""
        among = self.passage.lists.get("modality.denied-after", ())
        return self.says("denied", 14) or any(self.start <= h.start < self.end for h in among)

    def says(self, cue: str, reach: int) -> bool:
        """A cue of the kind before the event in its clause, or within `reach` after it."""
        before, after = _CUES[cue]
        for hit in self.passage.lists.get(before, ()):
            if self.low <= hit.start and hit.end <= self.start:
                return True
        later = self.passage.lists.get(after, ())
        if not later:
            return False
        far = self.end + reach * self.scale
        if self.scale > 1 or cue == "cause":
            far = min(far, self.high)
        return any(self.end <= hit.start <= far for hit in later)

    def is_past(self, published: date | None) -> bool:
        """A cue of the past in the clause, or a day more than a week before publication."""
        if self._holds("modality.now"):
            return False
        if self._holds("modality.past") or self._opens("modality.past"):
            return True
        return published is not None and self._old(published)

    def _opens(self, name: str) -> bool:
        """A time that opens a sentence holds for all of it."""
        start = self.passage.start
        hits = self.passage.lists.get(name, ())
        return self.passage.field == "text" and any(h.start - start <= 2 for h in hits)

    @property
    def lasts(self) -> bool:
        return self.says("perfect", 5)

    @property
    def is_deep(self) -> bool:
        """Far down in a long text, where the news is told and the story so far begins."""
        return self.start > _DEEP * self.scale and not self._holds("modality.now")

    def _holds(self, name: str) -> bool:
        return any(self.low <= h.start < self.high for h in self.passage.lists.get(name, ()))

    def _old(self, published: date) -> bool:
        base = self.passage.start
        near = 40 * self.scale
        named = [
            day
            for place, day in days(self.passage.text, published)
            if self.low - near <= base + place < self.high
        ]
        return bool(named) and max(named) < published - timedelta(days=7)


def _events(
    found: Sequence[Finding],
    title: Sequence[Passage],
    relevance: Relevance,
    folded: Mapping[str, Folded],
    scanner: Scanner,
) -> Iterator[CodedEvent]:
    """One event for each category, direction and status, from all sentences that speak of it."""
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in found:
        key = (finding.sign.category, finding.sign.direction, finding.status)
        groups[key].append(finding)
    names = Names()
    for findings in groups.values():
        yield _event(findings, title, relevance, names, folded, scanner)


def _event(
    findings: list[Finding],
    title: Sequence[Passage],
    relevance: Relevance,
    names: Names,
    folded: Mapping[str, Folded],
    scanner: Scanner,
) -> CodedEvent:
    best = findings[0]
    told = findings[:1] if best.status is Status.BACKGROUND else findings
    level = best.sign.level or next((level for f in findings if (level := _level(f))), None)
    graded = _grade(findings, level)
    actor, target = roles(told, title, relevance.main, names)
    return CodedEvent(
        category=best.sign.category,
        direction=best.sign.direction,
        severity=graded.severity,
        status=best.status,
        actor=actor,
        target=target,
        level=level,
        evidence=_evidence(findings, folded, scanner),
        object=next((name for f in findings if (name := _thing(f))), None),
        terms=graded.terms,
    )


def _why(event: CodedEvent) -> str:
    return f"{event.category} {event.direction} is {event.severity}: {', '.join(event.terms)}"


def _thing(finding: Finding) -> str | None:
    return thing(finding.sign.category, finding.passage, finding.hits)


def _level(finding: Finding) -> str | None:
    if finding.sign.category is not Category.TRAVEL_ADVISORY:
        return None
    return next((name for name in LEVELS if f"levels.{name}" in finding.passage.lists), None)


def _grade(findings: Sequence[Finding], level: str | None) -> Grade:
    told = list({f.place: f.passage for f in findings}.values())
    return grade([f.sign for f in findings], told, findings[0].status, level)


def _evidence(
    findings: Sequence[Finding], folded: Mapping[str, Folded], scanner: Scanner
) -> tuple[Evidence, ...]:
    made: set[Evidence] = set()
    for finding in findings:
        field: Literal["title", "text"] = finding.passage.field
        for hit in finding.hits:
            start, end = folded[field].origin(hit.start, hit.end)
            made.add(Evidence(field, start, end, scanner.terms[hit.term].spelling))
        if len(made) >= _EVIDENCE:
            break
    return tuple(sorted(made, key=lambda e: (e.field != "title", e.start, e.end, e.term)))
