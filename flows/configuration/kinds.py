"""The kinds of values that the tables of noroshi.toml have in common."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Annotated, ClassVar, TypeGuard
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(name, available_timezones(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name!r} is no IANA time zone such as 'Asia/Hong_Kong'{hint}") from None
    return name


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text):
        raise ValueError(f"{text!r} is no time of day such as '07:30'")
    return text


def _weekly(text: str) -> str:
    day, _, clock = text.lower().partition(" ")
    if day not in WEEKDAYS:
        raise ValueError(f"{text!r} is no day and time such as 'monday 07:30'")
    return f"{day} {_clock(clock)}"


def _http(address: str) -> str:
    if not re.match(r"https?://[^/\s]+", address):
        raise ValueError(f"{address!r} is no http or https address")
    return address


def plain(text: object) -> TypeGuard[str]:
    """Whether it is what ids and names of channels are made of."""
    return isinstance(text, str) and bool(re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", text))


def _name(text: str) -> str:
    if not plain(text):
        shown = "it" if "/" in text else repr(text)  # an address put here may hold a secret
        raise ValueError(f"{shown} must be lower-case letters, digits, - and _ (at most 64)")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Clock = Annotated[str, AfterValidator(_clock)]
Weekly = Annotated[str, AfterValidator(_weekly)]
HttpUrl = Annotated[str, AfterValidator(_http)]
Name = Annotated[str, AfterValidator(_name)]


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


Several = BeforeValidator(_several)
"""A single value may stand for a list of one."""
Names = Annotated[tuple[str, ...], Several]


MISFIT = "misfit"
"""The type of pydantic's error for a table whose keys do not fit together."""


def misfit(what: str, *keys: str) -> PydanticCustomError:
    """Such an error, with the key (and the one in it) where a person mends it."""
    return PydanticCustomError(MISFIT, "{what}", {"what": what, "keys": keys})


class Table(BaseModel):
    """A table of noroshi.toml: what it does not know is an error."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)
