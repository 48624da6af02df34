"""PDF press releases in four languages; whatever is broken is said."""

from __future__ import annotations

import zlib
from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter

from extractors.errors import PageError
from extractors.pages.page import read_page
from extractors.pages.pdf import paragraphs

URL = "https://ministry.example/press/notice.pdf"
Line = tuple[int, str]
"""Size of the letters in points, and the words."""

CJK = {
    "ja": ("UniJIS-UTF16-H", "Japan1", "HeiseiMin-W3"),
    "zh-Hans": ("UniGB-UTF16-H", "GB1", "STSong-Light"),
    "zh-Hant": ("UniCNS-UTF16-H", "CNS1", "MSung-Light"),
}
"""CMap, ordering and a font of each: readers know them without a font in the file."""


def pdf(lines: list[Line], language: str = "en", info: str = "") -> bytes:
    """A PDF of one page by hand."""
    drawn = []
    for n, (size, text) in enumerate(lines):
        shown = text.encode("utf-16-be").hex() if language in CJK else text.encode().hex()
        drawn.append(f"BT /F1 {size} Tf 1 0 0 1 50 {780 - 30 * n} Tm <{shown}> Tj ET")
    content = "\n".join(drawn).encode()
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    if language in CJK:
        cmap, ordering, name = CJK[language]
        info_ = f"<</Registry(Adobe)/Ordering({ordering})/Supplement 4>>"
        below = f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{name}/CIDSystemInfo{info_}>>"
        font = (
            f"<</Type/Font/Subtype/Type0/BaseFont/{name}/Encoding/{cmap}/DescendantFonts[{below}]>>"
        )
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        font.encode(),
        f"<<{info}>>".encode(),
    ]
    out = BytesIO(b"%PDF-1.7\n")
    out.seek(0, 2)
    places = []
    for number, body in enumerate(bodies, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = out.tell()
    out.write(b"xref\n0 7\n0000000000 65535 f \n")
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size 7/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF" % start)
    return out.getvalue()


RELEASES: dict[str, tuple[list[Line], str, str, str]] = {
    "en": (
        [
            (18, "Travel alert for Japan raised"),
            (11, "Hong Kong, November 14, 2025"),
            (11, "The Security Bureau raised its outbound travel alert for Japan"),
            (11, "to amber today and asked residents to take care."),
            (11, "It will be reviewed on December 1, 2025."),
        ],
        "Travel alert for Japan raised",
        "The Security Bureau raised its outbound travel alert for Japan to amber today and asked "
        "residents to take care.",
        "2025-11-14",
    ),
    "ja": (
        [
            (18, "渡航に関する注意喚起"),
            (11, "令和７年１１月１４日"),
            (11, "外務省は、香港への渡航について在留する人々に注意を呼びかけるとともに、"),
            (11, "最新の情報を確かめるよう求めました。"),
        ],
        "渡航に関する注意喚起",
        "外務省は、香港への渡航について在留する人々に注意を呼びかけるとともに、最新の情報を確かめるよう求めました。",
        "2025-11-14",
    ),
    "zh-Hans": (
        [
            (18, "关于近期赴日安全的提醒"),
            (11, "二〇二五年十一月十四日"),
            (11, "外交部和驻日使领馆郑重提醒中国公民近期避免前往日本，并请在当地的中国"),
            (11, "公民密切关注当地治安形势。"),
        ],
        "关于近期赴日安全的提醒",
        "外交部和驻日使领馆郑重提醒中国公民近期避免前往日本，并请在当地的中国公民密切关注当地治安形势。",
        "2025-11-14",
    ),
    "zh-Hant": (
        [
            (18, "保安局調整外遊警示"),
            (11, "2025年11月14日"),
            (11, "保安局今日調整對日本的外遊警示，提醒市民留意當地情況，並與親友保持"),
            (11, "聯絡。"),
        ],
        "保安局調整外遊警示",
        "保安局今日調整對日本的外遊警示，提醒市民留意當地情況，並與親友保持聯絡。",
        "2025-11-14",
    ),
}


@pytest.mark.parametrize("language", RELEASES)
def test_a_press_release(language: str) -> None:
    lines, title, sentence, day = RELEASES[language]
    found = read_page(pdf(lines, language), URL, "application/pdf", timezone="Asia/Hong_Kong")
    assert found.title == title
    assert sentence in found.text.splitlines()
    assert title not in found.text
    assert found.language == language
    assert found.published is not None
    assert (found.published.date().isoformat(), found.published_source) == (day, "text")


def test_the_title_of_the_properties_where_no_line_is_larger() -> None:
    plain = [(11, "The first line of it."), (11, "The second line of it.")]
    assert read_page(pdf(plain, info="/Title(Notice 12)"), URL).title == "Notice 12"
    assert read_page(pdf(plain, info="/Title(Microsoft Word - a.docx)"), URL).title == (
        "The first line of it."
    )


def test_the_day_it_was_made_where_nothing_else_tells() -> None:
    plain = [(11, "A line without a date.")]
    found = read_page(pdf(plain, info="/CreationDate(D:20251114103000+08'00')"), URL)
    assert found.published is not None
    assert found.published.isoformat() == "2025-11-14T10:30:00+08:00"
    assert found.published_source == "metadata"


def encrypted(password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf(RELEASES["en"][0]))))
    writer.encrypt(password, "owner", algorithm="RC4-128")
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def test_what_anybody_may_read_is_read() -> None:
    assert read_page(encrypted(""), URL).title == "Travel alert for Japan raised"


WHOLE = pdf(RELEASES["en"][0])
BROKEN = {
    "a password": (encrypted("secret"), "it wants a password"),
    "cut short": (WHOLE[:60], "cannot be read"),
    "nothing in it": (b"%PDF-1.7\n", "cannot be read"),
    "no words": (pdf([]), "without text"),
    "no page": (WHOLE.replace(b"/Kids[3 0 R]", b"/Kids[9 0 R]"), "PDF"),
    "in a circle": (WHOLE.replace(b"/Kids[3 0 R]", b"/Kids[2 0 R]"), "PDF"),
}


@pytest.mark.parametrize(("body", "says"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_said(body: bytes, says: str) -> None:
    with pytest.raises(PageError) as error:
        read_page(body, URL)
    assert says in str(error.value)
    assert "open it in a browser" in str(error.value)


@pytest.mark.timeout(120)
def test_a_bomb_is_bounded() -> None:
    """A hundred megabytes of drawing in a hundred kilobytes."""
    content = zlib.compress(b"BT /F1 9 Tf (bomb) Tj ET\n" * 4_000_000, 9)
    stream = b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(content), content)
    start = WHOLE.index(b"<</Length")
    body = WHOLE[:start] + stream + WHOLE[WHOLE.index(b"endstream") + 9 :]
    with pytest.raises(PageError, match="PDF"):
        read_page(body, URL)


def test_lines_are_joined_to_paragraphs() -> None:
    lines = [
        "外務省は、香港への渡航について",
        "注意を呼びかけた。",
        "以上",
        "The minis-",
        "try said so.",
    ]
    assert list(paragraphs(lines))[:1] == ["外務省は、香港への渡航について注意を呼びかけた。"]
    assert list(paragraphs(lines))[-1] == "The ministry said so."
