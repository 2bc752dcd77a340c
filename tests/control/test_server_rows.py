"""Health, the list of APIs, schemas, and errors of the control API's own paths."""

import pytest
from desk import Desk

from chatsim import __version__


def test_health_tells_the_version(desk: Desk) -> None:
    """Another simulator that finds the port taken can say which one has it."""
    assert desk.ask("GET", "/_sim/readyz").data == {"status": "ok", "version": __version__}


def test_every_api_is_listed_with_what_can_be_done(desk: Desk) -> None:
    """Routes, collections and triggers of each installed API."""
    answer = desk.ask("GET", "/_sim/apis")
    assert answer.bug == ""
    listed = {api["name"]: api for api in answer.data["apis"]}
    assert listed.keys() == desk.simulator.apis.keys()
    assert {"path": "realms/{realm}", "verbs": ["PUT", "GET", "DELETE", "LIST"]}.items() <= listed["keycloak"][
        "collections"
    ][0].items()


def test_every_schema_named_can_be_read(desk: Desk) -> None:
    """The links to body schemas lead to the files."""
    listed = desk.ask("GET", "/_sim/apis").data["apis"]
    links = {row["body"] for api in listed for row in (*api["routes"], *api["triggers"], *api["collections"])} - {None}
    assert links
    for link in links:
        answer = desk.ask("GET", link)
        assert (answer.status, answer.bug) == (200, "")
        assert answer.data["$id"].endswith(link.removeprefix("/_sim/schemas"))


def test_an_unknown_schema_names_those_there_are(desk: Desk) -> None:
    """A mistyped name is easily corrected."""
    answer = desk.ask("GET", "/_sim/schemas/keycloak/nope.json")
    assert answer.status == 404
    assert "keycloak/token-reply" in answer.data["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_sim/nope", 404),
        ("POST", "/_sim/livez", 405),
        ("GET", "/_sim/worlds/%zz", 400),
        ("GET", "/_sim/worlds/default/journal/1/2", 404),
        ("GET", "/_sim/worlds/nope/journal", 404),
        ("GET", "/_sim/worlds/nope/keycloak/realms", 404),
    ],
)
def test_unknown_paths_are_problems(desk: Desk, method: str, path: str, status: int) -> None:
    """RFC 9457, with the status in it."""
    answer = desk.ask(method, path)
    assert answer.status == answer.data["status"] == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.bug == ""


def test_control_calls_are_not_in_the_journal(desk: Desk) -> None:
    """Looking changes nothing."""
    desk.ask("GET", "/_sim/worlds/default")
    assert len(desk.world.journal) == 0


def test_all_schemas_are_sound(desk: Desk) -> None:
    """Meta-schema, patterns and examples of every file."""
    assert desk.simulator.schemas.check() == []
