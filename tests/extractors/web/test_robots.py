"""robots.txt is heeded as RFC 9309 has it, and its wishes for a pause too."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extractors.errors import FetchError, HostResting, HostUnreachable, HttpError, RobotsRefused
from extractors.web.fetch import Fetcher
from extractors.web.robots import (
    FORGIVEN,
    Found,
    Robots,
    Visitor,
    after_failure,
    server_of,
    text_of,
)
from tests.extractors.conftest import HASTY, rows
from tests.servers import Route, Site, fixed, redirect, reset

NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
HOST = "https://news.example"


def rules(text: str) -> Robots:
    return Robots(HOST, Found.RULES, NOW, text)


VERDICTS = [
    ("", True),
    ("User-agent: *\nDisallow: /", False),
    ("User-agent: *\nDisallow: /\nUser-agent: noroshi\nAllow: /", True),
    ("User-agent: noroshi\nDisallow: /a", False),
    ("User-agent: Noroshi/2.0 (news)\nDisallow: /", False),
    ("User-agent: noro\nDisallow: /", True),
    ("User-agent: noroshi-images\nDisallow: /", True),
    ("User-agent: other\nCrawl-speed: 1\nUser-agent: *\nDisallow: /", False),
    ("\ufeffUser-agent: *\r\nDisallow: /a\r\n", False),
    ("user-agent:*#all\rdisallow:/a/b#now", False),
    ("User-agent: *\nDisallow: /\nAllow: /a/*.html$", True),
    ("<!doctype html><p>User-agent: of the day</p><p>Disallow: /</p>", True),
    ("User-agent: *\nDisallow:", True),
]


@pytest.mark.parametrize(("text", "allowed"), VERDICTS)
def test_what_is_allowed(text: str, allowed: bool) -> None:
    assert rules(text_of(text.encode())).allows(f"{HOST}/a/b.html") is allowed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_understood(encoding: str) -> None:
    body = "User-agent: *\nDisallow: /".encode(encoding)
    assert not rules(text_of(body)).allows(f"{HOST}/a")


@pytest.mark.parametrize(
    ("wish", "seconds"), [("5", 5.0), ("0.5", 0.5), ("9999", 60.0), ("soon", 0.0), ("-1", 0.0)]
)
def test_the_pause_that_a_host_wants(wish: str, seconds: float) -> None:
    assert rules(f"User-agent: *\nCrawl-delay: {wish}\nDisallow: /x").delay() == seconds


def test_it_goes_for_scheme_host_and_port() -> None:
    assert server_of("https://me:secret@News.example:8443/a?b#c") == "https://news.example:8443"


FAILURES: list[tuple[FetchError, bool]] = [
    (HttpError("u", 404, "w", "r"), True),
    (HttpError("u", 403, "w", "r"), True),
    (HttpError("u", 302, "redirects in circles", "r"), True),
    (HttpError("u", 429, "w", "r"), False),
    (HttpError("u", 500, "w", "r"), False),
    (HostUnreachable("u", "w", "r"), False),
]


@pytest.mark.parametrize(("error", "allowed"), FAILURES)
def test_a_robots_txt_that_cannot_be_had(error: FetchError, allowed: bool) -> None:
    assert after_failure(HOST, error, None, NOW).allows(f"{HOST}/a") is allowed


def test_rules_of_before_stand_in_for_a_while() -> None:
    down = HostUnreachable("u", "w", "r")
    before = rules("User-agent: *\nDisallow: /x")
    failing = after_failure(HOST, down, before, NOW)
    assert (failing.allows(f"{HOST}/a"), failing.allows(f"{HOST}/x")) == (True, False)
    long = after_failure(HOST, down, failing, NOW + FORGIVEN + timedelta(hours=1))
    assert long.failing_since == NOW
    assert long.allows(f"{HOST}/x"), "a host without robots.txt for a month has none"
    never = after_failure(HOST, down, None, NOW)
    assert not never.allows(f"{HOST}/a")


@pytest.mark.parametrize(
    ("found", "hours", "fresh"),
    [
        (Found.RULES, 23, True),
        (Found.RULES, 25, False),
        (Found.NONE, 23, True),
        (Found.UNREACHABLE, 0.4, True),
        (Found.UNREACHABLE, 0.6, False),
    ],
)
def test_how_long_one_goes_by_it(found: Found, hours: float, fresh: bool) -> None:
    assert Robots(HOST, found, NOW).fresh(NOW + timedelta(hours=hours)) is fresh


@pytest.mark.anyio
async def test_a_page_is_asked_for_where_that_is_allowed(site: Site) -> None:
    site.routes |= {
        "/robots.txt": fixed(b"User-agent: *\nDisallow: /private", "text/plain"),
        "/a": fixed(b"a"),
    }
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        visitor = Visitor(fetcher)
        await asyncio.gather(*(visitor.get(site.url("/a")) for _ in range(3)))
        with pytest.raises(RobotsRefused, match="asks programs not to fetch it") as caught:
            await visitor.get(site.url("/private/b"))
        assert not caught.value.temporary
        paths = [request.path for request in site.requests]
        assert paths == ["/robots.txt", "/a", "/a", "/a"], "asked once, whoever waits for it"
        later = Visitor(fetcher, known=visitor.known)
        await later.get(site.url("/a"))
        assert later.learnt == set()
        lawless = Visitor(fetcher, obey=False)
        with pytest.raises(HttpError, match="404"):
            await lawless.get(site.url("/private/b"))


ANSWERS: list[tuple[str, Route, bool | None]] = [
    ("none", fixed(b"", status=404), True),
    ("moved", redirect("/rules.txt"), False),
    ("circles", redirect("/robots.txt"), True),
    ("500", fixed(b"", status=500), None),
    ("reset", reset, None),
]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("route", "allowed"), [pytest.param(*case[1:], id=case[0]) for case in ANSWERS]
)
async def test_what_servers_say(site: Site, route: Route, allowed: bool | None) -> None:
    everything = fixed(b"User-agent: *\nDisallow: /", "text/plain")
    site.routes |= {"/robots.txt": route, "/rules.txt": everything, "/a": fixed(b"a")}
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        if allowed:
            assert (await Visitor(fetcher).get(site.url("/a"))).body == b"a"
            return
        with pytest.raises(RobotsRefused) as caught:
            await Visitor(fetcher).get(site.url("/a"))
    assert caught.value.temporary is (allowed is None)


@pytest.mark.anyio
async def test_each_address_on_the_way_is_asked_for_only_where_its_host_allows_it(
    site: Site,
) -> None:
    rules = b"User-agent: *\nCrawl-delay: 0.6\nDisallow: /closed"
    with Site({"/robots.txt": fixed(rules, "text/plain"), "/open": fixed(b"open")}) as other:
        site.routes |= {
            "/robots.txt": fixed(b"User-agent: *\nDisallow: /b", "text/plain"),
            "/to-open": redirect(other.url("/open")),
            "/to-closed": redirect(other.url("/closed")),
            "/to-b": redirect("/b"),
            "/b": fixed(b"b"),
        }
        async with Fetcher("noroshi-test", HASTY) as fetcher:
            visitor = Visitor(fetcher)
            for path in ("/to-closed", "/to-b"):
                with pytest.raises(RobotsRefused, match=r"robots.txt asks programs not to"):
                    await visitor.get(site.url(path))
            for _ in range(2):
                assert (await visitor.get(site.url("/to-open"))).body == b"open"
    assert "/b" not in [request.path for request in site.requests]
    assert [request.path for request in other.requests] == ["/robots.txt", "/open", "/open"]
    first, second = (request.at for request in other.requests[1:])
    assert second - first > 0.3, "as slowly as the other host wishes: 0.6"


@pytest.mark.anyio
async def test_a_host_that_asks_for_patience_is_not_asked_for_its_rules(site: Site) -> None:
    site.routes |= {"/busy": fixed(b"", status=429, retry_after="600"), "/a": fixed(b"a")}
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        with pytest.raises(HttpError):
            await fetcher.get(site.url("/busy"))
        visitor = Visitor(fetcher)
        with pytest.raises(HostResting):
            await visitor.get(site.url("/a"))
    assert visitor.known == {}
    assert [request.path for request in site.requests] == ["/busy"]


@pytest.mark.anyio
async def test_a_crawl_delay_is_kept(site: Site) -> None:
    wish = b"User-agent: noroshi\nCrawl-delay: 0.3\nAllow: /"
    site.routes |= {"/robots.txt": fixed(wish, "text/plain"), "/a": fixed(b"a")}
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        visitor = Visitor(fetcher)
        await asyncio.gather(*(visitor.get(site.url("/a")) for _ in range(3)))
    starts = [request.at for request in site.requests if request.path == "/a"]
    assert starts[-1] - starts[0] > 0.3, "twice 0.3, as a busy machine notes it"


@pytest.mark.shared
def test_decisions_of_other_readers(corpus: Path) -> None:
    cases = rows(corpus / "robots" / "cases.jsonl")
    assert len(cases) == 48
    wrong = [
        case["id"]
        for case in cases
        if rules(case["robots_txt"]).allows(case["url"], case["user_agent"]) != case["allowed"]
    ]
    assert wrong == []


@pytest.mark.shared
def test_real_ones_are_read(corpus: Path) -> None:
    files = rows(corpus / "robots" / "manifest.jsonl")
    assert len(files) > 100
    for file in files:
        robots = rules(text_of((corpus / "robots" / file["file"]).read_bytes()))
        robots.allows(f"{HOST}/2026/11/01/news.html")
        delays = [min(float(delay), 60.0) for delay in file["crawl_delays"]]
        assert robots.delay() in {0.0, *delays}, file["id"]
