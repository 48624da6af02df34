"""WARC files: what goes in comes out, whatever befalls the file."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from warcio.archiveiterator import ArchiveIterator

from extractors.errors import ArchiveError
from extractors.web.response import Response, Validators
from extractors.web.warc import Archive, cut, record_at, records
from tests.children import ran

ANSWER = Response(
    url="https://news.example/a?from=feed",
    final_url="https://news.example/a",
    status=200,
    body="<p>香港 日本</p>".encode(),
    content_type="text/html; charset=utf-8",
    validators=Validators('"1"', "Sun, 01 Nov 2026 05:00:00 GMT"),
    fetched_at=datetime(2026, 11, 1, 5, 0, 1, 250_000, tzinfo=UTC),
    seconds=0.5,
    headers=(
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Encoding", "gzip"),
        ("Content-Length", "7"),
        ("ETag", '"1"'),
        ("Last-Modified", "Sun, 01 Nov 2026 05:00:00 GMT"),
        ("X-Odd", "a\r\nSet-Cookie: b"),
    ),
)


def answers(count: int) -> list[Response]:
    """Bodies that hardly compress, with gzip's own magic in them."""
    random = Random(1)
    return [
        replace(ANSWER, final_url=f"https://news.example/{n}", body=b"\x1f\x8b\x08" + body)
        for n, body in enumerate(random.randbytes(3_000) for _ in range(count))
    ]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "warc" / "a.warc.gz")


def test_an_answer_comes_back_as_it_was(archive: Archive) -> None:
    record = archive.add(ANSWER)
    kept = record_at(archive.file, record.offset)
    assert kept.record == record
    assert kept.answer.body == ANSWER.body
    assert (kept.answer.url, kept.answer.final_url) == (ANSWER.url, ANSWER.final_url)
    assert kept.answer.status == 200
    assert kept.answer.fetched_at == ANSWER.fetched_at
    assert kept.answer.content_type == ANSWER.content_type
    assert kept.answer.validators == ANSWER.validators
    names = [name for name, _ in kept.answer.headers]
    assert "Set-Cookie" not in names
    assert "X-Archive-Orig-Content-Encoding" in names
    assert [kept] == list(records(archive.file))


def test_other_programs_read_the_file(archive: Archive) -> None:
    kept = [archive.add(answer) for answer in answers(3)]
    with archive.file.open("rb") as stream:
        found = ArchiveIterator(stream, check_digests="raise")
        read = [(r.rec_type, r.content_stream().read()) for r in found]
    assert [kind for kind, _ in read] == ["warcinfo", *["response"] * 3]
    assert [body for _, body in read[1:]] == [answer.body for answer in answers(3)]
    assert len({record.id for record in kept}) == 3


@pytest.mark.parametrize("cut", [1, 9, 500, 2_500])
def test_a_record_cut_short_spoils_no_other(archive: Archive, cut: int) -> None:
    first, second, third = answers(3)
    archive.add(first)
    half = archive.add(second)
    size = archive.file.stat().st_size
    os.truncate(archive.file, size - cut)
    assert [kept.answer.body for kept in records(archive.file)] == [first.body]
    archive.add(third)
    assert [kept.answer.body for kept in records(archive.file)] == [first.body, third.body]
    with pytest.raises(ArchiveError, match="no whole record"):
        record_at(archive.file, half.offset)


def test_a_damaged_byte_costs_one_record(archive: Archive) -> None:
    kept = [archive.add(answer) for answer in answers(3)]
    data = bytearray(archive.file.read_bytes())
    data[kept[1].offset + 900] ^= 0xFF
    archive.file.write_bytes(data)
    found = [k.answer.final_url for k in records(archive.file)]
    assert found == ["https://news.example/0", "https://news.example/2"]


FULL_DISK = """
import resource, sys
from pathlib import Path
from extractors.errors import ArchiveError
from extractors.web.warc import Archive, records
from tests.extractors.web.test_warc import answers
file = Path(sys.argv[1])
archive = Archive(file)
first, second, third = answers(3)
archive.add(first)
size = file.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, resource.RLIM_INFINITY))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    archive.add(second)
except ArchiveError as error:
    print(error)
assert file.stat().st_size == size
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
archive.add(third)
assert [k.answer.body for k in records(file)] == [first.body, third.body]
"""


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """A file that may not grow refuses a write half-way, as a full disk does."""
    command = [sys.executable, "-c", FULL_DISK, tmp_path / "a.warc.gz"]
    said = ran(command, text=True, cwd=Path(__file__).parents[3])
    assert said.returncode == 0, said.stderr
    assert "cannot be written (File too large)" in said.stdout
    assert "articles and alerts go on" in said.stdout


@pytest.mark.parametrize("content", [b"", b"WARC/1.0\r\n", b"<html>", b"\x1f\x8b\x08"])
def test_what_is_no_warc_file_is_said(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.warc.gz"
    file.write_bytes(content)
    if content == b"\x1f\x8b\x08":
        assert list(records(file)) == []
        return
    with pytest.raises(ArchiveError, match=r"a\.warc\.gz: (is|cannot)"):
        list(records(file))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="No such file"):
        list(records(tmp_path / "none.warc.gz"))


def test_a_cut_leaves_the_others_as_they_were(archive: Archive) -> None:
    kept = [archive.add(answer) for answer in answers(5)]
    target = archive.file.with_name("b.warc.gz")
    moved = cut(archive.file, {kept[0].offset, kept[3].offset}, target)
    assert set(moved) - {0} == {kept[n].offset for n in (1, 2, 4)}, (
        "0 is what the file says of itself"
    )
    for n in (1, 2, 4):
        there = record_at(target, moved[kept[n].offset])
        assert there.answer == record_at(archive.file, kept[n].offset).answer
        assert there.record.id == kept[n].id
    assert len(list(records(target))) == 3
    assert target.stat().st_mtime_ns == archive.file.stat().st_mtime_ns


def test_a_cut_leaves_out_what_is_damaged(archive: Archive) -> None:
    kept = [archive.add(answer) for answer in answers(3)]
    with archive.file.open("r+b") as file:
        file.seek(kept[1].offset + 900)
        file.write(bytes(50))
    target = archive.file.with_name("b.warc.gz")
    assert set(cut(archive.file, (), target)) == {0, kept[0].offset, kept[2].offset}
