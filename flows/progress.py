"""Progress for people: a bar per stage where somebody looks, silence where nobody does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from warehouse.storage.inspect import Report, unheard

Advance = Callable[[], None]


class Stages(Protocol):
    """Something that wants to know how far a stage is."""

    def stage(self, name: str, total: int) -> contextlib.AbstractContextManager[Advance]:
        """A stage of `total` steps begins; call the result once for each that is done."""

    def span(self, name: str) -> contextlib.AbstractContextManager[Report]:
        """A stage begins of which nobody knows how long it is; call the result with what is at
        hand, and how much is done of how much."""


class Silent:
    """Nobody looks."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Advance]:
        """Count nothing."""
        yield lambda: None

    @contextlib.contextmanager
    def span(self, name: str) -> Iterator[Report]:
        """Hear nothing."""
        yield unheard


class Bars:
    """Bars on `console`, one a stage; they stay when the stage is done."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Advance]:
        """Draw the bar of one stage; an empty stage draws none."""
        if not total:
            yield lambda: None
            return
        with self._drawn() as progress:
            task = progress.add_task(name, total=total, at_hand="")
            yield lambda: progress.advance(task)

    @contextlib.contextmanager
    def span(self, name: str) -> Iterator[Report]:
        """Draw a bar that is full in the end, with what is at hand behind it."""
        with self._drawn() as progress:
            task = progress.add_task(name, total=None, at_hand="")

            def report(at_hand: str, done: int, total: int) -> None:
                progress.update(task, completed=done, total=total or None, at_hand=at_hand)

            yield report
            done = int(progress.tasks[0].completed) or 1
            progress.update(task, completed=done, total=done, at_hand="")

    def _drawn(self) -> Progress:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<8}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[at_hand]}"),
        )
        return Progress(*columns, console=self._console)


def stages_on(console: Console) -> Stages:
    """Bars where `console` is a terminal, silence elsewhere.

    The stream is asked itself: rich calls a pipe a terminal where FORCE_COLOR is set."""
    return Bars(console) if console.file.isatty() else Silent()


audience: ContextVar[Stages] = ContextVar("audience", default=Silent())  # noqa: B039
"""Who looks at a cycle that runs as a Prefect flow: a flow's parameters are for the server."""
