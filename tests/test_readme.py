"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from chatsim.apis import discover
from chatsim.listing import as_markdown

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
TOP: Final = {
    "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "simulator", "schemas", "fixtures", "tests", "benchmarks", "docs",
}  # fmt: skip
MADE: Final = {"dist", "build"}


def test_table_of_routes_is_what_the_command_prints() -> None:
    """After a change: `chatsim routes --markdown`, between the two marks."""
    table = README.partition("`chatsim routes --markdown`) -->\n")[2].partition("<!-- routes: end -->")[0]
    assert table.strip() == as_markdown(discover()).strip()


def test_links_lead_somewhere() -> None:
    """Every relative link is a file of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_root_holds_what_it_says() -> None:
    """Exactly the known names, beside dot-files and what make leaves."""
    visible = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}
    assert visible - MADE == TOP
