"""DuckLake: DuckDB with its extensions, attached to a lake; what goes wrong there as ours.

Errors tell no secret: what PostgreSQL's client and DuckDB say may quote a connection string.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files

import duckdb

from warehouse.errors import NoPast, WarehouseBusy, WarehouseError, WarehouseUnusable
from warehouse.place import Place
from warehouse.session import FAILED, Connection, first_line, quoted

_CONFIG = {
    # Nothing is fetched from DuckDB's servers: that fails without a network, and phones home.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # The extensions are installed by pip, which checked them; to check the signature of their
    # 73 MB anew takes 0.3 s of each opening. Switched off as soon as they are loaded.
    "allow_unsigned_extensions": "true",
}


class LakeMissing(WarehouseUnusable):
    """The catalogue answers, and holds no lake of noroshi's."""


_CONNECTING = re.compile(r'^.*Unable to connect to Postgres at ".*?": ')
"""What DuckDB says before PostgreSQL's client says what is wrong."""
_OTHER_FOLDER = re.compile(r'does not match existing data path in the catalog "([^"]*)"')
_LAKE = ("postgres_scanner", "ducklake")


def opened(place: Place, extensions: Sequence[str] = _LAKE) -> Connection:
    """DuckDB in memory, with what this lake needs and the secrets that let it in."""
    connection = duckdb.connect(":memory:", config=dict(_CONFIG))
    for name in (*extensions, "httpfs") if place.stored else extensions:
        _load(connection, name)
    connection.execute("SET allow_unsigned_extensions = false")
    if password := place.secret("PGPASSWORD"):
        told = f"CREATE SECRET catalogue (TYPE postgres, PASSWORD '{quoted(password)}')"
        connection.execute(told)
    if place.stored:
        connection.execute(_store_secret(place))
    return connection


def _load(connection: Connection, name: str) -> None:
    """Load an extension from its wheel. Raises WarehouseUnusable where that is not installed."""
    version = f"v{duckdb.__version__}"
    package = f"duckdb_extension_{name}"
    try:
        file = files(package) / "extensions" / version / f"{name}.duckdb_extension"
        connection.execute(f"LOAD '{quoted(file)}'")
    except (ModuleNotFoundError, duckdb.Error) as error:
        what = f"DuckDB's extension {name} cannot be loaded ({first_line(error)})"
        remedy = f"install {package.replace('_', '-')} in the version of duckdb: make install"
        raise WarehouseUnusable("the lake", what, remedy) from error


def _store_secret(place: Place) -> str:
    """For the store that holds the files: AWS, or what AWS_ENDPOINT_URL names."""
    endpoint = place.secret("AWS_ENDPOINT_URL") or ""
    parts = {
        "KEY_ID": place.secret("AWS_ACCESS_KEY_ID"),
        "SECRET": place.secret("AWS_SECRET_ACCESS_KEY"),
        "SESSION_TOKEN": place.secret("AWS_SESSION_TOKEN"),
        "REGION": place.secret("AWS_REGION"),
        "ENDPOINT": endpoint.partition("://")[2].rstrip("/"),
        # Buckets as folders of one host are what stores of one's own know.
        "URL_STYLE": "path" if endpoint else None,
        "USE_SSL": "false" if endpoint.startswith("http://") else None,
    }
    told = "".join(f", {name} '{quoted(value)}'" for name, value in parts.items() if value)
    return f"CREATE SECRET store (TYPE s3{told})"


def attach(connection: Connection, place: Place, *options: str) -> None:
    """Attach the lake as `noroshi`, and use it. To be called under `lake_errors`."""
    if place.secret("PGPASSWORD"):
        options = (*options, "META_SECRET catalogue")
    path = f"ducklake:postgres:{place.catalogue}"
    connection.execute(f"ATTACH '{quoted(path)}' AS noroshi ({', '.join(options)})")
    connection.execute("USE noroshi")


@contextlib.contextmanager
def attach_errors(place: Place, as_of: datetime | None = None) -> Iterator[None]:
    """What keeps a lake from being attached. Raises WarehouseUnusable, LakeMissing, NoPast."""
    try:
        yield
    except duckdb.Error as error:
        raise _not_attached(place, _said(place, error), as_of) from None


def _not_attached(place: Place, said: str, as_of: datetime | None) -> WarehouseError:
    if "does not exist" in said and "DuckLake" in said:
        return LakeMissing(place, "there is no lake yet", "`noroshi run` makes it")
    if other := _OTHER_FOLDER.search(said):
        what = f"its files are in {other[1]}, and [lake] data says {place.data}"
        return WarehouseUnusable(place, what, "set [lake] data to what the lake was made with")
    if as_of is not None and "snapshot" in said.lower():
        what = f"it holds nothing as of {as_of:%Y-%m-%d %H:%M:%S %Z}"
        return NoPast(place, what, "ask for a later moment, of the last [lake] past_days")
    return _unusable(place, said)


@contextlib.contextmanager
def lake_errors(place: Place) -> Iterator[None]:
    """What fails within a statement or a commit. Raises WarehouseBusy and WarehouseUnusable."""
    try:
        yield
    except FAILED as error:
        said = _said(place, error)
        if "maximum retry count" in said:
            what = "somebody else wrote to the lake at the same time"
            raise WarehouseBusy(place, what, "nothing was written; try again") from None
        raise _unusable(place, said) from None


def _unusable(place: Place, said: str) -> WarehouseError:
    remedy = "see that PostgreSQL answers, and that this user may read and write [lake] data"
    return WarehouseUnusable(place, f"it cannot be used ({said})", remedy)


def _said(place: Place, error: duckdb.Error) -> str:
    text = " ".join(str(error).split())
    return place.masked(_CONNECTING.sub("", text))[:400]
