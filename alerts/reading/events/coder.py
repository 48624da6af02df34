"""The coder: which events a text speaks of, and how.

Sentence by sentence it looks for signs (combinations of words, `alerts.reading.words.vocabulary`),
decides for each whether the sentence reports it, denies it, considers it or names it as
background, who acts on whom and how grave it is, and keeps the words that led there. The method is
that of dictionary-based event coders such as TABARI and PETRARCH, with the severity scale and the
modality rules of this house. No network, no model.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from alerts.reading.coding import (
    Category,
    CodedEvent,
    Coding,
    Direction,
    Evidence,
    Status,
)
from alerts.reading.events.finding import Finding, status_of
from alerts.reading.events.grave import LEVELS, Grade, Setting, grade, setting
from alerts.reading.events.reach import ISSUED, concerns, is_between
from alerts.reading.events.relevance import (
    THRESHOLD,
    Relevance,
    Trace,
    abroad_acts,
    named,
    nothing,
    weigh,
)
from alerts.reading.events.role import Names, roles
from alerts.reading.events.story import settle
from alerts.reading.events.thing import foremost, thing, thing_above
from alerts.reading.words.fold import Folded, fold
from alerts.reading.words.passage import Passage, Place, Reader
from alerts.reading.words.scan import Hit, Scanner
from alerts.reading.words.vocabulary import Sign, Vocabulary, family, shipped

_GUARDS = "guards.guard"
_UNSPACED = {"zh", "ja"}
_TRIES = 6
"""How many hits of one list are tried in a sentence."""
_EVIDENCE = 8
"""How many words an event keeps as its evidence."""


class Coder:
    """Codes texts. Built once; works in any number of processes (pickles as its vocabulary)."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._heads: dict[str, list[_Head]] = defaultdict(list)
        for sign in vocabulary.signs:
            sets = (frozenset(names) for names in (sign.all, sign.without, sign.given, sign.unless))
            self._heads[sign.all[0]].append(_Head(sign, *sets))
        self._readers: dict[str, Reader] = {}

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
        folded: dict[Place, Folded] = {
            "title": fold(title, lines=True),
            "text": fold(text, lines=True),
        }
        reader = self._reader(family(language or "") or script(title + text[:2000]))
        hits = reader.scan(folded)
        if (few := reader.few(hits)) is not None:
            return _irrelevant(nothing(few))
        read = reader.passages(folded, hits, maybe_taiwanese=language != "zh-Hans")
        if len(parties := named(read)) < 2:
            return _irrelevant(nothing(parties))
        there = frozenset().union(*(passage.lists for passage in read))
        found = settle([f for one in read for f in self._find(one, there, published)], read)
        above = frozenset().union(*(p.parties for p in read if p.field == "title"))
        found = [f for f in found if concerns(f, parties) and is_between(f, above)]
        relevance = weigh(read, [_trace(f) for f in found])
        if relevance.score < THRESHOLD:
            return _irrelevant(relevance)
        title_read = [p for p in read if p.field == "title"]
        around = setting(read, [f.passage for f in found if _is_step(f)])
        events = tuple(_events(found, title_read, relevance, folded, reader.scanner, around))
        reasons = (*relevance.reasons, *(_why(event) for event in events if not event.background))
        return Coding(True, relevance.score, relevance.parties, events, reasons)

    def _scanner(self, wanted: str) -> Scanner:
        return self._reader(wanted).scanner

    def _reader(self, wanted: str) -> Reader:
        """The reader for a family of languages; unknown ones are read as English."""
        known = wanted if wanted in {"en", "zh", "ja"} or self._speaks(wanted) else "en"
        if known not in self._readers:
            columns = {name: c.get(known, ()) for name, c in self.vocabulary.words.items()}
            guards = columns.pop(_GUARDS, ())
            scanner = Scanner(columns, guards, spaced=known not in _UNSPACED)
            self._readers[known] = Reader(scanner)
        return self._readers[known]

    def _speaks(self, wanted: str) -> bool:
        return any(wanted in column for column in self.vocabulary.words.values())

    def _find(
        self, passage: Passage, there: frozenset[str], published: date | None
    ) -> list[Finding]:
        """The events of one sentence, the better sign first where two claim the same words.
        `there` are the lists that have a word anywhere in the text."""
        if passage.foreign and len(passage.parties) < 2:
            return []
        names, heads = frozenset(passage.lists), self._heads
        spotted = [
            (head.sign, hits)
            for name in passage.lists
            if name in heads
            for head in heads[name]
            if head.needs <= names and head.bars.isdisjoint(names) and head.suits(there)
            for hits in _combinations(head.sign, passage)
        ]
        kept = spotted if len(spotted) < 2 else _best(spotted)
        return [
            Finding(sign, hits, passage, status_of(sign, hits, passage, published))
            for sign, hits in kept
        ]


