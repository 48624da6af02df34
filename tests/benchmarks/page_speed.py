"""The time that reading a page takes, beside trafilatura alone on the same pages.

python -m tests.benchmarks.page_speed [--processes 2] [--rounds 3]
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import trafilatura

from extractors.errors import PageError
from extractors.pages.page import read_page

PageBytes = tuple[bytes, str]
"""The body of a page and its address."""
Reader = Callable[[bytes, str], object]


def ours(body: bytes, url: str) -> object:
    """Title, text, date and language, from the bytes."""
    try:
        return read_page(body, url)
    except PageError as error:
        return error


def precise(body: bytes, url: str) -> object:
    """trafilatura's setting with the best text over all languages, from the bytes."""
    return trafilatura.bare_extraction(
        body, url=url, with_metadata=True, include_comments=False, favor_precision=True
    )


def default(body: bytes, url: str) -> object:
    """trafilatura as it comes."""
    return trafilatura.bare_extraction(body, url=url, with_metadata=True, include_comments=False)


READERS: dict[str, Reader] = {"ours": ours, "precise": precise, "default": default}


def seconds(pages: Sequence[PageBytes], processes: int, rounds: int) -> dict[str, list[float]]:
    """Processor time for each page by reader: the least of `rounds`, which take turns."""
    best = {name: [float("inf")] * len(pages) for name in READERS}
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for _ in range(rounds + 1):  # The first loads tables and fills caches.
            for name, reader in READERS.items():
                took = pool.map(partial(_timed, reader), pages, chunksize=16)
                best[name] = list(map(min, best[name], took))
    return best


def ratio(took: dict[str, list[float]], beside: str) -> float:
    """How many times the time of `beside` ours is, over all pages."""
    return sum(took["ours"]) / sum(took[beside])


def real_pages(shared: Path) -> list[PageBytes]:
    """The reference pages; none where they are not there."""
    manifest = shared / "corpora" / "dev" / "manifest.jsonl"
    lines = manifest.read_text("utf-8").splitlines() if manifest.is_file() else []
    rows = [json.loads(line) for line in lines]
    return [
        (gzip.decompress((manifest.parent / row["page"]).read_bytes()), row["base_url"])
        for row in rows
    ]


def report(took: dict[str, list[float]], processes: int, rounds: int) -> Iterator[str]:
    """The figures as lines."""
    yield f"{len(took['ours'])} pages, {processes} processes, best of {rounds} rounds"
    for name, times in took.items():
        yield f"{name:8} median {statistics.median(times) * 1000:5.1f} ms, {sum(times):5.1f} s"
    for name in ("precise", "default"):
        yield f"ours is {ratio(took, name):.2f} times {name}"


def _timed(reader: Reader, page: PageBytes) -> float:
    began = time.process_time()
    reader(*page)
    return time.process_time() - began


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    shared = Path(os.environ.get("NOROSHI_SHARED", Path(__file__).parents[3] / "shared"))
    pages = real_pages(shared)
    if not pages:
        sys.exit(f"no reference data at {shared}; set NOROSHI_SHARED")
    took = seconds(pages, given.processes, given.rounds)
    sys.stdout.write("\n".join(report(took, given.processes, given.rounds)) + "\n")


if __name__ == "__main__":
    main()
