"""The tables of noroshi.toml about telling: channels, routes, and when operators are told."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from alerts.reading.coding import Category, Severity
from alerts.telling.deciding.quiet import QuietMode
from flows.configuration.kinds import Clock, Name, Names, Several, Table, Zone, misfit


class QuietTable(Table):
    """The `quiet` hours of a channel."""

    begin: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    """Over midnight where it is earlier than the beginning."""
    timezone: Zone | None = None
    """Of these times; that of the channel where absent."""
    mode: QuietMode = QuietMode.HOLD

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.begin == self.end:
            raise misfit("quiet hours begin and end at the same time", "to")
        return self


class ChannelTable(Table):
    """One `[[channel]]`."""

    name: Name
    url: str = Field(min_length=5)
    """An Apprise address, webhooks://…, or `env:NAME` for one kept in the environment or .env."""
    secret: str | None = Field(default=None, pattern=r"^env:\w+$")
    """`env:NAME` of the secret that a webhook is signed with."""
    labels: Literal["en", "zh-Hant", "zh-Hans", "ja"] = "en"
    """Language of the labels in messages."""
    timezone: Zone | None = None
    """Zone of the times in messages; the top-level one where absent."""
    digest: bool = True
    """Whether the daily digest goes there too."""
    operator: bool = True
    """Whether what only the operator can mend is told there: a channel that fails, say."""
    per_hour: int = Field(default=30, ge=1, le=10_000)
    """Alerts in an hour; what is more becomes one summary."""
    quiet: QuietTable | None = None
    enabled: bool = True


class RouteTable(Table):
    """One `[[route]]`: the channels of alerts that meet all of its conditions."""

    channels: Annotated[tuple[Name, ...], Several] = Field(min_length=1)
    rules: Names = ()
    categories: Annotated[tuple[Category, ...], Several] = ()
    min_severity: Severity = Severity.LOW
    languages: Names = ()
    parties: Annotated[tuple[Literal["HK", "JP", "CN"], ...], Several] = ()
    tags: Names = ()
    """Of the article's source."""


class Telling(Table):
    """`[alerts]`: what goes for all of them."""

    give_up_hours: float = Field(default=72, gt=0, le=10_000)
    """A message that fails at this age is given up."""


class Watchfulness(Table):
    """`[silence]`: when operators are told that nothing is heard of something."""

    sources: bool = True
    """Whether they are told of sources, and of languages, that fall silent."""
    cycles: int = Field(default=4, ge=0, le=10_000)
    """Intervals without a completed cycle; 0: it does not matter."""
    free_megabytes: int = Field(default=500, ge=0)
    """Room on the disk of the data folder; 0: it does not matter."""
