"""WARC: the answers of article pages as they came, kept and read again (ISO 28500).

The only file that knows warcio. A file has one gzip member a record, so that each can be read by
itself, and a record that a crash or a full disk cut short spoils no other.
"""

from __future__ import annotations

import mmap
import os
import threading
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParserException
from warcio.warcwriter import WARCWriter

from extractors.errors import ArchiveError
from extractors.web.response import Response, Validators

LARGEST = 64 * 2**20
"""Bytes of a record after decompression that are read; pages are bounded far below."""


@dataclass(frozen=True, slots=True)
class Record:
    """Where an answer is kept."""

    file: str
    """Name of the file within its folder."""
    offset: int
    """Bytes before the record's gzip member."""
    id: str
    """WARC-Record-ID, a urn:uuid."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record with the answer that it holds."""

    record: Record
    answer: Response


@dataclass(slots=True)
class Archive:
    """A WARC file that grows; made when its first record comes. May be shared among threads."""

    file: Path
    software: str = "noroshi"
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def add(self, answer: Response) -> Record:
        """Keep `answer`. Raises ArchiveError; the file is then as it was before."""
        with self._turn, _os_errors(self.file):
            if not self.file.exists():
                self.file.parent.mkdir(parents=True, exist_ok=True)
                _append(self.file, _info(self.file.name, self.software))
            id_, packed = _packed(answer)
            return Record(self.file.name, _append(self.file, packed), id_)

    def sync(self) -> None:
        """Have everything on the disk. Raises ArchiveError."""
        with self._turn, _os_errors(self.file):
            if self.file.exists():
                with self.file.open("rb") as stream:
                    os.fsync(stream.fileno())


def records(file: Path) -> Iterator[Kept]:
    """The answers in `file`, in order; what is damaged or cut short is left out.

    Raises ArchiveError where the file cannot be read or is no WARC file in gzip.
    """
    with _mapped(file) as data:
        offset = data.find(MEMBER)
        if offset != 0:
            raise ArchiveError(str(file), "is no WARC file in gzip", GIVE_WARC)
        while offset >= 0:
            member = _member(data, offset)
            if member is None:
                offset = data.find(MEMBER, offset + 1)
                continue
            yield from _kept(member[0], file.name, offset)
            offset = offset + member[1] if offset + member[1] < len(data) else -1


def record_at(file: Path, offset: int) -> Kept:
    """The answer at `offset` of `file`. Raises ArchiveError where there is none."""
    with _mapped(file) as data:
        member = _member(data, offset)
        for kept in _kept(member[0], file.name, offset) if member else ():
            return kept
    what = f"has no whole record at byte {offset:,}"
    raise ArchiveError(str(file), what, "the file was cut or changed; the record is lost")


def cut(file: Path, offsets: Collection[int], target: Path) -> dict[int, int]:
    """Write `file` to `target` without the records at `offsets`; where each of the others is in it.

    What is damaged is left out. The target is as old as the file, and is made anew where it is
    there. Raises ArchiveError.
    """
    moved: dict[int, int] = {}
    with _mapped(file) as data, _os_errors(target), target.open("wb") as out:
        for offset, length in _members(data):
            if offset not in offsets:
                moved[offset] = out.tell()
                out.write(data[offset : offset + length])
        out.flush()
        os.fsync(out.fileno())
    times = file.stat()
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
    return moved


def _members(data: mmap.mmap) -> Iterator[tuple[int, int]]:
    """Where each whole member begins, and its length."""
    offset = data.find(MEMBER)
    while offset >= 0:
        member = _member(data, offset)
        if member is None:
            offset = data.find(MEMBER, offset + 1)
            continue
        yield offset, member[1]
        offset = offset + member[1] if offset + member[1] < len(data) else -1


MEMBER = b"\x1f\x8b\x08"
"""How a gzip member begins (RFC 1952, section 2.3)."""
GIVE_WARC = "give a .warc.gz file with one gzip member a record, as noroshi writes them"
FREE_SPACE = "free some disk space or give this user write access; articles and alerts go on"
UNPACKED = {"content-encoding", "transfer-encoding"}
"""Headers that no longer hold of the body: it is kept unpacked, as browsers' archives do."""


@contextmanager
def _os_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveError(
            str(file), f"cannot be written ({error.strerror})", FREE_SPACE
        ) from error


