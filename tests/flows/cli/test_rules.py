"""The commands about rules: check, test, backtest."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.reading.events.coder import Coder
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.telling.deciding.policy import Policy
from flows.backtest import Trial, backtest
from flows.configuration.settings import House
from tests.flows.conftest import Run, Write
from tests.warehouse.samples import NOW, an_article
from warehouse.collecting import articles
from warehouse.database import Warehouse
from warehouse.telling import matching

SETTINGS = """
timezone = "UTC"
[sources]
shipped = false
[rules]
shipped = false
[[source]]
id = "test"
url = "https://example.org/feed"
"""
ADVISORY = '[[rule]]\nid = "advice"\ncategory = "travel_advisory"\n'
OSAKA = '[[rule]]\nid = "osaka"\nquery = "title:(Osaka OR 大阪) -rain"\n'
TITLES = [
    ("en", "China urges its citizens to avoid travel to Japan"),
    ("zh-Hans", "外交部提醒中国公民近期避免前往日本"),
    ("en", "Rain in Osaka"),
    ("ja", "大阪で新しい美術館"),
]


@pytest.fixture
def filled(settle: Callable[[str], House]) -> House:
    """A published warehouse with an article each day for twenty days."""
    house = settle(SETTINGS + ADVISORY + OSAKA)
    batch = [
        an_article(
            f"https://example.org/{number}",
            title=title,
            text=f"{title}. {number}",
            language=language,
            published_at=NOW + timedelta(days=number),
        )
        for number in range(20)
        for language, title in [TITLES[number % len(TITLES)]]
    ]
    warehouse = Warehouse(house.data_folder)
    with warehouse.writing("test") as connection:
        articles.store(connection, batch, NOW)
        waiting = matching.waiting(connection, limit=100)
        judged = [matching.judge(one, Coder.shipped(), house.book) for one in waiting]
        matching.store(connection, judged, Policy(), datetime.now(UTC))
    warehouse.publish()
    return house


class TestCheck:
    def test_sound_rules(self, call: Run, write: Write) -> None:
        write(SETTINGS + ADVISORY + OSAKA)
        ran = call("rules", "check")
        assert (ran.status, ran.out) == (0, "")
        assert "2 rules are on" in ran.err

    def test_the_shipped_book_is_sound(self, call: Run) -> None:
        assert call("rules", "check").status == 0

    def test_a_flaw_is_told_with_its_line(self, call: Run, write: Write) -> None:
        file = write(SETTINGS + ADVISORY + '[[rule]]\nname = "Bad one"\nquery = "a -a"\n')
        ran = call("rules", "check", "--format", "json")
        (row,) = json.loads(ran.out)
        line = file.read_text().splitlines().index('query = "a -a"') + 1
        assert ran.status == 1
        assert (row["rule"], row["key"]) == ("bad-one", "query")
        assert row["where"].endswith(f"line {line}")
        assert row["problem"] and row["remedy"]

    def test_a_query_that_cannot_be_read_stops_every_command(self, call: Run, write: Write) -> None:
        write(SETTINGS + '[[rule]]\nid = "bad"\nquery = "title:(a OR"\n')
        ran = call("rules", "check")
        assert ran.status == 2
        assert ran.err.count("\n") == 1
        assert ":12 (rule bad): query, column 7: this parenthesis is not closed" in ran.err


class TestTest:
    def test_one_rule_is_explained(self, call: Run, filled: House) -> None:
        ran = call("rules", "test", "osaka", "Rain in Osaka", "--format", "json")
        steps = json.loads(ran.out)
        assert ran.status == 0
        assert steps[-1] == {
            "depth": 0,
            "holds": False,
            "step": "the rule does not fire",
            "why": "",
        }
        assert ("title:Osaka", True, "found Osaka") in {
            (step["step"], step["holds"], step["why"]) for step in steps
        }
        assert "the rule fires" in call("rules", "test", "osaka", "Sun in Osaka").out

    def test_a_file_and_a_stored_article(self, call: Run, filled: House, tmp_path: Path) -> None:
        (tmp_path / "text.txt").write_text("大阪\n雨", encoding="utf-8")
        assert "the rule fires" in call("rules", "test", "osaka", "text.txt").out
        with Warehouse(filled.data_folder).reading() as connection:
            (row,) = connection.execute(
                "SELECT id FROM store.article WHERE title LIKE 'China%' LIMIT 1"
            ).fetchall()
        ran = call("rules", "test", "advice", row[0])
        assert "the rule fires" in ran.out
        assert "two parties in the title" in ran.out
        assert "advice" in call("rules", "test", row[0]).out

    def test_an_unknown_rule(self, call: Run, filled: House) -> None:
        ran = call("rules", "test", "nothing", "text")
        assert (ran.status, ran.out) == (2, "")
        assert "rules list" in ran.err


class TestBacktest:
    def test_what_fired_by_week_and_source(self, call: Run, filled: House) -> None:
        ran = call("rules", "backtest", "--format", "json")
        told = json.loads(ran.out)
        assert ran.status == 0
        assert told["articles"] == 20
        assert {row["rule"]: row["articles"] for row in told["rules"]} == {"advice": 10, "osaka": 5}
        assert sum(row["articles"] for row in told["weeks"]) == 15
        assert {row["source"] for row in told["weeks"]} == {"test"}
        assert told["weeks"][0]["week"] == "2025-W48"
        assert len(told["samples"]) == 5
        assert all(row["words"] for row in told["samples"])

    def test_its_events_are_those_that_were_told(self, filled: House) -> None:
        rules = frozenset(rule.id for rule in filled.book.enabled)
        result = backtest(filled.warehouse, "UTC", Trial(filled.book, rules))
        with Warehouse(filled.data_folder).reading() as connection:
            kept = connection.execute("SELECT id FROM store.event").fetchall()
        assert {event.id for event in result.events} == {id for (id,) in kept}
        assert 1 < len(result.events) < 15

    def test_one_rule_and_some_days(self, call: Run, filled: House) -> None:
        day = (NOW + timedelta(days=3)).date().isoformat()
        ran = call("rules", "backtest", "osaka", "--since", day, "--until", day, "--format", "csv")
        (row,) = csv.DictReader(io.StringIO(ran.out))
        assert (row["rule"], row["source"], row["title"]) == ("osaka", "test", TITLES[3][1])
        assert row["event_id"]

    def test_another_version_gains_and_loses(
        self, call: Run, filled: House, tmp_path: Path
    ) -> None:
        (tmp_path / "new.toml").write_text('[[rule]]\nid = "osaka"\nquery = "title:Osaka"\n')
        told = json.loads(call("rules", "backtest", "new.toml", "--format", "json").out)
        (row,) = told["rules"]
        assert row == {"rule": "osaka", "articles": 5, "events": row["events"]} | {
            "gained": 5,
            "lost": 5,
        }
        assert {one["title"] for one in told["gained"]} == {"Rain in Osaka"}
        assert {one["title"] for one in told["lost"]} == {"大阪で新しい美術館"}
        other = json.loads(
            call("rules", "backtest", "--against", "new.toml", "--format", "json").out
        )
        assert (other["rules"][0]["gained"], other["gained"]) == (5, told["lost"])

    def test_many_articles_are_shared_out(
        self, filled: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trial = Trial(filled.book, frozenset({"advice"}), RuleBook.of(Rule("x", "X", ("x",))))
        alone = backtest(filled.warehouse, "UTC", trial)
        monkeypatch.setattr("flows.backtest.WORTH_A_POOL", 1)
        assert backtest(filled.warehouse, "UTC", trial) == alone
        assert len(alone.gained) == 10

    @pytest.mark.parametrize(
        ("arguments", "status", "says"),
        [
            (("nothing",), 2, "rules list"),
            (("--against", "absent.toml"), 1, "absent.toml"),
            (("bad.toml",), 2, "bad.toml:1"),
            (("--since", "yesterday"), 2, "2025-11-14"),
        ],
    )
    def test_what_cannot_be_tried(
        self,
        call: Run,
        filled: House,
        tmp_path: Path,
        arguments: tuple[str, ...],
        status: int,
        says: str,
    ) -> None:
        (tmp_path / "bad.toml").write_text("[[rule]]\n")
        ran = call("rules", "backtest", *arguments)
        assert (ran.status, ran.out) == (status, "")
        assert says in ran.err
