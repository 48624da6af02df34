"""What makes a new version of an article, and what does not."""

from __future__ import annotations

import pytest

from extractors.pages.change import change

TEXT = (
    "The bureau raised its alert on Friday.\n"
    "Three people were hurt.\n"
    "It asked travellers to register.\n"
    "Related: What the levels mean\n"
    "Photos of the day"
)
SAME = {
    "nothing": TEXT,
    "whitespace": TEXT.replace(" ", "  ").replace("\n", " \n\n"),
    "width": TEXT.replace(".", "．"),
    "links below": TEXT.replace("Photos of the day", "Ten dishes to try\nMost read"),
    "no links": TEXT.partition("\nRelated")[0],
    "views": f"1,204 views\n{TEXT}",
    "閱讀": f"閱讀：1,204\n{TEXT}",
    "浏览": f"{TEXT[:39]}12万次阅读\n{TEXT[39:]}",
    "コメント": f"コメント 34件\n{TEXT}",
    "ago": f"Updated 3 hours ago\n{TEXT}",
    "order": "Three people were hurt.\n" + TEXT.replace("Three people were hurt.\n", ""),
    "前": f"3小時前\n{TEXT}",
}
DIFFERENT = {
    "a figure": (TEXT.replace("Three", "Four"), "1 line added, 1 line removed"),
    "a line more": (TEXT.replace("It asked", "Flights go on.\nIt asked"), "1 line added"),
    "a line less": (TEXT.replace("Three people were hurt.\n", ""), "1 line removed"),
    "two lines more": ("First.\nSecond.\n" + TEXT, "2 lines added"),
}  # fmt: skip


@pytest.mark.parametrize("later", SAME.values(), ids=SAME)
def test_what_makes_no_version(later: str) -> None:
    assert not change(("Alert", TEXT), ("Alert ", later))


@pytest.mark.parametrize(("later", "told"), DIFFERENT.values(), ids=DIFFERENT)
def test_what_makes_a_version(later: str, told: str) -> None:
    found = change(("Alert", TEXT), ("Alert", later))
    assert found
    assert str(found) == told


def test_a_title_makes_a_version() -> None:
    found = change(("Alert raised", TEXT), ("Alert lowered", TEXT + "\nMore photos"))
    assert (found.title, str(found)) == (True, "title")


def test_where_no_line_is_a_sentence_all_of_them_count() -> None:
    before, after = "Japan: level 1\nChina: level 2", "Japan: level 3\nChina: level 2"
    assert str(change(("Levels", before), ("Levels", after))) == "1 line added, 1 line removed"


def test_a_sentence_with_a_number_is_no_counter() -> None:
    before = "3小時前，當局發出警告。"
    assert change(("警告", before), ("警告", before.replace("3", "5")))
