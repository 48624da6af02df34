"""Settings: one noroshi.toml, environment variables NOROSHI_* over it, secrets in .env.

`load` is the only reader. It checks everything at once and names file, line and remedy for each
problem. A secret (a channel's address) is looked up by `Settings.channels` alone and never kept
in the settings, so that no dump of them can leak it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as VariableError

from alerts.errors import RuleError
from alerts.reading.rule import RuleBook, load_rules
from alerts.telling.channel import Channel
from extractors.fetch import FetchLimits
from extractors.shipped import shipped_sources
from extractors.source import Source, SourceKind
from flows.errors import SettingsError
from flows.toml_lines import locate

FILE_NAME = "noroshi.toml"


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
HttpUrl = Annotated[str, AfterValidator(_http)]
Name = Annotated[str, AfterValidator(_name)]


class _Table(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class Schedule(_Table):
    """When `noroshi serve` starts what."""

    watch_minutes: int = Field(default=15, ge=1, le=1440)
    """Minutes between two cycles."""
    digest: Clock = "07:30"
    maintain: Clock = "03:40"
    timezone: Zone = "Asia/Hong_Kong"


class Fetching(_Table):
    """How politely and how long pages and feeds are fetched."""

    connect_seconds: float = Field(default=10, gt=0, le=120)
    total_seconds: float = Field(default=30, gt=0, le=600)
    """Deadline of one request, however slowly its answer drips."""
    max_megabytes: float = Field(default=20, gt=0, le=200)
    pace_seconds: float = Field(default=1.0, ge=0, le=60)
    """Least time between two requests to one host."""
    per_host: int = Field(default=1, ge=1, le=16)
    """Requests to one host at the same time."""
    concurrency: int = Field(default=16, ge=1, le=256)
    """Requests under way at once, over all hosts."""
    private_addresses: bool = False
    """Whether loopback and private networks may be asked: for a server of one's own."""


class Shipped(_Table):
    """Which of what noroshi ships is used."""

    shipped: bool = True
    enable: tuple[Name, ...] = ()
    disable: tuple[Name, ...] = ()


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
        )


class ChannelTable(_Table):
    """One `[[channel]]`."""

    name: Name
    url: str = Field(min_length=5)
    """An Apprise address, or `env:NAME` for one kept in the environment or .env."""
    labels: str = Field(default="en", pattern=r"^(en|zh-Hant|zh-Hans|ja)$")
    """Language of the labels in messages."""
    timezone: Zone | None = None
    """Zone of the times in messages; the top-level one where absent."""
    digest: bool = True
    """Whether the daily digest goes there too."""
    enabled: bool = True


class Settings(BaseSettings):
    """Everything a person can set. See deploy/noroshi.example.toml for all of it, commented."""

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="NOROSHI_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data_folder: Path = Path("data")
    timezone: Zone = "Asia/Hong_Kong"
    contact: str | None = None
    """Who answers for the requests: an address put into the User-Agent."""
    schedule: Schedule = Schedule()
    fetch: Fetching = Fetching()
    sources: Shipped = Shipped()
    rules: Shipped = Shipped()
    source: tuple[SourceTable, ...] = ()
    channel: tuple[ChannelTable, ...] = ()
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