def _append(file: Path, packed: bytes) -> int:
    """Add bytes to the file and give where they begin; on a failure, none of them stay."""
    with file.open("ab", buffering=0) as stream:
        offset = stream.seek(0, os.SEEK_END)
        try:
            written = stream.write(packed)
            while written < len(packed):
                written += stream.write(packed[written:])
        except OSError:
            stream.truncate(offset)
            raise
        return offset


def _info(name: str, software: str) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    fields = {"software": software, "format": "WARC File Format 1.1"}
    writer.write_record(writer.create_warcinfo_record(name, fields))
    return out.getvalue()


def _packed(answer: Response) -> tuple[str, bytes]:
    """The record's id and its gzip member."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    record = writer.create_warc_record(
        answer.final_url,
        "response",
        payload=BytesIO(answer.body),
        length=len(answer.body),
        http_headers=StatusAndHeaders(_status(answer), _headers(answer), "HTTP/1.1"),
        warc_headers_dict={
            "WARC-Date": answer.fetched_at.astimezone(UTC).strftime(DATE),
            REQUESTED: _one_line(answer.url),
        },
    )
    writer.write_record(record)
    return str(record.rec_headers.get_header("WARC-Record-ID")).strip("<>"), out.getvalue()


DATE = "%Y-%m-%dT%H:%M:%S.%fZ"
REQUESTED = "Noroshi-Requested-URI"
"""A field of our own, as the standard allows: the address that redirects began at."""


def _status(answer: Response) -> str:
    try:
        return f"{answer.status} {HTTPStatus(answer.status).phrase}"
    except ValueError:  # of the host's own make
        return f"{answer.status} -"


def _headers(answer: Response) -> list[tuple[str, str]]:
    kept = [
        (f"X-Archive-Orig-{name}" if name.lower() in UNPACKED else name, _one_line(value))
        for name, value in answer.headers
        if name.lower() != "content-length"
    ]
    if not answer.headers and answer.content_type:
        kept.append(("Content-Type", _one_line(answer.content_type)))
    return [*kept, ("Content-Length", str(len(answer.body)))]


def _one_line(value: str) -> str:
    return "".join(c if c.isprintable() else " " for c in value)


@contextmanager
def _mapped(file: Path) -> Iterator[mmap.mmap]:
    try:
        with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, prot=mmap.PROT_READ) as data:
            yield data
    except OSError as error:
        raise ArchiveError(str(file), f"cannot be read ({error.strerror})", GIVE_WARC) from error
    except ValueError as error:  # mmap of an empty file
        raise ArchiveError(str(file), "is empty", GIVE_WARC) from error


def _member(data: mmap.mmap, offset: int) -> tuple[bytes, int] | None:
    """The member at `offset`, unpacked, and its length in the file; None where it is not whole."""
    inflater = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    size, place = 0, offset
    while not inflater.eof and place < len(data) and size <= LARGEST:
        block = data[place : place + 65_536]
        try:
            parts.append(inflater.decompress(block, LARGEST + 1 - size))
        except zlib.error:
            return None
        size += len(parts[-1])
        place += len(block)
    if not inflater.eof:
        return None
    return b"".join(parts), place - offset - len(inflater.unused_data)


def _kept(member: bytes, name: str, offset: int) -> Iterator[Kept]:
    """The answers of a member: one, but for warcinfo and other records."""
    try:
        for record in ArchiveIterator(BytesIO(member)):
            if record.rec_type == "response" and record.http_headers:
                id_ = str(record.rec_headers.get_header("WARC-Record-ID")).strip("<>")
                yield Kept(Record(name, offset, id_), _answer(record))
    except (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, ValueError):
        return


def _answer(record: ArcWarcRecord) -> Response:
    """Raises ValueError where date or status are none."""
    url = str(record.rec_headers.get_header("WARC-Target-URI"))
    headers = record.http_headers
    moment = datetime.fromisoformat(str(record.rec_headers.get_header("WARC-Date")))
    return Response(
        url=str(record.rec_headers.get_header(REQUESTED) or url),
        final_url=url,
        status=int(headers.get_statuscode()),
        body=record.content_stream().read(),
        content_type=headers.get_header("Content-Type"),
        validators=Validators(headers.get_header("ETag"), headers.get_header("Last-Modified")),
        fetched_at=moment if moment.tzinfo else moment.replace(tzinfo=UTC),
        seconds=0.0,
        headers=tuple(headers.headers),
    )
