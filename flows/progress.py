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

Advance = Callable[[], None]


class Stages(Protocol):
    """Something that wants to know how far a stage is."""

    def stage(self, name: str, total: int) -> contextlib.AbstractContextManager[Advance]:
        """A stage of `total` steps begins; call the result once for each that is done."""


class Silent:
    """Nobody looks."""

    @contextlib.contextmanager
    def stage(self, name: str, total: int) -> Iterator[Advance]:
        """Count nothing."""
        yield lambda: None


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
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<8}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            task = progress.add_task(name, total=total)
            yield lambda: progress.advance(task)


def stages_on(console: Console) -> Stages:
    """Bars where `console` is a terminal, silence elsewhere.

    The stream is asked itself: rich calls a pipe a terminal where FORCE_COLOR is set."""
    return Bars(console) if console.file.isatty() else Silent()


audience: ContextVar[Stages] = ContextVar("audience", default=Silent())  # noqa: B039
"""Who looks at a cycle that runs as a Prefect flow: a flow's parameters are for the server."""
