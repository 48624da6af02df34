"""Variables NOROSHI_… that nothing reads: a mistyped name would be without a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches

from pydantic import BaseModel

from flows.configuration.tables import Settings

PREFIX = "NOROSHI_"
OTHERS = {"NOROSHI_CONFIG", "NOROSHI_SHARED"}
"""Heard elsewhere: the settings file, and the reference data of the tests."""


def secret_names(settings: Settings) -> set[str]:
    """The variables that channels refer to."""
    values = [value for table in settings.channel for value in (table.url, table.secret or "")]
    return {value.removeprefix("env:") for value in values if value.startswith("env:")}


def unheard(names: Iterable[str], secrets: Collection[str]) -> Iterator[str]:
    """A line for each of `names` that is no setting and no secret, with the nearest that is."""
    known = [*_settings(), *OTHERS, *secrets]
    for name in sorted(names):
        if name.startswith(PREFIX) and name not in secrets and name.upper() not in known:
            near = get_close_matches(name.upper(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else "correct or remove it"
            yield f"{name} (environment or .env) is no setting, and no channel refers to it; {hint}"


def _settings() -> Iterator[str]:
    """Each setting as a variable."""
    for name, field in Settings.model_fields.items():
        yield f"{PREFIX}{name.upper()}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for key in field.annotation.model_fields:
                yield f"{PREFIX}{name.upper()}__{key.upper()}"
