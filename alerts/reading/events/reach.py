"""Whom an event concerns: two of the three, or one of them and the world outside."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.reading.coding import Category
from alerts.reading.events.finding import Finding
from alerts.reading.events.relevance import abroad_acts
from alerts.reading.words.passage import Passage

ISSUED = {Category.TRAVEL_ADVISORY, Category.SANCTIONS_LEGAL}
"""What a third country does to two of the three alike."""


def concerns(finding: Finding, parties: Sequence[str]) -> bool:
    """Between Hong Kong and the mainland alone, courts, protests and sanctions are one side's own
    affairs; what the mainland's forces do around Taiwan is not done to Japan."""
    category, passage = finding.sign.category, finding.passage
    if category is Category.DIPLOMATIC_PROTEST and not _speaks_for_a_state(passage):
        return False
    if category is Category.MILITARY_MARITIME and "parties.taiwan-question" in passage.lists:
        return finding.sign.status is not None or "JP" in passage.parties
    return category not in _ABROAD or "JP" in parties


def _speaks_for_a_state(passage: Passage) -> bool:
    """Whether a sentence names a party or an office: neighbours and riders lodge objections too."""
    offices = {"diplomatic_protest.organ", "diplomatic_protest.envoy", "diplomatic_protest.un"}
    return bool(passage.parties) or not offices.isdisjoint(passage.lists)


def is_between(finding: Finding, above: frozenset[str]) -> bool:
    """Flights run between two places: sentence and title (`above`) name both, or it is one's own
    airport. A notice that a third country gives is its own."""
    if finding.sign.category in ISSUED:
        return not abroad_acts(finding.passage)
    if finding.sign.category is not Category.TRANSPORT:
        return True
    return len(finding.passage.parties | above) >= 2


_ABROAD = {
    Category.SANCTIONS_LEGAL,
    Category.DIPLOMATIC_PROTEST,
    Category.PUBLIC_SENTIMENT,
    Category.MILITARY_MARITIME,
}
