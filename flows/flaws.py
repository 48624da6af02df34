"""The flaws of the rules in force, and where in the settings each stands."""

from __future__ import annotations

from alerts.reading.flaw import Flaw, flaws
from alerts.reading.rule import id_of
from extractors.language import languages
from flows.settings import House


def flaws_of(house: House) -> tuple[Flaw, ...]:
    """What is wrong with the enabled rules, seen from the sources and channels that are on."""
    return flaws(
        house.book,
        sources=[source.id for source in house.sources if source.enabled],
        languages=sorted(languages()),
        channels=[channel.name for channel in house.settings.channel if channel.enabled],
    )


def place(house: House, flaw: Flaw) -> str:
    """File and line of the rule's key, or of its table."""
    for index, table in enumerate(house.settings.rule):
        if id_of(table) == flaw.rule_id:
            return house.at("rule", index, flaw.key)
    return "the shipped book"
