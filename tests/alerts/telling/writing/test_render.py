"""A message says what happened, why the reader is told, and nothing that others smuggled in."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from lxml import html

from alerts.reading.coding import Category
from alerts.reading.rules.rule import Development
from alerts.telling.notice import Appearance, FiredRule, NewFact, Notice, NoticeKind
from alerts.telling.writing.card import local
from alerts.telling.writing.digest import Digest, Happening, Span, Standing, sections
from alerts.telling.writing.render import Message, render, render_digest
from alerts.telling.writing.wording import LABELS, tables
from tests.alerts.telling.conftest import PUBLISHED
from tests.alerts.telling.writing.test_escape import HOSTILE

SUBJECTS = {
    "en": "[HIGH] Travel advisory, escalation: CN → JP — 外交部提醒：近期避免前往日本",
    "zh-Hant": "[高] 旅遊警示，升級：中 → 日 — 外交部提醒：近期避免前往日本",
    "zh-Hans": "[高] 旅行提醒，升级：中 → 日 — 外交部提醒：近期避免前往日本",
    "ja": "[高] 渡航情報、悪化：中国 → 日本 — 外交部提醒：近期避免前往日本",
}


@pytest.mark.parametrize(("labels", "subject"), SUBJECTS.items())
def test_the_subject_says_first_what_happened(notice: Notice, labels: str, subject: str) -> None:
    assert render(notice, labels=labels).subject == subject


def test_the_text_says_everything(notice: Notice) -> None:
    assert render(notice, timezone="Asia/Tokyo").text == (
        "mainland China → Japan: Travel advisory, escalation (Severity: high)\n"
        "\n"
        "外交部提醒：近期避免前往日本\n"
        "https://daily.example/2025/11/15?id=1&x=2\n"
        "\n"
        "Matched passage: 外交部鄭重【提醒】中國公民近期【避免前往日本】。\n"
        "\n"
        "Published: 2025-11-15 08:50 JST (date from the feed)\n"
        "First seen: 2025-11-15 10:02 JST (1 h 12 min after publication)\n"
        "Rule: Travel advisories (travel, version 0f3a)\n"
        "To mute this event: noroshi alerts mute e1 --for 3d\n"
        "To mute its kind: noroshi alerts mute --rule travel --for 3d\n"
        "\n"
        "Reported so far by:\n"
        "- 樣本日報, Traditional Chinese: https://daily.example/2025/11/15?id=1&x=2\n"
        "- 見本新聞, Japanese: https://shimbun.example/1\n"
        "- Sample Post, English: https://post.example/1\n"
    )


NEWS = {
    NewFact(Development.SEVERITY, "medium", "high"): "Severity: medium → high",
    NewFact(Development.LEVEL, None, "level-3"): "Level: level 3",
    NewFact(Development.DIRECTION, "escalation", "easing"): "Direction: escalation → easing",
    NewFact(Development.OFFICIAL, None, "外務省"): "Now from an official source: 外務省",
    NewFact(Development.PARTY, None, "HK"): "Further party: Hong Kong",
}


@pytest.mark.parametrize(("fact", "line"), NEWS.items(), ids=[f.development for f in NEWS])
def test_an_update_says_what_is_new(notice: Notice, fact: NewFact, line: str) -> None:
    message = render(replace(notice, kind=NoticeKind.UPDATE, facts=(fact,), thread_id="a0"))
    assert message.subject.startswith("[HIGH] Update: Travel advisory")
    assert f"- {line}" in message.text.splitlines()
    assert line in message.markdown.replace("*", "")
    assert html.fromstring(message.html).xpath("string(//li)") == line


def test_every_rule_that_fired_is_named(notice: Notice) -> None:
    rules = (FiredRule("travel", "again", "x"), FiredRule("jenesys", "JENESYS", "ab12"))
    lines = render(replace(notice, rules=rules)).text.splitlines()
    assert [line for line in lines if line.startswith("Rule: ")] == [
        "Rule: Travel advisories (travel, version 0f3a)",
        "Rule: JENESYS (jenesys, version ab12)",
    ]
    for id in ("travel", "jenesys"):
        assert f"To mute its kind: noroshi alerts mute --rule {id} --for 3d" in lines


ZONES = {
    "Asia/Tokyo": "2025-11-15 08:50 JST",
    "Asia/Hong_Kong": "2025-11-15 07:50 HKT",
    "Asia/Shanghai": "2025-11-15 07:50 UTC+08:00",
    "Asia/Singapore": "2025-11-15 07:50 UTC+08:00",
    "UTC": "2025-11-14 23:50 UTC",
}


@pytest.mark.parametrize(("zone", "told"), ZONES.items())
def test_a_time_says_where_it_is_that_late(zone: str, told: str) -> None:
    assert local(datetime(2025, 11, 14, 23, 50, tzinfo=UTC), ZoneInfo(zone)) == told


def test_markdown_marks_the_words_and_links_the_outlets(notice: Notice) -> None:
    lines = render(notice, labels="ja", timezone="Asia/Tokyo").markdown.splitlines()
    assert lines == [
        "中国本土 → 日本：渡航情報、悪化（深刻度：高）",
        "",
        "**[外交部提醒：近期避免前往日本](https://daily.example/2025/11/15?id=1&x=2)**",
        "",
        "> 外交部鄭重**提醒**中國公民近期**避免前往日本**。",
        "",
        "- 公開：2025-11-15 08:50 JST（日付はフィードによる）",
        "- 初検知：2025-11-15 10:02 JST（公開から1時間12分後）",
        "- ルール：Travel advisories（travel、版 0f3a）",
        "- この出来事の通知を止める：noroshi alerts mute e1 --for 3d",
        "- 同種の通知を止める：noroshi alerts mute --rule travel --for 3d",
        "",
        "これまでの報道：",
        "",
        "- [樣本日報](https://daily.example/2025/11/15?id=1&x=2)（中国語（繁体字））",
        "- [見本新聞](https://shimbun.example/1)（日本語）",
        "- [Sample Post](https://post.example/1)（英語）",
    ]


def test_html_marks_the_words_and_names_the_languages(notice: Notice) -> None:
    page = html.fromstring(render(notice, labels="zh-Hans").html)
    assert page.get("lang") == "zh-Hans"
    assert [mark.text for mark in page.iter("mark")] == ["提醒", "避免前往日本"]
    assert page.xpath("string(//h1)") == "外交部提醒：近期避免前往日本"
    assert page.xpath("//h1/@lang") == ["zh-Hant"]
    assert set(_links(page)) == {
        "https://daily.example/2025/11/15?id=1&x=2",
        "https://shimbun.example/1",
        "https://post.example/1",
    }


def test_html_is_for_phones_dark_rooms_and_needs_no_pictures(notice: Notice) -> None:
    document = render(notice).html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in document
    assert "@media (prefers-color-scheme: dark)" in document
    assert "max-width: 600px" in document
    assert not re.search(r"<img|<script|<link|url\(|@import", document)


@pytest.mark.parametrize("labels", LABELS)
def test_html_is_balanced(notice: Notice, labels: str) -> None:
    for message in (render(notice, labels=labels), render_digest(_digest(notice), labels=labels)):
        assert message.html.startswith("<!DOCTYPE html>\n")
        assert _unbalanced(message.html) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_article_adds_no_markup_anywhere(notice: Notice, text: str) -> None:
    for message in _messages(_poisoned(notice, text)):
        assert message.subject.isprintable() or "\u2060" in message.subject
        assert "\n" not in message.subject and len(message.subject) <= 200
        page = html.fromstring(message.html)
        assert not page.xpath("//script|//img|//@onerror|//@onclick")
        assert all(href.startswith("https://daily.example/") for href in _links(page))
        for body in (message.text, message.markdown, message.subject):
            assert not re.search(
                r"[@＠]\w|<[!@#/a-z]|[\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f]", body
            )
        targets = re.findall(r"\]\(([^)]*)\)", message.markdown)
        assert all(target.startswith("https://daily.example/") for target in targets)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_article_adds_no_line(notice: Notice, text: str) -> None:
    honest, poisoned = (
        render(replace(_poisoned(notice, written), url=notice.url)) for written in ("xyz", text)
    )
    assert len(poisoned.text.splitlines()) == len(honest.text.splitlines())
    assert len(poisoned.markdown.splitlines()) == len(honest.markdown.splitlines())


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "https://a@evil.example"]
)
def test_an_address_that_is_no_web_address_is_left_out(notice: Notice, url: str) -> None:
    message = render(replace(notice, url=url, appearances=(Appearance("X", url, "y", "en"),)))
    assert url not in message.text + message.markdown + message.html
    assert "外交部提醒" in message.text


def test_a_long_headline_is_cut_at_a_grapheme(notice: Notice) -> None:
    subject = render(replace(notice, headline="👨‍👩‍👧" * 200)).subject
    assert len(subject) <= 200
    assert subject.endswith("👨‍👩‍👧…")


def test_a_long_passage_is_shown_around_its_first_mark(notice: Notice) -> None:
    passage = "前" * 5000 + "避免" + "後" * 5000
    text = render(replace(notice, passage=passage, marks=((5000, 5002), (9000, 9001)))).text
    line = next(line for line in text.splitlines() if "【" in line)
    assert re.fullmatch(r"Matched passage: …前+【避免】後+…", line)
    assert len(line) < 550


def test_many_outlets_are_counted(notice: Notice) -> None:
    crowd = tuple(Appearance(f"O{n}", f"https://o.example/{n}", "x", "en") for n in range(50))
    text = render(replace(notice, appearances=crowd)).text
    assert "- O8, English" in text and "- O9," not in text
    assert "- and 41 more" in text


LAGS = {
    timedelta(0): "0 min after publication",
    timedelta(seconds=59): "0 min after publication",
    timedelta(hours=2): "2 h after publication",
    timedelta(days=3, hours=4, minutes=5): "3 d 4 h after publication",
}


@pytest.mark.parametrize(("lag", "words"), LAGS.items())
def test_the_lag_is_told_in_its_two_largest_units(
    notice: Notice, lag: timedelta, words: str
) -> None:
    assert f"({words})" in render(replace(notice, first_seen_at=PUBLISHED + lag)).text


def test_a_date_in_the_future_has_no_lag(notice: Notice) -> None:
    text = render(replace(notice, first_seen_at=PUBLISHED - timedelta(hours=1))).text
    assert "after publication" not in text


def test_a_missing_date_is_said_to_be_missing(notice: Notice) -> None:
    text = render(replace(notice, published_at=None, published_source=None)).text
    assert "Published: not stated\n" in text
    assert "First seen: 2025-11-15 01:02 UTC\n" in text


def test_a_keyword_rule_is_named_where_there_is_no_category(notice: Notice) -> None:
    bare = replace(notice, category=None, direction=None, actor=None, target=None, severity="low")
    assert render(bare).subject == "[LOW] Travel advisories — 外交部提醒：近期避免前往日本"


def test_an_official_level_is_named(notice: Notice) -> None:
    subject = render(replace(notice, actor="HK", level="amber"), labels="zh-Hant").subject
    assert subject.startswith("[高] 旅遊警示（黃色），升級：港 → 日 — ")


def test_an_unknown_language_or_zone_is_an_error(notice: Notice) -> None:
    with pytest.raises(ValueError, match="labels"):
        render(notice, labels="fr")
    with pytest.raises(LookupError):
        render(notice, timezone="Asia/Edo")


def test_a_digest_groups_events_by_category_standing_and_gravity(notice: Notice) -> None:
    digest = _digest(notice)
    found = {s.category: [h.notice.severity for h in s.happenings] for s in sections(digest.told)}
    assert found == {
        "travel_advisory": ["critical", "high", "critical"],
        "official_contact": ["high"],
        "none": ["medium"],
    }
    assert next(iter(found)) == "travel_advisory", "the category with the gravest event first"
    message = render_digest(digest, timezone="Asia/Hong_Kong")
    assert message.subject == "Digest 2025-11-15 — Events: 5"
    lines = message.text.splitlines()
    assert lines[:2] == ["Digest 2025-11-15", "2025-11-14 07:50 HKT – 2025-11-15 07:50 HKT"]
    at = lines.index("Travel advisory (3)")
    assert lines[at + 1] == "New:"
    assert lines[at + 2].startswith("- [CRITICAL] ") and lines[at + 3].startswith("- [HIGH] ")
    assert lines[at + 4] == "Continuing:"
    assert "(new articles: 4, outlets: 2) https://daily.example/" in lines[at + 5]
    assert lines[-4:] == [
        "New articles: 40",
        "Sources in order: 9",
        "Failing sources: 2 (rthk, nhk)",
        "Silent sources: 1 (scmp)",
    ]


def test_a_digest_loses_no_category(notice: Notice) -> None:
    notices = [replace(notice, category=c) for c in (*Category, None, "not_yet_known")]
    digest = replace(_digest(notice), happenings=tuple(map(Happening, notices)))
    assert sum(len(s.happenings) for s in sections(digest.told)) == len(notices)


def test_a_long_digest_counts_what_it_does_not_name(notice: Notice) -> None:
    crowd = [replace(notice, url=f"https://a.example/{n}/") for n in range(50)]
    for standing, named in ((Standing.NEW, 20), (Standing.CONTINUING, 20), (Standing.BACKLOG, 5)):
        happenings = tuple(Happening(item, standing) for item in crowd)
        text = render_digest(replace(_digest(notice), happenings=happenings)).text
        assert text.count("https://a.example/") == named
        assert f"- and {50 - named} more" in text


def test_a_weekly_digest_is_called_so(notice: Notice) -> None:
    weekly = replace(_digest(notice), span=Span.WEEK)
    assert render_digest(weekly, labels="zh-Hans").subject == "每周摘要 2025-11-14 — 事件：5"


@pytest.mark.parametrize("labels", LABELS)
def test_an_empty_digest_says_so(notice: Notice, labels: str) -> None:
    message = render_digest(replace(_digest(notice), happenings=()), labels=labels)
    nothing = tables()["phrase"]["nothing"][labels]
    assert all(nothing in body for body in (message.text, message.markdown, message.html))


def _links(page: html.HtmlElement) -> list[str]:
    return [str(anchor.get("href")) for anchor in page.iter("a")]


def _digest(notice: Notice) -> Digest:
    happenings = (
        Happening(replace(notice, severity="critical"), Standing.CONTINUING, 4, 2),
        Happening(notice),
        Happening(replace(notice, severity="critical")),
        Happening(replace(notice, category=None, direction=None, severity="medium")),
        Happening(replace(notice, category="official_contact", direction="easing")),
    )
    return Digest(
        since=PUBLISHED - timedelta(days=1),
        until=PUBLISHED,
        happenings=happenings,
        sources_ok=9,
        sources_failing=("rthk", "nhk"),
        sources_silent=("scmp",),
        articles=40,
    )


def _poisoned(notice: Notice, text: str) -> Notice:
    """Every string that others write, replaced by `text`."""
    return replace(
        notice,
        rule_name=text,
        headline=text,
        language=text,
        outlet=text,
        url="https://daily.example/" + text,
        passage=text,
        marks=((1, 3),),
        level=text,
        actor=text,
        published_source=text,
        appearances=(Appearance(text, text, text, text),),
        kind=NoticeKind.UPDATE,
        facts=tuple(NewFact(kind, text, text) for kind in Development),
        rules=(FiredRule(text, text, text),),
    )


def _messages(notice: Notice) -> tuple[Message, ...]:
    digest = replace(
        _digest(notice),
        happenings=tuple(Happening(notice, standing) for standing in Standing),
        sources_failing=(notice.headline,),
        sources_silent=(notice.headline,),
    )
    return render(notice), render_digest(digest), render(notice, labels="ja")


def _unbalanced(document: str) -> list[str]:
    checker = _Balance()
    checker.feed(document)
    checker.close()
    return checker.open + checker.wrong


class _Balance(HTMLParser):
    """Every element is closed in order; void elements are not."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "hr", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)
