"""Sources found, brought in and taken out from the command line."""

from __future__ import annotations

import json
import re
import tomllib
from functools import partial
from pathlib import Path

import pytest

from tests.extractors.feeds.test_feed import RSS
from tests.extractors.feeds.test_opml import NESTED
from tests.flows.conftest import Run, Write
from tests.servers import Site, fixed

SETTINGS = """# my settings, with words that stay

data_folder = "data"   # here
[fetch]
pace_seconds = 0
[sources]
shipped = false
[[rule]]   # the last table
id = "x"
keywords = ["y"]  # and no line end"""


def test_add_finds_the_feed_and_appends_it(call: Run, write: Write) -> None:
    file = write(SETTINGS)
    with Site() as site:
        head = '<link rel="alternate" type="application/rss+xml" href="/rss">'
        site.routes |= {"/": fixed(head.encode()), "/rss": fixed(RSS.encode())}
        asked = call("sources", "add", site.url("/"))
        assert (asked.status, file.read_text("utf-8")) == (1, SETTINGS)
        assert "--yes" in asked.err
        ran = call("sources", "add", site.url("/"), "--yes", "--format", "jsonl")
        assert ran.status == 0, ran.err
        (offer,) = map(json.loads, ran.out.splitlines()[:1])
        assert (offer["url"], offer["format"], offer["items"]) == (site.url("/rss"), "rss20", 1)
        assert file.read_text("utf-8") == SETTINGS + (
            f'\n\n[[source]]\nid = "sample-sons"\nurl = "{site.url("/rss")}"\n'
            'name = "Sample & Sons"\nlanguage = "zh-Hant"\ntimezone = "Asia/Hong_Kong"\n'
        )
        again = call("sources", "add", site.url("/rss"), "--yes")
        assert again.status == 2
        assert "it is there already, as sample-sons" in again.err
    assert "sample-sons" in call("sources", "list", "--format", "csv").out


def test_add_takes_an_id_and_a_name(call: Run, write: Write) -> None:
    file = write(SETTINGS)
    with Site() as site:
        site.routes["/rss"] = fixed(RSS.encode())
        url = site.url("/rss")
        wrong = call("sources", "add", url, "--yes", "--id", "Not An Id")
        assert (wrong.status, file.read_text("utf-8")) == (2, SETTINGS)
        assert "lower-case" in wrong.err
        assert "draft" not in wrong.err
        assert (
            call("sources", "add", url, "--yes", "--id", "mine", "--name", '"Q" \\ x').status == 0
        )
    (source,) = tomllib.loads(file.read_text("utf-8"))["source"]
    assert (source["id"], source["name"]) == ("mine", '"Q" \\ x')
    assert [f.name for f in file.parent.iterdir() if "draft" in f.name] == []


def test_check_of_a_page_says_how_to_find_its_feed(call: Run, write: Write) -> None:
    write(SETTINGS)
    with Site() as site:
        site.routes["/"] = fixed(b"<html><body>no feed</body></html>")
        ran = call("sources", "check", site.url("/"), "--format", "json")
        assert f"`noroshi sources add {site.url('/')}` looks for the feed" in ran.out
    assert ran.status == 1


def test_add_says_what_is_wrong(call: Run, write: Write) -> None:
    write(SETTINGS)
    with Site() as site:
        site.routes["/"] = fixed(b"<html><body>no feed</body></html>")
        assert "names no feed" in call("sources", "add", site.url("/"), "--yes").err
        assert call("sources", "add", site.url("/nothing"), "--yes").status == 1
    assert "no http" in call("sources", "add", "ftp://a.example/", "--yes").err


def test_add_without_settings_says_how_to_begin(call: Run) -> None:
    with Site() as site:
        site.routes["/"] = fixed(RSS.encode())
        ran = call("sources", "add", site.url("/"), "--yes")
    assert ran.status == 2
    assert "noroshi init" in ran.err


def test_settings_keep_their_line_ends_and_their_byte_order_mark(call: Run, write: Write) -> None:
    file = write("")
    before = b"\xef\xbb\xbf" + SETTINGS.replace("\n", "\r\n").encode()
    file.write_bytes(before)
    (file.parent / "x.opml").write_text(NESTED, encoding="utf-8")
    assert call("sources", "import", "x.opml").status == 0
    after = file.read_bytes()
    assert after.startswith(before)
    assert b"\n" not in after.replace(b"\r\n", b"")


def test_import_brings_in_what_is_new_and_says_what_is_not(
    call: Run, write: Write, tmp_path: Path
) -> None:
    file = write(SETTINGS.replace("shipped = false", "shipped = true"))
    twice = NESTED.replace(
        "</body>",
        '<outline text="A" xmlUrl="http://www.a.example/feed/"/>'
        '<outline text="SCMP" xmlUrl="https://www.scmp.com/rss/2/feed"/>'
        '<outline text="Sankei" xmlUrl="https://www.sankei.com/feeds/google-sitemapindex/"/>'
        '<outline text="Dead" xmlUrl="https://www.yomiuri.co.jp/rss/x.xml"/>'
        '<outline text="日本語" xmlUrl="https://www.c.example/rss"/></body>',
    )
    (tmp_path / "x.opml").write_text(twice, encoding="utf-8")
    before = file.read_text("utf-8")
    preview = call("sources", "import", "x.opml", "--preview", "--format", "json")
    assert file.read_text("utf-8") == before
    ran = call("sources", "import", "x.opml", "--format", "json")
    assert json.loads(ran.out) == json.loads(preview.out)
    assert [(row["id"], row["remark"][:40]) for row in json.loads(ran.out)] == [
        ("a-b", "new"),
        ("b", "new"),
        (None, "it is there already, as a-b"),
        (None, "it is there already, as hk-scmp-hk"),
        (None, "it is there as jp-sankei, switched off: "),
        (None, "left out: Yomiuri offers no feed."),
        ("c-example", "new"),
    ]
    assert "3 of 7 feeds added" in ran.err
    assert file.read_text("utf-8").startswith(before)
    again = call("sources", "import", "x.opml", "--format", "json")
    assert [row["id"] for row in json.loads(again.out)] == [None] * 7


