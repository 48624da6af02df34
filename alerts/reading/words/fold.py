"""Folding: what readers consider the same becomes the same characters.

Width and compatibility forms (NFKC), case, Traditional and Simplified, shinjitai and kyujitai,
half-width katakana, accents of Latin letters, apostrophes, quotes and dashes are each brought to
one form; zero-width characters, soft hyphens and bidi controls go; runs of white space become one
space, and none is left between Latin and CJK. `Folded.origin` leads back to the original text.

Folding works character by character (the one exception is a kana with its voicing mark), is
idempotent, takes time linear in the text, and turns lone surrogates into U+FFFD.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from importlib.resources import files

_CJK = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS = "\u3099\u309a\uff9e\uff9f"
_VOICED = re.compile(f"[\u3041-\u30ff\uff66-\uff9d][{_MARKS}]")
# Both begin with a set of characters, which the engine skips to: three times as fast.
_SPACE = re.compile(
    "[ \n\u3000](?:(?<! )[ \n\u3000]*|[ \n\u3000]+"
    f"|(?=[{_CJK}])(?<=[a-z0-9] )|(?<=[{_CJK}] )(?=[a-z0-9]))"
)
_RUN = re.compile("[ \n](?:(?<! )[ \n]*|[ \n]+)")
_FOREIGN = re.compile("([^\x00-\x7f]+)")
_SEAM = re.compile(f"[{_CJK}][a-z0-9]|[a-z0-9][{_CJK}]")
_LINE_BREAKS = "\n\r\x0b\x0c\x85\u2028\u2029"
_IDEOGRAPHIC = {"\u3000": "\u3000"}
_ALIKE = {
    "'": "\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4`",
    '"': "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2500",
    "・": "\u00b7\u2022\u2027\u22c5\uff65",
    "~": "\u301c\uff5e\u223c",
    "…": "…",
}
"""One form for characters that look alike and that NFKC keeps apart, and "…" kept in one piece."""


@dataclass(frozen=True)
class Folded:
    """A text after folding, and the way back."""

    source: str
    text: str
    lines: bool = False

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The slice of `source` that `text[start:end]` came from."""
        for edits in self._steps:
            start, end = edits.before(start, end)
        return start, end

    @cached_property
    def _steps(self) -> tuple[_Edits, ...]:
        """The edits of the three steps of folding, last step first; none where nothing moved."""
        if _even(self.source) and len(self.source) == len(self.text):
            return ()
        voiced, flat = _voice(self.source), _flat(self.source)
        steps = (
            _Edits.of((m.start(), m.end(), len(_space(m, self.lines))) for m in _spaces(flat)),
            _Edits.of(
                (m.start(), m.end(), len(_TABLE.form(m.group()))) for m in _TABLE.odd(voiced)
            ),
            _Edits.of((m.start(), m.end(), 1) for m in _VOICED.finditer(self.source)),
        )
        return tuple(step for step in steps if step.input_starts)


def fold(text: str, *, lines: bool = False) -> Folded:
    """Fold `text`. With `lines`, a run of white space that breaks a line becomes a line feed, and
    one with an ideographic space, which divides the clauses of a headline, becomes that space.
    """
    flat = _flat(text)
    spaced = _pattern(flat).sub(lambda m: _space(m, lines), flat)
    return Folded(text, spaced, lines)


@cache
def folding() -> str:
    """The name of this way of folding: another one where this file, its table or Unicode's data
    are others. Too many names cost a text folded in vain, too few one that is not found."""
    parts = [files(__package__).joinpath(name).read_bytes() for name in ("fold.py", "variants.txt")]
    return sha256(b"".join([unicodedata.unidata_version.encode(), *parts])).hexdigest()[:12]


def _even(text: str) -> bool:
    """Whether every character becomes one; then only white space can change the length."""
    return not _VOICED.search(text) and not any(_TABLE.odd(text))


@lru_cache(maxsize=2)
def _flat(text: str) -> str:
    """Every character in its form. The last title and text are remembered: the coder, the rules
    and the way back ask for the same ones, one after the other."""
    voiced = _voice(text)
    if len(voiced.encode(errors="replace")) > _MOSTLY_ASCII * len(voiced):
        return voiced.translate(_TABLE)
    return "".join([piece.translate(_TABLE) for piece in _FOREIGN.split(voiced)])


_MOSTLY_ASCII = 1.2
"""Bytes a character up to which a text is translated in pieces: `str.translate` takes ten times as
long for an ASCII character that stands in a string with others."""


