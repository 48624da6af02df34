"""Official documents of what is in force: each change is told once and rightly, and a broken
document changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reading.events.coder import Coder
from extractors.article import Arrival
from extractors.entry import Entry
from extractors.errors import FeedError
from extractors.feeds.form import forms
from extractors.feeds.standing import DISTRUST, PATIENCE, Comparison, Standing, Turn, compare
from extractors.feeds.state import changes, parse_state
from extractors.source import Source, SourceKind

NOW = datetime(2026, 11, 1, 4, tzinfo=UTC)
HK = Source(
    "ota",
    "https://www.sb.gov.hk/json/ota_index/ota_index.json",
    "OTA",
    SourceKind.STATE,
    timezone="Asia/Hong_Kong",
    document="hk-outbound-travel-alert",
)
JP = replace(
    HK, id="mofa", url="https://mofa.example/0852.xml", document="jp-country-danger", language="ja"
)
EGYPT = ("EG", "Egypt", "red", 1, "20250101120000")
ITALY = ("IT", "Italy", "red", 0, "20210101120000")
FUKUSHIMA = ("JP", "Japan (areas near Fukushima)", "amber", 1, "20250102120000")

Row = tuple[str, str, str, Any, str]


def ota(*rows: Row) -> bytes:
    """The Security Bureau's document: a group a level."""
    groups = [
        {
            "level": level,
            "levelExt": "",
            "countries": [
                {"countryCode": code, "titleEn": title, "showInIndex": shown, "updateDate": date}
                for code, title, of, shown, date in rows
                if of == level
            ],
        }
        for level in ("black", "red", "amber")
    ]
    return json.dumps({"otas": groups}).encode()


def mofa(level: int, title: str = "", code: str = "0852", name: str = "香港") -> bytes:
    """The Ministry's document of a country."""
    flags = "".join(f"<riskLevel{n}>{int(n <= level)}</riskLevel{n}>" for n in (4, 3, 2, 1))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><opendata lastModified="2026/11/01 04:00:00">'
        f"<area><cd>10</cd><name>アジア</name></area><country areaCd='10'><cd>{code}</cd>"
        f"<name>{name}</name></country>{flags}<riskTitle>{title}</riskTitle>"
        f"<mail><title>領事メール</title><riskLevel4>1</riskLevel4></mail></opendata>"
    ).encode()


def look(
    body: bytes, former: Comparison | None, source: Source = HK, now: datetime = NOW
) -> tuple[tuple[Entry, ...], Comparison]:
    feed = parse_state(body, "application/json", source, source.url)
    return changes(feed, former.kept if former else None, source, now)


JAPAN = ("JP", "Japan", "amber", 1, "20261101103000")
SEQUENCE: list[tuple[Turn, list[Row], str]] = [
    (Turn.ISSUED, [JAPAN], "Hong Kong issues Amber Outbound Travel Alert for Japan"),
    (
        Turn.RAISED,
        [("JP", "Japan", "red", 1, "20261101110000"), (*JAPAN[:3], 0, JAPAN[4])],
        "Hong Kong raises Japan to Red Outbound Travel Alert",
    ),
    (
        Turn.UPDATED,
        [("JP", "Japan", "red", 1, "20261101113000")],
        "Hong Kong updates Red Outbound Travel Alert for Japan",
    ),
    (
        Turn.LOWERED,
        [("JP", "Japan", "amber", "true", "20261101120000")],
        "Hong Kong lowers Japan to Amber Outbound Travel Alert",
    ),
    (
        Turn.LIFTED,
        [("JP", "Japan", "amber", False, "20261101123000")],
        "Hong Kong lifts Amber Outbound Travel Alert for Japan",
    ),
]  # fmt: skip


def test_the_first_look_is_backlog_and_each_change_is_one_entry() -> None:
    first, held = look(ota(EGYPT, ITALY, FUKUSHIMA), None)
    assert [(e.title, e.arrival) for e in first] == [
        ("Red Outbound Travel Alert of Hong Kong for Egypt", Arrival.BACKLOG),
        (
            "Amber Outbound Travel Alert of Hong Kong for Japan (areas near Fukushima)",
            Arrival.BACKLOG,
        ),
    ]
    assert first[0].published_at == datetime(2025, 1, 1, 4, tzinfo=UTC)
    assert look(ota(EGYPT, ITALY, FUKUSHIMA), held)[0] == ()
    addresses = {entry.url for entry in first}
    for turn, rows, title in SEQUENCE:
        entries, held = look(ota(EGYPT, ITALY, FUKUSHIMA, *rows), held)
        (entry,) = entries
        assert (entry.title, entry.arrival) == (title, Arrival.NEW), turn
        assert entry.link == "https://www.sb.gov.hk/eng/ota/"
        assert entry.url.startswith("https://www.sb.gov.hk/eng/ota/#")
        assert entry.published_at is not None
        assert entry.published_at.hour in {2, 3, 4}, "local times of Hong Kong"
        assert entry.url not in addresses
        addresses.add(entry.url)
    assert look(ota(EGYPT, ITALY, FUKUSHIMA), held)[0] == ()


