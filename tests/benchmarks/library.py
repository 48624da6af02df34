"""A warehouse of generated articles of any size, made by as many processes as there are cores.

.venv/bin/python -m tests.benchmarks.library FOLDER --articles 1000000
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from alerts.reading.words.fold import folding
from tests.benchmarks.corpus import Draft, drafts
from warehouse.collecting.key import id_key, key
from warehouse.database import Warehouse

PART = 10_000
FINGERPRINTS = """
    INSERT INTO store.fingerprint
    SELECT id, published_at, band, hash(id, band)::HUGEINT - 9223372036854775808
    FROM '{part}', range(20) AS bands (band)
"""
"""As many as true ones, which would take longer than all the rest; no text is like another."""


def library(folder: Path, count: int) -> Warehouse:
    """The published warehouse in `folder` with `count` articles, which are not coded; the one that
    is there, if it is. The oldest are stored first."""
    warehouse = Warehouse(folder)
    if warehouse.published.exists():
        return warehouse
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as parts:
        write = partial(_write, folder=Path(parts), count=count)
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
            for part in pool.map(write, range(0, count, PART)):
                with warehouse.writing("fill") as connection:
                    connection.execute(f"INSERT INTO store.article BY NAME FROM '{part}'")
                    connection.execute(FINGERPRINTS.format(part=part))
                part.unlink()
    warehouse.publish()
    return warehouse


def _write(first: int, *, folder: Path, count: int) -> Path:
    part = folder / f"{first}.parquet"
    found = drafts(min(PART, count - first), first=first, of=count)
    made = list(rows(found))
    keys = pa.array([row.pop("key") for row in made], pa.uint64())
    pq.write_table(pa.Table.from_pylist(made).append_column("key", keys), part, compression="lz4")
    return part


def rows(found: Iterator[Draft]) -> Iterator[dict[str, object]]:
    """As `store.article` keeps them."""
    for draft in found:
        article = draft.article
        yield {
            "id": article.id,
            "version_id": article.version_id,
            "id_key": id_key(article.id),
            "key": key(article.version_id),
            "version_no": 1,
            "url": article.url,
            "title": article.title,
            "text": article.text,
            "folded": draft.folded,
            "folding": folding(),
            "language": article.language,
            "origin": str(article.origin),
            "source_id": article.source_id,
            "published_at": article.published_at,
            "published_source": article.published_source,
            "first_seen_at": article.fetched_at,
            "fetched_at": article.fetched_at,
            "abstract": "",
            "text_from": str(article.text_from),
            "retry_page": False,
            "page_attempts": 1,
            "arrival": "new",
            "kind": "report",
        }


def main() -> None:
    """Make it, and print how large it is."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=100_000)
    given = parser.parse_args()
    began = time.perf_counter()
    warehouse = library(given.folder, given.articles)
    size = warehouse.published.stat().st_size / 2**20
    sys.stdout.write(f"{time.perf_counter() - began:.0f} s, {size:.0f} MiB\n")


if __name__ == "__main__":
    main()
