"""Search: articles that hold every term, whatever their script; the newest first.

A term is a word, or several in "double quotes". Terms are folded as the articles are
(`alerts.reading.fold`): case, width, Traditional/Simplified and kyūjitai/shinjitai do not matter.
A Latin term must stand as a word of its own; Chinese and Japanese terms are found inside
sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

import duckdb

from alerts.reading.fold import fold
from warehouse.errors import QueryError
from warehouse.rows import fetch_dicts

_TERM = re.compile(r'"([^"]*)"|(\S+)')
_LATIN = re.compile(r"[0-9A-Za-z\u00c0-\u024f]")


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for, and where. Empty filters let everything pass."""

    query: str
    since: date | None = None
    until: date | None = None
    language: str | None = None
    source: str | None = None
    origin: str | None = None
    limit: int = 20


def search(connection: duckdb.DuckDBPyConnection, wanted: Search) -> list[dict[str, object]]:
    """Rows with id, published_at, lang, origin, source, title, snippet, url.

    Raises QueryError for a query without a term.
    """
    terms = terms_of(wanted.query)
    if not terms:
        raise QueryError("the query", "it holds no term", 'try `noroshi search "travel advisory"`')
    conditions, parameters = _conditions(terms)
    answer = connection.execute(
        f"""
        SELECT id, published_at, language AS lang, origin, source_id AS source, title, text, url
        FROM store.article
        WHERE {" AND ".join(conditions)}
          AND ($since::DATE IS NULL OR coalesce(published_at, first_seen_at) >= $since::DATE)
          AND (
              $until::DATE IS NULL
              OR coalesce(published_at, first_seen_at) < $until::DATE + INTERVAL 1 DAY
          )
          AND ($language::VARCHAR IS NULL OR language = $language)
          AND ($source::VARCHAR IS NULL OR source_id = $source)
          AND ($origin::VARCHAR IS NULL OR origin = $origin)
        ORDER BY coalesce(published_at, first_seen_at) DESC, id
        LIMIT $limit
        """,  # noqa: S608 (conditions hold parameter names only)
        {
            **parameters,
            "since": wanted.since,
            "until": wanted.until,
            "language": wanted.language,
            "source": wanted.source,
            "origin": wanted.origin,
            "limit": wanted.limit,
        },
    )
    return [_shown(row, terms) for row in fetch_dicts(answer)]


def terms_of(query: str) -> list[str]:
    """The folded terms of a query, each once."""
    found = (fold(quoted or word).text.strip() for quoted, word in _TERM.findall(query))
    return list(dict.fromkeys(term for term in found if term))


def _conditions(terms: list[str]) -> tuple[list[str], dict[str, object]]:
    conditions, parameters = [], {}
    for number, term in enumerate(terms):
        conditions.append(f"contains(folded, $term{number})")
        parameters[f"term{number}"] = term
        if _LATIN.search(term[0]) or _LATIN.search(term[-1]):
            conditions.append(f"regexp_matches(folded, $word{number})")
            parameters[f"word{number}"] = _whole_word(term)
    return conditions, dict(parameters)


def _whole_word(term: str) -> str:
    """RE2 has no look-around: a boundary is a character that is no Latin letter or digit."""
    other = r"[^0-9a-z\x{c0}-\x{24f}]"
    left = rf"(?:^|{other})" if _LATIN.match(term[0]) else ""
    right = rf"(?:$|{other})" if _LATIN.match(term[-1]) else ""
    return f"{left}{re.escape(term)}{right}"


def _shown(row: dict[str, object], terms: list[str]) -> dict[str, object]:
    text = str(row.pop("text"))
    url = row.pop("url")
    return {**row, "snippet": _snippet(text, terms), "url": url}


def _snippet(text: str, terms: list[str], *, width: int = 80) -> str:
    """A line of the text around its first term, or its beginning."""
    folded = fold(text)
    places = [place for term in terms if (place := folded.text.find(term)) >= 0]
    if not places:
        return " ".join(text[:width].split())
    start, _ = folded.origin(min(places), min(places) + 1)
    begin = max(0, start - width // 3)
    cut = " ".join(text[begin : begin + width].split())
    return ("…" if begin else "") + cut + ("…" if begin + width < len(text) else "")
