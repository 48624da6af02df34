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
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_settings import SettingsError as VariableError

from alerts.errors import RuleError
from alerts.reading.rules.rule import RuleBook, load_rules
from alerts.telling.sending.channel import Channel
from alerts.telling.writing.stationery import Stationery
from extractors.feeds.cadence import Bounds
from extractors.feeds.shipped import shipped_sources
from extractors.source import Source
from extractors.web.fetch import FetchLimits, server_of
from flows.configuration.collecting import Shipped
from flows.configuration.complaint import Complaint
from flows.configuration.tables import Settings
from flows.configuration.toml_lines import Written
from flows.errors import SettingsError
from warehouse.storage.place import Place, place

if TYPE_CHECKING:
    from warehouse.database import Warehouse

FILE_NAME = "noroshi.toml"


@dataclass(frozen=True, slots=True)
class House:
    """Settings with what they lead to: the sources, the rule book and the channels."""

    settings: Settings
    sources: tuple[Source, ...]
    book: RuleBook
    environment: Mapping[str, str] = field(repr=False)
    """Has the secrets: it is looked into by name and never shown."""
    written: Written
    """The file, for saying where something stands."""

    @property
    def file(self) -> Path | None:
        return self.written.file

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.timezone)

    @property
    def data_folder(self) -> Path:
        """Absolute; a relative setting counts from the settings file's folder."""
        base = self.file.parent if self.file else Path.cwd()
        return (base / self.settings.data_folder).resolve()

    @property
    def warehouse(self) -> Warehouse:
        """Where everything is kept."""
        from warehouse.database import Warehouse  # DuckDB is for those who open one

        return Warehouse(self.data_folder, self.lake)

    @property
    def lake(self) -> Place | None:
        """The lake that it is kept in; None for one file."""
        setting, table = self.settings.warehouse, self.settings.lake
        if setting is None:
            return None
        base = self.file.parent if self.file else Path.cwd()
        data = table.data if "://" in table.data else str((base / table.data).resolve())
        return place(setting, data, self.environment, table.past_days, table.s3)

    @property
    def templates(self) -> Path | None:
        """The folder of templates of one's own; a relative setting counts as `data_folder`."""
        base = self.file.parent if self.file else Path.cwd()
        return (base / self.settings.templates).resolve() if self.settings.templates else None

    @property
    def warc_folder(self) -> Path:
        """Where answers are kept."""
        return self.data_folder / "warc"

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
            own_servers=frozenset(server_of(table.url) for table in self.settings.source),
        )

    @property
    def bounds(self) -> Bounds:
        """Within what the interval of a source is chosen."""
        fetch = self.settings.fetch
        return Bounds(
            cycle=60.0 * self.settings.schedule.watch_minutes,
            floor=60.0 * fetch.poll_min_minutes,
            ceiling=60.0 * fetch.poll_max_minutes,
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
                secret=_secret(table.secret or "", self.environment) or None,
                stationery=Stationery(self.templates),
            )
            for table in tables
        )

    def missing_secrets(self) -> Iterator[str]:
        """One line for each enabled channel whose `env:NAME` is not set."""
        for index, table in enumerate(self.settings.channel):
            for key in ("url", "secret"):
                value = getattr(table, key)
                if table.enabled and value and not _secret(value, self.environment):
                    name = value.removeprefix("env:")
                    yield (
                        f"{self.at('channel', index, key)}: channel {table.name!r} wants {name}, "
                        f"which is not set; put {name}=… into .env or the environment"
                    )

    def at(self, *spot: str | int) -> str:
        """File and line of the key at `spot`: `("channel", 1, "url")` is the second one's url."""
        return self.written.at(*spot)


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
    written = Written(file, _read(file))
    tables = _parse(written)
    environment = {**_dotenv(file), **os.environ}
    try:
        with _environment(environment):
            settings = Settings(**tables)
    except VariableError as error:
        raise SettingsError([_no_json(error)]) from None  # the cause quotes the value
    except ValidationError as error:
        found = [Complaint(each, written, tables, environment) for each in error.errors()]
        raise SettingsError([str(complaint) for complaint in found]) from None
    _refuse_twins([channel.name for channel in settings.channel], "channel", "name", written)
    sources, book = _sources(settings, written), _book(settings, written)
    house = House(settings, sources, book, environment, written)
    if strays := list(_stray_routes(house)):
        raise SettingsError(strays)
    return house


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


