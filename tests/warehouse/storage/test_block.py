"""Blocks: each of a file that DuckDB wrote is sound, and none that has a byte changed."""

from __future__ import annotations

import io
import random

import duckdb
import pytest

from warehouse.storage.block import BLOCK, HEADERS, Piece, pieces


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Of numbers and texts, short and long ones, some of them gone again."""
    made = tmp_path_factory.mktemp("made") / "made.duckdb"
    with duckdb.connect(str(made)) as connection:
        connection.execute(
            "CREATE TABLE made AS SELECT n, md5(n::VARCHAR) AS short, "
            "repeat(md5(n::VARCHAR), n % 400) AS long FROM range(9000) AS numbers (n)"
        )
        connection.execute("DELETE FROM made WHERE n % 3 = 0")
    return made.read_bytes()


def found(file: bytes, former: bytes = b"") -> list[Piece]:
    return list(pieces(io.BytesIO(file), io.BytesIO(former)))


def test_what_duckdb_wrote_is_sound(file: bytes) -> None:
    made = found(file)
    assert len(made) > 9
    assert b"".join(piece.data for piece in made) == file
    assert all(piece.sound for piece in made)


@pytest.mark.parametrize("seed", range(9))
def test_what_was_changed_is_found_and_is_not_sound(file: bytes, seed: int) -> None:
    chance = random.Random(seed)
    place = chance.choice([chance.randrange(HEADERS), chance.randrange(HEADERS, len(file))])
    harmed = file[:place] + bytes([file[place] ^ chance.randrange(1, 256)]) + file[place + 1 :]
    there = [piece for piece in found(harmed, file) if piece.changed]
    assert [piece.sound for piece in there] == [False]
    assert there[0].begin <= place < there[0].begin + len(there[0].data)


@pytest.mark.parametrize("lost", [1, 4096, BLOCK - 1])
def test_a_block_that_is_cut_short_is_not_sound(file: bytes, lost: int) -> None:
    assert not found(file[:-lost])[-1].sound


def test_what_is_beyond_the_former_end_has_changed(file: bytes) -> None:
    changed = [piece.changed for piece in found(file, file[:-BLOCK])]
    assert changed == [False] * (len(changed) - 1) + [True]
