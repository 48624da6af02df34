"""Search beside SQLite's FTS5 (trigrams) and Tantivy (bigrams) on the same articles in one run.

    .venv/bin/python -m tests.benchmarks.rivals --articles 100000

Queries are two of the words that stand at known ranks of the corpus (`corpus.ASKED`), in all four
languages. Each engine gives the newest 20 articles that hold both. `--cold` asks noroshi once more,
each query on files of which nothing is in memory, as the first search of the day is. What is built
stays in and beside the library of `--folder`, so that all can be asked again on a quiet machine.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tantivy import Document, Index, SchemaBuilder, TextAnalyzerBuilder, Tokenizer

from alerts.reading.words.fold import fold
from extractors.article import Article
from tests.benchmarks.corpus import ASKED, END, corpus
from tests.benchmarks.library import library
from warehouse.collecting import articles
from warehouse.collecting.impression import impressions
from warehouse.database import Connection, Warehouse
from warehouse.looking import concordance
from warehouse.looking.search import Search, search

FRESH = 200
"""Articles of a later batch."""
PART = 20_000
"""What SQLite takes in one transaction, lest its log grow as large as the index."""
_FTS = "SELECT a.id FROM t JOIN a ON a.rowid = t.rowid"
Row = tuple[str, int, str]
"""Id, seconds since 1970, folded text."""
Find = Callable[[Sequence[str], int], int]
"""Two words, and since when (seconds since 1970): how many were found."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A way to search."""

    name: str
    build_seconds: float
    bytes: int
    fresh_seconds: float
    """Until a batch of `FRESH` more is found."""
    find: Find
    forget: Callable[[], None] = lambda: None
    """What is done before each query, and not measured."""


def pairs() -> list[tuple[str, str]]:
    """Common with common, common with rare, rare with rare."""
    return [pair for words in ASKED.values() for pair in itertools.combinations(words, 2)]


def ours(warehouse: Warehouse, batch: Sequence[Article]) -> Engine:
    """noroshi, with its concordance, which covers nothing of a later batch."""
    with warehouse.reading() as before:
        built = _once(
            warehouse.folder / "concordance.json",
            lambda: concordance.renew(before, warehouse.concordance, worth=0),
        )
    taken = impressions(batch)

    def fill() -> None:
        with warehouse.writing("more") as writing:
            articles.store(writing, batch, END, taken=taken)
        warehouse.publish()

    fresh = _seconds(fill)
    connection = warehouse.reading()
    found = concordance.opened(warehouse.concordance)

    def find(words: Sequence[str], since: int) -> int:
        return len(search(connection, _wanted(words, since), found))

    size = sum(path.stat().st_size for path in _files(warehouse.concordance))
    return Engine("noroshi", built, size, fresh, find)


def cold(warehouse: Warehouse) -> Engine:
    """noroshi, opened for each query, with none of its files in memory."""

    def find(words: Sequence[str], since: int) -> int:
        with warehouse.reading() as connection:
            found = concordance.opened(warehouse.concordance)
            return len(search(connection, _wanted(words, since), found))

    def forget() -> None:
        for path in [warehouse.published, *_files(warehouse.concordance)]:
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    return Engine("noroshi, cold", 0, 0, 0, find, forget)


def _wanted(words: Sequence[str], since: int) -> Search:
    day = (END - timedelta(days=30)).date() if since else None
    return Search(" ".join(words), since=day)


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def sqlite(folder: Path, rows: Iterator[Row], later: Sequence[Row]) -> Engine:
    """FTS5 with trigrams: a word of two characters is looked for in all texts."""
    file = folder / "fts.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS t USING fts5(folded, tokenize = 'trigram')"
    )
    connection.execute("CREATE TABLE IF NOT EXISTS a (id TEXT, at INTEGER)")
    add = "INSERT INTO t (rowid, folded) VALUES (?, ?)"

    def fill(some: Iterator[Row] | Sequence[Row]) -> None:
        rest = iter(some)
        while part := list(itertools.islice(rest, PART)):
            with connection:
                for id, at, folded in part:
                    place = connection.execute("INSERT INTO a VALUES (?, ?)", (id, at)).lastrowid
                    connection.execute(add, (place, folded))

    built = _once(folder / "fts.json", lambda: fill(rows))
    fresh = _seconds(lambda: fill(later))

    def find(words: Sequence[str], since: int) -> int:
        long = [word for word in words if len(word) > 2]
        short = [word for word in words if len(word) <= 2]
        match = " AND ".join(f'"{word}"' for word in long)
        conditions = ["a.at >= ?", *["instr(folded, ?)"] * len(short), *["t MATCH ?"] * bool(long)]
        where = " AND ".join(conditions)
        query = f"{_FTS} WHERE {where} ORDER BY t.rowid DESC LIMIT 20"
        values = [since, *short, *([match] if long else [])]
        return len(connection.execute(query, values).fetchall())

    size = sum(path.stat().st_size for path in folder.glob("fts.sqlite*"))
    return Engine("SQLite FTS5 trigram", built, size, fresh, find)


