"""The pages of docs/fidelity against the code: rows are counted, quirks exist, no quirk is missing."""

import re
from pathlib import Path
from typing import Final

import pytest
from samples import ROOT

from chatsim.apis import discover

INDEX: Final = ROOT / "docs" / "fidelity.md"
PAGES: Final = sorted((ROOT / "docs" / "fidelity").glob("*.md"))
KIND: Final = re.compile(r"(?P<kind>fixed|quirk|not modelled)(?: `(?P<quirk>[a-z0-9]+\.[a-z0-9.-]+)`)?")
APIS: Final = {api.name: api for api in discover()}


def rows(page: Path) -> list[list[str]]:
    """The cells of every row of a page's tables, without heads and rules."""
    lines = page.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] != "fact"]


def kinds(page: Path) -> list[re.Match[str]]:
    """What the second cell of each row says; a cell that says something else fails."""
    found = [(row, KIND.fullmatch(row[1])) for row in rows(page)]
    unread = [row for row, kind in found if kind is None or (kind["kind"] == "quirk") != bool(kind["quirk"])]
    assert unread == []
    return [kind for _, kind in found if kind is not None]


def test_every_api_has_a_page() -> None:
    """Each API is on a page of its own, and each page is linked from the index."""
    assert {page.stem for page in PAGES} == APIS.keys()
    assert re.findall(r"\(fidelity/([a-z0-9]+)\.md\)", INDEX.read_text(encoding="utf-8")) == sorted(
        page.stem for page in PAGES
    )


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_rows_are_counted(page: Path) -> None:
    """The third line of a page tells how many rows it has, and how many of each kind."""
    found = [kind["kind"] for kind in kinds(page)]
    counts = ", ".join(f"{found.count(kind)} {kind}" for kind in ("fixed", "quirk", "not modelled"))
    assert page.read_text(encoding="utf-8").splitlines()[2] == f"{len(found)} rows: {counts}."


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_quirks_are_those_of_the_api(page: Path) -> None:
    """Every quirk that a page names is registered, and every registered one is on the API's page."""
    named = {kind["quirk"] for kind in kinds(page) if kind["quirk"]}
    assert named == {quirk.name for quirk in APIS[page.stem].quirks}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_is_not_modelled_says_what_happens(page: Path) -> None:
    """A row that is not modelled tells what the simulator does instead, or why nothing can be."""
    silent = [row for row in rows(page) if row[1] == "not modelled" and not row[2].strip("| ")]
    assert silent == []
