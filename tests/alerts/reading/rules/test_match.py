"""Matching: which rules fire for which texts and events, and by which words."""

from __future__ import annotations

import pytest

from alerts.reading.coding import (
    Category,
    CodedEvent,
    Coding,
    Direction,
    Evidence,
    Severity,
    Status,
)
from alerts.reading.events.coder import Coder
from alerts.reading.rules.match import Match, match
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.reading.words.fold import fold

NOTHING = Coding(False, 0.0)


def fired(title: str, text: str, *rules: Rule, coding: Coding = NOTHING) -> tuple[Match, ...]:
    return match(title, text, "en", "sample", coding, RuleBook.of(*rules))


@pytest.mark.parametrize(
    ("keyword", "text", "fires"),
    [
        ("travel advisory", "A Travel Advisory was issued", True),
        ("travel advisory", "two travel advisories", True),
        ("travel advisory", "travel\u3000ＡＤＶＩＳＯＲＹ", True),
        ("travel advisory", "space travel; advisory board", False),
        ("exchange cancellation", "an exchange-cancellation", True),
        ("travel advis*", "a travel-advisory", True),
        ("exchange cancellation", "an exchange, cancellation", False),
        ("dual-use", "dual use goods", True),
        ("ban", "the bank", False),
        ("ban", "bans on fish", True),
        ("suspen*", "a suspension", True),
        ("旅遊警示", "外交部发布旅游警示", True),
        ("領事館", "日本総領事館は", True),
        ("ビザ", "ﾋﾞｻﾞ免除", True),
        ("衛生署", "衞生署公布", True),
        ("中国", "中國", True),
    ],
)
def test_keywords_match_after_folding(keyword: str, text: str, fires: bool) -> None:
    rule = Rule("k", "K", (keyword,))
    for title, body in ((text, ""), ("", text)):
        found = fired(title, body, rule)
        assert bool(found) is fires
        for evidence in (e for one in found for e in one.evidence):
            assert evidence.term == keyword
            content = title if evidence.field == "title" else body
            assert fold(content[evidence.start : evidence.end]).text


def test_a_keyword_rule_fires_once_and_keeps_its_places() -> None:
    (found,) = fired("Ban", "A ban, and a ban", Rule("k", "K", ("ban",)))
    assert found.evidence == (
        Evidence("title", 0, 3, "ban"),
        Evidence("text", 2, 5, "ban"),
        Evidence("text", 13, 16, "ban"),
    )
    assert (found.category, found.direction, found.severity) == (None, None, Severity.MEDIUM)


def event(
    status: Status = Status.REPORTED,
    severity: Severity = Severity.HIGH,
    direction: Direction = Direction.ESCALATION,
) -> CodedEvent:
    return CodedEvent(Category.TRANSPORT, direction, severity, status, "CN", "JP")


@pytest.mark.parametrize(
    ("rule", "coded", "fires"),
    [
        (Rule("r", "R", category=Category.TRANSPORT), event(), True),
        (Rule("r", "R", category=Category.VISA_ENTRY), event(), False),
        (Rule("r", "R", category=Category.TRANSPORT), event(Status.BACKGROUND), False),
        (Rule("r", "R", category=Category.TRANSPORT), event(Status.DENIED), False),
        (Rule("r", "R", category=Category.TRANSPORT), event(Status.CONSIDERED), False),
        (Rule("r", "R", (), Category.TRANSPORT, (Direction.EASING,)), event(), False),
        (Rule("r", "R", (), Category.TRANSPORT, (Direction.ESCALATION,)), event(), True),
        (
            Rule("r", "R", category=Category.TRANSPORT, min_severity=Severity.CRITICAL),
            event(),
            False,
        ),
        (Rule("r", "R", category=Category.TRANSPORT, languages=("ja",)), event(), False),
        (Rule("r", "R", category=Category.TRANSPORT, languages=("en",)), event(), True),
        (Rule("r", "R", category=Category.TRANSPORT, sources=("other",)), event(), False),
        (Rule("r", "R", category=Category.TRANSPORT, enabled=False), event(), False),
        (Rule("r", "R", ("osaka",), Category.TRANSPORT), event(), False),
        (Rule("r", "R", ("tokyo",), Category.TRANSPORT), event(), True),
    ],
)
def test_a_category_rule_asks_for_reported_events(
    rule: Rule, coded: CodedEvent, fires: bool
) -> None:
    coding = Coding(True, 0.9, ("JP", "CN"), (coded,))
    assert bool(fired("Flights to Tokyo cut", "", rule, coding=coding)) is fires
    assert not fired("Flights", "", rule, coding=Coding(False, 0.1, (), (coded,)))


@pytest.mark.parametrize(
    ("query", "fires"),
    [
        ("title:osaka -korea", True),
        ("lang:ja", False),
        ("party:JP topic:transport", True),
        ("topic:visa_entry", False),
        ("source:sam*", True),
    ],
)
def test_a_query_narrows_what_a_rule_asks_for(query: str, fires: bool) -> None:
    coding = Coding(True, 0.9, ("JP", "CN"), (event(), event(Status.BACKGROUND)))
    for rule in (Rule("q", "Q", query=query), Rule("q", "Q", (), Category.TRANSPORT, query=query)):
        found = fired("Flights to Osaka cut", "", rule, coding=coding)
        assert len(found) == fires


def test_one_match_for_each_rule_and_event() -> None:
    coding = Coding(True, 0.9, ("JP", "CN"), (event(), event(direction=Direction.EASING)))
    rules = (Rule("a", "A", category=Category.TRANSPORT), Rule("b", "B", ("flights",)))
    found = fired("Flights", "", *rules, coding=coding)
    assert [(m.rule.id, m.direction) for m in found] == [
        ("a", Direction.ESCALATION),
        ("a", Direction.EASING),
        ("b", None),
    ]
    assert (found[0].actor, found[0].target) == ("CN", "JP")


def test_the_shipped_book_tells_of_a_notice_and_of_its_lifting() -> None:
    book = RuleBook.load()
    for title, rule in [
        ("China urges citizens to avoid travel to Japan", "travel-advisory"),
        ("Hong Kong lifts amber travel alert for Japan", "travel-advisory-eased"),
        ("China lifts ban on Japanese seafood", "trade-restriction-eased"),
        ("中國暫停日本水產進口", "trade-restriction"),
        ("香港政府、日本総領事館との公式交流を停止", "official-contact"),
    ]:
        coding = Coder.shipped().code(title, "")
        assert rule in {m.rule.id for m in match(title, "", "und", "sample", coding, book)}
