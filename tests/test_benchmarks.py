"""Whatever prints figures runs: on little, so that nobody finds it broken when he needs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.benchmarks.library import library
from tests.children import ran

ROOT = Path(__file__).parents[1]


def test_a_library_is_made_in_the_schema_of_today(tmp_path: Path) -> None:
    """With a folder of its own where there is none."""
    with library(tmp_path / "kept" / "library", 20).reading() as connection:
        assert connection.execute("SELECT count(*) FROM articles").fetchone() == (20,)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["rivals", "--articles", "300", "--folder", "kept/library", "--cold"], "Tantivy bigrams"),
        (["keeping", "--articles", "300"], "noroshi doctor"),
    ],
)
def test_figures_of_a_small_warehouse_are_printed(
    given: list[str], says: str, tmp_path: Path
) -> None:
    """Its last line too."""
    name, *options = given
    printed = ran(
        [sys.executable, "-m", f"tests.benchmarks.{name}", *options],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        text=True,
    )
    assert printed.returncode == 0, printed.stderr
    assert says in printed.stdout.splitlines()[-1]
