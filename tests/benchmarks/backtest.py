"""How long a backtest takes over a year of articles. See README.md for the command."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from alerts.reading.rules.rule import Rule, RuleBook
from flows.backtest import Trial, backtest
from tests.benchmarks.archive import publish

OWN = (
    Rule("proximity", "Proximity", query='"日本 渡航"~9 OR advis* NEAR travel'),
    Rule("words", "Words", ("seafood", "水産物", "美術館", "museum")),
    Rule("vocabulary", "Vocabulary", query="@travel_advisory NEAR @parties.JP.place -lang:en"),
)


def main() -> None:
    """Print the seconds of three backtests of the shipped book with three rules of one's own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="kept and used again")
    given = parser.parse_args()
    shipped = RuleBook.load()
    book = RuleBook((*shipped.rules, *OWN))
    ids = frozenset(rule.id for rule in book.rules)
    trials = {
        "all rules": Trial(book, ids),
        "all rules against the shipped ones": Trial(book, ids, shipped),
        "all rules, coded afresh": Trial(book, ids, recode=True),
    }
    with tempfile.TemporaryDirectory() as folder:
        warehouse = publish(given.folder or Path(folder), given.articles)
        for name, trial in trials.items():
            began = time.perf_counter()
            found = backtest(warehouse, "Asia/Hong_Kong", trial)
            seconds = time.perf_counter() - began
            counts = f"{len(found.firings)} firings, {len(found.events)} events"
            sys.stdout.write(f"{seconds:6.1f} s  {name}: {counts}\n")


if __name__ == "__main__":
    main()
