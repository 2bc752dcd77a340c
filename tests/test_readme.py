"""What the README says is so, and what any page links to exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from chatsim.apis import discover
from chatsim.listing import as_markdown

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text(encoding="utf-8")
TOP: Final = {
    "pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "simulator", "schemas", "fixtures", "tests", "benchmarks", "docs",
}  # fmt: skip
PAGES: Final = sorted(
    page.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "schemas/*.md", "benchmarks/*.md")
    for page in ROOT.glob(pattern)
)
MADE: Final = {"dist", "build"}


def test_table_of_routes_is_what_the_command_prints() -> None:
    """After a change: `chatsim routes --markdown`, between the two marks."""
    table = README.partition("`chatsim routes --markdown`) -->\n")[2].partition("<!-- routes: end -->")[0]
    assert table.strip() == as_markdown(discover()).strip()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of every page is a file of the repository."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / page.parent / link).exists()] == []


def test_every_page_of_the_documentation_is_listed() -> None:
    """In docs/README.md, by its name or by that of its folder; a folder may have its page beside it."""
    listed = set(re.findall(r"\]\(([^)#]+)", (ROOT / "docs" / "README.md").read_text(encoding="utf-8")))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"} - listed == set()
    folders = {folder.name for folder in (ROOT / "docs").iterdir() if folder.is_dir()}
    assert [name for name in folders if not {f"{name}.md", f"{name}/README.md"} & listed] == []


def test_root_holds_what_it_says() -> None:
    """Exactly the known names, beside dot-files and what make leaves."""
    visible = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}
    assert visible - MADE == TOP