def tantivy(folder: Path, rows: Iterator[Row], later: Sequence[Row]) -> Engine:
    """Bigrams with positions: a word is the phrase of its bigrams."""
    (folder / "tantivy").mkdir(exist_ok=True)
    schema = SchemaBuilder()
    schema.add_text_field("folded", tokenizer_name="bigrams", index_option="position")
    schema.add_integer_field("at", indexed=True, fast=True, stored=True)
    index = Index(schema.build(), path=str(folder / "tantivy"))
    tokenizer = TextAnalyzerBuilder(Tokenizer.ngram(2, 2, False)).build()
    index.register_tokenizer("bigrams", tokenizer)

    def fill(some: Iterator[Row] | Sequence[Row]) -> None:
        writer = index.writer(200_000_000)
        for _, at, folded in some:
            writer.add_document(Document(folded=folded, at=at))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()

    built = _once(folder / "tantivy.json", lambda: fill(rows))
    fresh = _seconds(lambda: fill(later))

    def find(words: Sequence[str], since: int) -> int:
        query = " AND ".join(f'folded:"{word}"' for word in words) + f" AND at:[{since} TO *]"
        found: Any = index.searcher().search(
            index.parse_query(query, ["folded"]), 20, order_by_field="at"
        )
        return len(found.hits)

    size = sum(path.stat().st_size for path in (folder / "tantivy").iterdir())
    return Engine("Tantivy bigrams", built, size, fresh, find)


def _once(note: Path, build: Callable[[], object]) -> float:
    """Seconds that it took to build, now or when the `note` was written."""
    if not note.exists():
        note.write_text(json.dumps({"seconds": _seconds(build)}), encoding="utf-8")
    return float(json.loads(note.read_text(encoding="utf-8"))["seconds"])


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def rows(connection: Connection) -> Iterator[Row]:
    """What the others index: the folded texts of the warehouse, the oldest first."""
    answer = connection.execute(
        "SELECT id, epoch(coalesce(published_at, first_seen_at))::BIGINT, coalesce(folded, '') "
        "FROM store.article ORDER BY rowid"
    )
    while some := answer.fetchmany(5000):
        yield from some


def measure(engine: Engine, since: int) -> tuple[float, float, int]:
    """Median and 95th percentile in seconds, and how many were found in all."""
    times, found = [], 0
    for pair in pairs():
        words = [fold(word).text for word in pair]
        engine.forget()
        began = time.perf_counter()
        found += engine.find(words, since)
        times.append(time.perf_counter() - began)
    return statistics.median(times), statistics.quantiles(times, n=20)[-1], found


def main() -> None:
    """Print a line for each engine."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="of the library; kept and used again")
    parser.add_argument("--alone", action="store_true", help="noroshi only")
    parser.add_argument("--cold", action="store_true", help="also with nothing in memory")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(given.folder or Path(folder) / "library", given)


def run(kept: Path, given: argparse.Namespace) -> None:
    """Build and ask all engines."""
    warehouse = library(kept, given.articles)
    folder = kept.with_name(f"{kept.name}-rivals")
    folder.mkdir(exist_ok=True)
    batch = list(corpus(FRESH, first=given.articles * 10))
    later = [(a.id, int(END.timestamp()), fold(f"{a.title}\n{a.text}").text) for a in batch]
    engines = [ours(warehouse, batch), *([cold(warehouse)] if given.cold else [])]
    if not given.alone:
        with warehouse.reading() as connection:
            engines.append(sqlite(folder, rows(connection), later))
            engines.append(tantivy(folder, rows(connection), later))
    recent = int((END - timedelta(days=30)).timestamp())
    for engine in engines:
        everything = measure(engine, 0)
        month = measure(engine, recent)
        sys.stdout.write(
            f"{engine.name}: built in {engine.build_seconds:.0f} s, {engine.bytes >> 20} MiB; "
            f"{FRESH} more in {engine.fresh_seconds * 1000:.0f} ms; {len(pairs())} queries: "
            f"all p50 {everything[0] * 1000:.0f} p95 {everything[1] * 1000:.0f} ms "
            f"({everything[2]} found), 30 days p50 {month[0] * 1000:.0f} "
            f"p95 {month[1] * 1000:.0f} ms ({month[2]} found)\n"
        )


if __name__ == "__main__":
    main()
