"""kill -9 anywhere in a cycle, and a cycle more: nothing is lost."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.cycle.killing import (
    EXTRA,
    EXTRA_PAGES,
    Case,
    Driver,
    Undisturbed,
    World,
    driver,
    kill_with_workers,
    run,
    texts,
    undisturbed,
    world,
)

ROUNDS = int(os.environ.get("ROUNDS", "200"))
"""Kills at random moments that must hit a cycle at work."""

IN_THE_FIRST_CYCLE = (
    "after _create",
    "in a migration",
    "before commit: begin a cycle",
    "after commit: begin a cycle",
    "before commit: store articles",
    "after commit: store articles",
)
IN_A_LATER_CYCLE = (
    "after extract",
    "after commit: store articles",
    "before commit: store matches",
    "after commit: store matches",
    "after commit: claim deliveries",
    "after send: chat",
    "after keep",
    "before commit: settle a delivery",
    "after commit: settle a delivery",
    "after drop",
    "before commit: end a cycle",
    "after commit: end a cycle",
    "after share",
    "before sync",
)
"""One kill after the other in one data folder, each a little later in the same news."""


@pytest.fixture(scope="module")
def stage() -> Iterator[World]:
    with world() as built:
        yield built


@pytest.fixture(scope="module")
def killer() -> Iterator[Driver]:
    with driver() as up:
        yield up


@pytest.fixture(scope="module")
def first(stage: World, killer: Driver, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The first cycle of an empty data folder."""
    return undisturbed(stage, killer, tmp_path_factory.mktemp("first"), stage.outlets)


@pytest.fixture(scope="module")
def later(stage: World, killer: Driver, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A cycle that finds news where some are stored and published."""
    folder = tmp_path_factory.mktemp("later")
    return undisturbed(stage, killer, folder, stage.outlets, stage.outlets[:2])


@pytest.fixture(scope="module")
def large(stage: World, killer: Driver, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """A first cycle with so many pages that processes read them."""
    folder = tmp_path_factory.mktemp("large")
    return undisturbed(stage, killer, folder, (*stage.outlets, EXTRA))


def test_a_first_cycle_killed_again_and_again(
    stage: World, first: Undisturbed, killer: Driver, tmp_path: Path
) -> None:
    case = Case(stage, first, first.case(tmp_path / "data"))
    for kind in IN_THE_FIRST_CYCLE:
        assert case.kill_at(killer, kind=kind)[-1:] == [kind]
    case.recover(killer)


def test_a_later_cycle_killed_again_and_again(
    stage: World, later: Undisturbed, killer: Driver, tmp_path: Path
) -> None:
    case = Case(stage, later, later.case(tmp_path / "data"))
    for kind in IN_A_LATER_CYCLE:
        assert case.kill_at(killer, kind=kind)[-1:] == [kind]
    case.recover(killer)


@pytest.mark.parametrize("seam", ["after keep", "before drop"])
def test_what_has_a_receipt_is_not_told_twice(
    stage: World, later: Undisturbed, killer: Driver, tmp_path: Path, seam: str
) -> None:
    case = Case(stage, later, later.case(tmp_path / "data"))
    assert case.kill_at(killer, kind=seam)[-1:] == [seam]
    receipts = {file.stem for file in (case.folder / "pipeline" / "notes").glob("*.json")}
    case.recover(killer)
    told = [id for _, _, id in stage.received(case.moments[0], stage.now())]
    assert receipts
    assert {id: told.count(id) for id in receipts} == dict.fromkeys(receipts, 1)


def test_processes_that_read_pages_die_with_the_cycle(
    stage: World, killer: Driver, tmp_path: Path
) -> None:
    stage.settle(tmp_path, (EXTRA,))
    kill_with_workers(tmp_path)
    assert killer.order(tmp_path) == (0, [])
    assert texts(tmp_path) == EXTRA_PAGES


@pytest.mark.faults
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("beginning", ["first", "later"])
def test_every_seam(
    stage: World,
    killer: Driver,
    tmp_path: Path,
    beginning: str,
    request: pytest.FixtureRequest,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain: Undisturbed = request.getfixturevalue(beginning)
    stage.tally.clear()
    for number in itertools.count(1):
        case = Case(stage, plain, plain.case(tmp_path / str(number)))
        hit = case.kill_at(killer, at=number)
        case.recover(killer)
        stage.tally.count(bool(hit))
        if not hit:
            break
    with capsys.disabled():
        print(f"\nevery seam, {beginning} cycle: {stage.tally}")  # noqa: T201


@pytest.mark.faults
@pytest.mark.timeout(7200)
def test_random_moments(
    stage: World,
    large: Undisturbed,
    later: Undisturbed,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plains: tuple[Undisturbed, ...] = (large, later)
    seed = time.time_ns()
    chance = random.Random(seed)
    stage.tally.clear()
    lasts = {plain.begin: _seconds(plain, tmp_path / plain.begin.parent.name) for plain in plains}
    while stage.tally.hits < ROUNDS:
        plain = chance.choice(plains)
        case = Case(stage, plain, plain.case(tmp_path / f"case {stage.tally.rounds}"))
        for _ in range(chance.randint(1, 4)):
            stage.tally.count(case.kill_at_random(lasts[plain.begin], chance))
        case.recover()
        with capsys.disabled():
            print(f"\nrandom moments (seed {seed}): {stage.tally}")  # noqa: T201


def _seconds(plain: Undisturbed, folder: Path) -> float:
    """How long a whole cycle takes."""
    began = time.monotonic()
    run(plain.case(folder))
    return time.monotonic() - began
