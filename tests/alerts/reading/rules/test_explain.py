"""Explaining: every step is named, and the last one says what matching does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.reading.coding import Category, Direction, Severity
from alerts.reading.events.coder import Coder
from alerts.reading.rules.explain import Step, explain
from alerts.reading.rules.match import match
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.reading.rules.verdict import Document
from tests.alerts.reading.conftest import texts


def steps(rule: Rule, title: str, text: str = "", language: str = "en") -> tuple[Step, ...]:
    coding = Coder.shipped().code(title, text, language=language)
    return explain(rule, Document.of(title, text, language, "s", coding), coding)


@pytest.mark.parametrize(
    ("rule", "title", "fires", "says"),
    [
        (Rule("r", "R", query="title:japan -korea"), "Japan", True, "found Japan"),
        (Rule("r", "R", query="title:japan -korea"), "Japan, Korea", False, "NOT korea"),
        (Rule("r", "R", ("x",), enabled=False), "x", False, "switched off"),
        (Rule("r", "R", ("x",), languages=("ja",)), "x", False, "is in en"),
        (Rule("r", "R", ("x",), sources=("t",)), "x", False, "from s"),
        (
            Rule("r", "R", category=Category.TRAVEL_ADVISORY),
            "China urges citizens to avoid travel to Japan",
            True,
            "counts",
        ),
        (
            Rule("r", "R", category=Category.TRAVEL_ADVISORY),
            "China has no plans to warn citizens against travel to Japan",
            False,
            "not reported as news: denied",
        ),
        (
            Rule("r", "R", (), Category.TRAVEL_ADVISORY, (Direction.EASING,)),
            "China urges citizens to avoid travel to Japan",
            False,
            "is escalation, not easing",
        ),
        (
            Rule("r", "R", (), Category.TRAVEL_ADVISORY, min_severity=Severity.CRITICAL),
            "China urges citizens to avoid travel to Japan",
            False,
            "below critical",
        ),
        (
            Rule("r", "R", category=Category.TRANSPORT),
            "China urges citizens to avoid travel to Japan",
            False,
            "is travel_advisory, not transport",
        ),
        (Rule("r", "R", category=Category.TRANSPORT), "Rain in Osaka", False, "fewer than two"),
    ],
)
def test_why_a_rule_fires_or_not(rule: Rule, title: str, fires: bool, says: str) -> None:
    found = steps(rule, title)
    assert found[-1].holds is fires
    assert says in "\n".join(f"{step.what}: {step.why}" for step in found)


@settings(deadline=None)
@given(
    st.sampled_from(
        [
            Rule("r", "R", query="日本 OR japan NEAR ban"),
            Rule("r", "R", category=Category.TRAVEL_ADVISORY),
            Rule("r", "R", ("talks", "日本"), Category.OFFICIAL_CONTACT, languages=("zh",)),
        ]
    ),
    texts,
    texts,
    st.sampled_from(["en", "ja", "zh-Hant"]),
)
def test_the_last_step_is_what_matching_does(
    rule: Rule, title: str, text: str, language: str
) -> None:
    coding = Coder.shipped().code(title, text, language=language)
    fired = match(title, text, language, "s", coding, RuleBook.of(rule))
    assert steps(rule, title, text, language)[-1].holds is bool(fired)