def _voice(text: str) -> str:
    """Join a kana and the voicing mark after it; a mark that fits nothing is dropped."""
    if not any(mark in text for mark in _MARKS):
        return text
    return _VOICED.sub(lambda m: unicodedata.normalize("NFKC", m.group())[:1], text)


def _spaces(flat: str) -> Iterator[re.Match[str]]:
    return _pattern(flat).finditer(flat)


def _pattern(flat: str) -> re.Pattern[str]:
    return _RUN if flat.isascii() else _SPACE


def _space(run: re.Match[str], lines: bool) -> str:
    """What stands for a run of white space."""
    for kept in "\n\u3000" if lines else "":
        if kept in run.group():
            return kept
    before, after = max(run.start() - 1, 0), run.end()
    around = run.string[before : run.start()] + run.string[after : after + 1]
    return "" if _SEAM.fullmatch(around) else " "


@dataclass(frozen=True, slots=True)
class _Edits:
    """Where one step changed a text: parallel lists, in order."""

    input_starts: list[int]
    input_ends: list[int]
    output_starts: list[int]
    output_ends: list[int]

    @classmethod
    def of(cls, edits: Iterator[tuple[int, int, int]]) -> _Edits:
        """From (start, end, length of the replacement) in the step's input."""
        made, shift = cls([], [], [], []), 0
        for start, end, length in edits:
            made.input_starts.append(start)
            made.input_ends.append(end)
            made.output_starts.append(start + shift)
            made.output_ends.append(start + shift + length)
            shift += length - (end - start)
        return made

    def before(self, start: int, end: int) -> tuple[int, int]:
        """The input slice that output slice [start, end) came from."""
        return self._start(start), max(self._start(start), self._end(end))

    def _start(self, offset: int) -> int:
        at = bisect_right(self.output_starts, offset) - 1
        if at < 0:
            return offset
        inside = offset < self.output_ends[at]
        return (
            self.input_starts[at] if inside else self.input_ends[at] + offset - self.output_ends[at]
        )

    def _end(self, offset: int) -> int:
        at = bisect_right(self.output_starts, offset - 1) - 1
        if at < 0:
            return offset
        inside = offset <= self.output_ends[at]
        return (
            self.input_ends[at] if inside else self.input_ends[at] + offset - self.output_ends[at]
        )


class _Table(dict[int, str]):
    """The form of each character, worked out when it is first met (for `str.translate`)."""

    def __init__(self) -> None:
        super().__init__()
        self._odd: set[str] = set()
        self._odd_pattern = re.compile("(?!)")

    def __missing__(self, code: int) -> str:
        form = _form(chr(code))
        if len(form) != 1:
            self._odd.add(chr(code))
            self._odd_pattern = re.compile(f"[{re.escape(''.join(sorted(self._odd)))}]")
        self[code] = form
        return form

    def form(self, character: str) -> str:
        return self[ord(character)]

    def odd(self, text: str) -> Iterator[re.Match[str]]:
        """The characters of a translated text whose form is not one character long."""
        return self._odd_pattern.finditer(text)


_TABLE = _Table()


def _form(character: str) -> str:
    """The form of one character: the fixed point of the rules below."""
    form, last = character, ""
    while form != last:
        form, last = "".join(_rewrite(c) for c in form), form
    return form


def _rewrite(character: str) -> str:
    if "\ud800" <= character <= "\udfff":
        return "\ufffd"
    if character.isspace():
        return "\n" if character in _LINE_BREAKS else _IDEOGRAPHIC.get(character, " ")
    if character in _alike():
        return _alike()[character]
    category = unicodedata.category(character)
    if category in {"Cf", "Cc"} or _is_mark(character):
        return ""
    form = unicodedata.normalize("NFKC", character).casefold()
    return "".join(_variants().get(c, c) for c in _bare(form))


def _is_mark(character: str) -> bool:
    """Accents, voicing marks that no kana took, variation selectors."""
    return (
        "\u0300" <= character <= "\u036f"
        or character in "\u3099\u309a\u309b\u309c\uff9e\uff9f"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _bare(form: str) -> str:
    """Without the accents of Latin, Greek and Cyrillic letters."""
    if len(form) == 1 and form < "\u0530":
        return unicodedata.normalize("NFD", form)[0]
    return form


@cache
def _alike() -> dict[str, str]:
    return {c: form for form, others in _ALIKE.items() for c in others}


@cache
def _variants() -> dict[str, str]:
    """Han characters to the form that stands for all their variants (`variants.txt`)."""
    table = files(__package__).joinpath("variants.txt").read_text(encoding="utf-8")
    rows = (line.split() for line in table.splitlines() if line and not line.startswith("#"))
    return {variant: form for form, variants in rows for variant in variants}
