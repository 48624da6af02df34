"""China's consular pages say in words what is in force, and a difference is told as one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from alerts.reading.events.coder import Coder
from extractors.article import Arrival
from extractors.entry import Entry
from extractors.errors import FeedError, RobotsRefused
from extractors.feeds.poll import SourceState, poll
from extractors.feeds.standing import Comparison
from extractors.feeds.state import changes, parse_state
from extractors.source import Source, SourceKind
from extractors.web.fetch import Fetcher
from extractors.web.robots import Visitor
from tests.extractors.conftest import HASTY
from tests.servers import Site, fixed

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def source(document: str) -> Source:
    url = "https://cs.mfa.example/list/"
    return Source("c", url, "c", SourceKind.STATE, timezone="Asia/Shanghai", document=document)


COUNTRY, NOTICES = source("cn-country-advice"), source("cn-consular-notices")


def page(words: str, place: str = "日本") -> bytes:
    """In the mark-up of the country pages, with words of our own."""
    return (
        f"<html><head><meta charset='utf-8'></head><body><dl><dd class='text'>{place}</dd></dl>"
        f"<div id='con_a_2'><p>赴{place}须办签证，暂勿前往无关。</p></div>"
        f"<div id='con_a_7' style='display: none'><div class='chnlnamecon'><p>{words}</p></div>"
    ).encode()


Notice = tuple[str, str]


def listed(*notices: Notice) -> bytes:
    rows = (
        f"<li class='pt1'><span>[{day}]</span><p>"
        f"<a href='./{day[:4]}/t{day.replace('-', '')}_{n}.html'>{title}</a></p></li>"
        for n, (day, title) in enumerate(notices)
    )
    head = "<html><head><meta charset='utf-8'></head><body><a href='/'>首页</a><ul>"
    return f"{head}{''.join(rows)}</ul>".encode()


def feed(*notices: Notice) -> bytes:
    items = (
        f"<item><title>{title}</title><link>https://cs.mfa.example/t{n}.html</link>"
        f"<pubDate>{day} 10:00:00</pubDate></item>"
        for n, (day, title) in enumerate(notices)
    )
    return f"<rss version='2.0'><channel><title>x</title>{''.join(items)}</channel></rss>".encode()


def look(
    body: bytes, former: Comparison | None, source: Source
) -> tuple[tuple[Entry, ...], Comparison]:
    found = parse_state(body, None, source, source.url)
    return changes(found, former.kept if former else None, source, NOW)


WORDS = [
    ("日本暂无黄色、橙色、红色地区，均为蓝色（低风险）。", ""),
    ("日本现有黄色（中风险）地区1个，没有红色地区。请持续关注安全提醒。", "care"),
    ("日本现有橙色（高风险）地区2个，黄色（中风险）地区1个。", "caution"),
    ("鉴于近期情况，提醒中国公民近期避免前往日本。", "avoid"),
    ("日本现有红色（极高风险）地区1个。已在当地的尽快撤离。", "no-travel"),
    ("暂勿前往的提醒已经解除，请注意安全。", "care"),
]


@pytest.mark.parametrize(("words", "level"), WORDS)
def test_what_a_country_page_says(words: str, level: str) -> None:
    (standing,) = parse_state(page(words), None, COUNTRY, COUNTRY.url).standings or ()
    assert (standing.place, standing.level, standing.rank > 0) == ("日本", level, bool(level))
    assert standing.words == words


def test_each_change_is_told_with_the_level_before_and_after() -> None:
    first, held = look(page(WORDS[0][0]), None, COUNTRY)
    assert first == ()
    told = []
    for words, _ in (WORDS[1], WORDS[3], WORDS[2], WORDS[0]):
        (entry,), held = look(page(words), held, COUNTRY)
        assert look(page(words), held, COUNTRY)[0] == ()
        told.append((entry.title, entry.summary.split("（此前：")[1].split("）")[0]))
        coding = Coder.shipped().code(entry.title, entry.summary, language="zh-Hans")
        easing = "下调" in entry.title or "解除" in entry.title
        event = next(e for e in coding.events if e.status == "reported")
        assert (event.category, event.actor, event.target) == ("travel_advisory", "CN", "JP")
        assert event.direction == ("easing" if easing else "escalation")
    assert told == [
        ("外交部对日本发布旅行提醒，提醒中国公民注意安全", "无"),
        ("外交部将对日本的旅行提醒提高至“避免前往”", "注意安全"),
        ("外交部将对日本的旅行提醒下调至“谨慎前往”", "避免前往"),
        ("外交部解除对日本的旅行提醒（谨慎前往）", "谨慎前往"),
    ]


MALI = ("2025-10-01", "外交部和驻马里使馆提醒中国公民暂勿前往马里")
BEARS = ("2025-11-15", "驻日本使馆提醒在日中国公民注意防范熊出没")
AVOID = ("2025-11-14", "外交部和驻日本使领馆提醒中国公民近期避免前往日本")
AGAIN = ("2025-12-11", "再次提醒中国公民近期避免前往日本旅游")
CAREFUL = ("2026-02-05", "提醒中国公民谨慎前往日本")


@pytest.mark.parametrize("form", [listed, feed])
def test_the_latest_notice_on_a_place_is_what_is_in_force(form: Callable[..., bytes]) -> None:
    first, held = look(form(MALI), None, NOTICES)
    assert [(e.title, e.arrival) for e in first] == [
        ("外交部对马里的旅行提醒：暂勿前往", Arrival.BACKLOG)
    ]
    titles = []
    for notices in (
        [AVOID, MALI],
        [BEARS, AVOID],
        [AGAIN, BEARS, AVOID],
        [BEARS],
        [CAREFUL, AGAIN],
    ):
        entries, held = look(form(*notices), held, NOTICES)
        titles.append([entry.title for entry in entries])
        assert not held.waiting
    assert titles == [
        ["外交部提醒中国公民避免前往日本"],
        [],
        ["外交部再次提醒中国公民避免前往日本"],
        [],
        ["外交部下调对日本的旅行提醒，改为谨慎前往"],
    ]
    assert {(s.place, s.level) for s in held.kept} == {("马里", "no-travel"), ("日本", "caution")}


PLACES = [
    ("提醒中国公民谨慎前往刚果（金）东部地区", "刚果（金）东部地区"),
    ("文化和旅游部提醒中国游客近期避免前往日本旅游", "日本"),
    ("提醒中国公民近期暂勿前往以色列、伊朗", "以色列"),
    ("提醒中国公民切勿赴缅甸，谨防电信诈骗", "缅甸"),
    ("提醒中国公民近期避免前往当地", None),
    ("提醒在日本中国公民注意安全", None),
]


@pytest.mark.parametrize(("title", "place"), PLACES)
def test_the_place_of_a_notice(title: str, place: str | None) -> None:
    found = parse_state(listed(("2026-01-01", title)), None, NOTICES, NOTICES.url).standings
    assert [standing.place for standing in found or ()] == ([place] if place else [])


BROKEN = [
    (COUNTRY, b"<html><body>Maintenance</body></html>", "dd.text"),
    (COUNTRY, page(""), "con_a_7"),
    (COUNTRY, page("系统维护中"), "names no level"),
    (COUNTRY, page("注意安全", place="韩国"), "other places"),
    (NOTICES, b"<html><body><a href='/'>x</a></body></html>", "none of its links"),
    (NOTICES, b"{}", "JSON"),
]


@pytest.mark.parametrize(("source", "body", "says"), BROKEN)
def test_a_broken_page_changes_nothing(source: Source, body: bytes, says: str) -> None:
    good = page("注意安全") if source is COUNTRY else listed(AVOID)
    _, held = look(good, None, source)
    with pytest.raises(FeedError) as caught:
        look(body, held, source)
    assert says in caught.value.what


@pytest.mark.anyio
async def test_a_page_for_people_is_asked_for_as_robots_txt_allows(site: Site) -> None:
    site.routes |= {
        "/robots.txt": fixed(b"User-agent: *\nDisallow: /closed", "text/plain"),
        "/closed": fixed(page("注意安全")),
        "/open": fixed(page("注意安全")),
    }
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        for path, error in (("/closed", RobotsRefused), ("/open", None)):
            one = Source("c", site.url(path), "c", SourceKind.STATE, document=COUNTRY.document)
            found = await poll(one, SourceState(), Visitor(fetcher))
            assert isinstance(found.error, error) if error else found.error is None
