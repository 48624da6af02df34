"""Stories: what the findings of one text say about each other.

A text tells its news and the story so far with the same words; what is news is decided by what
else is told, and where.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.reading.coding import Category, Direction, Status
from alerts.reading.events.finding import Around, Finding
from alerts.reading.words.passage import Passage


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
    told = [f for f in found if f.status is Status.REPORTED]
    found = [_as_background(f) if _is_only_named(f, told) else f for f in found]
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
    pupils: bool
    """Whether its title tells that an exchange of pupils is off."""
    eased: frozenset[tuple[str, int, int, Category]]
    """Clauses that speak of an easing, be it only asked for or considered."""

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
            any(f.passage.field == "title" and _is_of_pupils(f) for f in news),
            frozenset((*_clause(f), f.sign.category) for f in found if _eases(f)),
        )

    def tells_story(self, finding: Finding) -> bool:
        """Whether the other news makes `finding` part of the story so far."""
        if finding.status is not Status.REPORTED:
            return False
        if self._is_reason(finding) or self._is_reversed(finding) or self._is_late(finding):
            return True
        if self._is_amid_easing(finding) or self._is_reaction(finding):
            return True
        if self.pupils and finding.sign.category is Category.OFFICIAL_CONTACT:
            return finding.passage.field == "text"  # whom they would have called on
        return finding.passage.field == "text" and self._lasts(finding)

    def _is_reason(self, finding: Finding) -> bool:
        """Attacks and ill feeling that explain a notice, or why people stay at home."""
        sign = finding.sign
        above = {category for category, _ in self.title}
        if sign.category is Category.PUBLIC_SENTIMENT:
            warned = above | {category for category, _ in self.leads}
            return finding.passage.field == "text" and Category.TRAVEL_ADVISORY in warned
        if sign.category is not Category.DETENTION_SAFETY or not sign.incident:
            return False
        if finding.passage.field == "text" and Category.TRAVEL_ADVISORY in above:
            return True
        if "attack" not in sign.all[-1] and not Around(finding.hits, finding.passage).is_cause:
            return False
        if Category.TRAVEL_ADVISORY in self.categories:
            return True
        return finding.passage.field == "text" and not above.isdisjoint(_STAYING)

    def _is_amid_easing(self, finding: Finding) -> bool:
        """What is asked of the other side where the title tells easings alone is part of them."""
        if finding.sign.category is not Category.DIPLOMATIC_PROTEST:
            return False
        told = {direction for _, direction in self.title}
        talks = (Category.OFFICIAL_CONTACT, Direction.EASING) in self.title
        eased = Direction.EASING in told and Direction.ESCALATION not in told
        gentle = finding.sign.all[0].removeprefix("diplomatic_protest.") in _GENTLE
        return finding.passage.field == "text" and eased and (talks or gentle)

    def _is_reaction(self, finding: Finding) -> bool:
        """Regret and a demand, no more, in the body under the measure that they answer."""
        sign = finding.sign
        if sign.category is not Category.DIPLOMATIC_PROTEST or finding.passage.field == "title":
            return False
        regrets = "diplomatic_protest.concern" in finding.passage.lists
        if not regrets or sign.all[0] != "diplomatic_protest.demand":
            return False
        measures = {category for category, told in self.title if told is Direction.ESCALATION}
        return not measures.isdisjoint(_ANSWERED)

    def _is_late(self, finding: Finding) -> bool:
        """Eased below a lead with other news: in most texts a visit or a lifting of long ago."""
        easing = finding.sign.direction is Direction.EASING
        return easing and bool(self.leads) and self._below(finding)

    def _below(self, finding: Finding) -> bool:
        """Told below the lead only."""
        told = (finding.sign.category, finding.sign.direction)
        return not finding.passage.leads and told not in self.leads

    def _is_reversed(self, finding: Finding) -> bool:
        """The other direction is told in the same sentence, or in the title over a body."""
        category, direction = finding.sign.category, finding.sign.direction
        if direction is Direction.NEUTRAL:
            return False
        if direction is Direction.ESCALATION and self._is_judged(category):
            return True
        other = next(d for d in _OPPOSITES if d is not direction)
        if finding.passage.field == "text" and (category, other) in self.title:
            return True
        mutual = category is Category.OFFICIAL_CONTACT
        stronger = Direction.ESCALATION if mutual else Direction.EASING
        if not mutual and other is stronger and (*_clause(finding), category) in self.eased:
            return True
        if self._below(finding) and other is stronger and (category, other) in self.leads:
            return True
        return other is stronger and (*finding.place, category, other) in self.sentences

    def _is_judged(self, category: Category) -> bool:
        """A verdict on the attacker is the news; the attack was."""
        judged = (Category.DETENTION_SAFETY, Direction.NEUTRAL)
        return category is Category.DETENTION_SAFETY and judged in self.leads

    def _lasts(self, finding: Finding) -> bool:
        """A state that lasts ("has urged", 呼びかけている) or began the other day: beside the other
        news of a title, or below the lead."""
        title = {category for category, _ in self.title}
        told = (finding.sign.category, finding.sign.direction)
        if finding.sign.category in title or (finding.passage.leads and not title):
            return False
        if told in self.leads and not finding.passage.leads:
            return False
        if finding.sign.category is Category.DIPLOMATIC_PROTEST and finding.passage.scale > 1:
            return False  # "has lodged a protest" is how English tells one of today
        around = Around(finding.hits, finding.passage)
        if around.is_besides or (not title and around.is_now):
            return False
        return around.lasts or around.says("earlier", 5)


def _is_only_named(finding: Finding, news: Sequence[Finding]) -> bool:
    """A measure that a title names without a verb, while the lead tells that it goes."""
    sign = finding.sign
    if not (sign.mention and finding.passage.field == "title"):
        return False
    return any(
        f.passage.leads
        and f.sign.category is sign.category
        and f.sign.direction is Direction.EASING
        for f in news
    )


def _clause(finding: Finding) -> tuple[str, int, int]:
    """The sentence of a finding; in a headline, where a person is held, its verb's clause: in
    "Man held, Tokyo seeks release" the demand answers news, in "Tokyo seeks release of man held"
    it is all."""
    apart = finding.sign.category is Category.DETENTION_SAFETY and finding.passage.field == "title"
    return *finding.place, Around(finding.hits[-1:], finding.passage).low if apart else 0


def _is_of_pupils(finding: Finding) -> bool:
    exchange = finding.sign.category is Category.EXCHANGE_CANCELLATION
    return exchange and "official_contact.pupils" in finding.passage.lists


def _eases(finding: Finding) -> bool:
    asked = {Status.CONSIDERED, Status.REPORTED}
    return finding.sign.direction is Direction.EASING and finding.status in asked


_GENTLE = {"demand", "demand-by", "concern", "tell", "feeling"}
"""Signs of a protest without its forms: asked or regretted, not lodged."""
_ANSWERED = {Category.TRADE_RESTRICTION, Category.VISA_ENTRY, Category.TRAVEL_ADVISORY}
"""Measures to which the other side's regret is part of the report."""
_STAYING = {Category.EXCHANGE_CANCELLATION, Category.TRANSPORT}
"""What is called off because people fear for their safety."""
_OPPOSITES = (Direction.ESCALATION, Direction.EASING)
