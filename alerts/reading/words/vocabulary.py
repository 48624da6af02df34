"""The vocabulary: which words speak of what, in each language, as data files.

`vocabulary/*.toml` holds one file per category and per aspect (parties, modality, genres, guards).
Each has word lists with a column per language, and a category's file has signs: combinations of
word lists that together speak of an event. `alerts/README.md` teaches the format. A file
`<aspect>.<anything>.toml` adds to the aspect, so that a language can arrive as a file of its own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerts.errors import VocabularyError
from alerts.reading.coding import Category, Direction, Severity, Status
from alerts.reading.words.fold import fold

SHIPPED = Path(__file__).with_name("vocabulary")
IRREGULAR = Path(__file__).with_name("irregular_verbs.txt")


@dataclass(frozen=True, slots=True)
class Term:
    """One spelling to be found in folded text."""

    spelling: str
    """One form of the file's entry, unfolded."""
    pattern: str
    """The same, folded."""
    open_end: bool = False
    """A Latin word may go on after it (`suspen*`)."""
    mask: tuple[int, int] | None = None
    """Guards only: the slice of the pattern that no other term may touch."""


@dataclass(frozen=True, slots=True)
class Sign:
    """Word lists that together, in one sentence, speak of an event of a category."""

    name: str
    category: Category
    all: tuple[str, ...]
    """Full names of the lists (`aspect.list`) of which each must have a word in the sentence."""
    without: tuple[str, ...]
    """Lists of which none may have a word in the sentence."""
    given: tuple[str, ...]
    """Lists of which one must have a word somewhere in the text; none: no such condition."""
    unless: tuple[str, ...]
    """Lists of which none may have a word anywhere in the text."""
    reach: int
    """How far apart neighbouring words may stand: CJK characters, thrice as many Latin ones."""
    direction: Direction
    severity: Severity
    status: Status | None
    """Fixed status, whatever the sentence says."""
    mention: bool
    """A noun that names a standing measure: news in a title, background in a body."""
    incident: bool
    """Something that happens to people: named as a cause it is still news while it is fresh."""
    level: str | None
    actor: str | None
    """The list whose words name who acts (`arrested by Japan`)."""
    target: str | None
    """The list whose words name who is acted upon (`urges Tokyo`)."""
    theirs: str | None
    """The list of what or who belongs to who is acted upon (`Japanese seafood`)."""
    led: str | None
    """The list of which a word must stand shortly before that of the first list, in the same
    breath (a Japanese trading-house *employee*)."""


@dataclass(frozen=True)
class Vocabulary:
    """All lists and signs. `words[list][family]` are its terms (see `family`)."""

    words: Mapping[str, Mapping[str, tuple[Term, ...]]]
    signs: tuple[Sign, ...]

    @classmethod
    def load(cls, folder: Path = SHIPPED) -> Vocabulary:
        """Read every file of `folder`. Raises VocabularyError naming file and line or term."""
        pages = [(path, _read(path)) for path in sorted(folder.glob("*.toml"))]
        macros = _macros(page for _, page in pages)
        words: dict[str, dict[str, tuple[Term, ...]]] = {}
        for path, page in pages:
            _gather(words, path, page, macros)
        signs = tuple(sign for path, page in pages for sign in _signs(path, page, words))
        return cls(words, signs)


@cache
def shipped() -> Vocabulary:
    """The vocabulary that noroshi ships."""
    return Vocabulary.load()


def family(language: str) -> str:
    """Languages that read the same columns: `zh-Hant` and `zh-Hans` are one, folding joins them."""
    return language.split("-")[0].lower()


class _Sign(BaseModel):
    model_config = ConfigDict(extra="forbid")

    all: list[str] = Field(min_length=1)
    without: list[str] = []
    given: list[str] = []
    unless: list[str] = []
    reach: int = 45
    direction: Direction
    severity: Severity
    status: Status | None = None
    mention: bool = False
    incident: bool = False
    level: str | None = None
    actor: str | None = None
    target: str | None = None
    theirs: str | None = None
    led: str | None = None


class _Page(BaseModel):
    model_config = ConfigDict(extra="forbid")

    category: Category | None = None
    words: dict[str, dict[str, list[str]]] = {}
    macro: dict[str, dict[str, list[str]]] = {}
    sign: list[_Sign] = []


def _read(path: Path) -> _Page:
    try:
        return _Page.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise VocabularyError(path.name, "cannot be read", "check the file") from error
    except tomllib.TOMLDecodeError as error:
        raise VocabularyError(path.name, f"is no TOML: {error}", "mend that line") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise VocabularyError(
            f"{path.name}: {place}", first["msg"], "compare it with a shipped vocabulary file"
        ) from error


Macros = Mapping[str, Mapping[str, list[str]]]


def _macros(pages: Iterable[_Page]) -> Macros:
    """`{name}` in a term stands for each of these, by family."""
    found: dict[str, dict[str, list[str]]] = {}
    for page in pages:
        for name, columns in page.macro.items():
            for language, choices in columns.items():
                found.setdefault(name, {}).setdefault(family(language), []).extend(choices)
    return found


def _gather(
    words: dict[str, dict[str, tuple[Term, ...]]], path: Path, page: _Page, macros: Macros
) -> None:
    for name, columns in page.words.items():
        full = f"{_aspect(path)}.{name}"
        for language, spellings in columns.items():
            column = words.setdefault(full, {})
            terms = tuple(t for s in spellings for t in _terms(s, family(language), macros, path))
            column[family(language)] = column.get(family(language), ()) + terms


