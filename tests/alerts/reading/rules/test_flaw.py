"""Flaws: what is certainly wrong with a rule is found, and nothing else is reported."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings

from alerts.reading.coding import Category, Direction, Severity
from alerts.reading.rules.flaw import Flaw, answerable, flaws
from alerts.reading.rules.query import Query
from alerts.reading.rules.query_text import parse
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.reading.rules.verdict import Document, judge
from tests.alerts.reading.rules.test_query import queries
from tests.alerts.reading.rules.test_verdict import _documents, _facts, _places


def found(*rules: Rule) -> tuple[Flaw, ...]:
    return flaws(
        RuleBook.of(*rules),
        sources=("hk-a", "jp-a"),
        languages=("en", "ja", "zh-Hant", "zh-Hans"),
        channels=("desk", "sms"),
    )


def test_the_shipped_book_has_no_flaw() -> None:
    assert found(*RuleBook.load().rules) == ()


@pytest.mark.parametrize(
    "query",
    [
        "title:a AND NOT title:a",
        "a -a",
        "a AND NOT (a OR b)",
        "旅遊警示 -旅游警示",
        "title:a -a",
        "advisory -advis*",
        "a NEAR b -a",
        '"a b"~3 -b',
        "(a OR b) -a -b",
        "lang:ja lang:en",
        "lang:zh-Hant -lang:zh",
        "source:hk-a source:jp-*",
        "source:hk-a -source:hk-*",
        "@transport -@transport",
    ],
)
def test_a_contradiction(query: str) -> None:
    (flaw,) = found(Rule("q", "Q", query=query))
    assert (flaw.rule_id, flaw.key) == ("q", "query")
    assert "contradicts itself" in flaw.what


@pytest.mark.parametrize(
    "query",
    [
        "a -b",
        "a -title:a",
        "body:a -title:a",
        "advis* -advisory",
        "日本人 -日本",
        "(a OR b) -a",
        "lang:zh lang:zh-Hant",
        "source:hk-* -source:hk-a",
        "party:HK party:JP -party:CN",
        "a b -(a NEAR b)",
    ],
)
def test_what_can_be_answered(query: str) -> None:
    assert found(Rule("q", "Q", query=query)) == ()


@pytest.mark.parametrize(
    ("rule", "key", "says"),
    [
        (Rule("r", "R", ("a",), sources=("hk-b",)), "sources", "did you mean 'hk-a'"),
        (Rule("r", "R", ("a",), channels=("phone",)), "channels", "no channel 'phone'"),
        (Rule("r", "R", ("a",), languages=("fr",)), "languages", "'fr'"),
        (Rule("r", "R", query="a source:kr-*"), "query", "source:"),
        (Rule("r", "R", ("a",), cooldown=timedelta(hours=6), realert=()), "cooldown", "no further"),
        (Rule("r", "R", query="a lang:fr"), "query", "lang:fr"),
        (Rule("r", "R", query="a OR NOT a"), "query", "every article"),
        (
            Rule("r", "R", (), Category.VISA_ENTRY, (Direction.EASING,), Severity.CRITICAL),
            "min_severity",
            "never graver than high",
        ),
        (
            Rule("r", "R", (), Category.TRANSPORT, (Direction.NEUTRAL,)),
            "directions",
            "neutral",
        ),
        (
            Rule("r", "R", (), Category.TRANSPORT, query="topic:transport"),
            "query",
            "which is the same",
        ),
    ],
)
def test_what_never_matches(rule: Rule, key: str, says: str) -> None:
    (flaw,) = found(rule)
    assert flaw.key == key
    assert says in f"{flaw.what}; {flaw.remedy}"
    assert found(Rule(**{**{n: getattr(rule, n) for n in rule.__slots__}, "enabled": False})) == ()


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        (Rule("a", "A", ("x", "y")), Rule("b", "B", ("x",)), True),
        (Rule("a", "A", ("x",)), Rule("b", "B", ("x", "y")), False),
        (Rule("a", "A", query="x OR y"), Rule("b", "B", ("x",)), True),
        (Rule("a", "A", query="advis*"), Rule("b", "B", query="advisory -japan"), True),
        (Rule("a", "A", ("x",), channels=("desk",)), Rule("b", "B", ("x",)), False),
        (Rule("a", "A", ("x",)), Rule("b", "B", ("x",), channels=("desk",)), True),
        (
            Rule("a", "A", category=Category.TRANSPORT),
            Rule("b", "B", ("x",), Category.TRANSPORT, min_severity=Severity.HIGH),
            True,
        ),
        (
            Rule("a", "A", category=Category.TRANSPORT, min_severity=Severity.HIGH),
            Rule("b", "B", category=Category.TRANSPORT),
            False,
        ),
        (Rule("a", "A", ("x",), languages=("ja",)), Rule("b", "B", ("x",)), False),
        (Rule("a", "A", ("x",)), Rule("b", "B", ("x",), Category.TRANSPORT), False),
    ],
)
def test_a_rule_behind_a_wider_one(wide: Rule, narrow: Rule, covered: bool) -> None:
    assert [flaw.rule_id for flaw in found(wide, narrow)] == ["b"] * covered


@settings(deadline=None)
@given(queries(_places, _facts), _documents)
def test_what_an_article_answers_is_answerable(query: Query, document: Document) -> None:
    verdict = judge(query, document)
    assert answerable(query) or not verdict.matched


def test_a_large_query_is_decided_in_time() -> None:
    hard = " AND ".join(f"(a{n} OR b{n} OR c{n})" for n in range(12))
    assert answerable(parse(f"({hard}) AND NOT ({hard})"))
