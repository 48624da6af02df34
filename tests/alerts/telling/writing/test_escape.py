"""Text from outside stays text, in every format."""

from __future__ import annotations

import pytest
import regex
from apprise.conversion import markdown_to_html
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from alerts.telling.writing.escape import JOINER, LINK_LIMIT, cut, link, markdown, plain, visible

HOSTILE = {
    "mail header": "Ban\r\nBcc: victim@example.org\r\n\r\nbody",
    "separators": "a\u2028b\u2029c\x85d\x0be",
    "bidi": "safe \u202etxt.exe\u202c \u2066x\u2069 \u200f",
    "zero width": "f\u200bo\ufeffo\u00adbar",
    "controls": "a\x00b\x1b[31mc\x7f",
    "lone surrogate": "a\ud800b",
    "everyone": "@everyone @channel @here ＠all",
    "slack": "<!channel> <!here|x> <@U123> <#C1|general>",
    "discord": "<@123> <@&456> ||spoiler||",
    "lark": '<at user_id="all">all</at>',
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "entity": "&lt;script&gt; &#60;b&#62;",
    "link": "[click](http://evil.example) ![](http://evil.example/p.png)",
    "autolink": "<http://evil.example>",
    "emphasis": "**bold** __bold__ *i* _i_ ~~gone~~ `code`",
    "heading": "# heading",
    "list": "- item",
    "backslash": "\\[x\\](http://evil.example) \\<!channel\\>",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_one_line_without_anything_hidden(text: str) -> None:
    shown = visible(text)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert not regex.search(r"[\p{Cc}\p{Cf}--[\u200c\u200d]]", shown, regex.V1)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_chat_reads_a_mention_or_a_tag(text: str) -> None:
    shown = plain(text)
    assert not regex.search(r"[@＠]\w|<[!@#/\p{L}]", shown)
    assert not regex.search(r"[<>\[\]]|[@＠]\w|(?<!\\)[*_`]", markdown(text))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_markdown_renders_as_nothing_but_text(text: str) -> None:
    shown = markdown_to_html("x " + markdown(text))  # type: ignore[no-untyped-call]
    page = html.fromstring(f"<body>{shown}</body>")
    assert {element.tag for element in page.iter()} <= {"body", "p"}


@given(st.text())
def test_visible_text_stays_as_it_is(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_harmless_text_in_four_scripts_is_untouched() -> None:
    text = "Hong Kong’s “amber” alert — 外遊警示 外游警示 渡航情報 レベル２ 「引用」"
    text += " 👨‍👩‍👧 AT&T 3 < 4 (x)"
    assert visible(text) == plain(text) == text


LINKS = {
    "https://a.example/b?c=d&e=f#g": "https://a.example/b?c=d&e=f#g",
    "http://a.example/(x)_y": "http://a.example/%28x%29_y",
    "https://a.example/@name": "https://a.example/%40name",
    "https://a.example/新聞": "https://a.example/%E6%96%B0%E8%81%9E",
    'https://a.example/"onclick="x': "https://a.example/%22onclick=%22x",
    "https://a.example/<b>": "https://a.example/%3Cb%3E",
    "HTTPS://a.example/": "HTTPS://a.example/",
    "javascript:alert(1)": None,
    "data:text/html,x": None,
    "file:///etc/passwd": None,
    "//a.example/": None,
    "seed:003.txt": None,
    "https://": None,
    "https://bank.example@evil.example/": None,
    "https://[::1/": None,
    "https://a.example/\nx": None,
    "https://a.example/\u202e": None,
    "https://a.example/" + "x" * LINK_LIMIT: None,
    "": None,
}


@pytest.mark.parametrize(("url", "shown"), LINKS.items())
def test_only_web_addresses_become_links(url: str, shown: str | None) -> None:
    assert link(url) == shown


GRAPHEMES = ["a", "日", "が", "🇯🇵", "👨‍👩‍👧", "é", "한"]


@given(st.lists(st.sampled_from(GRAPHEMES)).map("".join), st.integers(1, 30))
def test_a_cut_keeps_graphemes_whole_and_the_limit(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short) <= max(limit, 0)
    if short != text:
        kept = regex.findall(r"\X", short[:-1])
        assert kept == regex.findall(r"\X", text)[: len(kept)]
        assert short.endswith("…")


def test_one_endless_grapheme_cannot_break_the_limit() -> None:
    assert cut("e" + "\u0301" * 10_000, 200) == "…"


def test_the_joiner_is_what_parts_a_mention() -> None:
    assert plain("@here") == f"@{JOINER}here"
