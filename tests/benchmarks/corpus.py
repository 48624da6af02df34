"""A corpus of any size with the proportions of real news, the same each time.

Words follow Zipf's law (the word of rank r is r times as rare as the first), lengths are
log-normal, days have their working hours and weeks their weekends. The frequent words are made of
syllables or common characters; the words that people search for stand at fixed ranks among them
(`ASKED`). Four in ten articles are English, two each Traditional Chinese, Simplified Chinese and
Japanese.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate

from alerts.reading.words.fold import fold
from extractors.article import Article, Origin, TextFrom, article_id

END = datetime(2025, 12, 1, tzinfo=UTC)
A_DAY = 550
"""Articles a day of the week; half as many on a day of the weekend."""
VOCABULARY = 40_000
SENTENCES = 40_000
"""Different ones in each language."""
SENTENCE_WORDS = 18
ASKED = {
    "en": ("japan", "china", "hong kong", "travel", "ban", "seafood", "advisory", "consulate"),
    "zh-Hant": ("日本", "中國", "香港", "旅遊", "禁止", "水產", "外遊警示", "領事館"),
    "zh-Hans": ("日本", "中国", "香港", "旅游", "禁止", "水产", "旅行提醒", "领事馆"),
    "ja": ("日本", "中国", "香港", "旅行", "停止", "水産物", "渡航情報", "総領事館"),
}
RANKS = (20, 40, 80, 300, 700, 3_000, 10_000, 25_000)
"""Where the words of `ASKED` stand: from one in every article to one in hundreds."""
LANGUAGES = ("en", "en", "zh-Hant", "zh-Hans", "ja")
MEDIAN_WORDS = {"en": 380, "zh-Hant": 330, "zh-Hans": 330, "ja": 300}
SOURCES = {
    "en": ("hk-en", "jp-en", "cn-en"),
    "zh-Hant": ("hk-zh", "hk-daily"),
    "zh-Hans": ("cn-zh", "cn-net"),
    "ja": ("jp-ja", "jp-shinpo"),
}
_HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 9, 10, 10, 9, 9, 9, 9, 9, 9, 8, 7, 6, 5, 4, 4, 3)
_ONSETS = ("b", "ch", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "th", "v")
_SYLLABLES = [onset + vowel for onset in _ONSETS for vowel in "aeiou"]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words of a language with how often each is used, as sums for `random.choices`."""

    words: Sequence[str]
    weights: Sequence[float]


def corpus(count: int, *, seed: int = 7, first: int = 0) -> Iterator[Article]:
    """`count` articles from number `first` on, the oldest first. The same for the same seed."""
    return (draft.article for draft in drafts(count, seed=seed, first=first))


@dataclass(frozen=True, slots=True)
class Draft:
    """An article and what folding makes of it, put together from folded sentences: folding a
    million texts anew would take longer than all the rest."""

    article: Article
    folded: str


def drafts(count: int, *, seed: int = 7, first: int = 0, of: int = 0) -> Iterator[Draft]:
    """As `corpus`, with the folded texts; `of` is the size of the corpus where this is a part."""
    moments = _moments(of or first + count)
    for number in range(first, first + count):
        yield _draft(number, moments[number], random.Random(seed * 10_000_019 + number))


def _draft(number: int, moment: datetime, chance: random.Random) -> Draft:
    language = chance.choice(LANGUAGES)
    url = f"https://example.org/{number}"
    title = chance.choice(_sentences(language))
    body = chance.choices(_sentences(language), k=_length(language, chance))
    gap = " " if language == "en" else ""
    article = Article(
        id=article_id(url),
        url=url,
        title=title.text,
        text=gap.join([sentence.text for sentence in body]) + f"{gap}#{number}",
        language=language,
        origin=Origin.NEWS,
        source_id=chance.choice(SOURCES[language]),
        fetched_at=moment + timedelta(minutes=chance.randrange(1, 30)),
        published_at=moment,
        published_source="feed",
        text_from=TextFrom.PAGE,
    )
    folded = gap.join([sentence.folded for sentence in body]) + f"{gap}#{number}"
    return Draft(article, f"{title.folded} {folded}")


def _length(language: str, chance: random.Random) -> int:
    """Sentences of a text: half of the texts are shorter than the median, a few ten times as
    long."""
    words = MEDIAN_WORDS[language] * chance.lognormvariate(0, 0.7)
    return max(2, round(min(words, 4000) / SENTENCE_WORDS))


@dataclass(frozen=True, slots=True)
class _Sentence:
    text: str
    folded: str


@cache
def _sentences(language: str) -> list[_Sentence]:
    """What the articles of a language are made of."""
    chance = random.Random(f"sentences {language}")
    lexicon = _lexicon(language)
    made = []
    for _ in range(SENTENCES):
        length = chance.randrange(SENTENCE_WORDS - 10, SENTENCE_WORDS + 10)
        words = chance.choices(lexicon.words, cum_weights=lexicon.weights, k=length)
        text = " ".join(words).capitalize() + "." if language == "en" else "".join(words) + "。"
        made.append(_Sentence(text, fold(text).text))
    return made


@cache
def _lexicon(language: str) -> Lexicon:
    chance = random.Random(f"lexicon {language}")
    make = _latin if language == "en" else _japanese if language == "ja" else _chinese
    words = list(dict.fromkeys(make(chance) for _ in range(VOCABULARY * 2)))[:VOCABULARY]
    words.sort(key=len)  # what is used often is short
    for rank, word in zip(RANKS, ASKED[language], strict=True):
        words[rank] = word
    return Lexicon(words, list(accumulate(1 / (rank + 3) for rank in range(len(words)))))


def _latin(chance: random.Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.choice((1, 2, 2, 3, 3, 4))))


def _chinese(chance: random.Random) -> str:
    length = chance.choice((1, 2, 2, 2, 2, 3, 4))
    return "".join(chr(0x4E00 + int(3000 * chance.random() ** 2)) for _ in range(length))


def _japanese(chance: random.Random) -> str:
    if chance.random() < 0.4:
        return "".join(chr(chance.randrange(0x3042, 0x3090)) for _ in range(chance.randrange(1, 4)))
    return _chinese(chance)


@cache
def _moments(count: int) -> list[datetime]:
    """When each was published, in order; the last ones just before `END`."""
    chance = random.Random("moments")
    day, found = END, list[datetime]()
    while len(found) < count:
        day -= timedelta(days=1)
        number = A_DAY if day.weekday() < 5 else A_DAY // 2
        hours = sorted(chance.choices(range(24), weights=_HOURS, k=number), reverse=True)
        found += [day + timedelta(hours=h, seconds=chance.randrange(3600)) for h in hours]
    found.sort()
    return found[-count:]
