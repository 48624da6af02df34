"""Policy: who is told of what. Rules and routes name channels; tags say who speaks officially."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from alerts.reading.coding import Severity
from alerts.reading.rules.rule import Rule
from alerts.reading.rules.verdict import speaks
from extractors.source import OFFICIAL_TAGS


@dataclass(frozen=True, slots=True)
class Occasion:
    """A rule that fired on an article, as far as routing is concerned."""

    rule: Rule
    category: str | None
    severity: str
    """Of the event."""
    language: str
    parties: frozenset[str]
    """Of the event."""
    tags: frozenset[str]
    """Of the article's source."""


@dataclass(frozen=True, slots=True)
class Route:
    """Channels for some alerts: all conditions that it gives must hold; of a list, one entry."""

    channels: tuple[str, ...]
    rules: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    min_severity: Severity = Severity.LOW
    languages: tuple[str, ...] = ()
    """BCP 47 tags; `zh` covers `zh-Hant` and `zh-Hans`."""
    parties: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def takes(self, occasion: Occasion) -> bool:
        """Whether what fired goes this way."""
        return (
            _one_of(self.rules, {occasion.rule.id})
            and _one_of(self.categories, {occasion.category})
            and Severity(occasion.severity).rank >= self.min_severity.rank
            and (not self.languages or any(speaks(occasion.language, x) for x in self.languages))
            and _one_of(self.parties, occasion.parties)
            and _one_of(self.tags, occasion.tags)
        )


def _one_of(wanted: tuple[str, ...], there: Iterable[str | None]) -> bool:
    return not wanted or not set(wanted).isdisjoint(there)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings say of alerts."""

    channels: tuple[str, ...] = ()
    """The channels that there are."""
    routes: tuple[Route, ...] = ()
    outlets: Mapping[str, str] = field(default_factory=dict)
    """Names of sources by id."""
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Tags of sources by id."""

    def tags_of(self, source_id: str) -> frozenset[str]:
        return self.tags.get(source_id, frozenset())

    @property
    def official(self) -> frozenset[str]:
        """Ids of the sources that speak for a government."""
        return frozenset(id for id, tags in self.tags.items() if tags & OFFICIAL_TAGS)

    def channels_for(self, occasions: Iterable[Occasion]) -> tuple[str, ...]:
        """Where what fired goes, all of it together, in the order of the settings.

        A rule that names channels goes to these. What it does not name goes every way that takes
        it, and to all channels where no way does.
        """
        wanted = {name for occasion in occasions for name in self._way(occasion)}
        return tuple(name for name in self.channels if name in wanted)

    def _way(self, occasion: Occasion) -> Iterable[str]:
        if occasion.rule.channels:
            return occasion.rule.channels
        ways = [route.channels for route in self.routes if route.takes(occasion)]
        return [name for way in ways for name in way] if ways else self.channels