def _parse(written: Written) -> dict[str, Any]:
    try:
        return tomllib.loads(written.text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        line = place[1] if place else written.text.count("\n") + 1
        what = f"this is not TOML ({error}); mend the line or quote the value"
        raise SettingsError([f"{written}, line {line}: {what}"]) from None


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


def _sources(settings: Settings, written: Written) -> tuple[Source, ...]:
    own = [table.source() for table in settings.source]
    shipped = list(shipped_sources()) if settings.sources.shipped else []
    _refuse_unknown(settings.sources, {s.id for s in shipped}, "source", written)
    _refuse_twins([source.id for source in own], "source", "id", written)
    own_ids = {source.id for source in own}
    chosen = [_chosen(source, settings.sources) for source in shipped if source.id not in own_ids]
    return (*own, *chosen)


def _chosen(source: Source, choice: Shipped) -> Source:
    if source.id in choice.disable:
        return replace(source, enabled=False, reason="switched off in noroshi.toml")
    if source.id in choice.enable:
        return replace(source, enabled=True, reason=None)
    return source


def _refuse_unknown(choice: Shipped, ids: set[str], noun: str, written: Written) -> None:
    problems = []
    for key, names in (("enable", choice.enable), ("disable", choice.disable)):
        for number, name in enumerate(names):
            if name not in ids:
                near = get_close_matches(name, ids, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"see `noroshi {noun}s list`"
                where = written.at(f"{noun}s", key, number)
                problems.append(f"{where}: no shipped {noun} is called {name!r}; {hint}")
    if problems:
        raise SettingsError(problems)


def _refuse_twins(names: list[str], noun: str, key: str, written: Written) -> None:
    for index, name in enumerate(names):
        if name in names[:index]:
            what = f"two {noun}s are called {name!r}; rename one of them"
            raise SettingsError([f"{written.at(noun, index, key)}: {what}"])


def _book(settings: Settings, written: Written) -> RuleBook:
    """The shipped rules with the file's own over them, each switched as `[rules]` says."""
    shipped = RuleBook.load().rules if settings.rules.shipped else ()
    try:
        rules = load_rules(written.text, str(written), shipped)
    except RuleError as error:
        raise SettingsError([str(error)]) from error
    choice = settings.rules
    _refuse_unknown(choice, {rule.id for rule in rules}, "rule", written)
    on, off = set(choice.enable), set(choice.disable)
    return RuleBook(
        tuple(replace(r, enabled=(r.enabled or r.id in on) and r.id not in off) for r in rules)
    )


def _stray_routes(house: House) -> Iterator[str]:
    """One line for each rule, channel or source tag of a route that is not there."""
    known = {
        "rules": {rule.id for rule in house.book.rules},
        "channels": {table.name for table in house.settings.channel},
        "tags": {tag for source in house.sources for tag in source.tags},
    }
    for index, table in enumerate(house.settings.route):
        for key, names in known.items():
            for number, name in enumerate(getattr(table, key)):
                if name not in names:
                    near = get_close_matches(name, names, n=1)
                    hint = f"did you mean {near[0]!r}?" if near else "correct or remove it"
                    noun = "source tag" if key == "tags" else key.removesuffix("s")
                    where = house.at("route", index, key, number)
                    yield f"{where}: route.{index + 1}: there is no {noun} {name!r}; {hint}"


def _no_json(error: VariableError) -> str:
    """One line for a variable of a table's name that holds something else than the table."""
    found = re.search(r'field "(\w+)"', str(error))
    name = f"NOROSHI_{found[1].upper()}" if found else "a variable NOROSHI_…"
    return (
        f"{name}: it is the name of a table of settings and no JSON; "
        f"set {name}__<KEY> instead, or give a secret another name such as NOROSHI_MY_DESK"
    )


def _secret(url: str, environment: Mapping[str, str]) -> str | None:
    return environment.get(url.removeprefix("env:")) if url.startswith("env:") else url
