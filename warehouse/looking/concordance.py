"""The concordance: which texts hold which grams, beside the warehouse for those who search.

It is derived, follows from the texts alone, and may lack any of them: what it does not cover is
looked through. A version is named by its key, and what a version holds never changes, so a copy of
the warehouse of any age is searched with it. Each concordance is a folder of its own that only
grows; where folding has changed, or many of its texts are gone, a new one takes its place.

The only file that knows tantivy.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import tantivy

from alerts.reading.words.fold import folding
from warehouse.collecting.folding import stale
from warehouse.collecting.key import Key, stored
from warehouse.database import Connection, quoted
from warehouse.errors import WarehouseUnusable
from warehouse.looking.grams import AllOf, Gram, Needed, OneOf, grams
from warehouse.storage.disk import os_errors, sync
from warehouse.storage.inspect import Report, unheard
from warehouse.storage.lock import hold
from warehouse.storage.rows import PLACES, numbers

log = logging.getLogger(__name__)

WORTH = 20_000
"""Texts from which on a concordance is kept: fewer are looked through as quickly."""
MOST = 20_000
"""Texts that a concordance names at most: of more, looking through all is as quick."""
ENDINGS = 1_000
"""Words with a common beginning that are looked up at most."""
GONE = 0.25
"""Share of texts that are gone from which on a concordance is made anew."""
COMMIT = 50_000
"""Texts after which what is made so far is kept."""
ROWS = 2_000
MEMORY = 128_000_000
"""Bytes that tantivy gathers before it writes."""
CACHE = "250MB"
"""What DuckDB may hold meanwhile: it would keep all that it has read."""
_COVERED = "covered.parquet"

Keys: TypeAlias = "pa.Array[Any]"
"""Of 64 bits each."""


@dataclass(frozen=True)
class Concordance:
    """One that is there, as it was when it was opened."""

    folder: Path

    @property
    def covered(self) -> Path:
        """The keys of the versions that it covers, in the column `key`."""
        return self.folder / _COVERED

    @cached_property
    def _index(self) -> tantivy.Index:
        return tantivy.Index.open(str(self.folder))

    def find(self, wanted: Needed) -> list[Key] | None:
        """The versions that hold what is wanted; None where they are too many to be named, or where
        it cannot be read, which is logged."""
        try:
            return self._found(wanted)
        except (OSError, ValueError) as error:
            log.warning("%s cannot be used, so searches take longer (%s)", self.folder, error)
            return None

    def _found(self, wanted: Needed) -> list[Key] | None:
        searcher = self._index.searcher()
        query = _query(searcher, self._index.schema, wanted)
        if query is None:
            return None
        hits = searcher.search(query, MOST + 1, count=False, order_by_field="key").hits
        return [key for key, _ in hits] if len(hits) <= MOST else None


def opened(folder: Path) -> Concordance | None:
    """The concordance in `folder` that serves texts as they are folded today; None where there is
    none, or none that can be read, which is logged."""
    for made in _made(folder):
        try:
            found = Concordance(made)
            # First what is covered, then the index, which is written first: it never lacks any.
            if pq.read_metadata(found.covered).num_rows <= found._index.searcher().num_docs:
                return found
            problem: object = "it lacks texts that it should have"
        except (OSError, ValueError, pa.ArrowException) as error:
            problem = error
        log.warning("%s cannot be used, so searches take longer (%s)", made, problem)
    return None


def renew(
    connection: Connection, folder: Path, *, worth: int = WORTH, report: Report = unheard
) -> int:
    """Cover what the warehouse holds; how many texts were added. Raises WarehouseUnusable, and
    WarehouseBusy where another process is at it.

    The connection is held to little memory from then on. A process killed in between leaves what
    was kept so far.
    """
    lock = folder / "writer.lock"
    with os_errors(folder), hold(lock, wait_seconds=60, doing="renew the concordance"):
        connection.execute(f"SET memory_limit = '{CACHE}'")
        held = _keys(connection)
        if len(held) < worth:
            return 0
        current = opened(folder) or _begun(folder)
        covered = _covered(current)
        if len(covered) - _common(covered, held) > GONE * len(covered):
            current, covered = _begun(folder), _NONE
        added = _add(connection, current, covered, report)
        for other in _made(folder, any_folding=True):
            if other != current.folder:
                shutil.rmtree(other)
        return added


def uncovered(connection: Connection, covered: Path) -> list[int]:
    """Row numbers of the articles whose version is not among the `covered`."""
    answer = connection.execute(
        f"""
        SELECT place
        FROM (SELECT rowid AS place, {stored(connection)} AS key FROM store.article)
        ANTI JOIN read_parquet('{quoted(covered)}') USING (key)
        ORDER BY place
        """  # noqa: S608 (our own words and a path, quoted)
    )
    return [row[0] for row in answer.fetchall()]


def _made(folder: Path, *, any_folding: bool = False) -> list[Path]:
    """The concordances in `folder`, the latest first."""
    pattern = "*-*" if any_folding else f"{folding()}-*"
    return sorted(folder.glob(pattern), key=_number, reverse=True)


def _number(made: Path) -> int:
    number = made.name.rpartition("-")[2]
    return int(number) if number.isdigit() else 0


def _begun(folder: Path) -> Concordance:
    """A new one, empty. What it covers is written last: without, it is none yet."""
    number = 1 + max(map(_number, _made(folder, any_folding=True)), default=0)
    new = Concordance(folder / f"{folding()}-{number}")
    new.folder.mkdir(parents=True)
    tantivy.Index(_schema(), path=str(new.folder))
    _cover(new, _NONE)
    return new


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("grams", tokenizer_name="whitespace", index_option="basic")
    builder.add_unsigned_field("key", fast=True)
    return builder.build()


_NONE = pa.array([], pa.uint64())


def _covered(current: Concordance) -> Keys:
    return pq.read_table(current.covered)["key"].combine_chunks()


def _cover(current: Concordance, keys: Keys) -> None:
    draft = current.covered.with_suffix(".part")
    pq.write_table(pa.table({"key": keys}), draft)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(current.covered)
    sync(current.folder)


def _keys(connection: Connection) -> Keys:
    """Of all versions that the warehouse holds."""
    answer = connection.execute(f"SELECT DISTINCT {stored(connection)} AS key FROM store.article")  # noqa: S608
    return answer.to_arrow_table()["key"].combine_chunks().drop_null()


def _common(one: Keys, other: Keys) -> int:
    return len(one.filter(pc.is_in(one, other)))


def _add(connection: Connection, current: Concordance, covered: Keys, report: Report) -> int:
    """Add what `current` does not cover yet."""
    places, before = uncovered(connection, current.covered), len(covered)
    if not places:
        return 0
    try:
        # One writer for all: it joins what it wrote before while the next texts are read.
        writer = current._index.writer(MEMORY)
        for begin in range(0, len(places), COMMIT):
            now = places[begin : begin + COMMIT]
            made = _write(connection, writer, now, partial(_at, report, begin, len(places)))
            covered = pa.concat_arrays([covered, pa.array(made, pa.uint64())])
            _cover(current, covered)
        report("texts", len(places), len(places))
        writer.wait_merging_threads()
        current._index.reload()
    except ValueError as error:
        remedy = "free some disk space; searches look through all texts until it is renewed"
        what = f"the concordance cannot be written ({error})"
        raise WarehouseUnusable(current.folder, what, remedy) from error
    return len(covered) - before


def _at(report: Report, begin: int, total: int, done: int) -> None:
    report("texts", begin + done, total)


def _write(
    connection: Connection,
    writer: tantivy.IndexWriter,
    places: Sequence[int],
    report: Callable[[int], None],
) -> list[Key]:
    """Add the texts at `places`; the keys of their versions."""
    keys: list[Key] = []
    for key, folded in _texts(connection, places):
        if len(keys) % ROWS == 0:
            report(len(keys))
        document = tantivy.Document()
        document.add_text("grams", " ".join(grams(folded)))
        document.add_unsigned("key", key)
        writer.add_document(document)
        keys.append(key)
    writer.commit()
    return keys


def _texts(connection: Connection, places: Sequence[int]) -> Iterator[tuple[Key, str]]:
    """Key and folded text of each version at `places`, once; not of what another folding made."""
    seen: set[Key] = set()
    for begin in range(0, len(places), ROWS):
        answer = connection.execute(
            f"""
            SELECT {stored(connection)} AS key, folded
            FROM store.article
            WHERE rowid IN {PLACES} AND key IS NOT NULL AND NOT ({stale(connection)})
            """,  # noqa: S608 (our own words)
            {"places": numbers(places[begin : begin + ROWS])},
        )
        for key, folded in answer.fetchall():
            if key not in seen:
                seen.add(key)
                yield key, folded


def _query(
    searcher: tantivy.Searcher, schema: tantivy.Schema, wanted: Needed
) -> tantivy.Query | None:
    """What tantivy is asked; None where nothing can be."""
    match wanted:
        case Gram(text, open_end=False):
            return tantivy.Query.term_query(schema, "grams", text, index_option="basic")
        case Gram(text):
            words = [word for word, _ in searcher.terms_with_prefix("grams", text, limit=ENDINGS)]
            if len(words) == ENDINGS:
                return None
            return tantivy.Query.term_set_query(schema, "grams", words)
        case AllOf(parts):
            known = [one for part in parts if (one := _query(searcher, schema, part))]
            return _boolean(tantivy.Occur.Must, known) if known else None
        case OneOf(parts):
            each = [_query(searcher, schema, part) for part in parts]
            known = [one for one in each if one is not None]
            return _boolean(tantivy.Occur.Should, known) if len(known) == len(each) else None


def _boolean(occur: tantivy.Occur, parts: Sequence[tantivy.Query]) -> tantivy.Query:
    return tantivy.Query.boolean_query([(occur, part) for part in parts])
