"""Reading in several processes: each compiles the book once, and all read alike; and the work of
reading grows with the text alone.

How fast it is, `python -m tests.benchmarks.throughput` prints.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from alerts.reading.events.coder import Coder
from alerts.reading.rules.rule import RuleBook
from tests.benchmarks.archive import generated
from tests.benchmarks.throughput import Text, read


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "China urges citizens to avoid travel to Japan. "),
        ("zh-Hant", "外交部提醒公民避免前往日本。"),
        ("ja", "外務省は中国への渡航を控えるよう呼びかけた。"),
    ],
)
def test_a_sentence_of_trigger_words_costs_the_same_work_in_a_text_of_any_length(
    language: str, sentence: str
) -> None:
    few, many = (_calls(Text(sentence, sentence * n, language)) / n for n in (200, 800))
    assert many < 1.05 * few


def _calls(text: Text) -> int:
    """How many functions are called to read it: the same on every machine."""
    book = RuleBook.load()
    read(text, book)
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        read(text, book)
    finally:
        sys.setprofile(None)
    return calls


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
