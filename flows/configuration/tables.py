"""The tables of noroshi.toml together: every setting, its kind, its bounds and its default.

Those about collecting and about telling have files of their own beside this one.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from flows.configuration.collecting import Fetching, Pages, Shipped, Sources, SourceTable
from flows.configuration.kinds import Clock, Table, Weekly, Zone
from flows.configuration.telling import ChannelTable, QuietTable, RouteTable, Telling, Watchfulness
from warehouse.storage.place import place as parse
from warehouse.storage.retention import Retention
from warehouse.storage.s3 import S3


class Schedule(Table):
    """When `noroshi serve` starts what."""

    watch_minutes: int = Field(default=15, ge=1, le=1440)
    """Minutes between two cycles."""
    digest: Clock = "07:30"
    """When the daily digest is sent."""
    weekly: Weekly | None = None
    """When the weekly digest is sent: `monday 07:30`. Never where absent."""
    empty_digest: bool = True
    """Whether a digest without events is sent, and says so."""
    muted_in_digest: bool = True
    """Whether a digest lists, apart, what is muted."""
    maintain: Clock = "03:40"
    timezone: Zone = "Asia/Hong_Kong"

    @property
    def zone(self) -> ZoneInfo:
        """Of the times above."""
        return ZoneInfo(self.timezone)


class Keep(Table):
    """What the nightly upkeep leaves. Seed documents, events and alerts always stay, and the
    articles that they are about."""

    requests_days: int = Field(default=30, ge=0, le=36500)
    """Days for which requests are logged; 0 for ever."""
    runs_days: int = Field(default=400, ge=0, le=36500)
    """Days for which cycles are; 0 for ever."""
    versions_days: int = Field(default=0, ge=0, le=36500)
    """Days for which the former contents of changed articles are kept; 0 for ever."""
    news_days: int = Field(default=0, ge=0, le=36500)
    """Days for which articles that report no event are kept, since they were first stored, with
    their versions, pages and WARC records; 0 for ever."""
    official_days: int = Field(default=0, ge=0, le=36500)
    """The same for changes of official documents that no rule matched."""
    check: bool = True
    """Whether the upkeep reads the whole file to be sure of it."""

    @property
    def retention(self) -> Retention:
        return Retention(
            self.requests_days,
            self.runs_days,
            self.versions_days,
            self.news_days,
            self.official_days,
        )


def _lake(setting: str) -> str:
    parse(setting, "", {})
    return setting


def _endpoint(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s@?#]*)?", address):
        raise ValueError("it must be an address such as https://s3.example.org, without a key")
    return address


class LakeTable(Table):
    """`[lake]`: for a `warehouse` that several machines share."""

    data: str = "data/lake"
    """Folder of its Parquet files, or `s3://bucket/prefix`: the same for every machine. A relative
    folder counts from the settings file's."""
    past_days: int = Field(default=7, ge=1, le=36500)
    """Days for which the past of the lake can be asked for."""
    endpoint: Annotated[str, AfterValidator(_endpoint)] | None = None
    """`https://s3.example.org` of the store, where `data` is in one that is not Amazon's."""
    region: str | None = None
    """Of the store, where it wants one named."""
    path_style: bool | None = None
    """Whether buckets are folders of one host; where absent, they are if there is an endpoint."""

    @property
    def s3(self) -> S3:
        """The store."""
        return S3(self.endpoint, self.region, self.path_style)


class Settings(BaseSettings):
    """Everything a person can set. See deploy/noroshi.example.toml for all of it, commented."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="NOROSHI_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_folder: Path = Path("data")
    warehouse: Annotated[str, AfterValidator(_lake)] | None = None
    """`ducklake:postgres:dbname=… host=…` for a lake; one file in `data_folder` where absent."""
    timezone: Zone = "Asia/Hong_Kong"
    contact: str | None = None
    """Who answers for the requests: an address put into the User-Agent."""
    templates: Path | None = None
    """A folder with templates of messages of one's own (alerts/README.md)."""
    schedule: Schedule = Schedule()
    fetch: Fetching = Fetching()
    pages: Pages = Pages()
    keep: Keep = Keep()
    lake: LakeTable = LakeTable()
    sources: Sources = Sources()
    rules: Shipped = Shipped()
    alerts: Telling = Telling()
    silence: Watchfulness = Watchfulness()
    source: tuple[SourceTable, ...] = ()
    channel: tuple[ChannelTable, ...] = ()
    route: tuple[RouteTable, ...] = ()
    rule: tuple[dict[str, Any], ...] = ()
    """Rule tables as they stand; `alerts.reading.rules.rule` reads them."""

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
        "lake": LakeTable,
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
