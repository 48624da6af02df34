"""Journals: a long walk writes down each answer before it uses it, and a later one reads on.

Whoever walks the same way again, after a kill as after a pause, gets what stands in the journal
without asking anybody.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from extractors.errors import HttpError
from extractors.pages.reading import Asker
from extractors.web.response import Response, Validators
from extractors.web.warc import Archive, Record, record_at, records


@dataclass(slots=True)
class Journal:
    """Asks as `asker` does, each address once, and keeps what it answers in a WARC file."""

    asker: Asker
    archive: Archive
    asked: int = 0
    """How many requests were made."""
    _kept: dict[str, Record] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @classmethod
    def opened(cls, file: Path, asker: Asker, software: str) -> Journal:
        """The journal in `file`, which may be there already. Raises ArchiveError."""
        known = {kept.answer.url: kept.record for kept in records(file)} if file.exists() else {}
        return cls(asker, Archive(file, software), _kept=known)

    async def get(self, url: str, validators: Validators | None = None) -> Response:
        """The answer of `url`, of now or of before. Raises FetchError, and ArchiveError where it
        cannot be written down: without that, a walk would ask twice."""
        async with self._turn:
            if record := self._kept.get(url):
                kept = await asyncio.to_thread(record_at, self.archive.file, record.offset)
                return _given(kept.answer)
            return await self._ask(url, validators)

    async def _ask(self, url: str, validators: Validators | None) -> Response:
        """One at a time: a kill costs the one request that is under way, and no other."""
        self.asked += 1
        try:
            answer = await self.asker.get(url, validators)
        except HttpError as error:
            if not error.temporary and error.status >= 400:
                await self._write(url, _refusal(url, error.status))
            raise
        await self._write(url, answer)
        return answer

    def add(self, answer: Response) -> Record:
        """Where `answer` is kept already."""
        return self._kept[answer.url]

    async def _write(self, url: str, answer: Response) -> None:
        self._kept[url] = await asyncio.to_thread(self.archive.add, answer)


def _refusal(url: str, status: int) -> Response:
    return Response(url, url, status, b"", None, Validators(), datetime.now(UTC), 0.0)


def _given(answer: Response) -> Response:
    if answer.status >= 400:
        what = f"answered {answer.status} before"
        raise HttpError(answer.url, answer.status, what, "open the address in a browser")
    return answer
