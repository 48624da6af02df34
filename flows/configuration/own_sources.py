"""Sources of one's own: written into noroshi.toml, whose every other line stays as it is."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from extractors.address import canonical_url
from extractors.feeds.opml import Outline
from extractors.feeds.shipped import refusal
from extractors.source import Source
from flows.configuration.settings import House, load
from flows.errors import SettingsError


def add_sources(house: House, sources: Sequence[Source]) -> None:
    """Append `sources` to the settings file of `house`, in one step.

    Raises SettingsError where there is no file, or where it could not be read afterwards; it is
    then as it was.
    """
    if house.file is None:
        raise SettingsError(["there is no noroshi.toml here; `noroshi init` writes one"])
    file = house.file.resolve()
    text = file.read_bytes().decode("utf-8")
    line_end = "\r\n" if "\r\n" in text else "\n"
    tables = "".join(f"\n{toml_of(source)}" for source in sources).replace("\n", line_end)
    gap = "" if text.endswith(("\n", "\r")) or not text else line_end
    _replace(file, text + gap + tables)


@dataclass(frozen=True, slots=True)
class Offered:
    """A feed of a list, and what becomes of it."""

    url: str
    source: Source | None
    """What is to be added; None where nothing is."""
    remark: str


def offered(outlines: Sequence[Outline], known: Sequence[Source]) -> list[Offered]:
    """Which of `outlines` are new beside `known`; each of the others with the reason."""
    there = {_key(source.url): source for source in known}
    taken = {source.id for source in known}
    result = []
    for outline in outlines:
        offer = _offer(outline, there, taken)
        result.append(offer)
        if offer.source:
            there[_key(outline.url)] = offer.source
            taken.add(offer.source.id)
    return result


def what_is_there(source: Source) -> str:
    """Why a source need not be added, for people."""
    if source.enabled:
        return f"it is there already, as {source.id}"
    return f"it is there as {source.id}, switched off: {source.reason}"


def toml_of(source: Source) -> str:
    """`source` as a `[[source]]` table; what is as by default is left out."""
    plain = Source(source.id, source.url, source.id)
    rows: list[tuple[str, object]] = [("id", source.id), ("url", source.url)]
    for name in ("name", "kind", "language", "timezone", "full_text", "tags"):
        value = getattr(source, name)
        if value != getattr(plain, name) and value not in (None, ""):
            rows.append((name, list(value) if isinstance(value, tuple) else value))
    return "[[source]]\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in rows)


def id_for(name: str, url: str, taken: Collection[str]) -> str:
    """A free id: of the words of `name` where they are Latin letters, or else of the host."""
    words = re.findall(r"[a-z0-9]+", name.lower()) if name.isascii() else []
    host = re.sub(r"^(www|feeds?|rss|news)\.", "", urlsplit(url).hostname or "source")
    base = "-".join(words)[:40].strip("-") or re.sub(r"[^a-z0-9]+", "-", host.lower()).strip("-")
    base = base or "source"
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(id_ for id_ in (base, *numbered) if id_ not in taken)


def _offer(outline: Outline, there: Mapping[str, Source], taken: Collection[str]) -> Offered:
    if same := there.get(_key(outline.url)):
        return Offered(outline.url, None, what_is_there(same))
    if why := refusal(outline.url):
        return Offered(outline.url, None, f"left out: {why}")
    id_ = outline.id if _NAME.fullmatch(outline.id) and outline.id not in taken else ""
    source = Source(
        id=id_ or id_for(outline.title, outline.url, taken),
        url=outline.url,
        name=outline.title,
        kind=outline.kind,
        language=outline.language,
        timezone=outline.timezone if outline.timezone in available_timezones() else "UTC",
        full_text=outline.full_text,
        tags=outline.tags,
    )
    return Offered(outline.url, source, "new")


_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def _key(url: str) -> str:
    """Two addresses of one feed: http and https, with and without a final slash."""
    return canonical_url(url).partition("://")[2].rstrip("/").removeprefix("www.")


def _toml(value: object) -> str:
    # A JSON string is a TOML one; DEL alone must be escaped there and need not be in JSON.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _replace(file: Path, text: str) -> None:
    """Write `text` in place of `file`, if it can be read as settings."""
    draft = file.with_name(f"{file.name}.draft")
    try:
        draft.write_bytes(text.encode("utf-8"))
        shutil.copymode(file, draft)
        load(draft)
        draft.replace(file)
    except SettingsError as error:
        problems = [line.replace(str(draft), str(file)) for line in error.problems]
        raise SettingsError(problems) from None
    finally:
        draft.unlink(missing_ok=True)
