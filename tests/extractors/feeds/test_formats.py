"""Each kind of source against a real server: what it reads, and how it fails when the server sends
something else."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import pytest

from extractors.errors import ExtractorError
from extractors.feeds.formats import READERS
from extractors.feeds.poll import Poll, SourceState, poll
from extractors.source import Listing, Source, SourceKind
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY
from tests.extractors.feeds.test_feed import NEWS_SITEMAP, RSS
from tests.extractors.feeds.test_state import EGYPT, FUKUSHIMA, mofa, ota
from tests.servers import Route, Site, fixed, truncated

pytestmark = pytest.mark.anyio
ROOMY = replace(HASTY, total_seconds=20, max_bytes=20_000_000)


@dataclass(frozen=True, slots=True)
class Kind:
    """A source of one kind, and a body of its own."""

    source: Source
    body: bytes
    entries: int


def kind(name: SourceKind, body: str | bytes, entries: int, **more: object) -> Kind:
    source = Source("sample", "", "Sample", name, **more)  # type: ignore[arg-type]
    return Kind(source, body if isinstance(body, bytes) else body.encode(), entries)


LINKS = '<ul><li><a href="/1">One</a></li><li><a href="/2">Two</a></li></ul>'
ITEMS = {"items": [{"u": "https://a.example/1", "t": "One"}, {"u": "/2", "t": "Two"}]}
FOUND = {"articles": [{"url": "https://a.example/1", "title": "One", "seendate": "?"}]}
KINDS = [
    kind(SourceKind.FEED, RSS, 1),
    kind(SourceKind.SITEMAP, NEWS_SITEMAP, NEWS_SITEMAP.count("<url>")),
    kind(SourceKind.HTML_LIST, LINKS, 2, listing=Listing(items="li")),
    kind(SourceKind.JSON_LIST, json.dumps(ITEMS), 2, listing=Listing("items", "u", "t")),
    kind(SourceKind.GDELT, json.dumps(FOUND), 1),
    kind(SourceKind.STATE, ota(EGYPT, FUKUSHIMA), 2, document="hk-outbound-travel-alert"),
    kind(SourceKind.STATE, mofa(2), 1, document="jp-country-danger"),
]
every_kind = pytest.mark.parametrize(
    "kind", KINDS, ids=lambda k: k.source.document or str(k.source.kind)
)


async def ask(site: Site, kind: Kind, route: Route) -> Poll:
    site.routes["/x"] = route
    async with Fetcher("noroshi-test", ROOMY) as fetcher:
        return await poll(replace(kind.source, url=site.url("/x")), SourceState(), fetcher)


def test_there_is_a_reader_for_every_kind_and_a_case_for_every_reader() -> None:
    assert set(READERS) == set(SourceKind) == {kind.source.kind for kind in KINDS}


@every_kind
async def test_it_is_read_and_not_read_again(site: Site, kind: Kind) -> None:
    route = fixed(kind.body, "application/octet-stream", etag='"1"')
    found = await ask(site, kind, route)
    assert (found.outcome, len(found.entries), found.error) == ("new", kind.entries, None)
    assert found.state.validators.etag == '"1"'
    async with Fetcher("noroshi-test", ROOMY) as fetcher:
        again = await poll(found.source, found.state, fetcher)
    assert (again.outcome, again.entries) == ("unchanged", ())


OTHERS: dict[str, Route] = {
    "nothing": fixed(b""),
    "an HTML page": fixed(b"<!doctype html><html><body><p>Back soon</p></body></html>"),
    "text": fixed(b"Service unavailable", "text/plain"),
    "JSON of another make": fixed(b'{"status": ["ok", 1, null]}', "application/json"),
    "a number": fixed(b"7", "application/json"),
    "XML of another make": fixed(b"<a><b>1</b></a>", "text/xml"),
    "zeros": fixed(b"\0" * 5_000),
    "a picture": fixed(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "image/png"),
    "brackets": fixed(b"[" * 1_000_000, "application/json"),
    "ten megabytes of blanks": fixed(b" " * 10_000_000),
    "a million elements": fixed(b"<a>" * 1_000_000, "text/xml"),
    "cut off": truncated(b'{"items": [', 9_999),
}


@pytest.mark.timeout(120)
@every_kind
async def test_what_is_something_else_is_an_error_in_bounded_time(site: Site, kind: Kind) -> None:
    for name, route in OTHERS.items():
        found = await ask(site, kind, route)
        if name != "JSON of another make" or kind.source.kind is not SourceKind.GDELT:
            assert isinstance(found.error, ExtractorError), name
            assert found.error.remedy, name
        assert found.entries == (), name
        assert found.state.standings is None, name


@every_kind
async def test_half_of_it_is_half_or_an_error(site: Site, kind: Kind) -> None:
    for size in range(1, len(kind.body), max(1, len(kind.body) // 12)):
        found = await ask(site, kind, fixed(kind.body[:size]))
        assert len(found.entries) <= kind.entries
        if kind.source.kind in {SourceKind.STATE, SourceKind.JSON_LIST, SourceKind.GDELT}:
            assert found.outcome == "failed", "half a document of data is none"


HOSTILE = '<script>x()</script><img src=x onerror=y()>\u202eB\x07<a href="javascript:z()">A</a>'


@every_kind
async def test_no_markup_survives(site: Site, kind: Kind) -> None:
    bodies = {
        SourceKind.FEED: RSS.replace("保安局：", f"<![CDATA[{HOSTILE}]]>"),
        SourceKind.SITEMAP: NEWS_SITEMAP.replace(
            "news:title>", f"news:title><![CDATA[{HOSTILE}]]>", 1
        ),
        SourceKind.HTML_LIST: LINKS.replace("One", HOSTILE.replace("<", "&lt;")),
        SourceKind.JSON_LIST: json.dumps(ITEMS).replace('"One"', json.dumps(HOSTILE)),
        SourceKind.GDELT: json.dumps(FOUND).replace('"One"', json.dumps(HOSTILE)),
        SourceKind.STATE: ota(("JP", f"Japan {HOSTILE}", "red", 1, "1")).decode()
        if kind.source.document == "hk-outbound-travel-alert"
        else mofa(1, f"<![CDATA[{HOSTILE}]]>").decode(),
    }
    found = await ask(site, kind, fixed(bodies[kind.source.kind].encode()))
    assert found.entries
    for entry in found.entries:
        shown = f"{entry.title} {entry.summary} {entry.site_name}"
        assert not {"<", "\u202e", "\x07"} & set(shown)
        assert entry.link.startswith("http")
