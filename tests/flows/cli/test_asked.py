"""What people type wrongly, or short: it is understood, or told, and never taken for something
else."""

from __future__ import annotations

import json

import pytest

from tests.flows.conftest import Run

pytestmark = pytest.mark.usefixtures("begun")


@pytest.fixture
def seeds(call: Run) -> list[str]:
    """Ids of the stored seed documents."""
    rows = json.loads(call("sql", "SELECT id FROM articles ORDER BY id", "--format", "json").out)
    return [row["id"] for row in rows]


def test_an_id_may_be_as_short_as_it_is_the_only_one(call: Run, seeds: list[str]) -> None:
    alone = next(id_ for id_ in seeds if sum(one[:2] == id_[:2] for one in seeds) == 1)
    found = json.loads(call("show", alone[:2], "--format", "json").out)
    assert found["article"]["id"] == alone


def test_an_article_is_not_shown_as_csv(call: Run, seeds: list[str]) -> None:
    ran = call("show", seeds[0], "--format", "csv")
    assert (ran.status, ran.out) == (2, "")
    assert "jsonl" in ran.err


def test_rules_are_tested_on_an_article_by_the_beginning_of_its_id(
    call: Run, seeds: list[str]
) -> None:
    short = call("rules", "test", seeds[0][:8], "--format", "json")
    assert "seed document" in short.err
    assert short == call("rules", "test", seeds[0], "--format", "json")


def test_rules_are_tested_on_an_article_by_its_address(call: Run, seeds: list[str]) -> None:
    found = json.loads(call("show", seeds[0], "--format", "json").out)["article"]
    by_address = call("rules", "test", found["url"], "--format", "json")
    assert by_address == call("rules", "test", seeds[0], "--format", "json")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("rules", "test", ""), 2, "no text"),
        (("rules", "test", "travel-advisory"), 2, "is a rule"),
        (("rules", "test", "nofile.txt"), 0, "no file or article is called 'nofile.txt'"),
        (("rules", "test", "https://example.org/none"), 2, "no article is called so"),
        (("search", "-日本"), 2, "noroshi search --"),
        (("search", "日本", "--since", "2026-11-22", "--until", "2026-11-20"), 2, "is after"),
        (("backup", "nowhere/kept.duckdb"), 2, "no such folder"),
    ],
)
def test_a_slip_is_told(call: Run, words: tuple[str, ...], status: int, said: str) -> None:
    ran = call(*words)
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err


def test_a_page_for_people_stands_as_names_and_values(call: Run) -> None:
    page = b"<html><head><title>Gardens</title></head><body><p>Roses bloom.</p></body></html>"
    ran = call("extract", "-", "--format", "table", stdin=page)
    assert any(line.split()[:1] == ["canonical_url"] for line in ran.out.splitlines())
    assert max(len(line) for line in ran.out.splitlines()) <= 160
