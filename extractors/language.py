"""The language of a text, decided on the text; what the source says only breaks ties."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import opencc
import py3langid

SAMPLE = 20_000
"""Characters that are looked at: more do not change the verdict."""


def detect_language(text: str, hint: str | None = None) -> str:
    """BCP 47: `en`, `ja`, `ko`, `zh-Hant`, `zh-Hans` or another two-letter code.

    `und` for a text without letters and without `hint`. `hint` is the tag of the source or page;
    it decides where the text is too short to tell.
    """
    hint = normal_tag(hint) if hint else None
    counts = _count(text[:SAMPLE])
    if counts.eastern == 0 and counts.words == 0:
        return hint or "und"
    # A word of an alphabet weighs about as much as a character: mixed texts go by the majority.
    if counts.eastern >= counts.words:
        return _eastern(counts, hint)
    return _alphabetic(text[:SAMPLE], counts.words, hint)


@cache
def languages() -> frozenset[str]:
    """Every tag that `detect_language` can give without a hint."""
    alphabetic = {str(label) for label, _ in py3langid.rank("a")}
    two_letters = {label for label in alphabetic if len(label) == 2}
    return frozenset((two_letters - {"zh"}) | {"en", "ja", "ko", "zh-Hant", "zh-Hans"})


def normal_tag(tag: str) -> str:
    """`zh_TW` is zh-Hant, `zh-CN` is zh-Hans, `en-US` is en: the tags that noroshi uses."""
    parts = tag.strip().lower().replace("_", "-").split("-")
    if parts[0] not in {"zh", "yue", "cmn"}:
        return parts[0] if re.fullmatch(r"[a-z]{2,3}", parts[0]) else "und"
    if {"hant", "tw", "hk", "mo"} & set(parts) or parts[0] == "yue":
        return "zh-Hant"
    return "zh-Hans" if {"hans", "cn", "sg", "my"} & set(parts) else "zh"


@dataclass(frozen=True, slots=True)
class _Counts:
    """What a text is made of. Characters, but `words` of alphabets."""

    kana: int
    hangul: int
    han: int
    words: int
    only_hant: int
    only_hans: int
    only_japanese: int
    rarely_japanese: int

    @property
    def eastern(self) -> int:
        return self.kana + self.hangul + self.han


KANA = re.compile(r"[ぁ-ゖゝゞァ-ヺヽヾｦ-ｯｱ-ﾝ]")
HANGUL = re.compile(r"[가-힣ᄀ-ᇿㄱ-ㆎ]")
HAN = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003134f]")
WORD = re.compile(r"[^\W\d_㐀-鿿豈-﫿ぁ-ヿ가-힣ｦ-ﾝᄀ-ᇿㄱ-ㆎ\U00020000-\U0003134f]+")


JIS_LEVEL_2 = b"\x98\x9f"
"""Shift_JIS from here on: the characters of JIS X 0208 that modern Japanese hardly uses."""


def _count(text: str) -> _Counts:
    han = HAN.findall(text)
    tables = _tables()
    return _Counts(
        kana=len(KANA.findall(text)),
        hangul=len(HANGUL.findall(text)),
        han=len(han),
        words=sum(1 for _ in WORD.finditer(text)),
        only_hant=sum(c in tables.only_hant for c in han),
        only_hans=sum(c in tables.only_hans for c in han),
        only_japanese=sum(c in tables.only_japanese for c in han),
        rarely_japanese=sum(c in tables.rarely_japanese for c in han),
    )


def _eastern(counts: _Counts, hint: str | None) -> str:
    if counts.hangul > 0.3 * counts.eastern:
        return "ko"
    if _is_japanese(counts, hint):
        return "ja"
    return _script(counts, hint)


def _is_japanese(counts: _Counts, hint: str | None) -> bool:
    """Whether Japan's kana and shapes outweigh the characters that Japan hardly uses.

    Running Japanese is half kana with one such character in a hundred, running Chinese has no kana
    and every third one: each bears names and quotations of the other.
    """
    japanese = counts.kana / 2 + counts.only_japanese
    if japanese == counts.rarely_japanese:
        return hint == "ja"
    return japanese > counts.rarely_japanese


def _script(counts: _Counts, hint: str | None) -> str:
    if counts.only_hant != counts.only_hans:
        return "zh-Hant" if counts.only_hant > counts.only_hans else "zh-Hans"
    return hint if hint in {"zh-Hant", "zh-Hans"} else "zh-Hans"


def _alphabetic(text: str, words: int, hint: str | None) -> str:
    """py3langid's verdict; a few words are too few for it (names look like any language)."""
    alphabetic = hint if hint not in {None, "und", "ja", "ko", "zh", "zh-Hant", "zh-Hans"} else None
    if words < 4 and text.isascii():
        return alphabetic or "en"
    if words < 10 and alphabetic:
        return alphabetic
    verdict = str(py3langid.classify(text[:3000])[0])
    return verdict if len(verdict) == 2 else alphabetic or "und"


@dataclass(frozen=True, slots=True)
class _Tables:
    only_hant: frozenset[str]
    only_hans: frozenset[str]
    only_japanese: frozenset[str]
    rarely_japanese: frozenset[str]


@cache
def _tables() -> _Tables:
    """From OpenCC's conversions and from what the national character sets contain.

    A character that OpenCC converts may still be used on the other side (台, 里, 后): those that
    Big5 (Traditional) or GB 2312 (Simplified) contain are no evidence. Takes 0.1 s, once.
    """
    to_hant, to_hans = opencc.OpenCC("s2t"), opencc.OpenCC("t2s")
    big5, gb, jis = (_members(codec) for codec in ("big5", "gb2312", "shift_jis"))
    return _Tables(
        only_hant=frozenset(c for c in big5 - gb if to_hans.convert(c) != c),
        only_hans=frozenset(c for c in gb - big5 if to_hant.convert(c) != c),
        only_japanese=frozenset(jis - gb - big5),
        rarely_japanese=frozenset(
            (gb | big5) - {c for c in jis if c.encode("shift_jis") < JIS_LEVEL_2}
        ),
    )


def _members(codec: str) -> set[str]:
    return set(_encodable(codec))


def _encodable(codec: str) -> Iterator[str]:
    for character in map(chr, range(0x4E00, 0xA000)):
        if len(character.encode(codec, "ignore")) == 2:
            yield character
