"""Inflating gives back what was packed, in whatever pieces it comes, and no more than the cap."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.web.inflate import Inflater, gunzip


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=3), st.integers(1, 50))
def test_any_pieces_of_any_members_come_back(members: list[bytes], size: int) -> None:
    packed = b"".join(map(gzip.compress, members))
    stream = Inflater(1_000)
    pieces = [packed[n : n + size] for n in range(0, len(packed), size)]
    assert b"".join(map(stream.add, pieces)) == b"".join(members)
    assert stream.complete


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_the_cap_is_exact(pack: Callable[[bytes], bytes]) -> None:
    assert len(gunzip(pack(b"x" * 1_000), 1_000)) == 1_000
    with pytest.raises(OverflowError):
        gunzip(pack(b"x" * 1_001), 1_000)


def test_a_bomb_of_one_member_costs_no_more_than_the_cap() -> None:
    packer = zlib.compressobj(wbits=31)
    parts = [packer.compress(bytes(1024 * 1024)) for _ in range(200)]
    packed = b"".join([*parts, packer.flush()])
    tracemalloc.start()
    with pytest.raises(OverflowError):
        gunzip(packed, 1_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def test_what_is_cut_short_is_told() -> None:
    stream = Inflater(1_000)
    assert b"hello".startswith(stream.add(gzip.compress(b"hello")[:-9]))
    assert not stream.complete


def test_what_is_no_gzip_is_an_error() -> None:
    with pytest.raises(zlib.error):
        gunzip(b"plain text", 1_000)
