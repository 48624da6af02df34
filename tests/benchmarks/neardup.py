"""How well one text is told from another: precision and recall on the reference pairs.

python -m tests.benchmarks.neardup
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

from alerts.reading.words.fold import fold
from extractors.errors import PageError
from extractors.pages.fingerprint import Runs, bands, runs, same
from extractors.pages.page import read_page

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("NOROSHI_SHARED", ROOT.parent / "shared")) / "corpora" / "dev"
Verdict = tuple[str, bool, bool]
"""What kind of pair, whether it is one text, whether we say so."""


def text_pairs(corpus: Path) -> Iterator[Verdict]:
    """Texts and what was made of them."""
    for row in _rows(corpus / "neardup" / "text_pairs.jsonl"):
        kind = str(row.get("label") or row.get("origin"))
        yield kind, bool(row["near_duplicate"]), _said(row["text_a"], row["text_b"])


def page_pairs(corpus: Path) -> Iterator[Verdict]:
    """Pages that were saved twice, or that report one event in two ways."""
    pages = {str(row["id"]): row for row in _rows(corpus / "manifest.jsonl")}
    versions = _rows(corpus / "neardup" / "page_versions.jsonl")
    files = {str(row["id"]): corpus / "neardup" / str(row["page"]) for row in versions}
    files |= {id_: corpus / str(row["page"]) for id_, row in pages.items() if id_ not in files}
    for row in _rows(corpus / "neardup" / "page_pairs.jsonl"):
        texts = [_text(files[str(row[side])]) for side in ("a", "b")]
        yield str(row["label"]), bool(row["near_duplicate"]), _said(*texts)


def minhash_articles(corpus: Path) -> Iterator[Verdict]:
    """Each pair of 500 articles."""
    rows = _rows(corpus / "neardup" / "minhash_articles.jsonl")
    articles = {str(row["id"]): _prints(row["text"]) for row in rows}
    truth = json.loads((corpus / "neardup" / "minhash_truth.json").read_text("utf-8"))["pairs"]
    known = {frozenset(pair) for pair in truth}
    for (a, one), (b, other) in combinations(articles.items(), 2):
        yield "minhash", frozenset((a, b)) in known, _found(one, other)


def figures(verdicts: Iterable[Verdict]) -> tuple[float, float]:
    """Precision and recall."""
    counts = Counter((wanted, said) for _, wanted, said in verdicts)
    right, wrong, missed = counts[True, True], counts[False, True], counts[True, False]
    return right / max(right + wrong, 1), right / max(right + missed, 1)


def _said(one: object, other: object) -> bool:
    return _found(_prints(one), _prints(other))


def _prints(text: object) -> tuple[Runs, set[tuple[int, int]]]:
    found = runs(fold(str(text)).text)
    return found, set(enumerate(bands(found)))


def _found(
    one: tuple[Runs, set[tuple[int, int]]], other: tuple[Runs, set[tuple[int, int]]]
) -> bool:
    """As the warehouse does: only what shares a band is compared."""
    return bool(one[1] & other[1]) and same(one[0], other[0])


def _text(file: Path) -> str:
    try:
        return read_page(gzip.decompress(file.read_bytes()), "https://example.org/a").text
    except PageError:
        return ""


def _rows(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines() if line]


def main() -> None:
    """Print the figures, and each kind of pair that is told wrongly."""
    for name, pairs in (
        ("derived texts", text_pairs),
        ("pages", page_pairs),
        ("MinHash articles", minhash_articles),
    ):
        verdicts = list(pairs(CORPUS))
        precision, recall = figures(verdicts)
        print(f"{name}: {len(verdicts)} pairs, precision {precision:.3f}, recall {recall:.3f}")  # noqa: T201
        wrong = Counter((kind, wanted) for kind, wanted, said in verdicts if wanted != said)
        for (kind, wanted), count in wrong.items():
            print(f"  {kind}: {count} {'missed' if wanted else 'taken for one text'}")  # noqa: T201


if __name__ == "__main__":
    main()
