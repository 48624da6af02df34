"""The commands that look: what they find, and what they say where there is nothing."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console

from tests.flows.conftest import Run
from tests.flows.newsroom import GARDENS, WARNING_EN, WARNING_HANS, Newsroom, routes
from tests.servers import fixed

pytestmark = pytest.mark.usefixtures("begun")

SQL = [
    ("SELECT * FROM nothere", "nothere"),
    ("SELECT", "Parser Error"),
    ("", "no statement"),
    ("  -- only a comment", "no statement"),
    ("DELETE FROM articles", "delete"),
    ("SELECT 1/", "syntax"),
]


class TestSql:
    @pytest.fixture(autouse=True)
    def warehouse(self, call: Run, begun: Path) -> None:
        assert call("sql", "SELECT 1").status == 0

    @pytest.mark.parametrize(("statement", "what"), SQL)
    def test_a_wrong_statement_is_one_clear_line(
        self, call: Run, statement: str, what: str
    ) -> None:
        ran = call("sql", statement)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.count("\n") == 1
        assert what in ran.err
        assert "SHOW TABLES" in ran.err

    def test_columns_of_one_name_are_told_apart(self, call: Run) -> None:
        ran = call("sql", "SELECT 1 AS a, 2 AS a", "--format", "jsonl")
        assert json.loads(ran.out) == {"a": 1, "a_2": 2}

    def test_each_of_several_results_is_shown_and_a_program_gets_one(self, call: Run) -> None:
        ran = call("sql", "SET threads = 1; SELECT 1 AS one; SELECT 2 AS two")
        assert [word for word in ran.out.split() if word.isalnum()] == ["one", "1", "two", "2"]
        assert call("sql", "SET threads = 1; SELECT 2 AS two", "--format", "csv").out == "two\n2\n"
        refused = call("sql", "SELECT 1; SELECT 2", "--format", "jsonl")
        assert (refused.status, refused.out) == (2, "")
        assert "2 statements" in refused.err

    def test_no_rows_are_said_on_stderr(self, call: Run) -> None:
        ran = call("sql", "SELECT 1 WHERE false")
        assert (ran.status, ran.out, ran.err) == (0, "", "no rows\n")
        assert call("sql", "SELECT 1 AS a WHERE false", "--format", "json").out == "[]\n"
        assert call("sql", "SELECT 1 AS a WHERE false", "--format", "csv").out == "a\n"


class TestSearch:
    def test_the_seed_records_are_found_before_any_cycle(self, call: Run) -> None:
        ran = call("search", "Japan", "--origin", "seed", "--format", "json")
        assert ran.status == 0
        assert {row["origin"] for row in json.loads(ran.out)} == {"seed"}

    def test_nothing_found_is_no_failure(self, call: Run) -> None:
        ran = call("search", "xyzzy")
        assert (ran.status, ran.out) == (0, "")
        assert "no article" in ran.err

    def test_what_was_found_is_bold_on_a_terminal_and_has_places_elsewhere(
        self, call: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (row,) = json.loads(call("search", "pressure", "--limit", "1", "--format", "json").out)
        words = [row["snippet"][start:end].lower() for start, end in row["marks"]]
        assert set(words) == {"pressure"}
        assert row["url"][:16] in call("search", "pressure", "--limit", "1").out
        console = io.StringIO()
        drawn = Console(file=console, force_terminal=True, width=200, color_system="standard")
        monkeypatch.setattr("flows.cli.console.out", lambda: drawn)
        call("search", "pressure", "--limit", "1")
        assert re.search("\x1b\\[1m[Pp]ressure\x1b\\[0m", console.getvalue())

    def test_pages_follow_one_another(self, call: Run) -> None:
        first = call("search", "Japan OR 日本", "--origin", "seed", "--limit", "2")
        assert "--page 2" in first.err
        assert "no page 9" in call("search", "Japan", "--page", "9").err

    @pytest.mark.parametrize(
        ("option", "value", "hint"),
        [
            ("--lang", "klingon", "zh-Hant"),
            ("--source", "nobody", "seed"),
            ("--origin", "elsewhere", "seed"),
            ("--category", "weather", "travel_advisory"),
            ("--sort", "best", "relevance"),
        ],
    )
    def test_an_option_that_nothing_can_pass_is_refused(
        self, call: Run, option: str, value: str, hint: str
    ) -> None:
        ran = call("search", "Japan", option, value)
        assert (ran.status, ran.out) == (2, "")
        assert value in ran.err
        assert hint in ran.err

    @pytest.mark.parametrize("query", ["", "  "])
    def test_a_query_without_a_term_is_told(self, call: Run, query: str) -> None:
        ran = call("search", query)
        assert ran.status == 2
        assert "no term" in ran.err


class TestRules:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
    def test_a_file_is_read_in_its_encoding(self, call: Run, tmp_path: Path, encoding: str) -> None:
        text = f"{WARNING_HANS.title}\n{WARNING_HANS.text * 3}"
        (tmp_path / "article.txt").write_bytes(text.encode(encoding))
        ran = call("rules", "test", "article.txt", "--format", "json")
        assert "travel-advisory" in {row["rule"] for row in json.loads(ran.out)}

    def test_a_long_text_is_no_file_name(self, call: Run) -> None:
        text = f"{WARNING_EN.title}\n{WARNING_EN.text * 100}"
        assert "travel-advisory" in call("rules", "test", text, "--format", "csv").out

    def test_no_rule_fires(self, call: Run) -> None:
        ran = call("rules", "test", f"{GARDENS.title}\n{GARDENS.text}")
        assert (ran.status, ran.out) == (0, "")
        assert "no rule fires" in ran.err


class TestSources:
    def test_a_check_stores_nothing(self, call: Run, news: Newsroom) -> None:
        news.site.routes |= routes(GARDENS)
        news.source("good")
        news.source("bad", "/nowhere")
        news.house()
        kept = _files(news)
        ran = call("sources", "check", "--format", "json")
        good, bad = json.loads(ran.out)
        assert ran.status == 0
        assert (good["items"], good["format"], good["remark"]) == (1, "rss20", None)
        assert (bad["status"], bad["items"]) == (404, 0)
        assert _files(news) == kept
        assert call("sources", "check", "bad").status == 1

    def test_a_poll_shows_in_the_list(self, call: Run, news: Newsroom) -> None:
        news.site.routes |= {"/feed": fixed(b"oops", status=500)}
        news.source("one")
        news.house()
        assert call("run").status == 1
        (row,) = json.loads(call("sources", "list", "--format", "json").out)
        assert row["errors"] == 1
        assert "500" in row["remark"]


class TestChannels:
    def test_a_test_message_arrives(self, call: Run, news: Newsroom) -> None:
        desk, other = news.desk("desk"), news.desk("other")
        news.house()
        ran = call("channels", "test", "desk")
        assert (ran.status, ran.out) == (0, "desk: accepted\n")
        assert (len(desk.got), len(other.got)) == (1, 0)
        other.status = 500
        ran = call("channels", "test")
        assert (ran.status, "sent again" in ran.err) == (1, False)
        assert "500 Internal Server Error; mend the service, or try again later" in ran.err
        assert len(desk.got) == 2


def _files(news: Newsroom) -> dict[Path, int]:
    """What is in the data folder, and when it was last written."""
    return {p: p.stat().st_mtime_ns for p in (news.folder / "data").rglob("*")}
