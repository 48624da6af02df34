"""Rules: the simplest form works, errors say where and what to do, later rules override."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.errors import RuleError
from alerts.reading.coding import Category, Direction, Severity
from alerts.reading.rules.rule import Development, Rule, RuleBook, load_rules


def test_keywords_alone_make_a_rule() -> None:
    (rule,) = load_rules(
        '[[rule]]\nkeywords = ["travel advisory", "exchange cancellation"]', "my.toml"
    )
    assert rule == Rule(
        "travel-advisory", "travel-advisory", ("travel advisory", "exchange cancellation")
    )


def test_a_query_makes_a_rule_and_joins_the_keywords() -> None:
    (rule,) = load_rules('[[rule]]\nid = "a"\nquery = "x OR y"\nkeywords = ["k*", "l"]', "my.toml")
    assert rule == Rule("a", "a", ("k*", "l"), query="x OR y")
    assert str(rule.asked) == "(k* OR l) AND (x OR y)"
    assert rule.version != Rule("a", "a", ("k*", "l"), query="x OR z").version


def test_the_id_comes_from_the_name() -> None:
    (rule,) = load_rules('[[rule]]\nname = "外遊 Alerts!"\nkeywords = "外遊警示"', "my.toml")
    assert (rule.id, rule.name, rule.keywords) == ("外遊-alerts", "外遊 Alerts!", ("外遊警示",))
    (rule,) = load_rules('[[rule]]\nname = "?!"\nkeywords = ["!", "panda"]', "my.toml")
    assert rule.id == "panda"


def test_a_full_rule_is_read() -> None:
    (rule,) = load_rules(
        '[[rule]]\nid = "a"\nname = "A"\nkeywords = ["x"]\ncategory = "transport"\n'
        'directions = ["easing"]\nmin_severity = "high"\nlanguages = ["ja"]\nsources = ["s"]\n'
        'channels = ["desk"]\nenabled = false\ncooldown = "1h 30m"\nrealert = ["level", "party"]',
        "my.toml",
    )
    assert rule == Rule(
        "a",
        "A",
        ("x",),
        Category.TRANSPORT,
        (Direction.EASING,),
        Severity.HIGH,
        ("ja",),
        ("s",),
        ("desk",),
        False,
        cooldown=timedelta(minutes=90),
        realert=(Development.LEVEL, Development.PARTY),
    )


def test_every_development_brings_a_further_alert_unless_the_rule_says_otherwise() -> None:
    (rule,) = load_rules('[[rule]]\nkeywords = ["a"]', "my.toml")
    (quiet,) = load_rules('[[rule]]\nkeywords = ["a"]\nrealert = []', "my.toml")
    assert (rule.realert, rule.cooldown) == (tuple(Development), timedelta(0))
    assert quiet.realert == ()
    assert len({rule.version, quiet.version, replace(rule, cooldown=timedelta(1)).version}) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[rule]]\nname = "A"\n', ("my.toml:1", "rule A", "add keywords or a category")),
        ("[[rule]]\n", ("my.toml:1", "add keywords")),
        (
            '[[rule]]\nid = "b"\nquery = "a OR OR b"\n',
            ("my.toml:3 (rule b): query, column 6", "double quotes"),
        ),
        ('[[rule]]\nid = "b"\nquery = "@travel"\n', ("my.toml:3", "column 1", "@travel_advisory")),
        (
            '[[rule]]\nkeywords = ["a"]\n\n[[rule]]\nid = "b"\ncategory = "weather"\n',
            ("my.toml:6", "rule b", "category", "travel_advisory"),
        ),
        ('[[rule]]\nid = "b"\nkeyword = ["a"]\n', ("my.toml:3", "rule b", "keyword", "keywords")),
        (
            '[[rule]]\nid = "b"\nkeywords = ["a"]\nmin_severity = "grave"\n',
            ("my.toml:4", "critical"),
        ),
        ('[[rule]]\nid = "b"\nkeywords = ["a"]\ndirections = ["up"]\n', ("my.toml:4", "easing")),
        ('[[rule]]\nid = "b"\nkeywords = ["a"]\ndirection = "easing"\n', ("my.toml:1", "category")),
        (
            '[[rule]]\nid = "b"\nkeywords = ["a"]\n[[rule]]\nid = "b"\nkeywords = ["c"]\n',
            ("my.toml:4", "twice"),
        ),
        ('[[rule]]\nid = "b"\nkeywords = ["a"]\ncooldown = 6\n', ("my.toml:4", "'6h'")),
        ('[[rule]]\nid = "b"\nkeywords = ["a"]\ncooldown = "soon"\n', ("my.toml:4", "'6h'")),
        ('[[rule]]\nid = "b"\nkeywords = ["a"]\nrealert = ["fun"]\n', ("my.toml:4", "official")),
        (
            '[[rule]]\nid = "b"\nkeywords = ["a", "\u200b"]\n',
            ("my.toml:3, column 18", "empty keyword"),
        ),
        (
            '[[rule]]\nid = "b"\nkeywords = [\n  "a",\n  5,\n]\n',
            ("my.toml:5, column 3 (rule b): keywords: 5 cannot", "外遊警示"),
        ),
        (
            '[[rule]]\nid = "b"\nlabels = "ja"\n',
            ("my.toml:3, column 10 (rule b): there is no key 'labels'; the keys are id, name",),
        ),
        (
            '[[rule]]\nid = "b"\ncategory = "transprt"\n',
            ("my.toml:3, column 12 (rule b): category: 'transprt'", "did you mean 'transport'?"),
        ),
        (
            '[[rule]]\nid = "b"\ncategory = ["transport"]\n',
            ("my.toml:3, column 12", "a list cannot stand here", "a [[rule]] for each"),
        ),
        (
            '[[rule]]\nid = "b"\ndirection = "easing"\ndirections = ["easing"]\n',
            ("my.toml:3, column 13", "another word for directions", "take one of them out"),
        ),
        (
            '[[rule]]\nid = "b"\nkeywords = ["a"]\nenabled = "maybe"\n',
            ("my.toml:4, column 11", "neither true nor false", "enabled = false"),
        ),
        ('[[rule]]\nid = "b"\nquery = 5\n', ("my.toml:3, column 9", "query = 'title:")),
        (
            '[[rule]]\nid = "b"\nquery = """\na AND\n  (b"""\n',
            ("my.toml:3 (rule b): query, line 2, column 3", "not closed"),
        ),
        ('[rule]\nid = "b"\n', ("my.toml", "[[rule]]")),
        ("[[rule]\n", ("my.toml", "TOML", "line 1")),
    ],
)
def test_errors_name_the_rule_the_line_and_the_remedy(text: str, says: tuple[str, ...]) -> None:
    with pytest.raises(RuleError) as caught:
        load_rules(text, "my.toml")
    told = str(caught.value)
    assert [part for part in says if part not in told] == []
    assert "Input should" not in told and "Extra inputs" not in told
    assert all(told.count(category) < 2 for category in Category)


def test_the_shipped_book_has_a_rule_for_every_category() -> None:
    book = RuleBook.load()
    escalations = {r.category for r in book.rules if r.directions == (Direction.ESCALATION,)}
    assert escalations == set(Category)
    assert all(rule.enabled for rule in book.rules)


def test_a_rule_of_ones_own_changes_only_the_keys_it_gives(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(
        '[[rule]]\nid = "transport"\nmin_severity = "high"\n[[rule]]\nid = "visa-entry"\n'
        'enabled = false\n[[rule]]\nkeywords = ["panda"]\n'
    )
    shipped, book = RuleBook.load(), RuleBook.load(tmp_path / "my.toml")
    changed, former = book.rule("transport"), shipped.rule("transport")
    assert changed and former and changed.min_severity is Severity.HIGH
    assert (changed.name, changed.category) == (former.name, former.category)
    assert changed.version != former.version
    assert "visa-entry" not in {rule.id for rule in book.enabled}
    assert [rule.id for rule in book.rules] == [*(r.id for r in shipped.rules), "panda"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"absent\.toml"):
        RuleBook.load(tmp_path / "absent.toml")


def test_the_version_is_that_of_the_content() -> None:
    assert Rule("a", "A", ("x",)).version == Rule("a", "A", ("x",)).version
    assert Rule("a", "A", ("x",)).version != Rule("a", "A", ("y",)).version


def test_of_two_rules_with_one_id_the_later_stands() -> None:
    assert RuleBook.of(Rule("a", "1", ("x",)), Rule("a", "2", ("y",))).rules[0].name == "2"


def test_a_book_goes_to_other_processes() -> None:
    book = RuleBook.of(Rule("a", "A", ("x",)))
    assert book.queries.roots
    assert pickle.loads(pickle.dumps(book)) == book  # noqa: S301 - our own bytes
