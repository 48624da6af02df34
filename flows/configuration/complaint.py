"""What is wrong with settings, in one line for a person: where, what, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from flows.configuration.kinds import MISFIT, plain
from flows.configuration.tables import nearest
from flows.configuration.toml_lines import Spot, Written

_LISTED = {"source", "channel", "rule", "route"}
"""Tables of which there may be several."""
_NAMES = {"source": "id", "channel": "name", "route": "channels"}
"""What tells one of them from the others."""
_CHOICES = {"enum", "literal_error"}
"""What pydantic calls a value that is none of a few."""

_SECRETIVE = {"channel", "warehouse", "lake"}
"""Tables of addresses, into which people write secrets."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One of pydantic's errors about settings from a file and the environment."""

    error: ErrorDetails
    written: Written
    tables: Mapping[str, Any]
    """What the file says."""
    environment: Mapping[str, str]

    def __str__(self) -> str:
        spot, kind = self._spot, self.error["type"]
        if spot[0] in _LISTED and kind in {"tuple_type", "dict_type", "model_type"}:
            return f"{self._where}: there may be several; write [[{spot[0]}]] with two brackets"
        if kind == "extra_forbidden":
            return f"{self._where}: there is no setting {self._key!r}{self._whose}; {nearest(spot)}"
        return f"{self._where}: {self._key}{self._whose}: {self._what()}"

    @property
    def _spot(self) -> Spot:
        """Where it is; of a table that does not fit together, the key where it is mended."""
        within = self.error.get("ctx", {}).get("keys", ()) if self.error["type"] == MISFIT else ()
        return *self.error["loc"], *within

    @property
    def _where(self) -> str:
        spot = [str(part).upper() for part in self._spot]
        names = ("NOROSHI_" + "__".join(spot[:end]) for end in range(len(spot), 0, -1))
        if variable := next((name for name in names if name in self.environment), None):
            return f"{variable} (environment or .env)"
        return self.written.at(*self._spot)

    @property
    def _key(self) -> str:
        """As a person counts: `source.2.url`."""
        return ".".join(str(p + 1) if isinstance(p, int) else p for p in self._spot)

    @property
    def _whose(self) -> str:
        """Whose table it is in. An address that was put there for a name may hold a secret."""
        kind, number = (*self._spot, None)[:2]
        if kind not in _NAMES or not isinstance(number, int):
            return ""
        tables = self.tables.get(str(kind))
        table = tables[number] if isinstance(tables, list) and tables[number:] else {}
        names = table.get(_NAMES[str(kind)])
        told = [name for name in (names if isinstance(names, list) else [names]) if plain(name)]
        return f" ({', '.join(told)})" if told else ""

    def _what(self) -> str:
        if self.error["type"] == "missing":
            return "it is missing; add it"
        if self.error["type"] in _CHOICES:
            return f"{self._shown()} is none of {self._choices}; {self._near()}"
        said = self.error["msg"].removeprefix("Value error, ").partition(", unable to parse")[0]
        what = said.replace("Input should", "it must")
        return f"{what}{self._found(what)}; correct or remove it"

    @property
    def _choices(self) -> str:
        return str(self.error.get("ctx", {})["expected"])

    def _near(self) -> str:
        """What may be meant of a few."""
        known = re.findall(r"'([^']+)'", self._choices)
        near = get_close_matches(str(self.error["input"]), known, n=1)
        return f"did you mean {near[0]!r}?" if near else "write one of them"

    def _shown(self) -> str:
        given = self.error["input"]
        return repr(given) if isinstance(given, str | int | float) else "what stands there"

    def _found(self, what: str) -> str:
        """The wrong value, where it can be no secret and is not told already."""
        given = self.error["input"]
        if self._spot[0] in _SECRETIVE or not isinstance(given, str | int | float):
            return ""
        return "" if repr(given) in what else f" (found {given!r})"