@dataclass(frozen=True, slots=True)
class House:
    """Settings with what they lead to: the sources, the rule book and the channels."""

    settings: Settings
    file: Path | None
    sources: tuple[Source, ...]
    book: RuleBook
    environment: Mapping[str, str] = field(repr=False)
    """Has the secrets: it is looked into by name and never shown."""
    text: str = field(default="", repr=False)
    """Of the file, for saying where something stands."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)

    @property
    def data_folder(self) -> Path:
        """Absolute; a relative setting counts from the settings file's folder."""
        base = self.file.parent if self.file else Path.cwd()
        return (base / self.settings.data_folder).resolve()

    @property
    def user_agent(self) -> str:
        """The shape that hosts know from other feed readers, with a way to reach the operator."""
        contact = self.settings.contact or "no contact set"
        return f"Mozilla/5.0 (compatible; noroshi/0.1; +{contact})"

    @property
    def limits(self) -> FetchLimits:
        fetch = self.settings.fetch
        return FetchLimits(
            connect_seconds=fetch.connect_seconds,
            total_seconds=fetch.total_seconds,
            max_bytes=int(fetch.max_megabytes * 2**20),
            pace_seconds=fetch.pace_seconds,
            per_host=fetch.per_host,
            concurrency=fetch.concurrency,
            private_addresses=fetch.private_addresses,
        )

    def channels(self) -> tuple[Channel, ...]:
        """The enabled channels with their secret addresses. Raises SettingsError."""
        tables = [table for table in self.settings.channel if table.enabled]
        if problems := list(self.missing_secrets()):
            raise SettingsError(problems)
        return tuple(
            Channel(
                name=table.name,
                url=_secret(table.url, self.environment) or "",
                labels=table.labels,
                timezone=table.timezone or self.settings.timezone,
            )
            for table in tables
        )

    def missing_secrets(self) -> Iterator[str]:
        """One line for each enabled channel whose `env:NAME` is not set."""
        for index, table in enumerate(self.settings.channel):
            if table.enabled and not _secret(table.url, self.environment):
                name = table.url.removeprefix("env:")
                yield (
                    f"{self.at('channel', index, 'url')}: channel {table.name!r} wants {name}, "
                    f"which is not set; put {name}=… into .env or the environment"
                )

    def at(self, *place: str | int) -> str:
        """File and line of the key at `place`: `("channel", 1, "url")` is the second one's url."""
        return f"{_where(self.file)}{_line(self.text, place)}"


def find(given: Path | None = None) -> Path | None:
    """The settings file to use: the one given, NOROSHI_CONFIG, or ./noroshi.toml if it exists."""
    chosen = given or (Path(name) if (name := os.environ.get("NOROSHI_CONFIG")) else None)
    if chosen is not None:
        return chosen.resolve()
    here = Path.cwd() / FILE_NAME
    return here if here.exists() else None


def load(file: Path | None) -> House:
    """Read and check the settings; the defaults where `file` is None.

    Raises SettingsError with every problem found: file, line and what to do.
    """
    text = _read(file)
    tables = _parse(text, file)
    environment = {**_dotenv(file), **os.environ}
    try:
        with _environment(environment):
            settings = Settings(**tables)
    except VariableError as error:
        raise SettingsError([_no_json(error)]) from None  # the cause quotes the value
    except ValidationError as error:
        problems = [_explain(problem, text, file, environment) for problem in error.errors()]
        raise SettingsError(problems) from None
    _refuse_twins([channel.name for channel in settings.channel], "channel", "name", text, file)
    sources = _sources(settings, text, file)
    return House(settings, file, sources, _book(settings, text, file), environment, text)


