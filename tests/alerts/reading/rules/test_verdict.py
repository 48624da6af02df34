"""Verdicts: what answers a query and by which words; agreement with a slow reference."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.reading.rules.query import (
    All,
    Either,
    Field,
    Is,
    Named,
    Near,
    Node,
    Not,
    Query,
    Within,
    Words,
)
from alerts.reading.rules.query_text import parse
from alerts.reading.rules.query_words import CONTAINMENT, terms
from alerts.reading.rules.verdict import FIELDS, Document, Queries, judge, speaks
from alerts.reading.words.fold import fold
from alerts.reading.words.scan import joins
from alerts.reading.words.sentence import sentences
from alerts.reading.words.vocabulary import Vocabulary, family
from tests.alerts.reading.conftest import texts
from tests.alerts.reading.rules.test_query import queries


@pytest.mark.parametrize(
    ("query", "title", "text", "answers"),
    [
        ("advisory", "Travel Advisories", "", True),
        ("advis*", "Advised", "", True),
        ("visor*", "advisory", "", False),
        ("ban", "bank", "", False),
        ("dual-use", "", "dual use goods", True),
        ("旅遊警示", "旅游警示", "", True),
        ("領事館", "", "日本総領事館", True),
        ('"Hong Kong"', "", "in Hong\nKong", True),
        ("japan china", "Japan", "and China", True),
        ("title:(japan china)", "Japan", "and China", False),
        ("body:china -title:china", "Japan", "and China", True),
        ("japan -china", "Japan", "and China", False),
        ("-korea", "Japan", "", True),
        ('"日本 警示"~4', "", "對日本發出外遊警示", True),
        ('"日本 警示"~3', "", "對日本發出外遊警示", False),
        ('"警示 日本"~4', "", "對日本發出外遊警示", True),
        ('"日本 警示"~0', "", "日本、「警示」", True),
        ('"japan advisory"~2', "", "an advisory was for Japan.", True),
        ('"japan advisory"~1', "", "an advisory was for Japan.", False),
        ('"japan advis*"~0', "", "advisory: Japan", True),
        ('"日本 advisory"~1', "", "advisory 對 日本", True),
        ('"japan china"~99', "Japan", "China", False),
        ("japan NEAR china", "", "Japan met China.", True),
        ("japan NEAR china", "", "It was Japan. China too.", False),
        ("japan NEAR china", "", "Japan\nChina", False),
        ("japan NEAR china", "Japan", "China", False),
        ("japan NEAR (china OR 香港)", "", "中。Japan和香港。", True),
        ('"a b"~1 NEAR c', "", "a x b c", True),
        ("日本", "今日本港新增個案", "", False),
        ("今日 本港", "今日本港新增個案", "", True),
        ("交流", "", "交流電機の交流", True),
        ("交流", "", "交流電機", False),
        ("交流電", "", "交流電機", True),
        ("中止", "", "中止符", False),
        ("中止符", "", "中止符", True),
        ("@travel_advisory", "", "保安局發出外遊警示", True),
        ("@travel_advisory.notice NEAR @parties.JP.place", "", "日本への渡航情報", True),
        ("@visa_entry", "", "保安局發出外遊警示", False),
        ("lang:zh", "a", "", True),
        ("lang:zh-Hant", "a", "", True),
        ("lang:ZH-hant", "a", "", True),
        ("lang:zh-Hans", "a", "", False),
        ("source:hk-desk", "a", "", True),
        ("source:hk", "a", "", False),
        ("source:hk-*", "a", "", True),
        ("party:JP -party:CN", "a", "", True),
        ("topic:transport OR topic:visa_entry", "a", "", True),
    ],
)
def test_what_answers(query: str, title: str, text: str, answers: bool) -> None:
    document = Document(title, text, "zh-Hant", "hk-desk", ("HK", "JP"), ("transport",))
    verdict = judge(parse(query), document)
    assert verdict.matched is answers
    assert verdict.trace.holds is answers


@pytest.mark.parametrize(
    ("language", "text", "word"),
    [
        ("zh-Hant", "其中日本隊", "中日"),
        ("zh-Hans", "提高市场准入", "高市"),
        ("zh-Hant", "有機會見到", "會見"),
        ("zh-Hant", "返港日期", "港日"),
        ("zh-Hant", "今日本公司", "日本"),
        ("zh-Hans", "南京都市圈", "京都"),
        ("ja", "東京都", "京都"),
        ("zh-Hans", "交流电机", "交流"),
        ("ja", "今日中に", "日中"),
        ("ja", "中国電力", "中国"),
        ("ja", "外国為替", "外国"),
        ("ja", "セ・パ交流戦", "交流"),
    ],
)
def test_a_longer_word_hides_a_shorter_one(language: str, text: str, word: str) -> None:
    asked = Query(Words(word))
    assert not judge(asked, Document("", text, language)).matched
    assert judge(asked, Document("", f"{text}。{word}", language)).matched
    assert judge(Query(Words(text)), Document("", text, language)).matched


def test_evidence_slices_the_original_and_names_what_asked_for_it() -> None:
    title, text = " ＴＲＡＶＥＬ\u3000Advisory", "  不。対日本　旅游警示。"
    query = parse('"travel advisory" AND (advis* NEAR x OR "日本 旅遊警示"~3) -absent')
    verdict = judge(query, Document(title, text, "zh-Hant"))
    contents = {"title": title, "text": text}
    assert [(e.term, contents[e.field][e.start : e.end]) for e in verdict.evidence] == [
        ("travel advisory", "ＴＲＡＶＥＬ\u3000Advisory"),
        ("日本", "日本"),
        ("旅遊警示", "旅游警示"),
    ]
    assert [part.holds for part in verdict.trace.parts] == [True, True]


def test_many_queries_are_read_in_one_scan() -> None:
    queries = Queries({"a": parse("japan"), "b": parse("title:japan"), "c": parse("@transport")})
    reading = queries.read(Document("", "Japan"))
    assert [reading.holds(name) for name in "abc"] == [True, False, False]


def test_languages_have_varieties() -> None:
    assert speaks("zh-Hant", "zh") and speaks("ja", "JA")
    assert not speaks("zh", "zh-Hant") and not speaks("zha", "zh")


_WORDS = ["a", "ab", "b-a", "日本", "本", "今日", "中止", "交流", "a日"]
_words = st.builds(
    Words, st.sampled_from(_WORDS), st.booleans(), st.sampled_from([None, "title", "text"])
)
_plain = st.builds(Words, st.sampled_from(_WORDS), st.booleans())
_places = st.one_of(
    _words,
    st.builds(
        Within,
        st.lists(_plain, min_size=2, max_size=3).map(tuple),
        st.integers(0, 4),
        st.sampled_from([None, "title", "text"]),
    ),
    st.builds(Named, st.just("parties.JP.place")),
)
_facts = st.sampled_from([Is("lang", "zh"), Is("source", "s", True), Is("party", "JP")])
_contents = st.lists(
    st.sampled_from(
        [*_WORDS, "as", "b a", "今日本港", "中止符", "交流電機", " ", "\u3000", "\n", "。", ". "]
    ),
    max_size=12,
).map("".join)
_documents = st.builds(
    Document,
    _contents,
    _contents,
    st.sampled_from(["zh-Hans", "ja", "en"]),
    st.sampled_from(["s1", "t1"]),
    st.sampled_from([(), ("JP",)]),
)


@settings(max_examples=400, deadline=None)
@given(queries(_places, _facts), _documents)
def test_the_compiled_query_agrees_with_a_slow_reference(query: Query, document: Document) -> None:
    assert judge(query, document).matched is _slowly(query.root, document)


@settings(deadline=None)
@given(queries(_places, _facts), st.one_of(_documents, st.builds(Document, texts, texts)))
def test_a_stored_folding_changes_nothing(query: Query, document: Document) -> None:
    folded = fold(f"{document.title}\n{document.text}").text
    stored = Document(
        document.title,
        document.text,
        document.language,
        document.source,
        document.parties,
        document.topics,
        folded,
    )
    fresh, again = judge(query, document), judge(query, stored)
    assert fresh == again


_joined = st.one_of(_contents, texts, st.builds(str.__add__, texts, _contents))


@settings(deadline=None)
@given(queries(_places, _facts), _joined, _joined)
def test_evidence_slices_a_word_that_was_asked_for(query: Query, title: str, text: str) -> None:
    asked = {
        fold(term.pattern).text
        for node in query.nodes
        if isinstance(node, Words | Named)
        for term in terms(node)
    }
    for evidence in judge(query, Document(title, text, "ja")).evidence:
        content = title if evidence.field == "title" else text
        assert fold(content[evidence.start : evidence.end]).text in asked


def test_a_text_of_trigger_words_stays_linear() -> None:
    text = "日本警示。" * 20_000
    verdict = judge(parse('"日本 警示"~3 AND 日本 NEAR 警示 -旅遊'), Document("", text, "ja"))
    assert verdict.matched


# The reference: every word tried at every place, every choice of places tried.


def _slowly(node: Node, document: Document) -> bool:
    match node:
        case All():
            return all(_slowly(one, document) for one in node.operands)
        case Either():
            return any(_slowly(one, document) for one in node.operands)
        case Not():
            return not _slowly(node.operand, document)
        case Is(facet="lang"):
            return document.language.split("-")[0] == node.value
        case Is(facet="source"):
            return document.source.startswith(node.value)
        case Is():
            return node.value in document.parties
        case Near():
            return any(_in_one_sentence(node, document, field) for field in FIELDS)
    return any(_spots(node, document, field) for field in FIELDS)


Spot = tuple[int, int]


def _spots(node: Node, document: Document, field: Field) -> list[Spot]:
    text = fold(document.title if field == "title" else document.text).text
    match node:
        case Words() | Named():
            if node.field in {None, field}:
                return _written(node, text, document.language)
        case Within():
            if node.field in {None, field}:
                return _close(node, text, document.language)
        case Either():
            return [spot for one in node.operands for spot in _spots(one, document, field)]
    return []


def _written(node: Words | Named, text: str, language: str) -> list[Spot]:
    return [
        (start, start + len(term.pattern))
        for term in terms(node)
        for start in range(len(text))
        if text.startswith(term.pattern, start)
        and _bounded(text, start, start + len(term.pattern), term.open_end)
        and not _unmeant(text, start, start + len(term.pattern), language)
    ]


def _bounded(text: str, start: int, end: int, open_end: bool) -> bool:
    left = start == 0 or not (joins(text[start - 1]) and joins(text[start]))
    right = end == len(text) or not (joins(text[end - 1]) and joins(text[end]))
    return left and (right or open_end)


def _unmeant(text: str, start: int, end: int, language: str) -> bool:
    columns = _LONGER.get(family(language), ())
    return any(
        term.mask and text.startswith(term.pattern, start - term.mask[0])
        for term in columns
        if term.mask and start >= term.mask[0] and end - start == term.mask[1] - term.mask[0]
    )


_LONGER = Vocabulary.load(CONTAINMENT).words["containment.guard"]


def _close(node: Within, text: str, language: str) -> list[Spot]:
    words = list(dict.fromkeys(node.words))
    choices = product(*(_written(word, text, language) for word in words))
    stretches = [
        (min(s for s, _ in chosen), max(e for _, e in chosen), chosen) for chosen in choices
    ]
    return [
        (start, end)
        for start, end, chosen in stretches
        if _length(text, start, end) - sum(_length(text, s, e) for s, e in chosen) <= node.distance
    ]


def _length(text: str, start: int, end: int) -> int:
    """Units that begin in the slice: a Latin word where its first letter stands."""
    return sum(
        text[i].isalnum() and not (i > 0 and joins(text[i]) and joins(text[i - 1]))
        for i in range(start, end)
    )


def _in_one_sentence(node: Near, document: Document, field: Field) -> bool:
    source = document.title if field == "title" else document.text
    lined, flat = fold(source, lines=True), fold(source)
    for start, end in sentences(lined.text):
        low, _ = lined.origin(start, start)
        high, _ = lined.origin(end, end)
        last = end == len(lined.text)
        if all(
            any(
                low <= flat.origin(s, e)[0] and (last or flat.origin(s, e)[0] < high)
                for s, e in _spots(one, document, field)
            )
            for one in node.operands
        ):
            return True
    return False
