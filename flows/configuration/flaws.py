"""The flaws of the rules in force, and where in the settings each stands."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.reading.rules.flaw import Flaw, flaws
from alerts.reading.rules.rule import id_of
from alerts.reading.rules.verdict import speaks
from extractors.language import languages, normal_tag
from flows.configuration.settings import House


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


def deaf(house: House) -> Iterator[str]:
    """One line for each language of a source or a route that no article can have."""
    for index, table in enumerate(house.settings.source):
        if table.language and normal_tag(table.language) == "und":
            yield _no_language(house.at("source", index, "language"), table.language)
    spoken = {normal_tag(source.language) for source in house.sources if source.language}
    known = languages() | spoken
    for index, route in enumerate(house.settings.route):
        for number, tag in enumerate(route.languages):
            if not any(speaks(language, tag) for language in known):
                yield _no_language(house.at("route", index, "languages", number), tag)


def _no_language(where: str, tag: str) -> str:
    return f"{where}: no article has the language {tag!r}; write en, ja, zh, zh-Hant or zh-Hans"
