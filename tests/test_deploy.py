"""What stands in deploy/ and in the documentation works: settings, units, commands, messages."""

from __future__ import annotations

import configparser
import io
import os
import re
import shlex
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest
import typer.main
import yaml  # type: ignore[import-untyped]
from typer.exceptions import TyperException

from flows.cli import app, main
from flows.cli.console import err, out
from flows.configuration.settings import load
from flows.prepare import prepare
from tests.children import child, ran
from tests.servers import Site, fixed
from warehouse.database import Warehouse
from warehouse.errors import WarehouseBusy
from warehouse.storage.lock import hold

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
RUNBOOK = (DEPLOY / "runbook.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted(DEPLOY.glob("*.md"))]
SERVICES = sorted(DEPLOY.glob("*.service"))
BINARY = "/opt/noroshi/.venv/bin/noroshi"
SECRETS = {
    "NOROSHI_DESK": "mailtos://user:password@smtp.example.org?from=a@example.org&to=b@example.org",
    "NOROSHI_CHAT": "mmosts://chat.example.org/webhook-token",
    "NOROSHI_TOKYO": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#china-watch",
    "NOROSHI_TRADE": "webhooks://hooks.example.org/trade",
    "NOROSHI_TRADE_SECRET": "q9Zr0n3mT6o2x8vYbJkQe1sWcUaLdFgHiPlNtMzXyRo=",
}

# Commands -----------------------------------------------------------------------------------------


def commands_in(text: str) -> Iterator[str]:
    """Every `noroshi …` in the code blocks and code spans of a Markdown text."""
    fence = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)
    blocks = [block for language, block in fence.findall(text) if language != "text"]
    spans = re.findall(r"`(noroshi [^`]+)`", fence.sub("", text))
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    for line in [*lines, *(span.replace("\\|", "|") for span in spans)]:
        if found := re.search(r"(?:^(?:\$ )?|/bin/|exec noroshi |&& )(noroshi [a-z].*)$", line):
            yield found[1]


def parse(command: str) -> None:
    """Parse as the program does. Raises TyperException for what it would refuse."""
    words = shlex.split(command, comments=True)
    end = next((i for i, word in enumerate(words) if word in {"|", "<", ">", "&&"}), None)
    group = typer.main.get_command(app)
    context = group.make_context("noroshi", words[1:end])
    while hasattr(group, "resolve_command"):
        left = [*getattr(context, "_protected_args", []), *context.args]
        name, group, left = group.resolve_command(context, left)
        try:
            context = group.make_context(name, left, parent=context)
        except TyperException as error:
            if "Missing" in error.format_message():  # prose names a command without its arguments
                return
            raise


DOCUMENTED = [(path.name, c) for path in DOCUMENTS for c in commands_in(path.read_text("utf-8"))]


@pytest.mark.parametrize(("document", "command"), DOCUMENTED)
def test_a_documented_command_is_one_that_noroshi_takes(document: str, command: str) -> None:
    parse(command)


def test_the_documents_were_read() -> None:
    assert {name for name, _ in DOCUMENTED} == {"README.md", "lake.md", "runbook.md"}
    assert len(DOCUMENTED) > 30


@pytest.mark.parametrize("wrong", ["noroshi rum", "noroshi run --loud", "noroshi sources lst"])
def test_a_wrong_command_would_be_found(wrong: str) -> None:
    assert list(commands_in(f"```sh\n{wrong}\n```\n")) == [wrong]
    with pytest.raises(TyperException):
        parse(wrong)


# Queries ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A new one, as `noroshi sql` would make it."""
    new = Warehouse(tmp_path_factory.mktemp("data"))
    prepare(new)
    return new


QUERIES = [
    shlex.split(c)[2] for _, c in DOCUMENTED if c.startswith('noroshi sql "') and "…" not in c
]


@pytest.mark.parametrize("sql", QUERIES)
def test_a_documented_query_runs(warehouse: Warehouse, sql: str) -> None:
    with warehouse.reading() as connection:
        connection.execute(sql).fetchall()


# Settings, units, container -----------------------------------------------------------------------


