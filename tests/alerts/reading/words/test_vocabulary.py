"""The vocabulary: shipped files are whole, and a file is all that a language or category needs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from alerts.errors import VocabularyError
from alerts.reading.coding import Category
from alerts.reading.events.coder import Coder
from alerts.reading.words.vocabulary import SHIPPED, Vocabulary, inflect, shipped

FILES = sorted(SHIPPED.glob("*.toml"))


def test_every_category_has_signs() -> None:
    assert {sign.category for sign in shipped().signs} == set(Category)


@pytest.mark.parametrize("sign", shipped().signs, ids=lambda sign: sign.name)
def test_every_list_of_a_sign_has_words_in_every_language(sign: object) -> None:
    needed = sign.all  # type: ignore[attr-defined]
    for name in needed:
        assert set(shipped().words[name]) >= {"en", "zh", "ja"}, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_says_where_its_words_come_from(path: Path) -> None:
    assert path.read_text("utf-8").startswith("# ")


@pytest.mark.parametrize(
    ("entry", "forms"),
    [
        ("lift~ the ban", {"lifts the ban", "lifted the ban", "lifting the ban"}),
        ("urg~", {"urge", "urges", "urged", "urging"}),
        ("ban~", {"ban", "bans", "banned", "banning"}),
        ("cancel~", {"cancelled", "canceled", "cancelling"}),
        ("dual-use", {"dual-use", "dual use"}),
        ("deny~", {"denies", "denied", "denying"}),
        ("withdraw~", {"withdraws", "withdrew", "withdrawn", "withdrawing"}),
        ("freez~ assets", {"freezes assets", "froze assets", "frozen assets"}),
    ],
)
def test_english_entries_are_inflected(entry: str, forms: set[str]) -> None:
    assert forms <= inflect(entry)


def test_a_language_arrives_as_a_file(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    (folder / "parties.ko.toml").write_text(
        '[words."JP.place"]\nko = ["일본"]\n[words."CN.state"]\nko = ["중국"]\n', "utf-8"
    )
    (folder / "travel_advisory.ko.toml").write_text(
        '[words.avoid]\nko = ["여행 자제"]\n[words.urge]\nko = ["권고"]\n', "utf-8"
    )
    coding = Coder(Vocabulary.load(folder)).code("중국, 일본 여행 자제 권고", "", language="ko")
    assert [event.category for event in coding.events] == [Category.TRAVEL_ADVISORY]


def test_a_category_arrives_as_a_file(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    (folder / "pandas.toml").write_text(
        'category = "exchange_cancellation"\n[words.panda]\nen = ["giant panda"]\n'
        '[[sign]]\nall = ["panda"]\ndirection = "neutral"\nseverity = "low"\n',
        "utf-8",
    )
    coding = Coder(Vocabulary.load(folder)).code("Japan returns giant panda to China", "")
    assert any(event.direction == "neutral" for event in coding.events)


@pytest.mark.parametrize(
    ("condition", "text", "fires"),
    [
        ('given = ["zoo"]', "They lived in a zoo.", True),
        ('given = ["zoo"]', "They lived well.", False),
        ('unless = ["zoo"]', "They lived in a zoo.", False),
        ('unless = ["zoo"]', "They lived well.", True),
    ],
)
def test_a_sign_may_ask_for_words_elsewhere_in_the_text(
    tmp_path: Path, condition: str, text: str, fires: bool
) -> None:
    folder = _copy(tmp_path)
    (folder / "bears.toml").write_text(
        'category = "exchange_cancellation"\n[words.bear]\nen = ["bamboo bear"]\n'
        '[words.zoo]\nen = ["zoo"]\n'
        f'[[sign]]\nall = ["bear"]\n{condition}\ndirection = "neutral"\nseverity = "low"\n',
        "utf-8",
    )
    title = "Japan's government returns bamboo bear to China"
    coding = Coder(Vocabulary.load(folder)).code(title, text, language="en")
    assert any(event.direction == "neutral" for event in coding.events) is fires


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('[words.x]\nen = ["{nobody}"]\n', ("local.toml:2", "nobody")),
        ('[words.x]\nen = ["  "]\n', ("local.toml:2", "empty term")),
        ('category = "weather"\n', ("local.toml: category",)),
        (
            'category = "transport"\n[[sign]]\nall = ["nothing"]\ndirection = "easing"\n'
            'severity = "low"\n',
            ("local.toml:3", "nothing"),
        ),
        ("[words\n", ("local.toml", "TOML")),
        (
            '[[sign]]\nall = ["notice"]\ndirection = "easing"\nseverity = "low"\n',
            ("local.toml", "category"),
        ),
    ],
)
def test_errors_name_file_and_term(tmp_path: Path, content: str, says: tuple[str, ...]) -> None:
    (tmp_path / "local.toml").write_text(content, "utf-8")
    with pytest.raises(VocabularyError) as caught:
        Vocabulary.load(tmp_path)
    assert all(part in str(caught.value) for part in says)


def _copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "vocabulary"))