def _aspect(path: Path) -> str:
    return path.name.split(".")[0]


def _terms(spelling: str, family: str, macros: Macros, path: Path) -> Iterator[Term]:
    """Every form of one entry: macros, inflections, hyphens."""
    forms = {f for text in _unfold_macros(spelling, family, macros, path) for f in inflect(text)}
    for form in sorted(forms):
        yield _term(form, path)


def _unfold_macros(spelling: str, family: str, macros: Macros, path: Path) -> Iterator[str]:
    found = re.search(r"\{([^{}]*)\}", spelling)
    if not found:
        yield spelling
        return
    for choice in _choices(found[1], family, macros, path):
        changed = spelling[: found.start()] + choice + spelling[found.end() :]
        yield from _unfold_macros(changed, family, macros, path)


def _choices(inner: str, family: str, macros: Macros, path: Path) -> list[str]:
    if "|" in inner:
        return inner.split("|")
    if choices := macros.get(inner, {}).get(family):
        return choices
    raise VocabularyError(
        _where(path, f"{{{inner}}}"), f"no macro {inner!r} for {family}", "define [macro.*] or a|b"
    )


def _where(path: Path, term: str) -> str:
    """File and line of the first line that holds `term`."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if term in line:
            return f"{path.name}:{number}"
    return path.name


def _term(form: str, path: Path) -> Term:
    open_end = form.endswith("*")
    left, bracket, rest = form.removesuffix("*").partition("[")
    middle, _, right = rest.partition("]")
    before, inside, after = (fold(part).text for part in (left, middle, right))
    pattern = before + inside + after
    if not pattern.strip():
        raise VocabularyError(_where(path, f'"{form}"'), f"empty term {form!r}", "remove it")
    mask = (len(before), len(before) + len(inside)) if bracket else (0, len(pattern))
    return Term(left + middle + right, pattern, open_end, mask)


def inflect(text: str) -> set[str]:
    """The forms of an English entry: `lift~ the ban` has lift, lifts, lifted, lifting.

    A hyphen may also be a space. Irregular verbs have their own past (`irregular_verbs.txt`).
    Doubling of consonants is tried where it may occur; a form that no one writes finds nothing.
    """
    found = re.search(r"([A-Za-z]+)~", text)
    if not found:
        return {text, text.replace("-", " ")} if re.search("[a-z]-[a-z]", text) else {text}
    head, tail = text[: found.start()], text[found.end() :]
    return {full for form in _verb_forms(found[1]) for full in inflect(head + form + tail)}


def _verb_forms(verb: str) -> set[str]:
    """Its forms, the past of irregular verbs too; a stem may leave out its mute e (`urg~`)."""
    return _regular_forms(verb) | _irregular().get(verb, frozenset())


@cache
def _irregular() -> Mapping[str, frozenset[str]]:
    """For each irregular verb, also without its mute e, the forms of its past."""
    lines = IRREGULAR.read_text(encoding="utf-8").splitlines()
    pasts: dict[str, frozenset[str]] = {}
    for verb, past, participle in (line.split() for line in lines if line[:1] != "#"):
        pasts[verb] = pasts[verb.removesuffix("e")] = frozenset(f"{past}/{participle}".split("/"))
    return pasts


def _regular_forms(verb: str) -> set[str]:
    if verb.endswith("e"):
        return {verb, f"{verb}s", f"{verb}d", f"{verb[:-1]}ing"}
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return {verb, f"{verb[:-1]}ies", f"{verb[:-1]}ied", f"{verb}ing"}
    forms = {verb, f"{verb}e", f"{verb}s", f"{verb}es", f"{verb}ed", f"{verb}ing"}
    if re.search("[^aeiou][aeiou][bdglmnprt]$", verb):
        forms |= {f"{verb}{verb[-1]}ed", f"{verb}{verb[-1]}ing"}
    return forms


def _signs(
    path: Path, page: _Page, words: Mapping[str, Mapping[str, tuple[Term, ...]]]
) -> Iterator[Sign]:
    for number, sign in enumerate(page.sign, 1):
        if page.category is None:
            raise VocabularyError(path.name, "has signs but no category", 'add category = "..."')
        name = f"{_aspect(path)}:{number}"
        yield Sign(
            name=name,
            category=page.category,
            all=tuple(_full(path, ref, words) for ref in sign.all),
            without=tuple(_full(path, ref, words) for ref in sign.without),
            given=tuple(_full(path, ref, words) for ref in sign.given),
            unless=tuple(_full(path, ref, words) for ref in sign.unless),
            reach=sign.reach,
            direction=sign.direction,
            severity=sign.severity,
            status=sign.status,
            mention=sign.mention,
            incident=sign.incident,
            level=sign.level,
            actor=_full(path, sign.actor, words) if sign.actor else None,
            target=_full(path, sign.target, words) if sign.target else None,
            theirs=_full(path, sign.theirs, words) if sign.theirs else None,
            led=_full(path, sign.led, words) if sign.led else None,
        )


def _full(path: Path, reference: str, words: Mapping[str, object]) -> str:
    """A list of the same file, or `aspect.list` of another."""
    for name in (f"{_aspect(path)}.{reference}", reference):
        if name in words:
            return name
    raise VocabularyError(
        _where(path, f'"{reference}"'), f"no word list {reference!r}", "define it under [words]"
    )
