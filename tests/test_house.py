"""The house itself: its arrows, its names, its pins and its papers."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.children import ran

ROOT = Path(__file__).parents[1]
ROOMS = ("flows", "extractors", "warehouse", "alerts")


def tracked() -> list[Path]:
    listed = ran(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_rooms_import_only_to_their_right() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = ran([lint, "--no-cache"], cwd=ROOT, text=True)
    assert done.returncode == 0, done.stdout


EDGES = {
    "httpx": {"extractors/web/fetch.py"},
    "protego": {"extractors/web/robots.py"},
    "trafilatura": {"extractors/pages/body.py"},
    "feedparser": {"extractors/feeds/feed.py"},
    "warcio": {"extractors/web/warc.py"},
    "pypdf": {"extractors/pages/pdf.py"},
    "rensa": {"extractors/pages/fingerprint.py"},
    "tantivy": {"warehouse/looking/concordance.py"},
    "apprise": {"alerts/telling/sending/channel.py"},
    "requests": {"alerts/telling/sending/webhook.py", "alerts/telling/sending/wire.py"},
    "jinja2": {"alerts/telling/writing/stationery.py"},
    "prefect": {
        f"flows/orchestration/{name}.py"
        for name in ("alarm", "orchestrated", "serve", "prefect_child")
    },
}


@pytest.mark.parametrize("library", EDGES)
def test_a_library_at_an_edge_stays_there(library: str) -> None:
    importing = re.compile(rf"^\s*(?:from|import) {library}\b", re.MULTILINE)
    users = {
        str(file.relative_to(ROOT))
        for room in ROOMS
        for file in (ROOT / room).rglob("*.py")
        if importing.search(file.read_text(encoding="utf-8"))
    }
    assert users <= EDGES[library]


def test_duckdb_is_known_to_the_warehouse_alone() -> None:
    importing = re.compile(r"^\s*(?:from|import) duckdb\b", re.MULTILINE)
    for room in ("flows", "extractors", "alerts"):
        for file in (ROOT / room).rglob("*.py"):
            assert not importing.search(file.read_text(encoding="utf-8")), file


def test_no_dependency_ships_a_package_of_our_names() -> None:
    for distribution in distributions():
        if distribution.metadata["Name"] == "noroshi":
            continue
        top = {str(file).split("/")[0] for file in distribution.files or ()}
        assert not top & set(ROOMS), distribution.metadata["Name"]


def test_pins_are_names_and_versions() -> None:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.!+]+", line)] == []
    names = [re.split("==", line)[0].lower().replace("_", "-") for line in lines]
    assert len(set(names)) == len(names)


def test_every_direct_dependency_is_pinned() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = project[project.index("dependencies = [") : project.index("[project.scripts]")]
    named = {name.lower().replace("_", "-") for name in re.findall(r'^ +"([\w.-]+)', block, re.M)}
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "requirements.lock").read_text().splitlines()
    }
    assert named - pinned == set()


def test_nothing_that_is_shipped_is_ignored() -> None:
    tracked()
    asked = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "--", *ROOMS]
    listed = ran([*asked, "deploy"], cwd=ROOT, text=True)
    assert listed.returncode == 0, listed.stderr
    assert [name for name in listed.stdout.split() if "__pycache__" not in name] == []


STARTING = re.compile(r"subprocess\.(?:Popen|run|call|check_\w+)\(|open_process|os\.system\(")
STARTERS = {"children.py", "test_children.py", "postgres.py", "buckets.py"}
"""The last two have servers for a whole run."""


def test_processes_of_tests_have_an_end() -> None:
    """They are started by `tests.children`, but for the benchmarks', which people watch."""
    files = [file for file in (ROOT / "tests").rglob("*.py") if file.parent.name != "benchmarks"]
    found = {file.name for file in files if STARTING.search(file.read_text("utf-8"))}
    assert found - {Path(__file__).name} == STARTERS


def test_every_module_and_public_function_says_what_it_promises() -> None:
    silent = []
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            if not ast.get_docstring(tree):
                silent.append(str(file))
            for node in tree.body:
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                    continue
                if not node.name.startswith("_") and not ast.get_docstring(node):
                    silent.append(f"{file}:{node.name}")
    assert silent == []


def test_migrations_are_numbered_without_gap_or_twin() -> None:
    names = sorted(file.name for file in (ROOT / "warehouse" / "migrations").glob("*.sql"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1)), names[-3:]


def test_links_in_the_papers_lead_somewhere() -> None:
    papers = [file for file in tracked() if file.suffix == ".md" and file.exists()]
    assert ROOT / "README.md" in papers
    for paper in papers:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", paper.read_text("utf-8")):
            assert (paper.parent / target).exists(), f"{paper}: {target}"


MAP = re.compile(
    r"^(?P<before>.*)\n\n\| module \|.*\n\|[-|]+\|\n(?P<rows>(?:\|.*\n?)+)", re.MULTILINE
)
MAPPED = ("extractors", "warehouse", "alerts")


def _mapped(room: Path, readme: str) -> dict[Path, set[str]]:
    """Folder and names of each table of modules: the folder is what the paragraph before begins
    with (`web/` ...), or else the room."""
    found: dict[Path, set[str]] = {}
    for table in MAP.finditer(readme):
        paragraph = readme[: table.end("before")].rpartition("\n\n")[2]
        folder = re.match(r"`([\w/]+)/`", paragraph)
        names = re.findall(r"^\| (.*?) \|", table["rows"], re.MULTILINE)
        here = room / folder[1] if folder else room
        found.setdefault(here, set()).update(re.findall(r"`([^`]+)`", " ".join(names)))
    return found


@pytest.mark.parametrize("name", MAPPED)
def test_the_map_of_a_room_shows_its_modules(name: str) -> None:
    """All of them, in the README's tables or text, and nothing that is not there."""
    room = ROOT / name
    readme = (room / "README.md").read_text("utf-8")
    maps = _mapped(room, readme)
    named = set(re.findall(r"`([\w.]+\.py)`", readme))
    for folder, names in maps.items():
        assert {one for one in names if not any(folder.glob(one))} == set(), folder
    for folder in {file.parent for file in room.rglob("*.py")}:
        modules = {file.name for file in folder.glob("*.py")} - {"__init__.py"}
        missing = modules - maps.get(folder, set()) - named
        assert not missing, f"{name}/README.md lacks these of {folder.name}/: {missing}"


def test_the_map_of_the_flows_shows_its_modules() -> None:
    flows = ROOT / "flows"
    drawn = ast.get_docstring(ast.parse((flows / "__init__.py").read_text("utf-8"))) or ""
    left = re.findall(r"^    (\w+(?:, \w+)*)(?:  |$)", drawn, re.MULTILINE)
    there = {file.stem for file in flows.glob("*.py")} | {
        file.parent.name for file in flows.glob("*/__init__.py")
    }
    assert set(", ".join(left).split(", ")) == there - {"__init__"}


PLACED = re.compile(r"`((?:[\w-]+/)+[\w.-]+\.(?:py|toml|md|sh|yaml|json|service|timer))`")
MADE_THERE = {"pipeline/writer.lock"}


def test_files_that_the_papers_name_are_there() -> None:
    """A name with a folder, from the top of the project, from the paper's own folder or within."""
    for paper in tracked():
        if paper.suffix != ".md" or not paper.exists():
            continue
        for name in PLACED.findall(paper.read_text("utf-8")):
            there = (ROOT / name).exists() or any(paper.parent.rglob(name))
            assert there or name in MADE_THERE, f"{paper}: {name}"
