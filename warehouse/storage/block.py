"""Blocks: what a DuckDB file is made of, and whether one is as DuckDB wrote it.

Three headers, then blocks of one size; each begins with a checksum of its rest (DuckDB 1.5:
`src/storage/single_file_block_manager.cpp`, `src/common/checksum.cpp`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

HEADER = 4096
HEADERS = 3 * HEADER
"""Bytes: the main header, and the two that tell in turn where the last checkpoint is."""
BLOCK = 1 << 18
"""Bytes that DuckDB writes at a time."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The headers, or a block."""

    begin: int
    """Where in the file, in bytes."""
    data: bytes
    changed: bool
    """Whether a former state of the file has something else there."""

    @property
    def sound(self) -> bool:
        """Whether the checksums are those of what is there. They may not be in a block that is
        free, which a process was writing when it was killed."""
        size = BLOCK if self.begin else HEADER
        parts = [self.data[at : at + size] for at in range(0, len(self.data), size)]
        return all(len(part) == size and _checked(part) for part in parts)


def pieces(file: BinaryIO, former: BinaryIO) -> Iterator[Piece]:
    """All of a file, beside a former state of it."""
    size = HEADERS
    while data := file.read(size):
        yield Piece(file.tell() - len(data), data, data != former.read(len(data)))
        size = BLOCK


_SEED = 5381
_FACTOR = pa.scalar(0xBF58476D1CE4E5B9, pa.uint64())


def _checked(part: bytes) -> bool:
    """Whether the first word of 64 bits is the XOR of all others, each multiplied by a number."""
    words = pa.Array.from_buffers(pa.uint64(), len(part) // 8, [None, pa.py_buffer(part)])
    products = pc.multiply(words[1:], _FACTOR)
    joined = _SEED
    while half := len(products) // 2:
        joined ^= _number(products[-1]) if len(products) % 2 else 0
        products = pc.bit_wise_xor(products[:half], products[half : 2 * half])
    return joined ^ _number(products[0]) == _number(words[0])


def _number(word: pa.Scalar[Any]) -> int:
    return int(word.as_py())
