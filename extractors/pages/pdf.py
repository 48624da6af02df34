"""PDF: the text of press releases and notices. The only file that knows pypdf.

A PDF is a program of sorts, and reading a hostile one may take any time and memory: it is read in a
process of its own (`python -m extractors.pages.pdf`, the body on stdin), which is ended where it
needs too much.
"""

from __future__ import annotations

import json
import logging
import re
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from statistics import quantiles
from typing import Any

from pypdf import PageObject, PdfReader
from pypdf.errors import PyPdfError

from extractors.errors import PageError

PDF = b"%PDF-"
MOST_PAGES = 60
"""Pages that are read; press releases have a few, and white papers are no news."""
MOST_SECONDS = 30
MOST_MEMORY = 1 << 30
"""Bytes of the process that reads; ordinary documents take a tenth of it."""


@dataclass(frozen=True, slots=True)
class Document:
    """What a PDF holds."""

    title: str
    """The largest words at the top of its first page, else the one that its properties give."""
    text: str
    """Paragraphs, one a line."""
    made_on: str | None
    """When the file was made, ISO 8601."""
    warnings: tuple[str, ...] = ()


def read_pdf(body: bytes, url: str) -> Document:
    """The text of a PDF. PageError where it is encrypted, broken, or takes too long to read."""
    try:
        # The argument list is ours; the body goes in on stdin.
        ran = subprocess.run(
            [sys.executable, "-m", "extractors.pages.pdf"],
            input=body,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        what = f"is a PDF that takes longer than {MOST_SECONDS} seconds to read"
        raise PageError(url, what, OPEN) from error
    if ran.returncode:
        raise PageError(url, "is a PDF that cannot be read (it needs too much memory)", OPEN)
    answer = json.loads(ran.stdout)
    if problem := answer.get("problem"):
        raise PageError(url, f"is a PDF that cannot be read ({problem})", OPEN)
    return Document(answer["title"], answer["text"], answer["made_on"], tuple(answer["warnings"]))


OPEN = "open it in a browser; the feed's words stand"
FOREIGN = (
    PyPdfError,
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    OSError,
)
"""What pypdf has been seen to raise on broken files."""


def document(body: bytes) -> Document:
    """As `read_pdf`, here and now and without its bounds. Raises ValueError in words."""
    try:
        reader = PdfReader(BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ValueError("it wants a password")
        pages = [_lines(page) for page in reader.pages[:MOST_PAGES]]
        title = _title(pages[0] if pages else [], _stated(reader))
        made = reader.metadata.creation_date if reader.metadata else None
        count = len(reader.pages)
    except FOREIGN as error:
        raise ValueError(_first_line(error)) from error
    text = "\n".join("\n".join(paragraphs([line.text for line in page])) for page in pages)
    if _is_garbled(text):
        raise ValueError("its fonts do not tell which characters they show")
    warnings = (f"only the first {MOST_PAGES} of {count} pages were read",)
    made_on = made.isoformat() if made else None
    return Document(title, text, made_on, warnings if count > MOST_PAGES else ())


def paragraphs(lines: list[str]) -> Iterator[str]:
    """Lines joined to what they were before the page's width broke them.

    A paragraph ends where a sentence does, or with a line that is shorter than most.
    """
    full = quantiles(map(len, lines), n=10)[-1] if len(lines) > 1 else 0
    held = ""
    for line in lines:
        held = _joined(held, line)
        short = len(line) < FULL_LINE * full and not HYPHEN.search(line)
        if short or line[-1:] in SENTENCE_ENDS:
            yield held
            held = ""
    if held:
        yield held


SENTENCE_ENDS = frozenset("。！？!?.」』”：:")
FULL_LINE = 0.75
"""The share of the longest lines' length below which a line ends its paragraph."""
HYPHEN = re.compile(r"(?<=[a-z])-$")
NO_TITLE = re.compile(
    r"(?:untitled|無題|无标题|microsoft .*|.*\.(?:docx?|pdf|indd|xlsx?|jtd|pptx?)|[\W\d]*)", re.I
)
"""What programs write into the properties when nobody gave a title."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float
    """Of its letters, in points."""


def _lines(page: PageObject) -> list[_Line]:
    """The lines of a page with the size of their letters."""
    sizes: dict[str, float] = {}

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        for piece in text.split("\n"):
            if words := "".join(piece.split()):
                sizes[words] = abs(size * (tm[3] or tm[1]) * (cm[3] or cm[1])) or size

    text = page.extract_text(visitor_text=visit)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return [_Line(line, _size("".join(line.split()), sizes)) for line in lines if line]


def _size(words: str, sizes: dict[str, float]) -> float:
    """Of a line: of the longest of its pieces."""
    pieces = [piece for piece in sizes if piece in words]
    return sizes[max(pieces, key=len)] if pieces else 0.0


def _title(lines: list[_Line], stated: str) -> str:
    """The largest lines among the first; the stated title where nothing is larger than the rest."""
    top = lines[:15]
    largest = max((line.size for line in top if len(line.text) > 3), default=0.0)
    found = [line for line in top if line.size == largest]
    if largest and len(found) <= 3 and len(found) < len(lines):
        title = ""
        for line in found:
            title = _joined(title, line.text)
        return title[:300]
    if stated and not NO_TITLE.fullmatch(stated):
        return stated[:300]
    return top[0].text[:300] if top else ""


def _stated(reader: PdfReader) -> str:
    title = reader.metadata.title if reader.metadata else None
    return " ".join(title.split()) if title else ""


def _joined(before: str, line: str) -> str:
    """No space within Chinese and Japanese, none after a hyphen that broke a word."""
    if not before:
        return line
    if HYPHEN.search(before):
        return before[:-1] + line
    spaced = before[-1].isascii() and line[:1].isascii()
    return f"{before} {line}" if spaced else before + line


def _is_garbled(text: str) -> bool:
    """Whether a tenth of it is no text: fonts without a table of their characters give such."""
    odd = sum(
        1 for c in text if c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or (c < " " and c != "\n")
    )
    return odd > len(text) / 10


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _main() -> None:
    """Read stdin, write JSON."""
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        found = document(sys.stdin.buffer.read())
        answer = {
            "title": found.title,
            "text": found.text,
            "made_on": found.made_on,
            "warnings": list(found.warnings),
        }
    except ValueError as error:
        answer = {"problem": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _main()