def test_what_is_exported_is_imported_as_it_was(call: Run, write: Write, tmp_path: Path) -> None:
    own = """
[[source]]
id = "one"
url = "https://one.example/feed?a=1&b=2"
name = "Ein & Zwei \\"三\\""
language = "ja"
timezone = "Asia/Tokyo"
full_text = false
tags = ["JP", "wire"]
[[source]]
id = "two"
url = "https://two.example/sitemap.xml"
kind = "sitemap"
[[source]]
id = "off"
url = "https://off.example/feed"
enabled = false
[[source]]
id = "list"
url = "https://list.example/"
kind = "html-list"
listing = { pattern = "/x/" }
"""
    write(SETTINGS + own)
    ran = call("sources", "export", "out.opml")
    assert ran.status == 0
    assert "1 sources are no feeds" in ran.err
    undated = partial(re.sub, r"<dateCreated>.*?</dateCreated>", "")
    shown, kept = call("sources", "export").out, (tmp_path / "out.opml").read_text("utf-8")
    assert undated(shown) == undated(kept)
    file = write(SETTINGS)
    assert call("sources", "import", "out.opml").status == 0
    tables = tomllib.loads(file.read_text("utf-8"))["source"]
    assert tables == tomllib.loads(own)["source"][:2]


@pytest.mark.parametrize("text", ["", "<html></html>", "<opml><body/></opml>"])
def test_a_file_that_is_no_opml_is_refused(
    call: Run, write: Write, tmp_path: Path, text: str
) -> None:
    write(SETTINGS)
    (tmp_path / "x.opml").write_text(text, encoding="utf-8")
    ran = call("sources", "import", "x.opml")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert call("sources", "import", "missing.opml").status == 2


def test_check_says_what_a_cycle_would_do(call: Run, write: Write) -> None:
    with Site() as site:
        items = "".join(
            f"<item><title>外務省が香港について注意を呼びかけ {n}</title><link>/{path}/{n}</link>"
            f"<pubDate>Sun, 01 Nov 2026 0{n}:00:00 GMT</pubDate></item>"
            for n, path in enumerate(["news", "news", "closed"])
        )
        feed = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
        site.routes |= {
            "/feed": fixed(feed.encode(), "application/rss+xml", etag='"1"'),
            "/robots.txt": fixed(b"User-agent: *\nDisallow: /closed/\n", "text/plain"),
        }
        tables = f'\n[[source]]\nid = "one"\nurl = "{site.url("/feed")}"\nlanguage = "en"\n'
        quiet = tables.replace('"one"', '"two"').replace('"en"', '"ja"\nfull_text = false')
        write(SETTINGS.replace("[sources]", "private_addresses = true\n[sources]") + tables + quiet)
        ran = call("sources", "check", "--format", "jsonl")
        assert ran.status == 0, ran.err
        one, two = map(json.loads, ran.out.splitlines())
        assert (one["status"], one["format"], one["items"]) == (200, "rss20", 3)
        assert one["newest"] == "2026-11-01T02:00:00+00:00"
        assert (one["lang"], one["validators"]) == ("ja", "ETag")
        assert (one["new"], one["pages"], one["robots"]) == (3, 2, "refuses 1 of 3 pages")
        assert one["remark"] == "the settings call its language en"
        assert (two["new"], two["pages"], two["remark"]) == (3, 0, None)
        assert two["robots"] == "not asked: no page is wanted"
        assert "/closed/2" not in {request.path for request in site.requests}

        elsewhere = call("sources", "check", site.url("/feed?x=1"), "--format", "json")
        assert [row["id"] for row in json.loads(elsewhere.out)] == ["127.0.0.1"]
        alone = call("sources", "check", "two")
        assert alone.status == 0
        assert "application" not in alone.out
        assert "rss20" in alone.out
        dead = call("sources", "check", site.url("/nothing"), "--format", "json")
        assert (dead.status, json.loads(dead.out)[0]["status"]) == (1, 404)
        assert "the address is gone" in json.loads(dead.out)[0]["remark"]


def test_check_knows_what_is_stored(call: Run, write: Write) -> None:
    with Site() as site:
        site.routes["/feed"] = fixed(RSS.encode(), "application/rss+xml")
        table = f'\n[[source]]\nid = "one"\nurl = "{site.url("/feed")}"\nfull_text = false\n'
        write(SETTINGS.replace("[sources]", "private_addresses = true\n[sources]") + table)
        for new in (1, 0):
            ran = call("sources", "check", "one", "--format", "json")
            assert json.loads(ran.out)[0]["new"] == new
            assert call("run").status == 0
