"""Stationery: the templates of messages, the shipped ones and a person's own over them.

A folder of one's own may hold any of the shipped files (`notice.txt.j2`, `digest.html.j2`, ...);
what it lacks is shipped. `{% extends "shipped/notice.html.j2" %}` reaches the one that is
replaced. Templates get unescaped strings: escaping is what each environment does to everything
that a template prints, so that none can forget it. They run in Jinja's sandbox.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateSyntaxError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from alerts.errors import TemplateError
from alerts.telling.writing.escape import link, markdown, plain, visible

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "templates"
SUFFIXES = ("txt", "md", "html")


@dataclass(frozen=True, slots=True)
class Stationery:
    """What messages are written on."""

    folder: Path | None = None
    """Of a person's own templates."""
    strict: bool = False
    """Whether a template of theirs that fails is an error. Otherwise that is logged and the shipped
    one stands in: readers are told all the same."""

    def write(self, name: str, context: Mapping[str, object]) -> dict[str, str]:
        """The template `name` in each format, by suffix. Raises TemplateError if `strict`."""
        return {suffix: self._fill(f"{name}.{suffix}.j2", suffix, context) for suffix in SUFFIXES}

    def _fill(self, file: str, suffix: str, context: Mapping[str, object]) -> str:
        if self.folder is not None:
            try:
                return _fill(file, suffix, context, self.folder)
            except TemplateError as error:
                if self.strict:
                    raise
                log.error("%s (the shipped template stood in)", error)
        return _environment(suffix, None).get_template(file).render(context)


def strays(folder: Path) -> list[str]:
    """Files of `folder` that look like templates and replace none: a misspelled name, say."""
    shipped = {file.name for file in SHIPPED.glob("*.j2")}
    named = {
        file.name for kind in ("*.j2", "*.txt", "*.md", "*.html") for file in folder.glob(kind)
    }
    return sorted(named - shipped)


def _fill(file: str, suffix: str, context: Mapping[str, object], folder: Path) -> str:
    try:
        return _environment(suffix, folder).get_template(file).render(context)
    # A template may divide by zero or call what cannot be called: any error in it is its own.
    except Exception as error:
        raise _flaw(error, folder, file) from error


def _flaw(error: Exception, folder: Path, file: str) -> TemplateError:
    """Where in the person's templates an error arose."""
    where, line = folder / file, None
    if isinstance(error, TemplateSyntaxError):
        where, line = Path(error.filename or where), error.lineno
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).parent == folder:
                where, line = Path(frame.filename), frame.lineno
    place = f"{where}, line {line}" if line else str(where)
    remedy = f"mend it, or remove the file to have the shipped one ({SHIPPED / file})"
    return TemplateError(place, f"the template fails ({error})", remedy)


class _Verbatim(str):
    """Output of a template's own function: escaped already."""

    __slots__ = ()


@cache
def _environment(suffix: str, folder: Path | None) -> ImmutableSandboxedEnvironment:
    shipped = FileSystemLoader(SHIPPED)
    own: list[BaseLoader] = [FileSystemLoader(folder)] if folder else []
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*own, shipped, PrefixLoader({"shipped": shipped})]),
        autoescape=suffix == "html",
        finalize=_finalize(suffix),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["link"] = _markdown_link
    return environment


def _finalize(suffix: str) -> Callable[[Any], Any]:
    """What is done to all that a template prints. Markup is trusted in HTML alone: there Jinja
    escapes the rest itself; elsewhere it would let HTML's escaping pass for ours."""
    escape = {"txt": plain, "md": markdown, "html": visible}[suffix]
    escaped: tuple[type, ...] = (_Verbatim, Markup) if suffix == "html" else (_Verbatim,)

    def finalize(value: Any) -> Any:
        return value if isinstance(value, escaped) else escape(str(value))

    return finalize


def _markdown_link(label: str, url: str | None) -> str:
    """`[label](url)`, or the label alone where there is no address that can be shown."""
    address = link(url) if url else None
    return _Verbatim(f"[{markdown(label)}]({address})" if address else markdown(label))
