"""Things: what an event is about, where that tells it from another of its kind.

A programme, a product, a work, a vessel, a person. `vocabulary/objects.toml` names what is known,
with its names in every language; else a number with what it counts ("49 routes"), and for exchanges
a name in quotation marks beside the event's words. A known thing is a Latin word with hyphens, the
same in every language; a quoted name stays in the language of its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from alerts.reading.coding import Category
from alerts.reading.words.passage import Passage
from alerts.reading.words.scan import Hit

_NUMBER = re.compile(r"(\d{1,4}) ?(?:more )?$")
_TITLE = re.compile("[《『](?P<a>[^》』]{2,24})[》』]")
_QUOTED = re.compile('「(?P<a>[^」。]{2,20})」|"(?P<b>[^"]{3,40})"')
_NEAR = 4
"""Characters between a quoted name and the event's words."""


def thing(category: Category, passage: Passage, hits: Sequence[Hit]) -> str | None:
    """The thing of an event of that kind told by `hits` in the sentence, the surest kind first."""
    found = _known(category, passage, hits[0].start) or _counted(category, passage)
    if found == _TOURS and _flies(passage, hits):
        return None
    if found or category is not _EXCHANGE:
        return found
    return next(_quoted(passage, hits), None)


def foremost(things: Sequence[str | None]) -> str | None:
    """The thing of an event that several findings tell: the first that is named, but tours only
    where they are the first that is told at all, not beside the flights of a title."""
    return next(
        (name for n, name in enumerate(things) if name and (name != _TOURS or n == 0)), None
    )


def thing_above(category: Category, title: Sequence[Passage]) -> str | None:
    """What a protest is against where its own sentence leaves that to the title."""
    if category is not Category.DIPLOMATIC_PROTEST:
        return None
    return next((name for p in title if (name := _known(category, p, p.start))), None)


def tells_apart(one: str | None, other: str | None) -> bool:
    """Whether two things cannot be of one event. What is not named fits anything but what always
    is; a quoted name fits whatever may be another language's word for it."""
    if one != other and _TOURS in {one, other}:
        return True
    if one is None or other is None or one == other:
        return False
    kinds = {_kind(one), _kind(other)}
    return len(kinds) == 1 and one not in other and other not in one


_TOURS = "tours"
"""A thing that an article on it names: without it, it speaks of flights."""


def _flies(passage: Passage, hits: Sequence[Hit]) -> bool:
    """Whether an airline stands in the sentence, and no tour is what is cut."""
    tours = passage.lists[f"objects.{Category.TRANSPORT}.{_TOURS}"]
    cut = any(low < end and start < high for start, end, _ in tours for low, high, _ in hits)
    return "transport.airline" in passage.lists and not cut


def _known(category: Category, passage: Passage, start: int) -> str | None:
    """The thing of the vocabulary that stands nearest to the event, which begins at `start`."""
    prefix = f"objects.{category}."
    names = [name for name in passage.lists if name.startswith(prefix)]
    if not names:
        return None
    away = [(min([abs(hit.start - start) for hit in passage.lists[n]]), n) for n in names]
    return min(away)[1].removeprefix(prefix)


def _counted(category: Category, passage: Passage) -> str | None:
    if not (wanted := _COUNTS.get(category)):
        return None
    for hit in passage.lists.get(f"objects.count.{wanted}", ()):
        before = passage.text[max(hit.start - passage.start - 12, 0) : hit.start - passage.start]
        if number := _NUMBER.search(before):
            return f"{number[1]}-{wanted}"
    return None


_EXCHANGE = Category.EXCHANGE_CANCELLATION
_COUNTS = {Category.TRANSPORT: "routes", Category.TRADE_RESTRICTION: "entities"}


def _quoted(passage: Passage, hits: Sequence[Hit]) -> Iterator[str]:
    """A title in its own brackets, or what stands in quotation marks beside the event's words."""
    base = passage.start
    for mark in _TITLE.finditer(passage.text):
        yield mark["a"]
    for mark in _QUOTED.finditer(passage.text):
        low, high = mark.start() + base, mark.end() + base
        if any(-1 <= hit.start - high <= _NEAR or -1 <= low - hit.end <= _NEAR for hit in hits):
            yield mark["a"] or mark["b"]


def _kind(name: str) -> str:
    """`known` (in every language), or the script of a quoted name."""
    if re.fullmatch("[a-z0-9-]+", name):
        return "known"
    if re.search("[\u3041-\u30fa]", name):
        return "kana"
    return "latin" if name.isascii() else "han"