class _Head(NamedTuple):
    """A sign with its lists as sets."""

    sign: Sign
    needs: frozenset[str]
    bars: frozenset[str]
    given: frozenset[str]
    unless: frozenset[str]

    def suits(self, there: frozenset[str]) -> bool:
        """Whether the lists that have a word in the text are those that the sign wants there."""
        wanted = not self.given or not self.given.isdisjoint(there)
        return wanted and self.unless.isdisjoint(there)


def script(text: str) -> str:
    """The family of languages that a text without a tag is read as."""
    if re.search("[\u3041-\u30fa]", text):
        return "ja"
    return "zh" if re.search("[\u3400-\u9fff]", text) else "en"


def _irrelevant(relevance: Relevance) -> Coding:
    return Coding(False, relevance.score, relevance.parties, (), relevance.reasons)


def _trace(finding: Finding) -> Trace:
    title, category = finding.passage.field == "title", finding.sign.category
    official = title and (category in _OFFICIAL or _QUARREL in finding.sign.all)
    if category in ISSUED and abroad_acts(finding.passage):
        official = False
    return Trace(finding.passage.leads, finding.status is Status.REPORTED, official)


_QUARREL = "exchange_cancellation.quarrel"
"""The quarrel of two states as the reason: a match called off for it is no sports news."""
_OFFICIAL = {
    Category.OFFICIAL_CONTACT,
    Category.DIPLOMATIC_PROTEST,
    Category.TRAVEL_ADVISORY,
    Category.SANCTIONS_LEGAL,
    Category.MILITARY_MARITIME,
}


Spotted = tuple[Sign, tuple[Hit, ...]]


def _combinations(sign: Sign, passage: Passage) -> list[tuple[Hit, ...]]:
    """Each hit of the first list with its nearest hit of the others, where they are in reach."""
    reach = sign.reach * passage.scale
    lists = [passage.lists[name][: 3 * _TRIES] for name in sign.all[1:]]
    heads = _led(sign.led, passage, passage.lists[sign.all[0]])[:_TRIES]
    if not lists:
        return [(head,) for head in heads]
    made = []
    for head in heads:
        hits = [near for others in lists if (near := _nearest(head, others, reach))]
        if len(hits) == len(lists):
            made.append((head, *hits))
    return made


def _led(by: str | None, passage: Passage, heads: list[Hit]) -> list[Hit]:
    """Those of `heads` that a word of the list `by` leads, with nothing but words between them."""
    if by is None:
        return heads
    leads = passage.lists.get(by, [])
    return [head for head in heads if any(_leads(lead, head, passage) for lead in leads)]


def _leads(lead: Hit, head: Hit, passage: Passage) -> bool:
    between = passage.text[lead.end - passage.start : head.start - passage.start]
    near = lead.end <= head.start <= lead.end + _LED * passage.scale
    return near and not _STOP.search(between)


_LED = 8
"""How far before the first word of a sign the word may stand that leads it: CJK characters."""
_STOP = re.compile(
    "[,.;:()!?、。，「」『』]|(?:^| )(?:and|or|but|as|after|when|while|who) "
    "|(?:^| )(?:by|in|on|at|of|for|from|to|with|against|over) "
)
"""Between them, it parts the two."""


def _nearest(head: Hit, others: Sequence[Hit], reach: int) -> Hit | None:
    """The nearest in reach that does not overlap; of two as near, the one that ends later."""
    best, least = None, reach
    start, end, _ = head
    for other in others:
        gap = other[0] - end if other[0] > start else start - other[1]
        if 0 <= gap < least or (gap == least and (best is None or other[1] > best[1])):
            best, least = other, gap
    return best


def _best(spotted: Sequence[Spotted]) -> list[Spotted]:
    """Those that no other outdoes; most others are ruled out by where their words begin and end."""
    reach = [(min(one[1])[0], max([hit[1] for hit in one[1]]), one) for one in spotted]
    kept = []
    for low, high, one in reach:
        for first, last, other in reach:
            if first <= low and high <= last and _outdoes(other, one):
                break
        else:
            kept.append(one)
    return kept


