"""OpenStack Swift, which speaks S3, as one process: of Debian's packages, run by Debian's Python.

`python3 -P swift_store.py FOLDER PORT REGION KEY SECRET BUCKET…` keeps its files in FOLDER, listens
on that port of loopback (0: any) and prints the port when it can be asked. It checks signatures,
regions and buckets as a store in the world does.
"""

from __future__ import annotations

import eventlet

eventlet.patcher.monkey_patch()

import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from eventlet import wsgi  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.http_protocol import SwiftHttpProtocol  # noqa: E402
from swift.common.ring.builder import RingBuilder  # noqa: E402
from swift.common.storage_policy import reload_storage_policies  # noqa: E402
from swift.common.swob import Request  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

STORES = ("account", "container", "object")
DEFAULTS = """[DEFAULT]
swift_dir = {folder}
devices = {folder}/devices
mount_check = false
log_address = /nonexistent
"""
STORE = """[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
GATE = """[pipeline:main]
pipeline = {filters} proxy-server
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = {region}
[filter:tempauth]
use = egg:swift#tempauth
user_{user} = {secret} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
"""


class Forgetful:
    """In the place of memcached: nothing is remembered, so that nothing is out of date."""

    def get(self, *_: Any, **__: Any) -> None:
        """Nothing."""

    set = delete = set_multi = get

    def incr(self, *_: Any, **__: Any) -> int:
        """As if it were the first."""
        return 1

    def get_multi(self, keys: list[str], *_: Any, **__: Any) -> list[None]:
        """Nothing of all of them."""
        return [None for _ in keys]


def main(folder: Path, port: int, region: str, key: str, secret: str, *buckets: str) -> None:
    """Serve until somebody ends the process."""
    (folder / "devices" / "disk").mkdir(parents=True, exist_ok=True)
    (folder / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = noroshi\n")
    utils.set_swift_dir(str(folder))
    utils.validate_hash_conf()
    sockets = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in STORES}
    for kind, socket in sockets.items():
        ring(kind, socket.getsockname()[1]).save(str(folder / f"{kind}.ring.gz"))
    reload_storage_policies()
    apps = {kind: app(folder, kind, STORE.format(kind=kind)) for kind in STORES}
    for kind in STORES:
        eventlet.spawn(serve, sockets[kind], apps[kind])
    words = {"region": region, "user": key.replace(":", "_"), "secret": secret}
    inner = cached(app(folder, "inner", GATE.format(filters="catch_errors", **words)))
    account = key.partition(":")[0]
    for bucket in buckets:
        made = Request.blank(f"/v1/AUTH_{account}/{bucket}", environ={"REQUEST_METHOD": "PUT"})
        assert made.get_response(inner).status_int in {201, 202}
    filters = "catch_errors gatekeeper listing_formats s3api tempauth bulk slo"
    gate = cached(app(folder, "gate", GATE.format(filters=filters, **words)))
    listening = eventlet.listen(("127.0.0.1", port))
    print(listening.getsockname()[1], flush=True)  # noqa: T201
    serve(listening, gate)


def ring(kind: str, port: int) -> Any:
    """The ring of one device on that port."""
    builder = RingBuilder(1, 1, 0)
    where = {"ip": "127.0.0.1", "port": port}
    again = {f"replication_{name}": value for name, value in where.items()}
    builder.add_dev(
        {"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "disk", "meta": ""} | where | again
    )
    builder.rebalance()
    return builder.get_ring()


def app(folder: Path, name: str, settings: str) -> Any:
    """The application that these settings describe."""
    file = folder / f"{name}.conf"
    file.write_text(DEFAULTS.format(folder=folder) + settings)
    return loadapp(str(file), global_conf={"log_name": name})


def cached(app: Any) -> Any:
    """The application, with a cache."""
    return lambda environment, start: app(environment | {"swift.cache": Forgetful()}, start)


def serve(socket: Any, app: Any) -> None:
    """Answer with this application what comes in there, for ever."""
    with open(os.devnull, "w") as log:  # noqa: PTH123
        wsgi.server(socket, app, log, protocol=SwiftHttpProtocol, log_output=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
