"""Nightly upkeep: what is past its time goes, in the warehouse and among the kept answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flows.configuration.settings import House
from flows.expiry import remove_past
from flows.progress import Silent, Stages
from warehouse.collecting import appearances, folding, pages
from warehouse.database import Connection, Warehouse
from warehouse.looking import concordance
from warehouse.storage import upkeep
from warehouse.storage.inspect import Contents, Report
from warehouse.storage.session import bound

log = logging.getLogger(__name__)


MEMORY = "1GB"
"""What DuckDB may hold while it looks through a column of all articles."""


async def maintain(house: House, progress: Stages | None = None) -> str:
    """Clear out what is past its time, and publish; what was done, as a sentence. Raises
    WarehouseError."""
    work = _Upkeep(house, datetime.now(UTC), progress or Silent())
    done = await asyncio.to_thread(work.do)
    log.info(done)
    return done


@dataclass(frozen=True, slots=True)
class _Upkeep:
    """One night's, a step after the other."""

    house: House
    now: datetime
    progress: Stages

    @property
    def _warehouse(self) -> Warehouse:
        return self.house.warehouse

    def do(self) -> str:
        """All of it; what was done, as a sentence."""
        cleared, old = self._clear()
        self._repeat("fold", "texts that an older noroshi folded", folding.renew)
        self._repeat("link", "texts that an older noroshi stored", appearances.catch_up)
        with self._step("shrink") as report:
            saved = self._warehouse.upkeep.compact(report)
        whole = self._check()
        with self._step("publish"):
            self._warehouse.publish()
        for file in old:
            file.unlink(missing_ok=True)
        said = [_cleared(cleared), _checked(whole), _compacted(saved), "published"]
        if added := self._index():
            said.append(f"{added:,} texts more can be looked up")
        return "; ".join(said)

    def _clear(self) -> tuple[dict[str, int], list[Path]]:
        """How much went of what, and the WARC files that are to go."""
        kept = self.house.settings.keep.retention
        days = self.house.settings.pages.keep_days
        old = _past(self.house.warc_folder, self.now - timedelta(days=days))
        with self._step("clear"):
            upkeep.sweep(self._warehouse)
            with self._writing("maintain", for_readers=True) as connection:
                gone = upkeep.clear(connection, self.now, kept)
                pages.forget_files(connection, [file.name for file in old])
            removed = remove_past(self.house, self.now)
        return {
            "old requests": gone.requests,
            "old runs": gone.runs,
            "old articles": removed,
            "former versions": gone.versions,
            "rows whose article is gone": gone.orphans,
            "WARC files": len(old),
        }, old

    def _repeat(self, name: str, what: str, step: Callable[[Connection], int]) -> None:
        """Transaction after transaction, so that a cycle need not wait, until nothing is left."""
        done = 0
        with self._step(name) as report:
            while made := self._once(name, step):
                done += made
                report(what, done, 0)
        if done:
            log.info("%s: %s %s", name, done, what)

    def _once(self, name: str, step: Callable[[Connection], int]) -> int:
        with self._writing(f"{name} texts") as connection:
            return step(connection)

    def _check(self) -> Contents | None:
        if not self.house.settings.keep.check:
            return None
        with self._step("check") as report:
            return self._warehouse.upkeep.check(report)

    def _index(self) -> int:
        with self._step("index") as report, self._warehouse.reading() as connection:
            return concordance.renew(connection, self._warehouse.concordance, report=report)

    @contextmanager
    def _writing(self, doing: str, *, for_readers: bool = False) -> Iterator[Connection]:
        with self._warehouse.writing(doing, for_readers=for_readers) as connection:
            bound(connection, MEMORY)
            yield connection

    @contextmanager
    def _step(self, name: str) -> Iterator[Report]:
        """What somebody sees who looks on; in the log, how long it took."""
        began = time.monotonic()
        with self.progress.span(name) as report:
            yield report
        log.info("%s: %.1f s", name, time.monotonic() - began)


def _cleared(counts: Mapping[str, int]) -> str:
    listed = [f"{count:,} {what}" for what, count in counts.items() if count]
    return f"cleared {', '.join(listed)}" if listed else "nothing was past its time"


def _checked(whole: Contents | None) -> str:
    if whole is None:
        return "not checked"
    return f"read {sum(whole.rows.values()):,} rows and found them whole"


def _compacted(saved: int | None) -> str:
    if saved is None:
        return "not made small: cycles wrote into it each time"
    mib = saved >> 20
    return f"{mib:,} MiB saved" if mib > 0 else "no room worth giving back"


def _past(folder: Path, before: datetime) -> list[Path]:
    """The WARC files that were last written to before then."""
    files = sorted(folder.glob("*.warc.gz"))
    return [file for file in files if file.stat().st_mtime < before.timestamp()]