def _read(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        line = f"{file}: there is no such file; `noroshi init` writes one to begin with"
        raise SettingsError([line]) from None
    except (OSError, UnicodeDecodeError) as error:
        line = f"{file}: it cannot be read ({error}); it must be a readable UTF-8 file"
        raise SettingsError([line]) from error


def _parse(text: str, file: Path | None) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = f", line {place[1] if place else text.count(chr(10)) + 1}"
        message = (
            f"{_where(file)}{line}: this is not TOML ({error}); mend the line or quote the value"
        )
        raise SettingsError([message]) from None


def _dotenv(file: Path | None) -> dict[str, str]:
    beside = (file.parent if file else Path.cwd()) / ".env"
    try:
        values = dotenv_values(beside)
    except (OSError, UnicodeDecodeError):
        line = f"{beside}: it cannot be read; it must be a readable UTF-8 file of NAME=value lines"
        raise SettingsError([line]) from None
    return {name: value for name, value in values.items() if value is not None}


class _environment:  # noqa: N801 (a context manager used as a verb)
    """Let pydantic-settings see .env as part of the environment, for the length of one call."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.added = {k: v for k, v in environment.items() if k not in os.environ}

    def __enter__(self) -> None:
        os.environ.update(self.added)

    def __exit__(self, *_: object) -> None:
        for name in self.added:
            del os.environ[name]


def _sources(settings: Settings, text: str, file: Path | None) -> tuple[Source, ...]:
    own = [table.source() for table in settings.source]
    shipped = list(shipped_sources()) if settings.sources.shipped else []
    _refuse_unknown(settings.sources, {s.id for s in shipped}, "source", text, file)
    _refuse_twins([source.id for source in own], "source", "id", text, file)
    own_ids = {source.id for source in own}
    chosen = [_chosen(source, settings.sources) for source in shipped if source.id not in own_ids]
    return (*own, *chosen)


def _chosen(source: Source, choice: Shipped) -> Source:
    if source.id in choice.disable:
        return replace(source, enabled=False, reason="switched off in noroshi.toml")
    readable = source.kind in {SourceKind.FEED, SourceKind.SITEMAP}
    if source.id in choice.enable and readable:
        return replace(source, enabled=True, reason=None)
    return source


def _refuse_unknown(
    choice: Shipped, ids: set[str], noun: str, text: str, file: Path | None
) -> None:
    problems = []
    for key, names in (("enable", choice.enable), ("disable", choice.disable)):
        for name in names:
            if name not in ids:
                near = get_close_matches(name, ids, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; see `noroshi {noun}s list`"
                place = _line(text, (f"{noun}s", key))
                problems.append(
                    f"{_where(file)}{place}: no shipped {noun} is called {name!r}{hint}"
                )
    if problems:
        raise SettingsError(problems)


def _refuse_twins(names: list[str], noun: str, key: str, text: str, file: Path | None) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            place = _line(text, (noun, index, key))
            raise SettingsError(
                [f"{_where(file)}{place}: two {noun}s are called {name!r}; rename one of them"]
            )


def _book(settings: Settings, text: str, file: Path | None) -> RuleBook:
    """The shipped rules with the file's own over them, each switched as `[rules]` says."""
    shipped = RuleBook.load().rules if settings.rules.shipped else ()
    try:
        rules = load_rules(text, _where(file), shipped)
    except RuleError as error:
        raise SettingsError([str(error)]) from error
    choice = settings.rules
    _refuse_unknown(choice, {rule.id for rule in rules}, "rule", text, file)
    on, off = set(choice.enable), set(choice.disable)
    return RuleBook(
        tuple(replace(r, enabled=(r.enabled or r.id in on) and r.id not in off) for r in rules)
    )


def _no_json(error: VariableError) -> str:
    """One line for a variable of a table's name that holds something else than the table."""
    found = re.search(r'field "(\w+)"', str(error))
    name = f"NOROSHI_{found[1].upper()}" if found else "a variable NOROSHI_…"
    return (
        f"{name}: it is the name of a table of settings and no JSON; "
        f"set {name}__<KEY> instead, or give a secret another name such as NOROSHI_MY_DESK"
    )


def _explain(problem: Any, text: str, file: Path | None, environment: Mapping[str, str]) -> str:
    """One line for one of pydantic's errors: where, what, what to do."""
    place: tuple[str | int, ...] = tuple(problem["loc"])
    variable = "NOROSHI_" + "__".join(str(part) for part in place).upper()
    in_file = f"{_where(file)}{_line(text, place)}"
    where = f"{variable} (environment or .env)" if variable in environment else in_file
    name = ".".join(str(p + 1) if isinstance(p, int) else p for p in place)
    if problem["type"] == "extra_forbidden":
        return f"{where}: there is no setting {name!r}; {_nearest(place)}"
    what = str(problem["msg"]).removeprefix("Value error, ")
    return f"{where}: {name}: {what}{_found(place, problem)}; correct or remove it"


def _found(place: tuple[str | int, ...], problem: Any) -> str:
    """The wrong value, where it can be no secret and is not in the message already."""
    given = problem.get("input")
    if place[0] == "channel" or not isinstance(given, str | int | float):
        return ""
    return "" if repr(given) in problem["msg"] else f" (found {given!r})"


def _nearest(place: tuple[str | int, ...]) -> str:
    models: dict[str, type[BaseModel]] = {
        "schedule": Schedule,
        "fetch": Fetching,
        "sources": Shipped,
        "rules": Shipped,
        "source": SourceTable,
        "channel": ChannelTable,
    }
    table = models.get(str(place[0]), Settings) if len(place) > 1 else Settings
    near = get_close_matches(str(place[-1]), list(table.model_fields), n=1)
    return f"did you mean {near[0]!r}?" if near else "remove it, or see `noroshi init`"


def _line(text: str, place: tuple[str | int, ...]) -> str:
    """`, line N` of the key at `place`, or nothing where the file does not show it."""
    number = locate(text, place)
    return f", line {number}" if number else ""


def _secret(url: str, environment: Mapping[str, str]) -> str | None:
    return environment.get(url.removeprefix("env:")) if url.startswith("env:") else url


def _where(file: Path | None) -> str:
    return str(file) if file else "the settings"
