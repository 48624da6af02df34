"""Seed documents: reference texts that stand beside the news, matched and searchable, never told.

The five documents of the shipped catalogue are in every warehouse from the start, each by its
abstract; loading a folder that holds their texts puts the texts in the abstracts' place. A
document that the catalogue does not know gets what can be detected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

import duckdb

from extractors.article import Article, Origin, TextFrom, digest
from extractors.charset import decode
from extractors.errors import PageError
from extractors.language import detect_language
from extractors.pages.page import read_page
from warehouse.collecting import articles
from warehouse.collecting.catalogue import SeedRecord, normalised_hash, seed_records
from warehouse.errors import SeedError

SOURCE_ID = "seed"
_KINDS = {".txt", ".md", ".html", ".htm"}
_MAX_BYTES = 20 * 2**20
_TITLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class SeedFile:
    """What became of one file: an article, or the reason why not."""

    name: str
    article: Article | None
    known: bool = False
    problem: str | None = None


def plant(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Put the shipped records into a warehouse that lacks them; must run inside a transaction."""
    records = [
        _from_record(record, record.abstract, TextFrom.CATALOGUE, now) for record in seed_records()
    ]
    present = articles.known(connection, [record.id for record in records], Origin.SEED)
    if lacking := [record for record in records if record.id not in present]:
        articles.store(connection, lacking, now)


def read_folder(folder: Path, now: datetime) -> Iterator[SeedFile]:
    """Every text or HTML document in `folder`, in the order of names. Raises SeedError."""
    records = {record.sha256: record for record in seed_records()}
    for file in _files(folder):
        try:
            text, title = _read(file)
        except (OSError, PageError) as error:
            yield SeedFile(file.name, None, problem=str(error))
            continue
        record = records.get(normalised_hash(text))
        if not text.strip():
            yield SeedFile(file.name, None, problem="it holds no text; remove or replace it")
        elif record:
            article = _from_record(record, text, TextFrom.FILE, now)
            yield SeedFile(file.name, article, known=True)
        else:
            yield SeedFile(file.name, _detected(file, title, text, now))


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise SeedError(folder, "there is no such folder", "name a folder of .txt or .html files")
    files = sorted(f for f in folder.iterdir() if f.suffix.lower() in _KINDS and f.is_file())
    if not files:
        kinds = ", ".join(sorted(_KINDS))
        raise SeedError(folder, "it holds no document", f"put files there that end in {kinds}")
    return files


def _read(file: Path) -> tuple[str, str | None]:
    """Text and title. Raises OSError and PageError."""
    if file.stat().st_size > _MAX_BYTES:
        raise PageError(file.name, "it is larger than 20 MiB", "split it")
    body = file.read_bytes()
    if file.suffix.lower() in {".html", ".htm"}:
        page = read_page(body, f"file:///{file.name}")
        return page.text, page.title
    text, _ = decode(body, "text/plain")
    return text, None


def _from_record(record: SeedRecord, text: str, text_from: TextFrom, now: datetime) -> Article:
    return Article(
        id=digest(f"seed:{record.sha256}"),
        url=record.url or f"seed:{record.sha256[:16]}",
        title=record.title,
        text=text,
        language=record.language,
        origin=Origin.SEED,
        source_id=SOURCE_ID,
        fetched_at=now,
        text_from=text_from,
        published_at=_moment(record.published),
        published_source="catalogue" if record.published else None,
        site_name=record.publisher,
        abstract=record.abstract,
        topics=record.topics,
        warnings=(record.published_note,) if record.published_note else (),
    )


def _detected(file: Path, title: str | None, text: str, now: datetime) -> Article:
    first_line = next(line.strip() for line in text.splitlines() if line.strip())
    return Article(
        id=digest(f"seed:{normalised_hash(text)}"),
        url=f"seed:{file.name}",
        title=(title or first_line)[:_TITLE_LENGTH],
        text=text,
        language=detect_language(text),
        origin=Origin.SEED,
        source_id=SOURCE_ID,
        fetched_at=now,
        text_from=TextFrom.FILE,
        warnings=("title and language were detected; the date is not known",),
    )


def _moment(day: date | None) -> datetime | None:
    """Noon UTC of a day without a time: the same day for readers from Hawaii to Tokyo."""
    return datetime.combine(day, time(12), UTC) if day else None
