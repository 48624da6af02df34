"""Addresses that hold the day are filled in for the source's own day, yesterday's where need be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from extractors.feeds.dated import as_of, filled_in, is_dated, issues
from extractors.feeds.poll import SourceState, poll
from extractors.source import Listing, Source, SourceKind
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.servers import Reply, Request, Route, Site

DAILY = Source(
    "daily",
    "https://paper.example/{date:%Y%m%d}/list.js",
    "Daily",
    SourceKind.JSON_LIST,
    timezone="Asia/Hong_Kong",
    listing=Listing(url="/{date:%Y/%m/%d}/{id}.html", title="title"),
)


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ("https://p.example/{date:%Y%m%d}/l.js", "https://p.example/20260305/l.js"),
        ("https://p.example/{date:%Y-%m}/{date:%d}/", "https://p.example/2026-03/05/"),
        ("https://p.example/{date:%Y/%m%d}", "https://p.example/2026/0305"),
        ("https://p.example/?d={date:%y%m%d}&x={y}", "https://p.example/?d=260305&x={y}"),
    ],
)
def test_a_day_is_filled_in_and_read_again(template: str, address: str) -> None:
    assert is_dated(template)
    assert filled_in(template, date(2026, 3, 5)) == address
    assert as_of(Source("s", template, "s"), address).url == address


@pytest.mark.parametrize("url", ["https://p.example/{id}", "https://p.example/{date:%H}", "x"])
def test_other_braces_are_no_day(url: str) -> None:
    assert not is_dated(url)
    assert as_of(Source("s", url, "s"), "https://p.example/20260305").url == url


MOMENTS: list[tuple[str, str | None, list[str]]] = [
    # 16:00 UTC is midnight in Hong Kong.
    ("2026-03-05T10:00", None, ["20260305"]),
    ("2026-03-05T16:00", None, ["20260306", "20260305"]),
    ("2026-03-05T16:59", "2026-03-05T16:44", ["20260306", "20260305"]),
    ("2026-03-05T17:01", "2026-03-05T16:46", ["20260306"]),
    ("2026-03-06T03:00", "2026-03-05T15:30", ["20260306", "20260305"]),
    ("2026-03-09T03:00", "2026-03-05T15:30", ["20260309", "20260308"]),
]


@pytest.mark.parametrize(("now", "read_at", "days"), MOMENTS)
def test_the_days_that_are_asked_for(now: str, read_at: str | None, days: list[str]) -> None:
    read = datetime.fromisoformat(read_at).replace(tzinfo=UTC) if read_at else None
    asked = issues(DAILY, read, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert [one.url.split("/")[3] for one in asked] == days
    assert asked[0].listing
    assert asked[0].listing.url.replace("/", "")[:8] == days[0]


@pytest.mark.anyio
async def test_both_days_are_one_poll_and_one_of_them_suffices(site: Site) -> None:
    missing: set[str] = set()

    def answer(request: Request) -> Reply:
        day = request.path.split("/")[1]
        if day in missing:
            return Reply(b"no", 404)
        return Reply(f'[{{"id": "a", "title": "News of {day}"}}]'.encode())

    class Daily(dict[str, Route]):
        def get(self, path: str, default: object = None) -> Route:
            return answer

    site.routes = Daily()
    source = replace(DAILY, url=site.url("/{date:%Y%m%d}/list.js"))
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        first = await poll(source, SourceState(), fetcher)
        assert first.error is None
        today = sorted(r.path.split("/")[1] for r in site.requests)[-1]
        address = f"/{today[:4]}/{today[4:6]}/{today[6:]}/a.html"
        assert first.entries[0].url == site.url(address)
        assert (await poll(source, first.state, fetcher)).outcome == "unchanged"
        long_ago = replace(first.state, read_at=datetime(2026, 1, 1, tzinfo=UTC))
        missing.add(today)
        second = await poll(source, long_ago, fetcher)
        assert (second.error, len(second.entries)) == (None, 1)
        assert f"News of {today}" not in {entry.title for entry in second.entries}
        missing |= {request.path.split("/")[1] for request in site.requests}
        assert (await poll(source, long_ago, fetcher)).status == 404
