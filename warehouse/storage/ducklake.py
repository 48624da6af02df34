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
from warehouse.storage.disk import os_errors
from warehouse.storage.place import Place
from warehouse.storage.s3 import KEYS, SESSION, refused
from warehouse.storage.session import FAILED, Connection, first_line, quoted

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
_REFUSED = re.compile(r'^.*Failed to execute query ".*": ?(?=ERROR: +permission denied)')
"""What DuckDB says, at length, before what PostgreSQL says of a statement that one may not ask."""
_OTHER_FOLDER = re.compile(r'does not match existing data path in the catalog "([^"]*)"')
PAPER = "README.txt"
"""What stands beside the files of a lake."""
_LAKE = ("postgres_scanner", "ducklake")


def opened(place: Place, extensions: Sequence[str] = _LAKE) -> Connection:
    """DuckDB in memory, with what this lake needs and the secrets that let it in."""
    connection = duckdb.connect(":memory:", config=dict(_CONFIG))
    stored = place.stored and "ducklake" in extensions
    for name in (*extensions, "httpfs") if stored else extensions:
        _load(connection, name)
    connection.execute("SET allow_unsigned_extensions = false")
    if password := place.secret("PGPASSWORD"):
        told = f"CREATE SECRET catalogue (TYPE postgres, PASSWORD '{quoted(password)}')"
        connection.execute(told)
    if stored:
        _let_into_store(connection, place)
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


def _let_into_store(connection: Connection, place: Place) -> None:
    """Raises WarehouseUnusable where nothing says how to get in."""
    if place.unset:
        raise _no_key(place, place.unset[0])
    for statement in SESSION:
        connection.execute(statement)
    if place.s3.authorities:
        connection.execute(f"SET ca_cert_file = '{quoted(place.s3.authorities)}'")
    parts = place.s3.secret(dict(place.secrets)).items()
    told = "".join(f", {name} '{quoted(value)}'" for name, value in parts)
    connection.execute(f"CREATE SECRET store (TYPE s3{told})")


def attach(connection: Connection, place: Place, *options: str) -> None:
    """Attach the lake as `noroshi`, and use it. To be called under `lake_errors`."""
    if place.secret("PGPASSWORD"):
        options = (*options, "META_SECRET catalogue")
    path = f"ducklake:postgres:{place.catalogue}"
    connection.execute(f"ATTACH '{quoted(path)}' AS noroshi ({', '.join(options)})")
    connection.execute("USE noroshi")


def attach_to_write(connection: Connection, place: Place) -> None:
    """Attach the lake, and make it where there is none: not before its files can be written, for
    where they are cannot be changed afterwards. Raises as `attach_errors` and `lake_errors` do."""
    data = f"DATA_PATH '{quoted(place.data)}'"
    try:
        with attach_errors(place):
            attach(connection, place, data, "CREATE_IF_NOT_EXISTS FALSE")
    except LakeMissing:
        _mark(connection, place)
        with attach_errors(place):
            attach(connection, place, data)


def _mark(connection: Connection, place: Place) -> None:
    """Put a paper beside the files that are to come."""
    if folder := place.local:
        with os_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
    with lake_errors(place):
        file = quoted(f"{place.data}{PAPER}")
        connection.execute(
            f"COPY (SELECT $words) TO '{file}' (FORMAT csv, HEADER FALSE, QUOTE '')",
            {"words": "Files of a lake of noroshi. Which rows are in which, its catalogue knows."},
        )


def expect_folder(connection: Connection, place: Place) -> None:
    """The files that the catalogue knows are in a folder of which this machine sees something:
    where it is not mounted, DuckLake would begin another one without a word."""
    if place.local is None:
        return
    with os_errors(place.local):
        if place.local.is_dir() and any(place.local.iterdir()):
            return
    listed = "SELECT count(*) FROM __ducklake_metadata_noroshi.ducklake_data_file"
    with lake_errors(place):
        known = connection.execute(listed).fetchall()[0][0]
    if known:
        what = f"{place.local} is empty or not there, and the lake has {known} files in it"
        raise WarehouseUnusable(place, what, "mount that folder on this machine, or bring it back")


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
    if "requires the extension httpfs" in said:
        return _no_key(place, KEYS[0])
    return _unusable(place, said)


def _no_key(place: Place, name: str) -> WarehouseUnusable:
    what = f"its files are in an S3 store, and {name} is not set"
    return WarehouseUnusable(place, what, "put it into .env or the environment")


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
    if place.stored and (told := refused(said)):
        return WarehouseUnusable(place, f"its store cannot be used ({told[0][:400]})", told[1])
    remedy = "see that PostgreSQL answers, and that this user may read and write [lake] data"
    return WarehouseUnusable(place, f"it cannot be used ({said[:400]})", remedy)


def _said(place: Place, error: duckdb.Error) -> str:
    text = " ".join(str(error).split())
    return place.masked(_REFUSED.sub("", _CONNECTING.sub("", text)))
