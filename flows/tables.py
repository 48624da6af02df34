"""The tables of noroshi.toml: every setting, its kind, its bounds and its default."""

from __future__ import annotations

import re
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from alerts.reading.coding import Category, Severity
from alerts.telling.deciding.quiet import QuietMode
from extractors.source import Listing, Source, SourceKind
from warehouse.retention import Retention

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    if name not in available_timezones():
        near = get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name!r} is no IANA time zone such as 'Asia/Hong_Kong'{hint}")
    return name


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(f"{text!r} is no time of day such as '07:30'")
    return text


def _weekly(text: str) -> str:
    day, _, clock = text.lower().partition(" ")
    if day not in WEEKDAYS:
        raise ValueError(f"{text!r} is no day and time such as 'monday 07:30'")
    return f"{day} {_clock(clock)}"


def _http(address: str) -> str:
    if not re.match(r"https?://[^/\s]+", address):
        raise ValueError(f"{address!r} is no http or https address")
    return address


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", text):
        shown = "it" if "/" in text else repr(text)  # an address put here may hold a secret
        raise ValueError(f"{shown} must be lower-case letters, digits, - and _ (at most 64)")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Clock = Annotated[str, AfterValidator(_clock)]
Weekly = Annotated[str, AfterValidator(_weekly)]
HttpUrl = Annotated[str, AfterValidator(_http)]
Name = Annotated[str, AfterValidator(_name)]


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Table):
    """When `noroshi serve` starts what."""

    watch_minutes: int = Field(default=15, ge=1, le=1440)
    """Minutes between two cycles."""
    digest: Clock = "07:30"
    """When the daily digest is sent."""
    weekly: Weekly | None = None
    """When the weekly digest is sent: `monday 07:30`. Never where absent."""
    empty_digest: bool = True
    """Whether a digest without events is sent, and says so."""
    maintain: Clock = "03:40"
    timezone: Zone = "Asia/Hong_Kong"

    @property
    def zone(self) -> ZoneInfo:
        """Of the times above."""
        return ZoneInfo(self.timezone)


class Watchfulness(_Table):
    """`[silence]`: when operators are told that nothing is heard of something."""

    sources: bool = True
    """Whether they are told of sources, and of languages, that fall silent."""
    cycles: int = Field(default=4, ge=0, le=10_000)
    """Intervals without a completed cycle; 0: it does not matter."""
    free_megabytes: int = Field(default=500, ge=0)
    """Room on the disk of the data folder; 0: it does not matter."""


class Fetching(_Table):
    """How politely and how long pages and feeds are fetched."""

    connect_seconds: float = Field(default=10, gt=0, le=120)
    total_seconds: float = Field(default=30, gt=0, le=600)
    """Deadline of one request, however slowly its answer drips."""
    pages_seconds: float = Field(default=120, gt=0, le=3600)
    """How long up to a hundred pages may take; what has not come by then is told by the feed's own
    words, and its page read with the next cycle."""
    robots: bool = True
    """Whether robots.txt is heeded. False for servers of your own only."""
    max_megabytes: float = Field(default=20, gt=0, le=200)
    pace_seconds: float = Field(default=1.0, ge=0, le=60)
    """Least time between two requests to one host."""
    poll_min_minutes: float = Field(default=0, ge=0, le=1440)
    """Least time between two polls of a source; 0: it may be asked at every cycle."""
    poll_max_minutes: float = Field(default=30, ge=0, le=1440)
    """Most time between two polls of a source that answers; 0: all are asked at every cycle,
    however seldom they publish and however often they fail."""
    per_host: int = Field(default=1, ge=1, le=16)
    """Requests to one host at the same time."""
    concurrency: int = Field(default=16, ge=1, le=256)
    """Requests under way at once, over all hosts."""
    private_addresses: bool = False
    """Whether loopback and private networks may be asked for anything. The server of a `[[source]]`
    may be asked wherever it is."""


class Shipped(_Table):
    """Which of what noroshi ships is used."""

    shipped: bool = True
    enable: tuple[Name, ...] = ()
    disable: tuple[Name, ...] = ()


class Sources(Shipped):
    """`[sources]`: which of the shipped ones, and what goes for all."""

    backlog_hours: float = Field(default=24, ge=0, le=1_000_000)
    """What is older than this when its source is polled for the first time is kept, not told."""


def _selector(css: str) -> str:
    from extractors.feeds.listing import selector  # lxml is for those who have such a source

    if css:
        selector(css)
    return css


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error})") from error
    return text


class ListingTable(_Table):
    """`[source.listing]`: where a page of links or a list of data holds what."""

    items: str = ""
    url: str = ""
    title: str = ""
    date: str = ""
    summary: str = ""
    author: str = ""
    pattern: Annotated[str, AfterValidator(_expression)] = ""

    def listing(self) -> Listing:
        return Listing(**self.model_dump())


class Pages(_Table):
    """What is kept of article pages, and when they are looked at again."""

    keep_days: int = Field(default=30, ge=0, le=36500)
    """Days for which the answers of pages are kept as WARC files; 0 keeps none."""
    look_again_hours: tuple[Annotated[float, Field(gt=0, le=720)], ...] = (1, 6, 24, 72)
    """Hours after its first reading when an article's page is asked for again; empty for never."""

    @property
    def schedule(self) -> tuple[timedelta, ...]:
        """The same, in order."""
        return tuple(timedelta(hours=hours) for hours in sorted(self.look_again_hours))


