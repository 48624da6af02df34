"""Fetching is polite and bounded, and misbehaviour becomes an error that says what to do."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from itertools import pairwise

import pytest

from extractors.errors import (
    AddressRefused,
    BodyTooLarge,
    FetchError,
    HostResting,
    HostUnreachable,
    HttpError,
)
from extractors.web.fetch import Fetcher, FetchLimits, host_of
from extractors.web.response import Response, Validators
from tests.extractors.conftest import HASTY
from tests.servers import (
    Raw,
    Reply,
    Request,
    Route,
    Site,
    bomb,
    conditional,
    drip,
    fixed,
    hang,
    in_turn,
    redirect,
    reset,
    truncated,
)

pytestmark = pytest.mark.anyio
AGENT = "noroshi-test (+https://example.org)"
CURT = replace(HASTY, total_seconds=1)


async def get(url: str, limits: FetchLimits = HASTY, known: Validators | None = None) -> Response:
    async with Fetcher(AGENT, limits) as fetcher:
        return await fetcher.get(url, known)


async def test_a_host_is_left_in_peace_for_as_long_as_its_rule_asks(site: Site) -> None:
    site.routes["/"] = fixed(b"x")
    began = time.monotonic()
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        await fetcher.get(site.url("/"), pace=0.6)
        await fetcher.get(site.url("/"))
    assert site.requests[-1].at - began > 0.59, "however late a busy machine notes the first"


async def test_a_page_comes_with_all_that_is_needed_to_read_it(site: Site) -> None:
    site.routes["/a"] = redirect("/b")
    site.routes["/b"] = fixed(b"hello", "text/plain; charset=big5", ETag='"7"')
    answer = await get(site.url("/a"))
    assert (answer.url, answer.final_url) == (site.url("/a"), site.url("/b"))
    assert (answer.status, answer.body, answer.not_modified) == (200, b"hello", False)
    assert answer.content_type == "text/plain; charset=big5"
    assert answer.validators == Validators('"7"', None)
    assert answer.fetched_at.tzinfo is UTC
    assert 0 < answer.seconds < HASTY.total_seconds


async def test_it_says_who_it_is(site: Site) -> None:
    site.routes["/"] = fixed(b"")
    await get(site.url("/"))
    assert site.requests[0].headers["user-agent"] == AGENT


async def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    site.routes["/"] = conditional(b"<rss/>", etag='"1"')
    first = await get(site.url("/"))
    again = await get(site.url("/"), known=first.validators)
    assert again.not_modified
    assert again.body == b""
    assert again.validators == first.validators


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"hello"), gzip.compress(b"hel") + gzip.compress(b"lo") + b"\0\0"],
    ids=["gzip", "members and padding"],
)
async def test_a_compressed_body_is_inflated(site: Site, body: bytes) -> None:
    site.routes["/"] = fixed(body, content_encoding="gzip")
    assert (await get(site.url("/"))).body == b"hello"


def drip_of_headers(request: Request) -> Raw:
    """An endless row of headers, one each tenth of a second."""

    def pieces() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for number in range(40):
            time.sleep(0.1)
            yield f"X-{number}: x\r\n".encode()

    return Raw(pieces())


FAILURES: list[tuple[str, Route, type[FetchError], bool, str]] = [
    ("drip", drip(b"x" * 1000, every=0.1), HostUnreachable, True, "within 1 seconds"),
    ("hang", hang(60), HostUnreachable, True, "within 1 seconds"),
    ("reset", reset, HostUnreachable, True, "connection"),
    ("truncated", truncated(b"<rss>", promised=99), HostUnreachable, True, "connection broke"),
    ("cut gzip", fixed(gzip.compress(b"x" * 99)[:-9], content_encoding="gzip"), HostUnreachable,
     True, "broke off"),
    ("no gzip", fixed(b"plain", content_encoding="gzip"), HostUnreachable, True, "damaged"),
    ("brotli", fixed(b"?", content_encoding="br"), HttpError, False, "'br'"),
    ("bomb", bomb(200), BodyTooLarge, False, "1,000,000 bytes"),
    ("large", fixed(b"x" * 1_000_001), BodyTooLarge, False, "1,000,000 bytes"),
    ("loop", redirect("/"), HttpError, False, "circles"),
    ("to a file", redirect("file:///etc/passwd"), AddressRefused, False, "no http address"),
    ("500", fixed(b"", status=500), HttpError, True, "500"),
    ("404", fixed(b"", status=404), HttpError, False, "404"),
    ("403", fixed(b"", status=403), HttpError, False, "403"),
    ("challenge", fixed(b"", status=202), HttpError, False, "202"),
    ("429", fixed(b"", status=429, retry_after="3600"), HttpError, True, "429"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("route", "error", "temporary", "says"),
    [pytest.param(*case[1:], id=case[0]) for case in FAILURES],
)
async def test_misbehaviour_is_a_fetch_error(
    site: Site, route: Route, error: type[FetchError], temporary: bool, says: str
) -> None:
    site.routes["/"] = route
    with pytest.raises(error) as caught:
        await get(site.url("/"), CURT if says == "within 1 seconds" else HASTY)
    assert caught.value.temporary is temporary
    assert says in caught.value.what
    assert caught.value.remedy
    assert caught.value.url == site.url("/")


async def test_a_bomb_costs_no_more_memory_than_the_cap(site: Site) -> None:
    site.routes["/"] = bomb(200)
    tracemalloc.start()
    with pytest.raises(BodyTooLarge):
        await get(site.url("/"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


async def test_five_redirects_are_followed_and_not_six(site: Site) -> None:
    for n in range(7):
        site.routes[f"/{n}"] = redirect(f"/{n + 1}")
    site.routes["/7"] = fixed(b"end")
    assert (await get(site.url("/2"))).body == b"end"
    with pytest.raises(HttpError):
        await get(site.url("/1"))


@pytest.mark.parametrize(
    "url",
    ["ftp://host/x", "file:///etc/passwd", "nonsense", "http://", "http://a\x00b/"],
)
async def test_only_http_addresses_are_asked(url: str) -> None:
    with pytest.raises(AddressRefused):
        await get(url)


async def test_a_closed_port_is_tried_twice_and_told() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(HostUnreachable, match="no connection"):
            await get(f"http://127.0.0.1:{held.getsockname()[1]}/")


@pytest.mark.parametrize("first", [reset, fixed(b"", status=503, retry_after="0")])
async def test_a_passing_failure_is_tried_again_once(site: Site, first: Route) -> None:
    site.routes["/"] = in_turn(first, fixed(b"hello"))
    assert (await get(site.url("/"))).body == b"hello"
    assert len(site.requests) == 2


async def test_a_short_retry_after_is_waited_for(site: Site) -> None:
    site.routes["/"] = in_turn(fixed(b"", status=429, retry_after="1"), fixed(b"hello"))
    assert (await get(site.url("/"))).body == b"hello"
    first, second = site.requests
    assert second.at - first.at > 0.99


async def test_a_long_retry_after_is_told_and_not_waited_for(site: Site) -> None:
    site.routes["/"] = fixed(b"", status=503, retry_after="3600")
    with pytest.raises(HttpError, match="come back in 3600 seconds") as caught:
        await get(site.url("/"))
    assert caught.value.retry_after == 3600
    assert len(site.requests) == 1


async def test_a_host_that_asked_for_patience_is_not_asked_for_anything_else(site: Site) -> None:
    site.routes |= {"/busy": fixed(b"", status=429, retry_after="90000"), "/": fixed(b"x")}
    with Site({"/on": redirect(site.url("/"))}) as other:
        async with Fetcher(AGENT, HASTY) as fetcher:
            with pytest.raises(HttpError):
                await fetcher.get(site.url("/busy"))
            for address in (site.url("/"), other.url("/on")):
                with pytest.raises(HostResting, match="left alone for 86") as caught:
                    await fetcher.get(address)
                assert caught.value.temporary
                assert caught.value.retry_after
            fetcher.respite.end(host_of(site.url("/")))
            assert (await fetcher.get(other.url("/on"))).body == b"x"
    assert [request.path for request in site.requests] == ["/busy", "/"]


async def test_one_host_is_paced_and_another_is_not_held_up(site: Site) -> None:
    site.routes["/"] = fixed(b"")
    with Site({"/": fixed(b"")}) as other:
        async with Fetcher(AGENT, replace(HASTY, pace_seconds=600)) as fetcher:
            slow = [asyncio.ensure_future(fetcher.get(site.url("/"))) for _ in range(4)]
            await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
            await fetcher.get(other.url("/"))
            assert len(site.requests) == 1
            for request in slow:
                request.cancel()


async def test_one_request_at_a_time_per_host(site: Site) -> None:
    site.routes["/"] = drip(b"12", every=0.1)
    async with Fetcher(AGENT, HASTY) as fetcher:
        await asyncio.gather(*(fetcher.get(site.url("/")) for _ in range(3)))
    starts = sorted(request.at for request in site.requests)
    assert all(later - earlier > 0.19 for earlier, later in pairwise(starts))


async def test_a_slow_host_leaves_the_other_slots_free(site: Site) -> None:
    """Those who wait for their turn at one host take no place from the requests to others."""
    asked = threading.Event()

    def slow(request: Request) -> Reply | Raw:
        asked.set()
        return hang(60)(request)

    site.routes["/"] = slow
    with Site({"/": fixed(b"")}) as other:
        async with Fetcher(AGENT, replace(HASTY, concurrency=2)) as fetcher:
            waiting = [asyncio.ensure_future(fetcher.get(site.url("/"))) for _ in range(4)]
            await asyncio.to_thread(asked.wait, 60)
            await fetcher.get(other.url("/"))
            assert len(site.requests) == 1
            for request in waiting:
                request.cancel()


async def test_each_host_on_the_way_is_asked_in_its_own_turn(site: Site) -> None:
    with Site({"/end": fixed(b"end")}) as other:
        for n in range(3):
            site.routes[f"/{n}"] = redirect(other.url("/end"))
        began = time.monotonic()
        async with Fetcher(AGENT, replace(HASTY, pace_seconds=0.2)) as fetcher:
            answers = await asyncio.gather(*(fetcher.get(site.url(f"/{n}")) for n in range(3)))
        assert {answer.final_url for answer in answers} == {other.url("/end")}
        assert other.requests[-1].at - began > 0.39, "twice 0.2"


async def test_a_host_that_wishes_it_is_asked_slower(site: Site) -> None:
    site.routes["/"] = fixed(b"")
    began = time.monotonic()
    async with Fetcher(AGENT, HASTY) as fetcher:
        fetcher.slow_down(site.url("/robots.txt"), 0.2)
        await asyncio.gather(*(fetcher.get(site.url("/")) for _ in range(3)))
    assert site.requests[-1].at - began > 0.39, "twice 0.2"


@pytest.mark.parametrize(
    ("statuses", "for_good"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 307), False), ((), False)],
)
async def test_only_what_moved_for_good_all_the_way_has_moved(
    site: Site, statuses: tuple[int, ...], for_good: bool
) -> None:
    for n, status in enumerate(statuses):
        site.routes[f"/{n}"] = redirect(f"/{n + 1}", status)
    site.routes[f"/{len(statuses)}"] = fixed(b"end")
    answer = await get(site.url("/0"))
    assert answer.final_url == site.url(f"/{len(statuses)}")
    assert answer.moved_to == (answer.final_url if for_good else None)


async def test_the_deadline_covers_all_addresses_on_the_way(site: Site) -> None:
    for n in range(3):
        site.routes[f"/{n}"] = slowly(redirect(f"/{n + 1}"), 0.4)
    site.routes["/3"] = fixed(b"end")
    with pytest.raises(HostUnreachable, match="within 1 seconds"):
        await get(site.url("/0"), CURT)


def slowly(route: Route, seconds: float) -> Route:
    """`route` after a while."""

    def late(request: Request) -> Reply | Raw:
        time.sleep(seconds)
        return route(request)

    return late


async def test_unchanged_is_no_answer_to_who_did_not_ask_for_changes(site: Site) -> None:
    site.routes["/"] = fixed(b"", status=304, ETag='"1"')
    with pytest.raises(HttpError, match="304"):
        await get(site.url("/"))


async def test_validators_that_are_gone_are_not_sent_again(site: Site) -> None:
    site.routes["/"] = fixed(b"new")
    answer = await get(site.url("/"), known=Validators('"1"', None))
    assert answer.validators == Validators()
