"""Bot checks are told from pages, and pages from bot checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractors.errors import Blocked
from extractors.web.challenge import challenge_in
from extractors.web.fetch import Fetcher
from tests.extractors.conftest import HASTY, rows, stored
from tests.servers import Site, fixed

CLOUDFLARE = b"<html><head><title>Just a moment...</title></head><script>window._cf_chl_opt={}"
CHECKS: list[tuple[str, int, dict[str, str], bytes]] = [
    ("Cloudflare", 403, {"cf-mitigated": "challenge"}, b""),
    ("Cloudflare", 200, {}, CLOUDFLARE),
    ("Akamai", 403, {}, b"<HTML><TITLE>Access Denied</TITLE> Reference&#32;&#35;18&#46;4a"),
    ("Incapsula", 200, {}, b'<iframe id="main-iframe" src="/_Incapsula_Resource?CWUDNSAI=31">'),
    ("DataDome", 403, {}, b"<script src='https://ct.captcha-delivery.com/c.js'></script>"),
    ("AWS WAF", 202, {"x-amzn-waf-action": "challenge"}, b""),
    ("Alibaba Cloud WAF", 200, {}, b"<script>var arg1='9C1'; setCookie('acw_sc__v2', x)"),
    ("Ruishu (瑞数)", 412, {}, b"<script>$_ts=window['$_ts']</script>"),
]
PAGES: list[tuple[int, dict[str, str], bytes]] = [
    (200, {"server": "cloudflare"}, b"<script src='/cdn-cgi/challenge-platform/jsd.js'>"),
    (200, {}, b"<script src='/_Incapsula_Resource?SWJIYLWA=719d'></script><p>News</p>"),
    (200, {}, b"<p>Just a moment... it takes</p><p>How captcha-delivery.com works</p>"),
    (403, {}, b"<TITLE>Access Denied</TITLE> by the office"),
    (403, {"cf-mitigated": ""}, b""),
]  # fmt: skip


@pytest.mark.parametrize(("whose", "status", "headers", "body"), CHECKS)
def test_a_bot_check(whose: str, status: int, headers: dict[str, str], body: bytes) -> None:
    assert challenge_in(status, headers, body) == whose


@pytest.mark.parametrize(("status", "headers", "body"), PAGES)
def test_no_bot_check(status: int, headers: dict[str, str], body: bytes) -> None:
    assert challenge_in(status, headers, body) is None


@pytest.mark.anyio
@pytest.mark.parametrize("status", [200, 403, 503])
async def test_it_is_told_and_not_read(site: Site, status: int) -> None:
    site.routes["/"] = fixed(CLOUDFLARE, status=status)
    async with Fetcher("noroshi-test", HASTY) as fetcher:
        with pytest.raises(Blocked, match="a bot check by Cloudflare") as caught:
            await fetcher.get(site.url("/"))
    assert (caught.value.status, caught.value.temporary) == (status, False)
    assert len(site.requests) == 1, "who is checked does not ask again"


@pytest.mark.shared
def test_no_real_page_is_taken_for_a_check(corpus: Path) -> None:
    pages = rows(corpus / "manifest.jsonl")
    assert len(pages) > 200
    taken = [
        (page["id"], found)
        for page in pages
        if (found := challenge_in(200, {}, stored(corpus / page["page"])))
    ]
    assert taken == []