class Keep(_Table):
    """What the nightly upkeep leaves. Articles, events and alerts always stay."""

    requests_days: int = Field(default=30, ge=0, le=36500)
    """Days for which requests are logged; 0 for ever."""
    runs_days: int = Field(default=400, ge=0, le=36500)
    """Days for which cycles are; 0 for ever."""
    versions_days: int = Field(default=0, ge=0, le=36500)
    """Days for which the former contents of changed articles are kept; 0 for ever."""
    check: bool = True
    """Whether the upkeep reads the whole file to be sure of it."""

    @property
    def retention(self) -> Retention:
        return Retention(self.requests_days, self.runs_days, self.versions_days)


class SourceTable(_Table):
    """One `[[source]]`."""

    id: Name
    url: HttpUrl
    name: str = ""
    kind: SourceKind = SourceKind.FEED
    language: str | None = None
    timezone: Zone = "UTC"
    full_text: bool = True
    tags: tuple[str, ...] = ()
    enabled: bool = True
    listing: ListingTable | None = None
    document: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Whether the listing is what the kind needs."""
        listing = self.listing
        if self.kind is SourceKind.HTML_LIST:
            if listing is None or not (listing.items or listing.pattern):
                raise ValueError('kind "html-list" needs items or pattern under [source.listing]')
            for css in (listing.items, listing.url, listing.title, listing.date):
                _selector(css)
        elif self.kind is SourceKind.JSON_LIST:
            if listing is None or not listing.url:
                raise ValueError('kind "json" needs url under [source.listing]')
        elif listing is not None:
            raise ValueError('[source.listing] is for the kinds "html-list" and "json"')
        self._refuse_document()
        return self

    def _refuse_document(self) -> None:
        if self.kind is not SourceKind.STATE:
            if self.document is not None:
                raise ValueError('document is for the kind "state"')
            return
        from extractors.feeds.state import forms

        if self.document not in forms():
            known = " or ".join(repr(name) for name in forms())
            raise ValueError(f'kind "state" needs document = {known}')

    def source(self) -> Source:
        return Source(
            id=self.id,
            url=self.url,
            name=self.name or self.id,
            kind=self.kind,
            language=self.language,
            timezone=self.timezone,
            full_text=self.full_text,
            tags=self.tags,
            enabled=self.enabled,
            reason=None if self.enabled else "switched off in noroshi.toml",
            listing=self.listing.listing() if self.listing else None,
            document=self.document,
        )


class QuietTable(_Table):
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
            raise ValueError("quiet hours begin and end at the same time")
        return self


class ChannelTable(_Table):
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


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_several)]


class RouteTable(_Table):
    """One `[[route]]`: the channels of alerts that meet all of its conditions."""

    channels: Annotated[tuple[Name, ...], BeforeValidator(_several)] = Field(min_length=1)
    rules: Names = ()
    categories: Annotated[tuple[Category, ...], BeforeValidator(_several)] = ()
    min_severity: Severity = Severity.LOW
    languages: Names = ()
    parties: Annotated[tuple[Literal["HK", "JP", "CN"], ...], BeforeValidator(_several)] = ()
    tags: Names = ()
    """Of the article's source."""


class Telling(_Table):
    """`[alerts]`: what goes for all of them."""

    give_up_hours: float = Field(default=72, gt=0, le=10_000)
    """A message that fails at this age is given up."""


class Settings(BaseSettings):
    """Everything a person can set. See deploy/noroshi.example.toml for all of it, commented."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="NOROSHI_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_folder: Path = Path("data")
    timezone: Zone = "Asia/Hong_Kong"
    contact: str | None = None
    """Who answers for the requests: an address put into the User-Agent."""
    templates: Path | None = None
    """A folder with templates of messages of one's own (alerts/README.md)."""
    schedule: Schedule = Schedule()
    fetch: Fetching = Fetching()
    pages: Pages = Pages()
    keep: Keep = Keep()
    sources: Sources = Sources()
    rules: Shipped = Shipped()
    alerts: Telling = Telling()
    silence: Watchfulness = Watchfulness()
    source: tuple[SourceTable, ...] = ()
    channel: tuple[ChannelTable, ...] = ()
    route: tuple[RouteTable, ...] = ()
    rule: tuple[dict[str, Any], ...] = ()
    """Rule tables as they stand; `alerts.reading.rule` reads them."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, which arrives as init arguments."""
        return env_settings, init_settings


def nearest(place: tuple[str | int, ...]) -> str:
    """What a person may have meant by a key that there is not."""
    models: dict[str, type[BaseModel]] = {
        "schedule": Schedule,
        "fetch": Fetching,
        "pages": Pages,
        "keep": Keep,
        "sources": Sources,
        "rules": Shipped,
        "source": SourceTable,
        "channel": ChannelTable,
        "route": RouteTable,
        "alerts": Telling,
        "silence": Watchfulness,
    }
    table = models.get(str(place[0]), Settings) if len(place) > 1 else Settings
    table = QuietTable if "quiet" in place[:-1] else table
    near = get_close_matches(str(place[-1]), list(table.model_fields), n=1)
    if table is not Settings and place[-1] in Settings.model_fields:
        return f"{str(place[-1])!r} belongs to no table: write it above the first [table]"
    return f"did you mean {near[0]!r}?" if near else "remove it, or see `noroshi init`"
