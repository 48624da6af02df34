"""The query language: what is read, what is refused and where, and that it prints as it reads."""

from __future__ import annotations

import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import QueryError, RuleError
from alerts.reading.rules.query import (
    All,
    Either,
    Is,
    Named,
    Near,
    Node,
    Not,
    Query,
    Within,
    Words,
    words_of,
)
from alerts.reading.rules.query_text import LONGEST, parse
from tests.alerts.reading.conftest import texts

A, B, C = Words("a"), Words("b"), Words("c")


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("a", A),
        ("a b", All((A, B))),
        ("a AND b", All((A, B))),
        ("a && b || c", Either((All((A, B)), C))),
        ("a OR b AND c", Either((A, All((B, C))))),
        ("a b OR c", All((A, Either((B, C))))),
        ("(a OR b) c", All((Either((A, B)), C))),
        ("a -b", All((A, Not(B)))),
        ("+a -(b OR c)", All((A, Not(Either((B, C)))))),
        ("NOT a", Not(A)),
        ("and or not near", All((Words("and"), Words("or"), Words("not"), Words("near")))),
        ('"AND"', Words("AND")),
        ('"travel advisory"', Words("travel advisory")),
        ('"say \\"a\\" \\\\"', Words('say "a" \\')),
        ("advis*", Words("advis", True)),
        ('"travel advis*"', Words("travel advis", True)),
        ('"5\\*"', Words("5*")),
        ("COVID-19 don't a/b", All((Words("COVID-19"), Words("don't"), Words("a/b")))),
        ("日本\u3000旅行", All((Words("日本"), Words("旅行")))),
        ("（a OR b）＋c", All((Either((A, B)), C))),
        ("“日本 旅行”", Words("日本 旅行")),
        ('"日本 警示"~20', Within((Words("日本"), Words("警示")), 20)),
        ("“日本 警示”～20", Within((Words("日本"), Words("警示")), 20)),
        ('"a advis*"~3', Within((A, Words("advis", True)), 3)),
        ("title:a body:b", All((Words("a", field="title"), Words("b", field="text")))),
        ("title：a", Words("a", field="title")),
        (
            "title:(a OR b)",
            Either((Words("a", field="title"), Words("b", field="title"))),
        ),
        ('body:"a b"~1', Within((A, B), 1, "text")),
        ("source:hk-rthk-en", Is("source", "hk-rthk-en")),
        ("source:hk-*", Is("source", "hk-", True)),
        ("lang:zh-Hant party:jp", All((Is("lang", "zh-Hant"), Is("party", "JP")))),
        ("lang:fr", Is("lang", "fr")),
        ("lang:(ja OR en)", Either((Is("lang", "ja"), Is("lang", "en")))),
        ("topic:transport", Is("topic", "transport")),
        ("@travel_advisory", Named("travel_advisory")),
        ("title:@parties.JP.place", Named("parties.JP.place", "title")),
        ("a NEAR b", Near((A, B))),
        ("a NEAR b NEAR c", Near((A, B, C))),
        ("a AND b NEAR c", All((A, Near((B, C))))),
        ("a NEAR b OR c", Either((Near((A, B)), C))),
        ("a NEAR (b OR c) a", All((Near((A, Either((B, C)))), A))),
        ("-a NEAR b", Not(Near((A, B)))),
        ("title:(a NEAR b)", Near((Words("a", field="title"), Words("b", field="title")))),
        ("(a NEAR b) c NEAR b", All((Near((A, B)), Near((C, B))))),
    ],
)
def test_what_is_read(text: str, root: Node) -> None:
    query = parse(text)
    assert query == Query(root)
    assert parse(str(query)) == query


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "no term"),
        ("  ", 1, "no term"),
        ('""', 1, "no term"),
        ("a *", 3, "no term"),
        ("a (b", 3, "not closed"),
        ("a) b", 2, "nothing opens"),
        ('a "b', 3, "quotation"),
        ("a OR OR b", 6, "cannot stand"),
        ("a AND", 5, "too early"),
        ("a titel:b", 3, "title:"),
        ("12:30", 1, "double quotes"),
        ("title:(body:a)", 8, "within title:"),
        ("a b^2", 3, "remove it"),
        ("ab~", 1, "advis*"),
        ("ab~.", 3, "'.' is no whole number"),
        ('"a b"~1.5', 6, "'1.5' is no whole number"),
        ("ab^.", 3, "remove it"),
        ("ab^.5", 3, "remove it"),
        ("ab^1.5", 1, "remove it"),
        ("ab^1.2.3", 3, "remove it"),
        ("[a TO b]", 1, "ranges"),
        (">3", 1, "ranges"),
        ("a /b/", 3, "double quotes"),
        ("'tis", 1, "double quotes"),
        ("a d*c", 4, "wildcard"),
        ("what?", 5, "wildcard"),
        ('"日本"~3', 1, "spaces"),
        ("@travel_advice", 1, "did you mean @travel_advisory?"),
        ("party:KR", 7, "HK, JP, CN"),
        ("topic:weather", 7, "travel_advisory"),
        ("lang:日本語", 6, "zh-Hant"),
        ("lang:xx", 6, "no article has the language 'xx'"),
        ("lang:jp", 6, "write en, ja"),
        ("lang:en-US", 6, "zh-Hans"),
        ("lang:j*", 6, "no wildcard"),
        ("NEAR a", 1, "between two words"),
        ("a NEAR", 3, "between two words"),
        ("a NEAR -b", 3, "between two words"),
        ("a NEAR (b AND c)", 8, "cannot join"),
        ("a NEAR lang:ja", 8, "cannot join"),
        ("(" * 99 + "a" + ")" * 99, 41, "parentheses"),
        ("-" * 999 + "a", 80, "fewer"),
        ("a" * (LONGEST + 1), LONGEST, "shorten"),
        ("a category:transport", 3, "did you mean topic:?"),
        ("origin:seed", 1, "`noroshi search --origin …` asks for it"),
    ],
)
def test_what_is_refused_and_where(text: str, column: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert abs(caught.value.column - column) <= (2 if column == 80 else 0)
    assert isinstance(caught.value, RuleError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301


words = st.builds(
    Words,
    st.one_of(
        st.sampled_from(
            ["a", "日本", "travel advisory", "AND", "NEAR", "near", "@x", 'a"b', "c\\", "5*", "-x"]
        ),
        st.text("ab日*\\\"(): -+~^@'?!/", min_size=1).filter(
            lambda text: text.strip() == text and not text.isspace() and text != "*"
        ),
    ),
    st.booleans(),
    st.sampled_from([None, "title", "text"]),
)
parts = st.builds(
    Words, st.text('ab日*\\"():-', min_size=1).filter(lambda t: t != "*"), st.booleans()
)
places = st.one_of(
    words,
    st.builds(Named, st.sampled_from(["transport", "parties.JP.place"])),
    st.builds(
        Within,
        st.lists(parts, min_size=2, max_size=3).map(tuple),
        st.integers(0, 99),
        st.sampled_from([None, "title", "text"]),
    ),
)
facts = st.sampled_from(
    [Is("lang", "ja"), Is("source", "hk-", True), Is("party", "JP"), Is("topic", "transport")]
)


def several(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[tuple[Node, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)


def queries(
    places: st.SearchStrategy[Node], facts: st.SearchStrategy[Node]
) -> st.SearchStrategy[Query]:
    """Queries of any form from these leaves."""
    near = st.builds(Near, several(st.one_of(places, st.builds(Either, several(places)))))
    nodes = st.recursive(
        st.one_of(places, facts, near),
        lambda inner: st.one_of(
            st.builds(All, several(inner)), st.builds(Either, several(inner)), st.builds(Not, inner)
        ),
        max_leaves=8,
    )
    return st.builds(Query, nodes)


@given(queries(places, facts))
def test_a_query_prints_and_parses_back_to_itself(query: Query) -> None:
    assert parse(str(query)) == query


@given(st.one_of(texts, st.text('ab "()*~:+-\\NEARODT@^[]/<日0.')))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert 1 <= error.column <= max(len(text), 1)
    else:
        assert parse(str(query)) == query


def test_keywords_are_words_as_they_stand() -> None:
    assert words_of("suspen*") == Words("suspen", True)
    assert words_of("A AND B") == Words("A AND B")


def test_threads_do_not_disturb_each_other() -> None:
    failures: list[object] = []

    def often() -> None:
        for number in range(200):
            if parse(f"x{number} (y OR z)").root != All(
                (Words(f"x{number}"), Either((Words("y"), Words("z"))))
            ):
                failures.append(number)

    threads = [threading.Thread(target=often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
