"""Processes that read pages: one that dies costs its page and nothing else."""

from __future__ import annotations

import os
import re
import signal
import time
from concurrent.futures import BrokenExecutor, as_completed
from pathlib import Path

import pytest

from flows.cycle.workers import WORTH_A_POOL, HardyPool, extraction_workers


def double(number: int) -> int:
    return 2 * number


def die_at_seven(number: int) -> int:
    if number == 7:
        os._exit(1)
    return number


def fail(number: int) -> int:
    raise ValueError(number)


def test_few_pages_need_no_processes() -> None:
    with extraction_workers() as executor_for:
        assert executor_for(WORTH_A_POOL - 1) is None


def test_what_may_take_long_has_one_however_few_there_are() -> None:
    with extraction_workers() as executor_for:
        pool = executor_for.apart()
        assert executor_for(1) is pool
        assert pool.submit(double, 4).result() == 8


def test_what_is_expected_counts_together() -> None:
    with extraction_workers() as workers:
        workers.expect(WORTH_A_POOL - 1)
        assert workers(1) is None
        workers.expect(1)
        assert workers(1) is not None


def test_one_pool_serves_every_batch() -> None:
    with extraction_workers() as executor_for:
        pool = executor_for(WORTH_A_POOL)
        assert pool is not None
        assert executor_for(1) is pool
        assert list(pool.map(double, range(4))) == [0, 2, 4, 6]
        with pytest.raises(ValueError, match="3"):
            pool.submit(fail, 3).result()


def test_the_piece_that_kills_its_process_is_the_only_one_lost() -> None:
    pool = HardyPool()
    try:
        futures = {pool.submit(die_at_seven, number): number for number in range(12)}
        lost = {futures[f] for f in as_completed(futures) if f.exception() is not None}
        assert lost == {7}
        assert all(isinstance(f.exception(), BrokenExecutor) for f, n in futures.items() if n == 7)
        assert pool.submit(double, 21).result() == 42
    finally:
        pool.shutdown()


def busy_at_seven(number: int) -> int:
    """A regular expression that takes years: its engine hears no exception meanwhile."""
    return len(re.findall("(a+)+b", "a" * 64)) if number == 7 else number


def test_the_piece_that_keeps_its_process_too_long_is_the_only_one_lost() -> None:
    pool = HardyPool(seconds=2)
    try:
        futures = {pool.submit(busy_at_seven, number): number for number in range(12)}
        lost = {futures[f] for f in as_completed(futures) if f.exception() is not None}
        assert lost == {7}
        assert pool.submit(double, 21).result() == 42
    finally:
        pool.shutdown()


READY: list[int] = []


def get_ready() -> None:
    READY.append(os.getpid())


def parent_and_ready(_: int) -> tuple[int, list[int]]:
    return os.getppid(), READY


def test_all_processes_are_copies_of_one_that_got_ready() -> None:
    with HardyPool(ready=get_ready) as pool:
        for parent, ready in pool.map(parent_and_ready, range(8)):
            assert ready == [parent]


def test_where_the_one_dies_another_takes_its_place() -> None:
    with HardyPool(ready=get_ready) as pool:
        ((first, _),) = pool.map(parent_and_ready, [0])
        os.kill(first, signal.SIGKILL)
        while Path(f"/proc/{first}/fd").exists() and list(Path(f"/proc/{first}/fd").iterdir()):
            time.sleep(0.01)
        lost = [pool.submit(die_at_seven, 7) for _ in range(os.cpu_count() or 1)]
        assert all(isinstance(future.exception(), BrokenExecutor) for future in lost)
        found = {parent for parent, _ in pool.map(parent_and_ready, range(8))}
        assert first not in found
    assert not Path(f"/proc/{found.pop()}").exists()
    assert not found
