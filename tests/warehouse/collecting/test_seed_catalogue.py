"""The catalogue knows each seed document by its hash and copies none of its text."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.reading.coding import Category
from warehouse.collecting.catalogue import SeedRecord, normalised_hash, seed_records

ROOT = Path(__file__).parents[3]
SEEDS = ROOT / os.environ.get("NOROSHI_SHARED", "../shared") / "seeds"
RECORDS = seed_records()

# Number in the file name: the day that the text supports, the categories that it speaks of.
EXPECTED: dict[str, tuple[date | None, set[Category]]] = {
    "000": (
        date(2025, 11, 24),
        {Category.OFFICIAL_CONTACT, Category.EXCHANGE_CANCELLATION, Category.TRAVEL_ADVISORY},
    ),
    "001": (None, {Category.SANCTIONS_LEGAL}),
    "002": (date(2024, 12, 27), {Category.OFFICIAL_CONTACT}),
    "003": (
        date(2025, 11, 18),
        {Category.DIPLOMATIC_PROTEST, Category.TRAVEL_ADVISORY, Category.OFFICIAL_CONTACT},
    ),
    "004": (date(2025, 1, 14), {Category.OFFICIAL_CONTACT}),
}
LONGEST_SHARED_RUN = 11
"""Words in a row that an abstract may have in common with its document."""


def test_there_are_five_different_records() -> None:
    assert len(RECORDS) == len({r.sha256 for r in RECORDS}) == 5


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: r.sha256[:6])
class TestRecord:
    def test_hash_is_64_hexadecimal_digits(self, record: SeedRecord) -> None:
        assert re.fullmatch(r"[0-9a-f]{64}", record.sha256)

    def test_topics_are_categories(self, record: SeedRecord) -> None:
        assert record.topics
        assert {Category(t) for t in record.topics}

    def test_abstract_has_two_sentences(self, record: SeedRecord) -> None:
        assert record.abstract.endswith(".")
        assert len(re.findall(r"[.!?](?=\s|$)", record.abstract)) == 2

    def test_date_or_its_absence_is_explained(self, record: SeedRecord) -> None:
        assert record.published_note
        assert record.published is None or date(2021, 1, 1) < record.published < date(2026, 1, 1)

    def test_title_publisher_and_language_are_given(self, record: SeedRecord) -> None:
        assert record.title.strip() == record.title != ""
        assert record.publisher
        assert record.language == "en"
        assert record.url is None or record.url.startswith("https://")


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Z", "Cc"]), min_size=1)))
def test_hash_does_not_see_the_kind_of_white_space(words: list[str]) -> None:
    assert normalised_hash(" ".join(words)) == normalised_hash("\n " + "\u3000\r\n".join(words))


def test_hash_sees_every_other_difference() -> None:
    assert normalised_hash("a b") != normalised_hash("ab")
    assert normalised_hash("港") != normalised_hash("港。")


@pytest.mark.shared
@pytest.mark.parametrize("number", EXPECTED)
def test_each_seed_document_is_known(number: str) -> None:
    text = _document(number)
    found = [r for r in RECORDS if r.sha256 == normalised_hash(text)]
    assert [(r.published, set(r.topics)) for r in found] == [EXPECTED[number]]
    assert found[0].title.casefold() in text.casefold()


@pytest.mark.shared
@pytest.mark.parametrize("number", EXPECTED)
def test_no_abstract_copies_its_document(number: str) -> None:
    text = _document(number)
    (record,) = [r for r in RECORDS if r.sha256 == normalised_hash(text)]
    assert not _runs(record.abstract) & _runs(text)


def _document(number: str) -> str:
    if not SEEDS.is_dir():
        pytest.skip(f"no seed documents at {SEEDS}")
    (path,) = SEEDS.glob(f"{number}_*.txt")
    return path.read_text("utf-8")


def _runs(text: str, length: int = LONGEST_SHARED_RUN + 1) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
