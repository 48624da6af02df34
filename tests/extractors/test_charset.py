"""Bytes become the text that their author wrote, whatever the label says."""

from __future__ import annotations

import base64
import codecs
from encodings.aliases import aliases
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.charset import codecs_of, decode, document_label
from tests.extractors.conftest import rows, stored

HANT = "日本外務省表示，香港特區政府發言人昨日回應了有關赴日旅遊警示的問題。"
HANS = "中国外交部发言人表示，日方应当为发展两国关系创造条件，这个问题已经说过。"
JA = "香港政府は日本への渡航について注意を呼びかけていると発表しました。"
KO = "홍콩 정부는 일본 여행에 대한 주의를 당부했다고 발표했습니다."
FR = "Le gouvernement a été réélu à Besançon."

ENCODED = [
    (HANT, "big5", "big5hkscs"),
    ("「啲嘢喺邊度？」" + HANT, "big5-hkscs", "big5hkscs"),
    (HANS, "gb2312", "gb18030"),
    (HANS, "gbk", "gb18030"),
    (JA, "shift_jis", "cp932"),
    ("①髙﨑 " + JA, "shift_jis", "cp932"),
    (JA, "euc-jp", "euc_jp"),
    (JA, "iso-2022-jp", "iso2022_jp"),
    (KO, "euc-kr", "cp949"),
    (HANS, "utf-8", "utf-8"),
]
KINDS = ("header", "meta", "both", "none", "wrong")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("text", "label", "codec"), ENCODED)
def test_a_page_is_read_with_its_label_without_it_and_against_it(
    text: str, label: str, codec: str, kind: str
) -> None:
    wrong = "utf-8" if label != "utf-8" else "big5"
    named = {"wrong": wrong, "none": None, "header": None}.get(kind, label)
    meta = f'<meta charset="{named}">' if named else ""
    page = f"<html><head>{meta}</head><body>{text}</body></html>"
    header = f"text/html; charset={label}" if kind in {"header", "both"} else "text/html"
    assert decode(page.encode(codec), header)[0] == page


ORDER = [
    ("a mark beats the header", codecs.BOM_UTF8 + "é".encode(), "text/html; charset=gbk", "é"),
    ("utf-16 by its mark", codecs.BOM_UTF16_LE + HANS.encode("utf-16-le"), None, HANS),
    ("utf-16 by its shape", f"<p>{FR}</p>".encode("utf-16-be"), None, f"<p>{FR}</p>"),
    ("the header beats the meta", b'<meta charset="iso-8859-2">\xe9\xe8', "x/y; charset=latin1",
     '<meta charset="iso-8859-2">éè'),
    ("latin1 is what browsers mean by it", b"\x93quoted\x94", "x/y; charset=iso-8859-1",
     "“quoted”"),
    ("two characters of gbk that look like utf-8", "联通".encode("gbk"), "x/y; charset=gbk",
     "联通"),
    ("utf-8 under a western label", FR.encode(), "x/y; charset=iso-8859-1", FR),
    ("utf-8 under an eastern label", HANS.encode(), "x/y; charset=big5", HANS),
    ("gbk under a western label", HANS.encode("gbk"), "x/y; charset=iso-8859-1", HANS),
    ("big5 under gb2312", HANT.encode("big5"), "x/y; charset=gb2312", HANT),
    ("an unknown label", FR.encode(), "x/y; charset=martian", FR),
    ("no label, western", FR.encode("cp1252"), None, FR),
    ("cyrillic by its label", "Привет, мир".encode("cp1251"), "x/y; charset=windows-1251",
     "Привет, мир"),
    ("utf-8 cut in a character", HANS.encode()[:-1], "x/y; charset=utf-8", HANS[:-1] + "\ufffd"),
    ("nothing", b"", None, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "header", "text"), [pytest.param(*case[1:], id=case[0]) for case in ORDER]
)
def test_order_and_overruling(body: bytes, header: str | None, text: str) -> None:
    assert decode(body, header)[0] == text


def test_one_bad_byte_costs_one_character() -> None:
    body = HANS.encode("gbk") * 20
    text, _ = decode(body + b"\xff" + b"<p>", "text/html; charset=gb2312")
    assert text.count("\ufffd") == 1
    assert text.startswith(HANS)


def test_a_meta_in_a_comment_is_none() -> None:
    assert document_label(b'<!-- <meta charset="big5"> --><meta charset=gbk>') == "gbk"


@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=30).map("charset=".__add__)))
def test_no_bytes_and_no_label_make_it_fail(body: bytes, header: str | None) -> None:
    text, codec = decode(body, header)
    assert isinstance(text, str)
    assert codecs.lookup(codec)


@pytest.mark.parametrize("name", sorted(set(aliases.values()) | {"idna", "punycode", "undefined"}))
def test_no_codec_of_python_makes_it_fail(name: str) -> None:
    for body in (b"", b"\x80", b"xn--\xff", bytes(range(256))):
        assert isinstance(decode(body, f"text/html; charset={name}")[0], str)


@pytest.mark.shared
def test_labelled_files_lose_nothing(corpus: Path) -> None:
    folder = corpus / "charset"
    cases = rows(folder / "manifest.jsonl")
    lossy = []
    for row in cases:
        text, codec = decode(stored(folder / row["file"]), row["http_content_type"])
        if "\ufffd" in text or (row["probe_text"] or "") not in text:
            lossy.append((row["id"], row["encoding"], codec))
    assert lossy == []


# These bytes mean different characters in Microsoft's and in Hong Kong's table; browsers use the
# latter (WHATWG index Big5).
TWO_READINGS = {"zh-ettoday-241b6f44"}


@pytest.mark.shared
def test_transcoded_pages_come_back_as_they_were(corpus: Path) -> None:
    folder = corpus / "charset"
    cases = rows(folder / "derived_pages.jsonl")
    for row in cases:
        body = stored(folder / row["file"])
        text, codec = decode(body, row["http_content_type"])
        assert "\ufffd" not in text, (row["id"], codec)
        if row["page_id"] not in TWO_READINGS:
            assert text == body.decode(row["python_codec"]), (row["id"], codec)


@pytest.mark.shared
def test_the_pre_scan_finds_what_browsers_find(corpus: Path) -> None:
    """html5lib's cases. Broken meta elements that browsers ignore are read here: a label is only
    a first guess, and the bytes have the last word."""
    cases = rows(corpus / "charset" / "html5lib_prescan_cases.jsonl")
    named = [row for row in cases if row["encoding"].lower() != "windows-1252"]
    found = sum(_same(row) for row in named)
    assert found >= len(named) - 3


def _same(row: dict[str, str]) -> bool:
    label = document_label(base64.b64decode(row["content_b64"])) or ""
    return codecs_of(label)[:1] == codecs_of(row["encoding"])[:1]
