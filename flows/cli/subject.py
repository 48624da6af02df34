"""What `noroshi rules test` tests on: a stored article, a file, or the text itself."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from flows.cli.console import say
from flows.cli.look import reading

if TYPE_CHECKING:
    from alerts.reading.coding import Coding
    from alerts.reading.rules.verdict import Document
    from flows.configuration.settings import House


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tested: an article with what the coder finds in it."""

    document: Document
    coding: Coding
    seed: bool = False

    def words(self, field: str, start: int, end: int) -> str:
        """What stands there, in the title or in the text."""
        return (self.document.title if field == "title" else self.document.text)[start:end]


def subject_of(settings: House, given: str, title: str) -> Subject:
    """The stored article of that address or whose id begins so, the content of that file, or the
    text itself. Raises QueryError for an address under which nothing is stored."""
    if not given.strip():
        raise typer.BadParameter("there is no text to test")
    if settings.book.rule(given):
        raise typer.BadParameter(f"{given!r} is a rule; give the text, file or id to test it on")
    stored = _stored(settings, given) if _NAMES_ONE.fullmatch(given) else None
    if stored is None and re.fullmatch(r"[\w./~-]+", given, re.ASCII) and not _is_file(given):
        say(f"note: no file or article is called {given!r}; it is taken as the text itself")
    return stored or _written(given, title)


_NAMES_ONE = re.compile(r"[0-9a-f]{4,20}|https?://\S+", re.IGNORECASE)
"""An article: the beginning of its id, or its address."""


def _is_file(given: str) -> bool:
    try:
        return Path(given).is_file()
    except OSError:  # too long a name
        return False


def _stored(settings: House, beginning: str) -> Subject | None:
    """The article; None where no id begins so. Raises QueryError where several do, and for an
    address that is none's."""
    from alerts.reading.events.coder import Coder
    from alerts.reading.rules.verdict import Document
    from warehouse.looking.dossier import beginning_so, identify
    from warehouse.looking.replay import article
    from warehouse.telling.matching import coded

    with reading(settings) as connection:
        found = "://" in beginning or beginning_so(connection, beginning)
        version = article(connection, identify(connection, beginning)) if found else None
    if version is None:
        return None
    coding = coded(version, Coder.shipped())
    document = Document.of(version.title, version.text, version.language, version.source_id, coding)
    return Subject(document, coding, version.origin == "seed")


def _written(given: str, title: str) -> Subject:
    from alerts.reading.events.coder import Coder
    from alerts.reading.rules.verdict import Document
    from extractors.language import detect_language

    headline, body = _headline(_text(given), title)
    language = detect_language(f"{headline}\n{body}")
    coding = Coder.shipped().code(headline, body, language=language)
    return Subject(Document.of(headline, body, language, "test", coding), coding)


def _text(given: str) -> str:
    """The text itself, or the content of the file that it names, in whatever encoding."""
    from extractors.charset import decode

    try:
        file = Path(given)
        return decode(file.read_bytes(), "text/plain")[0] if file.is_file() else given
    except ValueError:  # a text that can be no file's name
        return given
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return given
        raise typer.BadParameter(f"{given}: it cannot be read ({error.strerror})") from error


def _headline(text: str, title: str) -> tuple[str, str]:
    if title:
        return title, text
    first, _, rest = text.strip().partition("\n")
    return first, rest
