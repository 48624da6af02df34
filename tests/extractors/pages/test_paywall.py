"""Paywalls: told by the page's metadata, or by its notice to readers."""

from __future__ import annotations

import pytest

from extractors.pages.paywall import WARNING, is_notice
from tests.extractors.pages.test_page import JSON_LD, html, page

NOTICES = [
    "残り1,234文字",
    "この記事は有料会員限定です",
    "こちらの記事は会員限定記事です。",
    "続きを読むには会員登録が必要です",
    "ログインして全文を読む" + "：ログインすると全文がお読みいただけます",
    "登入後閱讀全文",
    "訂閱會員即可解鎖完整文章" + "，訂閱閱讀全文",
    "本文為會員專享",
    "如欲閱讀全文，請先登入",
    "登录后查看全文",
    "本文仅限付费用户阅读",
    "Subscribe to continue reading",
    "Sign in to read the full article",
    "To continue reading, please subscribe or log in",
    "This article is available only to subscribers",
    "You have reached your limit of free articles",
]
NO_NOTICES = [
    "有料記事",
    "会員限定",
    "Premium",
    "訂閱電子報",
    "Subscribe to our newsletter",
    "登录",
    "He told members that the article is not for subscribers of another paper, and that they may "
    "go on reading it in the library as they have done for more than twenty years, the club's "
    "chairman said: subscribe to continue reading",
    "外務省は、会員限定の催しを中止すると発表した。",
    "市民登入網站可查看旅遊警示。",
]


@pytest.mark.parametrize("line", NOTICES)
def test_a_notice(line: str) -> None:
    assert is_notice(line)
    found = page(html(before=f"<div>{line}</div>"))
    assert found.paywalled
    assert WARNING in found.warnings


@pytest.mark.parametrize("line", NO_NOTICES)
def test_no_notice(line: str) -> None:
    assert not is_notice(line)


@pytest.mark.parametrize(
    ("head", "walled"),
    [
        (JSON_LD % '{"@type": "NewsArticle", "isAccessibleForFree": false}', True),
        (JSON_LD % '{"@type": "NewsArticle", "isAccessibleForFree": "False"}', True),
        (JSON_LD % '{"@type": "Article", "isAccessibleForFree": "http://schema.org/False"}', True),
        ('<meta property="article:content_tier" content="locked">', True),
        ('<meta property="article:content_tier" content="metered">', False),
        (JSON_LD % '{"@type": "NewsArticle", "isAccessibleForFree": true}', False),
        (JSON_LD % '{"@type": "NewsArticle", "isAccessibleForFree": "maybe"}', False),
        ("", False),
    ],
)
def test_what_the_metadata_say(head: str, walled: bool) -> None:
    assert page(html(head=head)).paywalled is walled


def test_metadata_that_say_free_are_believed() -> None:
    head = JSON_LD % '{"@type": "NewsArticle", "isAccessibleForFree": true}'
    assert not page(html(head=head, before="<div>登入後閱讀全文</div>")).paywalled


@pytest.mark.parametrize(
    ("head", "section"),
    [
        (JSON_LD % '{"@type": "NewsArticle", "articleSection": "國際"}', "國際"),
        (JSON_LD % '{"@type": "NewsArticle", "articleSection": ["World", "Asia"]}', "World"),
        ('<meta property="article:section" content="社会">', "社会"),
        (JSON_LD % '{"@type": "NewsArticle", "articleSection": {"a": 1}}', None),
        ('<meta property="article:section" content="&lt;b&gt;World&lt;/b&gt;">', "World"),
    ],
)
def test_the_section(head: str, section: str | None) -> None:
    assert page(html(head=head)).section == section
