"""How long a search takes among many short articles. See README.md for the command."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.archive import publish
from warehouse.looking.search import Search, search

QUERIES = (
    "渡航情報 注意",
    "travel alert",
    "日本 中国 -水産物",
    "absent words",
    '"日本 避免"~6',
    "外務省 NEAR 渡航",
    "advis* OR alert*",
    "@travel_advisory lang:ja",
    "topic:trade_restriction party:JP",
    "図書館 NEAR 渡航",
    "-日本 -中国",
)


def main() -> None:
    """Print the median of five searches for each query."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="kept and used again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warehouse = publish(given.folder or Path(folder), given.articles)
        with warehouse.reading() as connection:
            for query in QUERIES:
                times, found = [], 0
                for _ in range(5):
                    began = time.perf_counter()
                    found = len(search(connection, Search(query)))
                    times.append(time.perf_counter() - began)
                sys.stdout.write(f"{statistics.median(times):7.3f} s  {found:3}  {query}\n")


if __name__ == "__main__":
    main()