def _outdoes(better: Spotted, one: Spotted) -> bool:
    """Whether `better` reads the words of `one` more fully, by more or longer words."""
    wide, narrow = better[1], one[1]
    if better is one or len(wide) < len(narrow):
        return False
    if len(wide) == len(narrow) and _size(wide) <= _size(narrow):
        return False
    return all(_is_inside(hit, wide) for hit in narrow)


def _is_inside(hit: Hit, wide: tuple[Hit, ...]) -> bool:
    start, end, _ = hit
    return any(low <= start and end <= high for low, high, _ in wide)


def _size(hits: tuple[Hit, ...]) -> int:
    return sum([end - start for start, end, _ in hits])


def _events(
    found: Sequence[Finding],
    title: Sequence[Passage],
    relevance: Relevance,
    folded: Mapping[Place, Folded],
    scanner: Scanner,
    around: Setting,
) -> Iterator[CodedEvent]:
    """One event for each category, direction and status, from all sentences that speak of it."""
    groups: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    for finding in found:
        key = (finding.sign.category, finding.sign.direction, finding.status)
        groups[key].append(finding)
    names = Names()
    for findings in groups.values():
        yield _event(findings, title, relevance, names, folded, scanner, around)


def _event(
    findings: list[Finding],
    title: Sequence[Passage],
    relevance: Relevance,
    names: Names,
    folded: Mapping[Place, Folded],
    scanner: Scanner,
    around: Setting,
) -> CodedEvent:
    best = findings[0]
    told = findings[:1] if best.status is Status.BACKGROUND else findings
    actor, target = roles(told, title, relevance.main, names)
    level = best.sign.level or next((name for f in findings if (name := _level(f, actor))), None)
    graded = _grade(findings, level, around)
    return CodedEvent(
        category=best.sign.category,
        direction=best.sign.direction,
        severity=graded.severity,
        status=best.status,
        actor=actor,
        target=target,
        level=level,
        evidence=_evidence(findings, folded, scanner),
        object=foremost([_thing(f) for f in findings]) or thing_above(best.sign.category, title),
        terms=graded.terms,
    )


def _why(event: CodedEvent) -> str:
    return f"{event.category} {event.direction} is {event.severity}: {', '.join(event.terms)}"


def _thing(finding: Finding) -> str | None:
    return thing(finding.sign.category, finding.passage, finding.hits)


def _level(finding: Finding, actor: str | None) -> str | None:
    """The level that stands with the event; Hong Kong warns in colours, never by number."""
    if finding.sign.category is not Category.TRAVEL_ADVISORY:
        return None
    passage = finding.passage
    named = sorted(
        (hit.start - passage.start, hit.end - passage.start, name)
        for name in LEVELS
        if not (actor == "HK" and name.startswith("level-"))
        for hit in passage.lists.get(f"levels.{name}", ())
    )
    reached = [name for start, end, name in named if not _left(passage.text, start, end)]
    return next(iter(reached or [name for *_, name in named]), None)


_FROM = re.compile(r"(?:\bfrom |[由從从])$"), re.compile(r" ?(?:から|より)")


def _left(text: str, start: int, end: int) -> bool:
    """Whether a level is the one before: "raised from amber", "由黃色", "レベル1から"."""
    before, after = _FROM
    return bool(before.search(text, max(start - 6, 0), start) or after.match(text, end))


def _is_step(finding: Finding) -> bool:
    """Whether it tells a measure of one side against the other, new or of these days."""
    sign = finding.sign
    done = finding.status in {Status.REPORTED, Status.BACKGROUND} and not sign.status
    measure = sign.category not in {Category.DIPLOMATIC_PROTEST, Category.MILITARY_MARITIME}
    return done and measure and sign.direction is Direction.ESCALATION


def _grade(findings: Sequence[Finding], level: str | None, around: Setting) -> Grade:
    told = list({f.place: f.passage for f in findings}.values())
    return grade([f.sign for f in findings], told, findings[0].status, level, around)


def _evidence(
    findings: Sequence[Finding], folded: Mapping[Place, Folded], scanner: Scanner
) -> tuple[Evidence, ...]:
    made: set[tuple[bool, int, int, str]] = set()
    seen: set[tuple[Place, Hit]] = set()
    for finding in findings:
        field = finding.passage.field
        new = [hit for hit in finding.hits if (field, hit) not in seen]
        seen.update([(field, hit) for hit in new])
        for start, end, term in new:
            low, high = folded[field].origin(start, end)
            made.add((field == "text", low, high, scanner.terms[term].spelling))
        if len(made) >= _EVIDENCE:
            break
    return tuple([Evidence("text" if b else "title", s, e, term) for b, s, e, term in sorted(made)])
