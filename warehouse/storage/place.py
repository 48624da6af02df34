"""Where a lake is: the catalogue that knows its tables, and the store that holds their rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.storage.s3 import KEYS, S3

PREFIX = "ducklake:postgres:"
"""What the setting of a lake begins with; a connection string of libpq follows."""

BUCKET = "s3://"
_SECRETS = ("PGPASSWORD", *KEYS)
"""Variables that tell how to get in."""
_PASSWORD = re.compile(r"\b(password|passfile|sslpassword)\s*=|postgres(ql)?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A lake. `str()` of it holds no secret."""

    catalogue: str
    """Connection string of libpq, without a password: `dbname=noroshi host=db.example.org`."""
    data: str
    """Folder, or `s3://bucket/prefix`, of the Parquet files: the same for every machine."""
    past_days: int = 7
    """Days for which what stood in it can be asked for."""
    secrets: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    s3: S3 = field(default_factory=S3)
    """The store, where `data` is in one."""

    def __str__(self) -> str:
        return f"{PREFIX}{self.catalogue}"

    @property
    def local(self) -> Path | None:
        """The folder of the data; None where a store holds them."""
        return None if self.data.startswith(BUCKET) else Path(self.data)

    @property
    def stored(self) -> bool:
        """Whether its files may be in an S3-compatible store."""
        return self.local is None or self.secret("AWS_ACCESS_KEY_ID") is not None

    @property
    def unset(self) -> tuple[str, ...]:
        """The variables that are to hold the keys of the store and do not; none for a folder."""
        wanted = KEYS[:2] if self.local is None else ()
        return tuple(name for name in wanted if self.secret(name) is None)

    def secret(self, name: str) -> str | None:
        """The value of one of the variables that tell how to get in."""
        return dict(self.secrets).get(name)

    def masked(self, text: str) -> str:
        """The text without the secrets of this place, should a program have put one into it."""
        for _, value in self.secrets:
            text = text.replace(value, "***")
        return text


def place(
    setting: str,
    data: str,
    environment: Mapping[str, str],
    past_days: int = 7,
    s3: S3 = S3(),  # noqa: B008 (frozen)
) -> Place:
    """The lake that a setting names. Raises ValueError, which does not repeat the setting."""
    if not setting.startswith(PREFIX):
        raise ValueError(f"it must begin with {PREFIX!r}; without it, one file is kept")
    catalogue = setting.removeprefix(PREFIX).strip()
    if _PASSWORD.search(catalogue):
        raise ValueError(
            "it takes words such as dbname=noroshi host=db user=noroshi and no password: "
            "write that to ~/.pgpass or set PGPASSWORD"
        )
    if not re.search(r"\bdbname\s*=", catalogue):
        raise ValueError("it must name the database: dbname=…")
    known = ((name, environment[name]) for name in _SECRETS if environment.get(name))
    return Place(
        catalogue, data.rstrip("/") + "/", past_days, tuple(known), s3.completed(environment)
    )
