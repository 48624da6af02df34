"""Settings: what is wrong is said with file, line and remedy, and a secret is never said."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alerts.reading.coding import Severity
from flows.configuration.collecting import SourceTable
from flows.configuration.settings import find, load
from flows.errors import SettingsError
from tests.flows.conftest import Write

WRONG = [
    ('tiemzone = "UTC"', 1, "did you mean 'timezone'"),
    ('timezone = "Asia/Hongkong"', 1, "Asia/Hong_Kong"),
    ("# fine\ntimezone = 3", 2, "timezone"),
    ('warehouse = "postgres:dbname=n"', 1, "must begin with 'ducklake:postgres:'"),
    ('warehouse = "ducklake:postgres:host=db"', 1, "dbname"),
    ('warehouse = "ducklake:postgres:dbname=n password=x"', 1, "no password"),
    ("[lake]\npast_days = 0", 2, "greater than or equal to 1"),
    ('[lake]\nendpoint = "s3.example.org"', 2, "https://s3.example.org"),
    ('[lake]\nendpoint = "https://key:secret@s3.example.org"', 2, "without a key"),
    ("[schedule]\nwatch_minutes = 0", 2, "greater than or equal to 1"),
    ('[schedule]\n\ndigest = "25:00"', 3, "no time of day"),
    ("[shedule]\nwatch_minutes = 15", 1, "did you mean 'schedule'"),
    ('[[source]]\nid = "one"\nurl = "ftp://example.org"', 3, "no http or https address"),
    ('[[source]]\nid = "one"\nurl = "http://x.org"\n[[source]]\nid = "Two"', 5, "lower-case"),
    ('[[source]]\nid = "one"\n', 1, "it is missing; add it"),
    (
        '[[source]]\nid = "a"\nurl = "http://x.org"\n[[source]]\nid = "a"\nurl = "http://y.org"',
        5,
        "two sources",
    ),
    ('[[source]]\nid = "one"\nurl = "http://x.org"\nkind = "fed"', 4, "feed"),
    ('[sources]\nenable = ["hk-hkpf"]', 2, "did you mean 'hk-hkfp'"),
    ('[rules]\ndisable = ["travel-advisry"]', 2, "travel-advisory"),
    ('[[rule]]\nname = "x"\nkeyword = ["y"]', 3, "keywords"),
    ('[[rule]]\nname = "x"', 1, "keywords"),
    ('[[channel]]\nname = "desk"\nurl = "json://x"\nlabels = "fr"', 4, "labels"),
    ('[[channel]]\nname = "desk"\nulr = "json://x"', 3, "did you mean 'url'"),
    (
        '[[channel]]\nname = "desk"\nurl = "json://x"\n[channel.quiet]\nfrom = "22:00"\n'
        'to = "24:00"',
        6,
        "channel.1.quiet.to (desk): '24:00' is no time of day",
    ),
    (
        '[[channel]]\nname = "a"\nurl = "json://x"\n[[channel]]\nname = "desk"\nurl = "json://x"\n'
        'quiet = { from = "22:00",  to = "06:00", mode = "of" }',
        7,
        "channel.2.quiet.mode (desk): 'of' is none of 'hold', 'critical-only' or 'silent'",
    ),
    (
        '[[source]]\nid = "one"\nurl = "http://x.org"\nkind = "stat"',
        4,
        "source.1.kind (one): 'stat' is none of 'feed', 'sitemap', 'html-list', 'json', 'gdelt' "
        "or 'state'; did you mean 'state'?",
    ),
    (
        '[[source]]\nid = "one"\nurl = "http://x.org"\nkind = "state"\n\ndocument = "hk"',
        6,
        "source.1.document (one): kind \"state\" needs document = 'hk-outbound-travel-alert' or",
    ),
    (
        '[[source]]\nid = "one"\nurl = "http://x.org"\nkind = "html-list"\n[source.listing]\n'
        'items = "li"\ntitle = "a["',
        7,
        "source.1.listing.title (one): ",
    ),
    ("[pages]\nlook_again_hours = [\n  1,\n  0,\n]", 4, "pages.look_again_hours.2: it must be"),
    ('[sources]\nenable = [\n  "hk-hkfp",\n  "hk-hkpf",\n]', 4, "did you mean 'hk-hkfp'"),
    (
        '[[channel]]\nname = "desk"\nurl = "json://x"\n[[route]]\nchannels = ["desk"]\n'
        'parties = [\n"HK", "US",\n]',
        7,
        "route.1.parties.2 (desk): 'US' is none of 'HK', 'JP' or 'CN'; write one of them",
    ),
    ('[[route]]\nchannels = ["dask"]', 2, "route.1: there is no channel 'dask'"),
    ('[[source]]\nid = 3\nurl = "http://x.org"', 2, "source.1.id: it must be a valid string"),
    ("timezone = Asia", 1, "not TOML"),
    ('a = "1"\nb = "', 2, "not TOML"),
]


@pytest.mark.parametrize(("text", "line", "hint"), WRONG)
def test_what_is_wrong_is_said_with_its_line(write: Write, text: str, line: int, hint: str) -> None:
    file = write(text)
    with pytest.raises(SettingsError) as caught:
        load(file)
    told = str(caught.value)
    assert str(file) in told
    assert re.search(rf"line {line}\b|:{line}\b", told), told
    assert hint in told
    assert ";" in told, "there is a remedy"


def test_everything_wrong_is_said_at_once(write: Write) -> None:
    file = write('tiemzone = "UTC"\n[schedule]\nwatch_minutes = 0\nmaintain = "noon"')
    with pytest.raises(SettingsError) as caught:
        load(file)
    assert len(caught.value.problems) == 3


def test_the_environment_wins_over_the_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOROSHI_TIMEZONE", "Asia/Tokyo")
    monkeypatch.setenv("NOROSHI_SCHEDULE__WATCH_MINUTES", "30")
    house = load(write('timezone = "UTC"\n[schedule]\nwatch_minutes = 5\ndigest = "06:00"'))
    assert house.settings.timezone == "Asia/Tokyo"
    assert house.settings.schedule.watch_minutes == 30
    assert house.settings.schedule.digest == "06:00"


def test_a_wrong_variable_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOROSHI_SCHEDULE__WATCH_MINUTES", "often")
    with pytest.raises(SettingsError, match="NOROSHI_SCHEDULE__WATCH_MINUTES"):
        load(write(""))


def test_a_secret_comes_from_the_environment_or_dotenv(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[[channel]]\nname = "desk"\nurl = "env:DESK_URL"\n'
    file = write(text)
    with pytest.raises(SettingsError, match=r"DESK_URL.*\.env"):
        load(file).channels()
    (tmp_path / ".env").write_text("DESK_URL=json://from-dotenv\n")
    assert [channel.url for channel in load(file).channels()] == ["json://from-dotenv"]
    monkeypatch.setenv("DESK_URL", "json://from-environment")
    assert [channel.url for channel in load(file).channels()] == ["json://from-environment"]


def test_no_secret_is_in_what_settings_show(write: Write, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DESK_URL=json://user:hunter2@host\n")
    house = load(write('[[channel]]\nname = "desk"\nurl = "env:DESK_URL"\n'))
    assert "hunter2" not in repr(house.settings)
    assert "hunter2" not in repr(house.channels())
    assert "hunter2" not in repr(house)


def test_variables_in_dotenv_that_are_no_settings_are_let_be(write: Write, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NOROSHI_DESK=json://x\nNOROSHI_TIMEZONE=Asia/Tokyo\n")
    assert load(write("")).settings.timezone == "Asia/Tokyo"


def test_own_rules_stand_over_the_shipped_ones(write: Write) -> None:
    house = load(
        write(
            '[rules]\ndisable = ["diplomatic-protest"]\n'
            '[[rule]]\nid = "travel-advisory"\nmin_severity = "critical"\n'
            '[[rule]]\nname = "Mine"\nkeywords = ["JENESYS"]\n'
        )
    )
    rules = {rule.id: rule for rule in house.book.rules}
    assert not rules["diplomatic-protest"].enabled
    assert rules["travel-advisory"].min_severity is Severity.CRITICAL
    assert rules["travel-advisory"].category is not None
    assert rules["mine"].keywords == ("JENESYS",)


def test_sources_can_be_switched_and_replaced(write: Write) -> None:
    house = load(
        write(
            '[sources]\nenable = ["jp-jetro-biznews"]\ndisable = ["hk-hkfp"]\n'
            '[[source]]\nid = "jp-asahi"\nurl = "https://example.org/feed"\n'
        )
    )
    sources = {source.id: source for source in house.sources}
    assert sources["jp-jetro-biznews"].enabled
    assert not sources["hk-hkfp"].enabled
    assert sources["jp-asahi"].url == "https://example.org/feed"
    assert len(sources) == len(house.sources)


def test_only_own_sources_and_rules_where_the_shipped_are_not_wanted(write: Write) -> None:
    house = load(write("[sources]\nshipped = false\n[rules]\nshipped = false\n"))
    assert house.sources == ()
    assert house.book.rules == ()


@pytest.mark.parametrize("table", ["rule", "source", "channel"])
def test_a_table_in_single_brackets_is_told_to_have_two(write: Write, table: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(write(f'# first line\n[{table}]\nid = "a"\n'))
    assert str(caught.value).endswith(
        f"line 2: there may be several; write [[{table}]] with two brackets"
    )


def test_a_relative_data_folder_counts_from_the_file(write: Write, tmp_path: Path) -> None:
    house = load(write('data_folder = "kept"'))
    assert house.data_folder == tmp_path / "kept"


def test_the_file_is_found_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find() is None
    (tmp_path / "noroshi.toml").touch()
    assert find() == tmp_path / "noroshi.toml"
    monkeypatch.setenv("NOROSHI_CONFIG", "elsewhere.toml")
    assert find() == tmp_path / "elsewhere.toml"
    with pytest.raises(SettingsError, match="noroshi init"):
        load(find())


def test_a_key_in_the_address_of_a_store_is_not_repeated(write: Write) -> None:
    with pytest.raises(SettingsError) as told:
        load(write('[lake]\nendpoint = "https://key:hush@s3.example.org"'))
    assert "hush" not in str(told.value)


LISTINGS = [
    ('kind = "html-list"', "needs items or pattern"),
    ('kind = "html-list"\n[source.listing]\nitems = "li["', "is no CSS selector"),
    ('kind = "html-list"\nlisting = { pattern = "(" }', "is no regular expression"),
    ('kind = "json"\nlisting = { items = "a" }', "needs url"),
    ('listing = { items = "li" }', 'for the kinds "html-list" and "json"'),
    ('kind = "html-list"\nlisting = { itmes = "li" }', "there is no setting"),
]


@pytest.mark.parametrize(("lines", "says"), LISTINGS)
def test_a_listing_must_be_what_its_kind_needs(write: Write, lines: str, says: str) -> None:
    file = write(f'[[source]]\nid = "a"\nurl = "https://a.example/"\n{lines}\n')
    with pytest.raises(SettingsError, match=re.escape(says)) as caught:
        load(file)
    assert "noroshi.toml, line" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "right"),
    [("{date:%Y/%m}/{date:%d}.json", True), ("{YYYYMMDD}.json", False), ("{date:%H}", False)],
)
def test_braces_in_an_address_are_the_day(write: Write, address: str, right: bool) -> None:
    file = write(f'[[source]]\nid = "a"\nurl = "https://a.example/{address}"\n')
    if right:
        assert load(file).sources
        return
    with pytest.raises(SettingsError, match="is the day"):
        load(file)


def test_the_tables_of_sources_that_messages_name_are_there() -> None:
    root = Path(__file__).parents[3]
    files = [file for room in ("flows", "extractors") for file in (root / room).rglob("*.py")]
    named = {name for file in files for name in re.findall(r"\[source\.(\w+)\]", file.read_text())}
    assert named
    assert named <= set(SourceTable.model_fields)
