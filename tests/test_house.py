"""The house itself: its arrows, its names, its pins and its papers."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("flows", "extractors", "warehouse", "alerts")


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name]


def test_rooms_import_only_to_their_right() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stdout


EDGES = {
    "httpx": {"extractors/web/fetch.py"},
    "protego": {"extractors/web/robots.py"},
    "trafilatura": {"extractors/pages/body.py"},
    "feedparser": {"extractors/feeds/feed.py"},
    "warcio": {"extractors/web/warc.py"},
    "pypdf": {"extractors/pages/pdf.py"},
    "rensa": {"extractors/pages/fingerprint.py"},
    "tantivy": {"warehouse/concordance.py"},
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
    hidden = subprocess.run(
        ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "--", *ROOMS, "deploy"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    assert [name for name in hidden if "__pycache__" not in name] == []


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
