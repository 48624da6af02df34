"""Throughput: bounds well below what `python -m tests.benchmarks.throughput` prints."""

from __future__ import annotations

import os
import random
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import pytest

from alerts.reading.coder import Coder
from alerts.reading.rule import Rule, RuleBook
from tests.benchmarks.archive import generated
from tests.benchmarks.throughput import Text, a_keyword, read, speed

SHIPPED = RuleBook.load()


@pytest.fixture(scope="module")
def archive() -> list[Text]:
    """Articles in four languages, one in twelve of them relevant, every one read once."""
    texts = [Text(a.title, a.text, a.language) for a in generated(400)]
    for text in texts:
        read(text, SHIPPED)
    return texts


def test_two_megabytes_a_second_for_the_whole_shipped_book(archive: list[Text]) -> None:
    assert speed(partial(read, book=SHIPPED), archive, megabytes=0.5) >= 2


def test_further_terms_cost_hardly_anything(archive: list[Text]) -> None:
    chance = random.Random(4)
    few, many = (
        RuleBook((*SHIPPED.rules, Rule("own", "Own", tuple(a_keyword(chance) for _ in range(n)))))
        for n in (20, 5_000)
    )
    with_few, with_many = (
        speed(partial(read, book=book), archive, megabytes=0.3) for book in (few, many)
    )
    assert with_many > with_few / 3


def test_processes_compile_once_and_read_alike(archive: list[Text]) -> None:
    some = archive[:60]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        coders = set(pool.map(_whose_coder, range(20)))
        found = list(pool.map(partial(read, book=SHIPPED), some, chunksize=5))
    assert found == [read(text, SHIPPED) for text in some]
    assert len(coders) == len({process for process, _ in coders})


def _whose_coder(_: int) -> tuple[int, int]:
    return os.getpid(), id(Coder.shipped())
