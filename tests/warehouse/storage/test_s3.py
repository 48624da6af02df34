"""A lake whose files are in an S3 store: what the store refuses is told, and mended."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.buckets import KEY, SECRET, Store
from tests.children import ran
from tests.postgres import Postgres
from tests.warehouse.conftest import NOW
from tests.warehouse.samples import an_article
from warehouse.collecting import articles
from warehouse.database import Warehouse, query
from warehouse.errors import WarehouseUnusable
from warehouse.storage import ducklake
from warehouse.storage.place import Place
from warehouse.storage.s3 import S3, SESSION, refused


def load(lake: Warehouse, name: str = "one") -> int:
    batch = [an_article(f"https://example.org/{name}/{n}") for n in range(20)]
    with lake.writing("test") as connection:
        return articles.store(connection, batch, NOW).new


def test_a_lake_in_a_store_is_written_and_read(
    postgres: Postgres, store: Store, tmp_path: Path
) -> None:
    lake = postgres.lake(tmp_path, store)
    assert lake.place is not None
    assert load(lake) == 20
    with lake.reading() as connection:
        assert query(connection, "SELECT count(DISTINCT text) > 0 FROM articles")[1] == [(True,)]
        listed = (
            "SELECT data_file FROM ducklake_list_files('noroshi', 'article', schema => 'store')"
        )
        [(file,)] = query(connection, listed)[1]
        assert str(file).startswith(f"{lake.place.data}store/article/")
        told = query(connection, "SELECT secret_string FROM duckdb_secrets()")[1]
        assert "secret=redacted" in str(told)
        assert SECRET not in str(told)
    wrong = Warehouse(tmp_path, keyed(lake.place, secret="not-that-one"))
    with pytest.raises(WarehouseUnusable, match=r"SignatureDoesNotMatch.*AWS_SECRET") as no:
        load(wrong, "two")
    assert "not-that-one" not in str(no.value)
    assert load(lake, "two") == 20


def keyed(place: Place, key: str = KEY, secret: str = SECRET) -> Place:
    keys = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
    return replace(place, secrets=tuple((dict(place.secrets) | keys).items()))


@pytest.fixture(scope="module")
def lake(postgres: Postgres, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return postgres.lake(tmp_path_factory.mktemp("s3"), store)


def at(place: Place, **changed: Any) -> Place:
    return replace(place, s3=replace(place.s3, **changed))


WRONG: dict[str, tuple[Callable[[Place], Place], str]] = {
    "key": (lambda place: keyed(place, key="nobody"), "AWS_ACCESS_KEY_ID"),
    "no key": (lambda place: replace(place, secrets=place.secrets[:1]), "_KEY_ID is not set"),
    "region": (
        lambda place: at(place, region="eu-west-1"),
        r"expecting 'asia-east1'.*lake. region",
    ),
    "scheme": (
        lambda place: at(place, endpoint=(place.s3.endpoint or "").replace("http:", "https:")),
        "SSL.*endpoint",
    ),
    "address": (lambda place: at(place, endpoint="http://127.0.0.1:9"), "answers at .lake. endp"),
    "style": (lambda place: at(place, path_style=False), "answers at .lake. endpoint"),
}


@pytest.mark.lake
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_the_store_is_told(lake: Warehouse, name: str) -> None:
    change, expected = WRONG[name]
    assert lake.place is not None
    with pytest.raises(WarehouseUnusable, match=expected) as told:
        load(Warehouse(lake.folder, change(lake.place)), name)
    assert SECRET not in str(told.value)
    assert "PostgreSQL" not in told.value.remedy


@pytest.mark.lake
def test_no_lake_is_made_where_its_files_cannot_be(
    postgres: Postgres, store: Store, lake: Warehouse, tmp_path: Path
) -> None:
    assert lake.place is not None
    good = replace(postgres.nowhere("s3://news/good"), s3=store.s3, secrets=lake.place.secrets)
    mistyped = Warehouse(tmp_path, replace(good, data="s3://nwes/good/"))
    with pytest.raises(WarehouseUnusable, match=r"NoSuchBucket.*make the bucket"):
        load(mistyped)
    assert not mistyped.ready
    assert load(Warehouse(tmp_path, good)) == 20


@pytest.mark.lake
def test_a_store_that_stalls_lets_go_of_the_turn(
    lake: Warehouse, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ducklake, "SESSION", ("SET http_timeout = 1", *SESSION[1:]))
    with store.stalled(), pytest.raises(WarehouseUnusable, match="Timeout"):
        load(lake, "stalled")
    assert lake.writer is None
    assert load(lake, "stalled") == 20


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server behind a certificate of one's own: its address, and that certificate."""
    folder = tmp_path_factory.mktemp("tls")
    names = "subjectAltName=IP:127.0.0.1"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=store -keyout key -out crt"
    assert ran([*made.split(), "-addext", names], cwd=folder).returncode == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "crt", folder / "key")
    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", folder / "crt"
        server.shutdown()


class Silent(SimpleHTTPRequestHandler):
    """Knows no file."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.lake
def test_a_certificate_is_looked_at(lake: Warehouse, secure: tuple[str, Path]) -> None:
    """Who is not known is not talked to; whom AWS_CA_BUNDLE vouches for is (and has no file)."""
    address, certificate = secure
    assert lake.place is not None
    for trusted, expected in ((None, "certificate.*AWS_CA_BUNDLE"), (str(certificate), "404|501")):
        place = at(lake.place, endpoint=address, authorities=trusted)
        with pytest.raises(WarehouseUnusable, match=expected):
            load(Warehouse(lake.folder, place), "secure")


STYLES = [
    (S3(), {"URL_STYLE": "vhost", "USE_SSL": "true"}),
    (S3("https://s3.example.org/", "jp"), {"ENDPOINT": "s3.example.org", "URL_STYLE": "path"}),
    (S3("https://s3.example.org", path_style=False), {"URL_STYLE": "vhost", "USE_SSL": "true"}),
    (S3("http://127.0.0.1:9000"), {"ENDPOINT": "127.0.0.1:9000", "USE_SSL": "false"}),
    (S3().completed({"AWS_REGION": "hk"}), {"REGION": "hk"}),
    (S3(region="jp").completed({"AWS_REGION": "hk"}), {"REGION": "jp"}),
]


@pytest.mark.parametrize(("s3", "expected"), STYLES)
def test_how_a_store_is_spoken_to(s3: S3, expected: dict[str, str]) -> None:
    assert expected.items() <= s3.secret({}).items()


def test_what_the_catalogue_says_is_not_taken_for_the_store() -> None:
    assert refused("connection to server at 127.0.0.1 failed: Connection refused") is None