def test_the_text_has_the_level_before_and_after() -> None:
    _, held = look(ota(EGYPT, JAPAN), None)
    (entry,), _ = look(ota(EGYPT, ("JP", "Japan", "black", 1, "20261101110000")), held)
    assert entry.summary == (
        "Hong Kong raises Japan to Black Outbound Travel Alert (before: Amber)\nLevel now: Black."
    )


def test_the_same_difference_has_the_same_address_and_a_repeated_one_another() -> None:
    calm, tense = ota(EGYPT, (*JAPAN[:3], 0, "1")), ota(EGYPT, (*JAPAN[:3], 1, "1"))
    _, held = look(calm, None)
    (once,), raised = look(tense, held)
    (again,), _ = look(tense, held, now=NOW + timedelta(days=1))
    assert once.url == again.url, "a cycle that was killed finds it again"
    _, lifted = look(calm, raised)
    (later,), _ = look(tense, lifted)
    assert later.url != once.url


CODED = [
    (Turn.ISSUED, 0, 1, "escalation", "amber", "level-1"),
    (Turn.ISSUED, 0, 3, "escalation", "black", "level-3"),
    (Turn.RAISED, 1, 2, "escalation", "red", "level-2"),
    (Turn.RAISED, 2, 3, "escalation", "black", "level-3"),
    (Turn.LOWERED, 3, 1, "easing", "amber", "level-1"),
    (Turn.LOWERED, 3, 2, "easing", "red", "level-2"),
    (Turn.LIFTED, 2, 0, "easing", "red", "level-2"),
]


@pytest.mark.parametrize(("turn", "before", "after", "direction", "hk", "jp"), CODED)
def test_the_coder_reads_a_change_as_what_it_is(
    turn: Turn, before: int, after: int, direction: str, hk: str, jp: str
) -> None:
    colours = ["amber", "amber", "red", "black"]

    def alert(rank: int) -> bytes:
        return ota(EGYPT, ("JP", "Japan", colours[rank], int(rank > 0), "20261101110000"))

    for source, first, second, actor, target, level in (
        (HK, alert(before), alert(after), "HK", "JP", hk),
        (JP, mofa(before), mofa(after), "JP", "HK", jp),
    ):
        _, held = look(first, None, source)
        (entry,), compared = look(second, held, source)
        assert compared.changes[0].turn is turn
        coding = Coder.shipped().code(entry.title, entry.summary, language=entry.language or "en")
        event = coding.events[0]
        assert coding.relevant
        assert (event.category, event.direction) == ("travel_advisory", direction), entry.title
        assert (event.actor, event.target, event.level) == (actor, target, level), entry.title
        assert event.status == "reported"


def test_a_change_elsewhere_is_not_about_us() -> None:
    _, held = look(ota(EGYPT), None)
    (entry,), _ = look(ota((*EGYPT[:2], "black", 1, "20261101110000")), held)
    assert not Coder.shipped().code(entry.title, entry.summary, language="en").relevant


def test_the_ministrys_own_words_are_in_the_text_and_their_change_is_told() -> None:
    first, held = look(mofa(1, "香港の危険情報【レベル1】"), None, JP)
    assert "香港の危険情報【レベル1】" in first[0].summary
    assert first[0].published_at is None
    assert look(mofa(1, "香港の危険情報【レベル1】"), held, JP)[0] == ()
    (entry,), _ = look(mofa(1, "香港の危険情報【レベル1】（内容の更新）"), held, JP)
    assert entry.title == "外務省、香港の危険情報レベル1を更新"


