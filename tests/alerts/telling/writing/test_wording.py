"""Every word that a message can show exists in the four languages."""

from __future__ import annotations

import string

import pytest

from alerts.reading.coding import Category, Direction, Severity
from alerts.reading.rules.rule import Development, RuleBook
from alerts.telling.writing.digest import Span, Standing
from alerts.telling.writing.wording import LABELS, Wording, tables

NAMES = {
    "category": [*Category, "none"],
    "direction": list(Direction),
    "severity": list(Severity),
    "party": ["HK", "JP", "CN"],
    "party_short": ["HK", "JP", "CN"],
    "published_source": ["feed", "metadata", "url", "text", "catalogue"],
    "change": list(Development),
    "standing": list(Standing),
    "digest": list(Span),
    "language": ["en", "zh-Hant", "zh-Hans", "ja", "und"],
}


@pytest.mark.parametrize("kind", NAMES)
def test_every_value_of_the_code_has_a_word(kind: str) -> None:
    assert set(map(str, NAMES[kind])) <= set(tables()[kind])


def test_every_word_has_all_four_columns_and_no_other() -> None:
    for kind, words in tables().items():
        for name, columns in words.items():
            assert tuple(columns) == LABELS, (kind, name)
            assert all(columns.values()), (kind, name)


def test_all_columns_of_a_phrase_have_the_same_gaps() -> None:
    for kind, words in tables().items():
        for name, columns in words.items():
            gaps = {
                frozenset(g for _, g, _, _ in string.Formatter().parse(c) if g)
                for c in columns.values()
            }
            assert len(gaps) == 1, (kind, name)


@pytest.mark.parametrize("labels", LABELS)
def test_two_categories_never_share_a_word(labels: str) -> None:
    words = [Wording(labels).word("category", category) for category in Category]
    assert len(set(words)) == len(words)


def test_every_shipped_rule_has_a_name_in_each_language() -> None:
    rules = {rule.id: rule.name for rule in RuleBook.load().rules}
    assert {id: columns["en"] for id, columns in tables()["rule"].items()} == rules


def test_a_rule_is_called_as_the_reader_speaks_or_as_its_owner_named_it() -> None:
    japanese = Wording("ja")
    assert japanese.rule("transport", "Flights and ships cut") == "航空便・船便の削減"
    assert japanese.rule("transport", "Osaka flights") == "Osaka flights"
    assert japanese.rule("mine", "大阪便") == "大阪便"


def test_what_no_table_has_is_shown_as_it_is() -> None:
    assert Wording("ja").word("level", "level-9") == "level-9"


def test_other_languages_are_refused() -> None:
    with pytest.raises(ValueError, match="zh-Hant"):
        Wording("fr")
