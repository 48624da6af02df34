"""The stable machine interfaces: `extract` and `classify`. Their fields are promised."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.console import ConfigOption, Format, FormatOption, house, say_error, show, to_json

if TYPE_CHECKING:
    from alerts.reading.coding import CodedEvent, Coding
    from alerts.reading.events.coder import Coder

EXTRACT_FIELDS = (
    "url",
    "canonical_url",
    "title",
    "author",
    "published",
    "published_source",
    "lang",
    "text",
    "site_name",
    "image",
    "warnings",
    "section",
    "paywalled",
)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(extract)
    app.command()(classify)


def extract(
    source: Annotated[
        str, typer.Argument(help="a file, an http(s) address, or - for standard input")
    ],
    url: Annotated[
        str | None, typer.Option(help="the address the file came from; dates and links need it")
    ] = None,
    how: FormatOption = Format.JSON,
    config: ConfigOption = None,
) -> int:
    """Read one article page: title, text, date, language.

    Example: noroshi extract page.html --url https://example.org/news/1
    """
    from extractors.pages.extract import extract as read

    body, content_type, address = _page(source, url, config)
    found = read(body, address, content_type).to_json()
    if how is Format.JSON:
        sys.stdout.write(to_json(found) + "\n")
    elif how is Format.TABLE:
        facts = [{"": name, "value": found[name]} for name in EXTRACT_FIELDS]
        show(facts, ["", "value"], how)
    else:
        show([found], EXTRACT_FIELDS, how)
    return 0


def _page(source: str, url: str | None, config: Path | None) -> tuple[bytes, str | None, str]:
    """Body, Content-Type and address of what is to be read."""
    if source.lower().startswith(("http://", "https://")):
        return _fetched(source, config)
    if source == "-":
        return sys.stdin.buffer.read(), None, url or "about:blank"
    try:
        return Path(source).read_bytes(), None, url or Path(source).resolve().as_uri()
    except OSError as error:
        raise typer.BadParameter(f"{source}: it cannot be read ({error.strerror})") from error


def _fetched(address: str, config: Path | None) -> tuple[bytes, str | None, str]:
    import asyncio

    from extractors.web.fetch import Fetcher, server_of

    settings = house(config)

    async def get() -> tuple[bytes, str | None, str]:
        limits = replace(settings.limits, own_servers=frozenset([server_of(address)]))
        async with Fetcher(settings.user_agent, limits) as fetcher:
            response = await fetcher.get(address)
            return response.body, response.content_type, response.final_url

    return asyncio.run(get())


def classify() -> int:
    """Code articles: JSON lines {id, title, text, lang?, url?, published?} in, one line each out.

    A malformed line gives an error object with its number, and the rest goes on.

    Example: noroshi classify < articles.jsonl > codings.jsonl
    """
    from alerts.reading.events.coder import Coder

    coder = Coder.shipped()
    right = wrong = 0
    for answer in _codings(sys.stdin.buffer, coder):
        wrong += "error" in answer
        right += "error" not in answer
        sys.stdout.write(to_json(answer) + "\n")
        sys.stdout.flush()
    if wrong:
        lines = "1 line" if wrong == 1 else f"{wrong} lines"
        say_error(f"{lines} could not be read: see the error objects in the output")
    return 1 if wrong and not right else 0


def _codings(lines: Iterable[bytes], coder: Coder) -> Iterator[dict[str, object]]:
    for number, line in enumerate(lines, 1):
        if not line.removeprefix(BOM_UTF8).strip():
            continue
        try:
            item = _item(line)
        except ValueError as error:
            yield {"line": number, "error": str(error)}
            continue
        coding = coder.code(
            item["title"], item["text"], language=item.get("lang"), published=_day(item)
        )
        yield coding_to_json(item["id"], coding)


def _item(line: bytes) -> dict[str, Any]:
    """One article. Raises ValueError saying what is wrong with the line."""
    item = _object(line)
    # A bool is an int to Python, and 1e999 a float that JSON cannot say.
    if type(item.get("id")) not in {str, int, float} or item["id"] in {inf, -inf}:
        raise ValueError("the field 'id' must be a string or a number")
    if not {"title", "text"} & item.keys():
        raise ValueError("the fields 'title' and 'text' are missing")
    for field in ("title", "text"):
        if not isinstance(item.setdefault(field, ""), str):
            raise ValueError(f"the field {field!r} must be a string")
    if not isinstance(item.get("lang"), str | None):
        raise ValueError("the field 'lang' must be a string")
    return item


def _object(line: bytes) -> dict[str, Any]:
    try:
        item = json.loads(line.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8: {error.reason} at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError("not JSON for us: it is nested too deeply") from error
    except ValueError as error:  # Python's limit of digits, which it tells in its own words
        raise ValueError("not JSON for us: a number is out of range") from error
    if not isinstance(item, dict):
        raise ValueError("not a JSON object with id, title and text")
    return item


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _day(item: dict[str, Any]) -> date | None:
    """The day of publication, where the item gives a whole one."""
    try:
        return date.fromisoformat(str(item.get("published") or "")[:10])
    except ValueError:
        return None


def coding_to_json(id_: object, coding: Coding) -> dict[str, object]:
    """The promised form of a coding."""
    return {
        "id": id_,
        "relevant": coding.relevant,
        "relevance": round(coding.relevance, 3),
        "parties": list(coding.parties),
        "events": [_event_to_json(event) for event in coding.events],
    }


def _event_to_json(event: CodedEvent) -> dict[str, object]:
    return {
        "category": str(event.category),
        "direction": str(event.direction),
        "severity": str(event.severity),
        "background": event.background,
        "status": str(event.status),
        "actor": event.actor,
        "target": event.target,
        "level": event.level,
        "evidence": [
            {"field": e.field, "start": e.start, "end": e.end, "term": e.term}
            for e in event.evidence
        ],
    }
