"""From bytes to text: the encoding that a page or feed is really in.

The order of the HTML standard (byte order mark, header, meta or XML declaration, content), with the
web's meaning of the labels (`charsets.toml`), and one difference: a label that the bytes belie is
overruled. Browsers show such pages as rubbish; a person would change the encoding, and so do we.
"""

from __future__ import annotations

import codecs
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


def decode(body: bytes, content_type: str | None = None) -> tuple[str, str]:
    """The text of `body` and the Python codec that gave it. Never raises.

    U+FFFD stands only where no likely encoding has a character for the bytes.
    """
    text, codec = _decode(body, content_type)
    return text.removeprefix("\ufeff"), codec


def _decode(body: bytes, content_type: str | None) -> tuple[str, str]:
    shaped = by_mark(body) or by_shape(body)
    if shaped:
        return body.decode(shaped, "replace"), shaped
    if body.isascii():
        return body.decode("ascii"), "utf-8"
    labelled = declared(body, content_type)
    if _is_utf8(body, labelled):
        return body.decode("utf-8", "replace"), "utf-8"
    return _legacy(body, labelled)


def by_mark(body: bytes) -> str | None:
    """The codec of a byte order mark."""
    return next((codec for mark, codec in MARKS if body.startswith(mark)), None)


def by_shape(body: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, and ISO-2022, which no label is needed to see."""
    head = body[:4096]
    if b"\0" in head[:200]:
        return _wide(head)
    if body.isascii():
        return next((codec for escape, codec in ESCAPES if escape in body), None)
    return None


def declared(body: bytes, content_type: str | None) -> tuple[str, ...]:
    """The codecs that the header and then the document name, those Python knows."""
    labels = (_header_label(content_type), document_label(body))
    found = [codec for label in labels if label for codec in codecs_of(label)]
    return tuple(dict.fromkeys(found))


def document_label(body: bytes) -> str | None:
    """The label in the XML declaration or the first meta element (the standard's "pre-scan").

    A label of UTF-16 found by reading ASCII is a lie: UTF-8 is meant (HTML standard, 4.2.5.5).
    """
    head = COMMENT.sub(b"", body[:PRESCAN_BYTES])
    match = XML_DECLARATION.match(head) or _meta(head)
    label = match[1].decode("ascii", "replace").strip().lower() if match else None
    return "utf-8" if label and label.startswith(("utf-16", "utf-32", "ucs-")) else label


def codecs_of(label: str) -> tuple[str, ...]:
    """Python codecs for a label as the web means it; none for an unknown one."""
    name = label.strip().lower()
    known = _facts().labels.get(name)
    if known:
        return known
    try:
        # Python also has codecs that turn text into text or bytes into bytes (rot13, zip), and
        # some for which no bad byte is replaced (idna, punycode, undefined).
        _ALL_BYTES.decode(name, "replace")
        return (codecs.lookup(name).name,)
    except (LookupError, ValueError, UnicodeError):
        return ()


def plausibility(text: str) -> float:
    """0 to 1: how much of the non-ASCII text is what Chinese, Japanese and Korean are made of."""
    foreign = [c for c in text[:200_000] if c > "\x7f"]
    if not foreign:
        return 0.0
    frequent = _facts().frequent
    lost = sum(c == "\ufffd" for c in foreign)
    return max(0.0, (sum(c in frequent for c in foreign) - 10 * lost) / len(foreign))


_ALL_BYTES = bytes(range(256))
PRESCAN_BYTES = 16_384
"""Browsers look at 1,024 bytes; some publishers' meta element stands later."""
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ESCAPES = (
    (b"\x1b$)C", "iso2022_kr"),
    (b"\x1b$B", "iso2022_jp_ext"),
    (b"\x1b$@", "iso2022_jp_ext"),
    (b"\x1b(J", "iso2022_jp_ext"),
)
UNLABELLED = ("cp932", "euc_jp", "gb18030", "big5hkscs", "cp949")
"""The legacy encodings of the region, tried where the label fails."""
PLAUSIBLE = 0.25
"""Running text reaches 0.4 and more under the right codec, under 0.1 with a wrong one."""
COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
XML_DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']+)["']""")
META = re.compile(
    rb"""<meta[\s/](?:[^>]*?[\s"';/])?charset\s*=\s*["']?\s*([^"'\s;/>]+)""", re.IGNORECASE
)


def _is_utf8(body: bytes, labelled: tuple[str, ...]) -> bool:
    """By its own structure: few bytes of other encodings form valid sequences.

    Three characters of GBK may, by chance ("联通"); then a label has the word.
    """
    sample = body[:400_000].decode("utf-8", "ignore")
    foreign = len(sample) - len(sample.encode("ascii", "ignore"))
    text = body.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    if lost == 0:
        return foreign > 3 or not labelled or labelled[0] == "utf-8"
    return lost / (lost + foreign) < 0.05


def _legacy(body: bytes, labelled: tuple[str, ...]) -> tuple[str, str]:
    """The label's reading if it is plausible or nothing else is; otherwise the most plausible."""
    named = [reading for reading in _readings(body, labelled) if reading[1] != "utf-8"]
    if named and plausibility(named[0][0]) >= PLAUSIBLE:
        return named[0]
    best = max(_readings(body, UNLABELLED), key=lambda reading: plausibility(reading[0]))
    if plausibility(best[0]) >= PLAUSIBLE:
        return best
    return named[0] if named else (body.decode("cp1252", "replace"), "cp1252")


def _readings(body: bytes, names: tuple[str, ...]) -> list[tuple[str, str]]:
    """(text, codec) for each codec, those that lose nothing first."""
    readings = [(body.decode(name, "replace"), name) for name in names]
    return sorted(readings, key=lambda reading: reading[0].count("\ufffd"))


def _wide(head: bytes) -> str | None:
    """ASCII markup in UTF-16 has a zero in every other byte, in UTF-32 three of four."""
    zeros = [head[n::4].count(0) / max(1, len(head[n::4])) for n in range(4)]
    if min(zeros[1:]) > 0.7 or min(zeros[:3]) > 0.7:
        return "utf-32-le" if zeros[0] < zeros[3] else "utf-32-be"
    even, odd = zeros[0] + zeros[2], zeros[1] + zeros[3]
    if max(even, odd) < 0.2:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _header_label(content_type: str | None) -> str | None:
    match = re.search(r"""charset\s*=\s*["']?([^"';\s]+)""", content_type or "", re.IGNORECASE)
    return match[1].lower() if match else None


def _meta(head: bytes) -> re.Match[bytes] | None:
    return next(_known_metas(head), None)


def _known_metas(head: bytes) -> Iterator[re.Match[bytes]]:
    for match in META.finditer(head):
        if codecs_of(match[1].decode("ascii", "replace")):
            yield match


@dataclass(frozen=True, slots=True)
class _Facts:
    labels: dict[str, tuple[str, ...]]
    frequent: frozenset[str]


@cache
def _facts() -> _Facts:
    table = tomllib.loads(files("extractors").joinpath("charsets.toml").read_text("utf-8"))
    labels = {label: tuple(names) for label, names in table["labels"].items()}
    return _Facts(labels, frozenset("".join(table["frequent"].values())) - {"\n"})
