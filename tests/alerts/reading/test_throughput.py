"""Reading in several processes: each compiles the book once, and all read alike.

How fast it is, `python -m tests.benchmarks.throughput` prints.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

from alerts.reading.coder import Coder
from alerts.reading.rule import RuleBook
from tests.benchmarks.archive import generated
from tests.benchmarks.throughput import Text, read


def test_processes_compile_once_and_read_alike() -> None:
    book = RuleBook.load()
    texts = [Text(a.title, a.text, a.language) for a in generated(60)]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        coders = set(pool.map(_whose_coder, range(20)))
        found = list(pool.map(partial(read, book=book), texts, chunksize=5))
    assert found == [read(text, book) for text in texts]
    assert len(coders) == len({process for process, _ in coders})


def _whose_coder(_: int) -> tuple[int, int]:
    return os.getpid(), id(Coder.shipped())
