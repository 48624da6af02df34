"""The two stable interfaces: what programs may rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.machine import EXTRACT_FIELDS
from tests.flows.conftest import Run
from tests.servers import Site, fixed, redirect

PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
{head}</head><body><article><h1>{title}</h1><p>{text}</p></article></body></html>"""
TITLE = "China tells its citizens to avoid travel to Japan"
TEXT = (
    "China's foreign ministry on Friday urged Chinese citizens to avoid travelling to Japan in "
    "the near future. The notice was repeated by the embassy in Tokyo on Saturday."
)
DATED = '<meta property="article:published_time" content="2025-11-14T20:05:00+08:00">'
EVENT_FIELDS = ("category", "direction", "severity", "background", "actor", "target", "evidence")


def a_page(head: str = "", title: str = TITLE, text: str = TEXT, lang: str = "en") -> bytes:
    return PAGE.format(head=head, title=title, text=text, lang=lang).encode()


class TestExtract:
    def test_fields_and_their_order_are_promised(self, call: Run) -> None:
        ran = call("extract", "-", "--url", "https://example.org/1", stdin=a_page(DATED))
        found = json.loads(ran.out)
        assert ran.status == 0
        assert tuple(found) == EXTRACT_FIELDS
        assert found["url"] == "https://example.org/1"
        assert found["title"] == TITLE
        assert found["published"] == "2025-11-14T20:05:00+08:00"
        assert found["published_source"] == "metadata"
        assert found["lang"] == "en"
        assert TEXT in found["text"]
        assert found["warnings"] == []

    def test_no_date_is_null(self, call: Run) -> None:
        found = json.loads(call("extract", "-", stdin=a_page()).out)
        assert found["published"] is None
        assert found["published_source"] is None

    def test_a_file_needs_no_address(self, call: Run, tmp_path: Path) -> None:
        (tmp_path / "page.html").write_bytes(a_page(DATED))
        found = json.loads(call("extract", "page.html").out)
        assert found["title"] == TITLE
        assert found["url"] == (tmp_path / "page.html").as_uri()
        assert found["published"] == "2025-11-14T20:05:00+08:00"

    @pytest.mark.parametrize("scheme", ["http", "HTTP"])
    def test_an_address_is_fetched(self, call: Run, scheme: str) -> None:
        with Site({"/1": fixed(a_page(DATED))}) as site:
            found = json.loads(call("extract", site.url("/1").replace("http", scheme, 1)).out)
        assert found["title"] == TITLE

    def test_the_address_given_may_be_anywhere_but_lead_to_public_ones_only(
        self, call: Run
    ) -> None:
        with Site({"/1": fixed(a_page(DATED))}) as inside, Site() as given:
            given.routes["/"] = redirect(inside.url("/1"))
            ran = call("extract", given.url("/"))
        assert (ran.status, ran.out, inside.requests) == (2, "", [])
        assert "private_addresses" in ran.err

    def test_other_formats_have_the_same_fields(self, call: Run) -> None:
        line = call("extract", "-", "--format", "jsonl", stdin=a_page(DATED)).out
        assert tuple(json.loads(line)) == EXTRACT_FIELDS
        head = call("extract", "-", "--format", "csv", stdin=a_page(DATED)).out.splitlines()[0]
        assert tuple(head.split(",")) == EXTRACT_FIELDS

    @pytest.mark.parametrize("body", [b"", b"\x00\x01\x02" * 500, b"<html></html>"])
    def test_what_is_no_article_is_one_clear_line(self, call: Run, body: bytes) -> None:
        ran = call("extract", "-", stdin=body)
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.count("\n") == 1
        assert ";" in ran.err

    def test_an_unreachable_address_too(self, call: Run) -> None:
        ran = call("extract", "http://127.0.0.1:1/")
        assert (ran.status, ran.out) == (1, "")
        assert ran.err.count("\n") == 1


def lines_of(*objects: object) -> bytes:
    return b"\n".join(
        item if isinstance(item, bytes) else json.dumps(item).encode() for item in objects
    )


