"""How fast articles are read: `python -m tests.benchmarks.throughput` prints it.

Megabytes of UTF-8 a second of processor time for the whole shipped book (coder and rules), beside
folding with scanning and a bare Aho-Corasick pass over the same text. The text is that of the
reference pages and of labelled news, where they are there, and of a generated archive. Then two
processes beside one; the cost of a megabyte as texts grow; and as terms are added.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from alerts.reading.coding import Coding
from alerts.reading.events.coder import Coder
from alerts.reading.rules.match import Match, match
from alerts.reading.rules.rule import Rule, RuleBook
from alerts.reading.words.fold import fold
from alerts.reading.words.vocabulary import family
from extractors.errors import PageError
from extractors.pages.page import read_page
from tests.benchmarks.archive import generated

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("NOROSHI_SHARED", ROOT.parent / "shared"))
LANGUAGES = {"en", "ja", "zh-Hans", "zh-Hant"}


@dataclass(frozen=True, slots=True)
class Text:
    """One article."""

    title: str
    text: str
    language: str
    published: date | None = None

    @property
    def megabytes(self) -> float:
        return len((self.title + self.text).encode(errors="replace")) / 1e6


def corpora() -> dict[str, list[Text]]:
    """Texts by what they are; only those whose data is there."""
    pages, news = list(_pages()), list(_news())
    archive = [Text(a.title, a.text, a.language) for a in generated(1500)]
    found = {"pages and labelled news": pages + news, "pages": pages, "labelled news": news}
    return {name: texts for name, texts in found.items() if texts} | {"generated archive": archive}


def _pages() -> Iterator[Text]:
    folder = SHARED / "corpora" / "dev"
    listed = folder / "manifest.jsonl"
    for line in listed.read_text("utf-8").splitlines() if listed.exists() else ():
        told = json.loads(line)
        try:
            page = read_page(gzip.decompress((folder / told["page"]).read_bytes()), told["url"])
        except PageError:
            continue
        if page.language in LANGUAGES:
            yield Text(page.title or "", page.text, page.language)


def _news() -> Iterator[Text]:
    listed = SHARED / "eval" / "events_dev.jsonl"
    for line in listed.read_text("utf-8").splitlines() if listed.exists() else ():
        told = json.loads(line)
        day = told["published"] or ""
        published = date.fromisoformat(day) if len(day) == 10 else None
        yield Text(told["title"], told["text"], told["lang"], published)


def read(text: Text, book: RuleBook) -> tuple[Coding, tuple[Match, ...]]:
    """What a cycle does with an article."""
    coding = Coder.shipped().code(
        text.title, text.text, language=text.language, published=text.published
    )
    return coding, match(text.title, text.text, text.language, "sample", coding, book)


def _scan(text: Text) -> None:
    scanner = Coder.shipped()._scanner(family(text.language))
    for part in (text.title, text.text):
        scanner.scan(fold(part, lines=True).text)


def _bare(text: Text) -> None:
    found = Coder.shipped()._scanner(family(text.language))._automaton
    assert found
    for part in (text.title, text.text):
        found.find_matches_as_indexes(part, overlapping=True)


def speed(do: Callable[[Text], object], texts: Sequence[Text], *, megabytes: float = 1.0) -> float:
    """Megabytes a second of processor time: the best of three runs over about `megabytes`."""
    size = sum(text.megabytes for text in texts)
    rounds = max(round(megabytes / size), 1)
    return rounds * size / min(_seconds(do, texts, rounds) for _ in range(3))


def _seconds(do: Callable[[Text], object], texts: Sequence[Text], rounds: int = 1) -> float:
    started = time.process_time()
    for _ in range(rounds):
        for text in texts:
            do(text)
    return time.process_time() - started


def _by_corpus(texts: dict[str, list[Text]], book: RuleBook) -> Iterator[str]:
    work: dict[str, Callable[[Text], object]] = {
        "coder and rules": partial(read, book=book),
        "fold and scan": _scan,
        "bare scan": _bare,
    }
    yield f"{'MB a second and process':28}{'MB':>7}" + "".join(f"{name:>17}" for name in work)
    for name, some in texts.items():
        for text in some:  # characters met for the first time are worked out once
            read(text, book)
        size = sum(text.megabytes for text in some)
        speeds = "".join(f"{speed(do, some):17.1f}" for do in work.values())
        yield f"{name:28}{size:7.2f}{speeds}"


def _parallel(texts: Sequence[Text], book: RuleBook) -> Iterator[str]:
    many = list(texts) * max(round(4 / sum(text.megabytes for text in texts)), 1)
    size = sum(text.megabytes for text in many)
    yield f"\n{'processes':28}{'MB a second of the clock':>24}"
    for processes in (1, 2):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            work = partial(read, book=book)
            list(pool.map(work, many[: 4 * processes]))
            started = time.perf_counter()
            list(pool.map(work, many, chunksize=32))
            yield f"{processes:<28}{size / (time.perf_counter() - started):24.1f}"


def _growing(book: RuleBook) -> Iterator[str]:
    """A long article of all texts of the archive, and one of trigger words only."""
    yield f"\n{'seconds for each MB':28}" + "".join(f"{f'{mb} MB':>10}" for mb in (1, 2, 5))
    article = "".join(a.text + "\n" for a in generated(300) if a.language == "zh-Hant")
    words = "外交部提醒公民避免前往日本。"
    english = "China urges citizens to avoid travel to Japan. "
    for name, unit in (
        ("an article", article),
        ("Chinese trigger words", words),
        ("English trigger words", english),
    ):
        costs = []
        for megabytes in (1, 2, 5):
            repeated = unit * max(round(megabytes * 1e6 / len(unit.encode())), 1)
            language = "en" if unit is english else "zh-Hant"
            text = Text(words, repeated, language)
            costs.append(_seconds(partial(read, book=book), [text]) / text.megabytes)
        yield f"{name:28}" + "".join(f"{cost:10.3f}" for cost in costs)


def _with_terms(texts: Sequence[Text]) -> Iterator[str]:
    """Rules with ever more keywords of their own beside the shipped book."""
    chance = random.Random(4)
    yield f"\n{'further keywords in rules':28}{'MB a second':>12}"
    for count in (0, 100, 1_000, 10_000):
        made = tuple(a_keyword(chance) for _ in range(count))
        own = (Rule("own", "Own", made),) if made else ()
        book = RuleBook((*RuleBook.load().rules, *own))
        yield f"{count:<28,}{speed(partial(read, book=book), texts):12.1f}"


def a_keyword(chance: random.Random) -> str:
    """A Latin or Chinese word that is rarely met."""
    if chance.random() < 0.5:
        return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(5, 12)))
    return "".join(chr(chance.randrange(0x4E00, 0x9FA0)) for _ in range(chance.randrange(2, 5)))


def report() -> Iterator[str]:
    """Line by line."""
    texts, book = corpora(), RuleBook.load()
    sample = next(iter(texts.values()))
    yield from _by_corpus(texts, book)
    yield from _parallel(sample, book)
    yield from _growing(book)
    yield from _with_terms(sample)


def main() -> None:
    """Print it all."""
    for line in report():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