def test_the_example_settings_are_valid(tmp_path: Path) -> None:
    ran = noroshi(
        "check",
        "--config",
        str(DEPLOY / "noroshi.example.toml"),
        folder=tmp_path,
        environment=SECRETS | {"NOROSHI_DATA_FOLDER": str(tmp_path)},
    )
    assert ran.status == 0, ran.err
    assert ran.err == "", "no remark either"


def test_the_example_names_every_secret_that_it_wants() -> None:
    example = DEPLOY / "noroshi.example.toml"
    channels = load(example).settings.channel
    named = {name for table in channels for name in (table.url, table.secret) if name}
    wanted = {name.removeprefix("env:") for name in named}
    listed = re.findall(r"^#   (\w+)=", example.read_text(encoding="utf-8"), re.M)
    assert wanted == set(listed) == set(SECRETS)


def unit(path: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(path, encoding="utf-8")
    return parser


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists(path: Path) -> None:
    command = unit(path)["Service"]["ExecStart"]
    assert command.startswith(f"{BINARY} ")
    parse(command.removeprefix("/opt/noroshi/.venv/bin/"))


def test_the_units_confine_alike_and_run_as_nobody_special() -> None:
    one, other = (dict(unit(path)["Service"]) for path in SERVICES)
    kept = {"User", "ProtectSystem", "CapabilityBoundingSet", "SystemCallFilter", "StateDirectory"}
    assert {k: one[k] for k in kept} == {k: other[k] for k in kept}
    assert one["User"] == "noroshi"


def test_the_timer_starts_its_service() -> None:
    assert (DEPLOY / "noroshi-run.timer").with_suffix(".service").exists()
    assert "OnCalendar" in unit(DEPLOY / "noroshi-run.timer")["Timer"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    files = [*SERVICES, DEPLOY / "noroshi-run.timer"]
    for file in files:
        text = file.read_text(encoding="utf-8").replace(BINARY, sys.executable)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", *(tmp_path / file.name for file in files)]
    said = ran(command, text=True)
    ours = [line for line in said.stderr.splitlines() if "noroshi" in line]
    assert (said.returncode, ours) == (0, [])


def test_the_image_is_made_of_files_that_exist_and_are_let_through() -> None:
    docker = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    ignore = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    copied = [
        name for line in re.findall(r"^COPY (.+) \S+$", docker, re.M) for name in line.split()
    ]
    assert len(copied) >= 8
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}\n" in ignore


def test_compose_publishes_no_port_and_builds_the_dockerfile() -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["noroshi"]
    build = service["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    assert "ports" not in service, "the Prefect server has no login"
    assert service["network_mode"] == "host"


def test_prefect_finds_the_flows_and_what_they_take() -> None:
    from prefect import Flow
    from prefect.events import DeploymentEventTrigger
    from prefect.utilities.importtools import import_object

    deployments = yaml.safe_load((DEPLOY / "prefect.yaml").read_text("utf-8"))["deployments"]
    names = ["watch", "digest", "weekly", "maintain", "silence"]
    assert [d["name"] for d in deployments] == names
    for deployment in deployments:
        flow = import_object(deployment["entrypoint"])
        assert isinstance(flow, Flow)
        assert set(deployment["parameters"]) <= set(flow.parameters.properties)
        for trigger in deployment.get("triggers", ()):
            assert DeploymentEventTrigger.model_validate(trigger).within == timedelta(hours=1)


# Messages -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str


def noroshi(
    *arguments: str, folder: Path, environment: Mapping[str, str] | None = None, alone: bool = False
) -> Ran:
    """Run a command with nothing of the developer's own settings: in this process, which is quick,
    or `alone` in one of its own, which alone writes its log to stderr."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("NOROSHI_", "PREFECT_"))}
    wanted = mine | dict(environment or {})
    return (_alone if alone else _here)(arguments, folder, wanted)


def _alone(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ran:
    command = [sys.executable, "-c", "from flows.cli import main; main()", *arguments]
    said = ran(command, cwd=folder, env=environment, text=True)
    return Ran(said.returncode, said.stdout, said.stderr)


def _here(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ran:
    said = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    out.cache_clear()
    err.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in set(os.environ) - set(environment):
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        with redirect_stdout(said[0]), redirect_stderr(said[1]), pytest.raises(SystemExit) as ended:
            main(arguments)
    out.cache_clear()
    err.cache_clear()
    for stream in said:
        stream.seek(0)
    return Ran(int(ended.value.code or 0), said[0].read(), said[1].read())


class House:
    """A folder with settings and a warehouse, to be damaged; `lines` is what noroshi said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = Warehouse(folder / "data")
        self.lines: list[str] = []
        prepare(self.warehouse)
        self.write()

    def write(self, *tables: str) -> None:
        text = "\n".join(("[fetch]\nprivate_addresses = true\n[sources]\nshipped = false", *tables))
        (self.folder / "noroshi.toml").write_text(text, encoding="utf-8")

    def run(self, *arguments: str, status: int, alone: bool = False, **environment: str) -> None:
        ran = noroshi(*arguments, folder=self.folder, environment=environment, alone=alone)
        assert ran.status == status, (arguments, ran.err)
        assert "Traceback" not in ran.err
        self.lines += [*ran.err.splitlines(), *ran.out.splitlines()]


def a_source_fails(house: House) -> None:
    with Site({"/gone": fixed(b"", status=404)}) as site:
        house.write(f'[[source]]\nid = "gone"\nurl = "{site.url("/gone")}"')
        house.run("run", status=1, alone=True)
    house.write('[[source]]\nid = "gone"\nurl = "http://127.0.0.1:9/feed.xml"')
    house.run("run", status=1, alone=True)


def a_channel_lacks_its_secret(house: House) -> None:
    house.run("check", status=0)
    house.write('[[channel]]\nname = "desk"\nurl = "env:NOROSHI_DESK"')
    house.run("check", status=2)


def a_channel_refuses(house: House) -> None:
    house.write('[[channel]]\nname = "desk"\nurl = "env:NOROSHI_DESK"')
    with Site({"/hook": fixed(b"", status=404)}) as site:
        address = site.url("/hook").replace("http", "json")
        house.run("channels", "test", status=1, NOROSHI_DESK=address)
    house.run("channels", "test", status=1, NOROSHI_DESK="json://127.0.0.1:9/hook")


def the_disk_is_full(house: House) -> None:
    (house.warehouse.pipeline_folder / "previous.duckdb").unlink(missing_ok=True)
    (house.warehouse.pipeline_folder / "publishing.duckdb").symlink_to("/dev/full")
    house.run("maintain", status=1)


def the_folder_cannot_be_written(house: House) -> None:
    house.run("check", status=1, NOROSHI_DATA_FOLDER=str(house.folder / "noroshi.toml" / "data"))


def the_live_file_is_damaged(house: House) -> None:
    whole = house.warehouse.live.read_bytes()
    for damaged in (b"xxxx", whole[:100_000], whole[:8192] + bytes(4096) + whole[12_288:]):
        house.warehouse.live.write_bytes(damaged)
        house.run("maintain", status=1)
    house.run("restore", "data/noroshi.duckdb", status=0)
    house.run("maintain", status=0)
    house.warehouse.published.write_bytes(b"xxxx")
    house.run("restore", "data/noroshi.duckdb", status=1)


def the_copy_is_damaged(house: House) -> None:
    house.warehouse.published.write_bytes(b"xxxx")
    house.run("sql", "SELECT 1", status=1)
    house.run("maintain", status=0)
    words = [sha256(bytes([number])).hexdigest() for number in range(200)]  # not to be compressed
    rows = [(str(number), " ".join(words[number:])) for number in range(60)]
    with house.warehouse.writing("try") as connection:
        connection.executemany("INSERT INTO store.run (id, outcome) VALUES (?, ?)", rows)
    house.warehouse.publish()
    whole = house.warehouse.published.read_bytes()
    assert words[100].encode() in whole
    house.warehouse.published.write_bytes(whole.replace(words[100].encode(), b"x" * 64))
    house.run("sql", "SELECT max(outcome) FROM runs", status=1)
    house.run("maintain", status=0)
    house.warehouse.published.unlink()
    house.run("sql", "SELECT 1", status=0)


def a_backup_is_restored(house: House) -> None:
    house.run("backup", "kept.duckdb", status=0)
    house.run("restore", "kept.duckdb", status=0)
    house.run("restore", "nowhere.duckdb", status=2)
    (house.folder / "kept.duckdb").write_bytes(b"xxxx")
    house.run("restore", "kept.duckdb", status=1)


def the_clock_was_set_back(house: House) -> None:
    with house.warehouse.writing("try") as connection:
        connection.execute(
            "INSERT INTO store.run (id, started_at) VALUES ('later', now() + INTERVAL 2 DAY)"
        )
    house.warehouse.publish()
    house.run("doctor", status=1)


def a_cycle_is_at_work(house: House) -> None:
    with hold(house.warehouse.pipeline_folder / "cycle.lock", wait_seconds=0, doing="a cycle"):
        house.run("run", status=1)


def a_program_has_the_live_file_open(house: House) -> None:
    script = f"import duckdb; c = duckdb.connect({str(house.warehouse.live)!r}); print(); input()"
    with (
        child([sys.executable, "-c", script], stdin=-1, stdout=-1) as program,
        pytest.raises(WarehouseBusy) as busy,
    ):
        assert program.stdout is not None
        program.stdout.readline()
        with house.warehouse.writing("try", wait_seconds=0.2):
            pass
    house.lines.append(f"error: {busy.value}")


def what_waits_is_damaged(house: House) -> None:
    waiting = house.warehouse.pipeline_folder / "spool" / "1.json"
    waiting.parent.mkdir()
    waiting.write_bytes(b"[{")
    house.run("run", status=0, alone=True)
    assert waiting.exists()


def the_port_is_taken(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        house.run("serve", "--port", str(server.getsockname()[1]), status=1, alone=True)


def the_server_does_not_start(house: House) -> None:
    (house.folder / "uvicorn.py").write_text("raise SystemExit(1)", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    path = os.pathsep.join([str(house.folder), str(ROOT)])
    house.run("serve", "--port", port, status=1, alone=True, PYTHONPATH=path)


def the_warehouse_is_newer(house: House) -> None:
    with duckdb.connect(str(house.warehouse.live)) as connection:
        connection.execute("INSERT INTO store.schema_migration VALUES (9999, 'later', now())")
    house.run("run", status=1)
    house.warehouse.publish()
    house.run("search", "Japan", status=1)


def the_lake_cannot_be_reached(house: House) -> None:
    place = f"ducklake:postgres:dbname=noroshi host={house.folder} user=noroshi"
    house.run("run", status=1, NOROSHI_WAREHOUSE=place)


def the_settings_are_wrong(house: House) -> None:
    house.run("run", "--config", "nowhere.toml", status=2)
    (house.folder / "noroshi.toml").write_text('tiemzone = "UTC"\n', encoding="utf-8")
    house.run("run", status=2)


SITUATIONS = [
    a_source_fails,
    a_channel_lacks_its_secret,
    a_channel_refuses,
    the_disk_is_full,
    the_folder_cannot_be_written,
    the_live_file_is_damaged,
    the_copy_is_damaged,
    a_backup_is_restored,
    the_clock_was_set_back,
    a_cycle_is_at_work,
    a_program_has_the_live_file_open,
    what_waits_is_damaged,
    the_port_is_taken,
    the_server_does_not_start,
    the_warehouse_is_newer,
    the_lake_cannot_be_reached,
    the_settings_are_wrong,
]
QUOTED = [
    line
    for block in re.findall(r"^```text\n(.*?)^```", RUNBOOK, re.M | re.S)
    for line in block.splitlines()
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Everything that noroshi says in all of the runbook's situations."""
    houses = [House(tmp_path_factory.mktemp(situation.__name__)) for situation in SITUATIONS]
    for situation, house in zip(SITUATIONS, houses, strict=True):
        situation(house)
    return [line for house in houses for line in house.lines]


def pattern(quoted: str) -> re.Pattern[str]:
    """A line of the runbook, whose `…` stands for anything."""
    return re.compile(".+".join(re.escape(part) for part in re.split(r"(?<!=)…", quoted)))


@pytest.mark.parametrize("quoted", QUOTED)
def test_the_runbook_quotes_what_noroshi_says(said: list[str], quoted: str) -> None:
    assert any(pattern(quoted).fullmatch(line) for line in said), "\n".join(said)


def test_the_runbook_knows_every_error_of_its_situations(said: list[str]) -> None:
    errors = [line for line in said if line.startswith("error: ")]
    unknown = [e for e in errors if not any(pattern(quoted).fullmatch(e) for quoted in QUOTED)]
    assert errors
    assert unknown == []