MALFORMED: list[tuple[bytes, str]] = [
    (b"nope", "not JSON"),
    (b"[1]", "object"),
    (b"null", "object"),
    (b"\xff\xfe{}", "UTF-8"),
    (b'{"title": "t", "text": "x"}', "'id'"),
    (b'{"id": null, "title": "t", "text": "x"}', "'id'"),
    (b'{"id": true, "title": "t", "text": "x"}', "'id'"),
    (b'{"id": ["a"], "title": "t", "text": "x"}', "'id'"),
    (b'{"id": 1e999, "title": "t", "text": "x"}', "'id'"),
    (b'{"id": NaN, "title": "t", "text": "x"}', "number"),
    (b'{"id": ' + b"9" * 5000 + b', "title": "t", "text": "x"}', "number"),
    (b'{"id": "a"}', "'title' and 'text'"),
    (b'{"id": "a", "title": "t", "text": null}', "'text'"),
    (b'{"id": "a", "title": 3, "text": "x"}', "'title'"),
    (b'{"id": "a", "title": "t", "text": "x", "lang": 3}', "'lang'"),
    (b'{"id": ' + b"[" * 100_000 + b"}", "nested"),
]


class TestClassify:
    def test_fields_and_their_order_are_promised(self, call: Run) -> None:
        item = {"id": "a", "title": TITLE, "text": TEXT, "lang": "en", "published": "2025-11-14"}
        found = json.loads(call("classify", stdin=lines_of(item)).out)
        assert tuple(found) == ("id", "relevant", "relevance", "parties", "events")
        (event,) = [e for e in found["events"] if e["category"] == "travel_advisory"]
        assert tuple(name for name in event if name in EVENT_FIELDS) == EVENT_FIELDS
        assert (event["actor"], event["target"]) == ("CN", "JP")
        for word in event["evidence"]:
            assert tuple(word) == ("field", "start", "end", "term")
            assert item[word["field"]][word["start"] : word["end"]]

    def test_the_order_is_kept(self, call: Run) -> None:
        items = [{"id": n, "title": f"Title {n}", "text": TEXT} for n in range(50)]
        out = call("classify", stdin=lines_of(*items)).out
        assert [json.loads(line)["id"] for line in out.splitlines()] == list(range(50))

    @pytest.mark.parametrize(("line", "what"), MALFORMED, ids=range(len(MALFORMED)))
    def test_a_malformed_line_is_told_and_the_rest_goes_on(
        self, call: Run, line: bytes, what: str
    ) -> None:
        good = {"id": "good", "title": "t", "text": "x"}
        ran = call("classify", stdin=lines_of(good, b"", line, good))
        first, error, last = (json.loads(text) for text in ran.out.splitlines())
        assert ran.status == 0
        assert first["id"] == last["id"] == "good"
        assert tuple(error) == ("line", "error")
        assert error["line"] == 3
        assert what in error["error"]
        assert "1 line" in ran.err

    def test_nothing_but_malformed_lines_is_a_failure(self, call: Run) -> None:
        assert call("classify", stdin=b"nope\nnope\n").status == 1

    def test_nothing_at_all_is_fine(self, call: Run) -> None:
        ran = call("classify", stdin=b"\n  \r\n")
        assert (ran.status, ran.out, ran.err) == (0, "", "")

    @pytest.mark.parametrize(
        "line",
        [
            b'\xef\xbb\xbf{"id": "a", "title": "t", "text": "x"}\r\n',
            b'{"id": "a", "title": "\\ud800 China \\udfff", "text": "\\ud83d Japan"}',
            b'{"id": "\\udc00", "title": "t", "text": "\\u0000\\u2028"}',
            b'{"id": 1.5, "title": "t"}',
            b'{"id": -12345678901234567890123, "text": "x", "lang": null, "url": null}',
            b'{"id": "a", "title": "t", "text": "x", "lang": "xx", "published": 1e400}',
            b'{"id": "a", "title": "t", "text": "x", "published": {"day": 1}}',
            b'{"id": "a", "title": "t", "text": "x", "id": "b"}',
            b'\xef\xbb\xbf\n{"id": "", "title": "", "text": ""}',
        ],
        ids=range(9),
    )
    def test_what_is_odd_but_right_is_coded(self, call: Run, line: bytes) -> None:
        ran = call("classify", stdin=line)
        assert (ran.status, ran.err) == (0, "")
        (answer,) = ran.out.splitlines()
        assert json.loads(answer)["relevant"] is False

    def test_answers_do_not_wait_for_the_end(self, noroshi: Run) -> None:
        """In a process of its own, with its real streams."""
        ran = noroshi("classify", stdin=lines_of({"id": "日本", "title": TITLE, "text": TEXT}))
        assert json.loads(ran.out)["id"] == "日本"