BROKEN = [
    (HK, b"", "0 bytes"),
    (HK, b"<html><body>Maintenance</body></html>", "HTML page"),
    (HK, ota(EGYPT, FUKUSHIMA)[:-40], "no whole JSON"),
    (HK, b"{}", "no records"),
    (HK, b'{"otas": []}', "no records"),
    (HK, b'{"otas": [1, "x", {"countries": {"titleEn": 7}}]}', "showInIndex"),
    (HK, b'{"otas": [{"level": "red", "countries": []}]}', "no records"),
    (HK, b'{"otas": [{"level": "red", "countries": [{"titleEn": "Japan"}]}]}', "showInIndex"),
    (HK, b'{"otas": [{"level": "red", "countries": [{"showInIndex": 1}]}]}', "titleEn"),
    (
        HK,
        b'{"otas": [{"level": "purple", "countries": '
        b'[{"titleEn": "Japan", "countryCode": "JP", "showInIndex": 1}]}]}',
        "purple",
    ),
    (JP, mofa(0)[:-20], "no whole XML"),
    (JP, mofa(0).replace(b"<riskLevel3>0</riskLevel3>", b""), "riskLevel3"),
    (JP, mofa(0).replace(b"<riskLevel1>0</riskLevel1>", b"<riskLevel1/>"), "riskLevel1"),
    (JP, mofa(0, code="0086", name="中国"), "other places"),
    (JP, "<html><body>指定されたページが見つかりません</body></html>".encode(), "HTML page"),
    (JP, b"<opendata><country><cd>0852</cd></country></opendata>", "country.name"),
]


@pytest.mark.parametrize(("source", "body", "says"), BROKEN)
def test_a_broken_document_is_an_error(source: Source, body: bytes, says: str) -> None:
    good = ota(EGYPT, FUKUSHIMA) if source is HK else mofa(2)
    _, held = look(good, None, source)
    with pytest.raises(FeedError) as caught:
        look(body, held, source)
    assert says in caught.value.what
    assert caught.value.remedy


WORLD = [(f"C{n}", f"Country {n}", "amber", 1, "20250101120000") for n in range(20)]


def test_a_record_that_is_missing_once_is_not_lifted() -> None:
    _, held = look(ota(*WORLD), None)
    entries, held = look(ota(*WORLD[1:]), held)
    assert entries == ()
    assert held.waiting
    entries, held = look(ota(*WORLD), held, now=NOW + timedelta(minutes=15))
    assert entries == ()
    assert not held.waiting


def test_a_record_that_stays_missing_is_lifted() -> None:
    _, held = look(ota(*WORLD), None)
    _, held = look(ota(*WORLD[1:]), held)
    (entry,), held = look(ota(*WORLD[1:]), held, now=NOW + PATIENCE)
    assert entry.title == "Hong Kong lifts Amber Outbound Travel Alert for Country 0"
    assert entry.published_at is None
    assert not held.waiting, "the document need not be had in full again"
    assert look(ota(*WORLD[1:]), held, now=NOW + timedelta(days=1))[0] == ()


@pytest.mark.parametrize("shown", [None, 0], ids=["half a document", "all switched off"])
def test_many_at_once_are_not_believed_before_long(shown: int | None) -> None:
    gone = [(c, t, level, shown, d) for c, t, level, _, d in WORLD[:12]] if shown == 0 else []
    rest = [*WORLD[12:19], ("C19", "Country 19", "red", 1, "20261101110000")]
    _, held = look(ota(*WORLD), None)
    entries, held = look(ota(*gone, *rest), held)
    assert [entry.title for entry in entries] == [
        "Hong Kong raises Country 19 to Red Outbound Travel Alert"
    ], "what it raises is believed"
    assert "12 of the 20 levels" in held.doubt
    entries, held = look(ota(*gone, *rest), held, now=NOW + timedelta(hours=1))
    assert (entries, bool(held.doubt)) == ((), True)
    assert sum(s.rank > 0 for s in held.kept) == 20
    entries, held = look(ota(*gone, *rest), held, now=NOW + DISTRUST)
    assert len(entries) == 12
    assert not held.doubt


LEVELS = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), max_size=6)


@given(st.lists(LEVELS, min_size=1, max_size=6))
def test_what_is_told_adds_up_to_what_stands(looks: list[dict[str, int]]) -> None:
    """Whatever the documents say, the changes told lead from what stood to what stands."""
    held: tuple[Standing, ...] | None = None
    told: dict[str, int] = {}
    for number, levels in enumerate(looks):
        seen = [
            Standing(key, key, f"l{rank}" if rank else "", rank) for key, rank in levels.items()
        ]
        now = NOW + number * timedelta(hours=1)
        compared = compare(held, seen, now)
        assert compare(held, seen, now) == compared
        for change in compared.changes:
            told[change.now.key] = change.now.rank
        held = compared.kept
        assert {s.key: s.rank for s in held if s.rank} == {k: r for k, r in told.items() if r}
        assert all(told.get(key, 0) >= rank for key, rank in levels.items())


def test_every_form_can_say_every_turn() -> None:
    for form in forms().values():
        assert {*Turn} <= {*form.sentences}
        assert {*form.flags} in ({*form.levels}, set())
        for sentence in form.sentences.values():
            sentence.format(place="p", level="l", former="f", words="w")
