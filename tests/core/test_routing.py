"""The router: splitting, territories, literals before parameters, ties."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sample import HEALTH, SAMPLE, listen, show_room

from chatsim.core.api import Api, Route, Socket
from chatsim.core.errors import BadUrl
from chatsim.core.routing import Match, Miss, Router, RoutingError, Territory, split


def api(name: str, *paths: str, territory: tuple[Territory, ...] = (), method: str = "GET") -> Api:
    """An API with routes at these paths."""
    routes = tuple(Route(method=method, path=path, operation=show_room, replies={200: HEALTH}) for path in paths)
    return replace(SAMPLE, name=name, territory=territory or (Territory("/" + name),), routes=routes, sockets=())


def found(router: Router, path: str, method: str = "GET") -> tuple[str, str, dict[str, str]]:
    """The API, template and parameters that a path leads to."""
    match = router.match(method, path)
    assert isinstance(match, Match), match
    return match.api.name, match.route.path, match.params


@pytest.mark.parametrize(
    ("raw", "segments"),
    [
        ("/a/b", ["a", "b"]),
        ("/a/", ["a", ""]),
        ("/a%2Fb/c", ["a/b", "c"]),
        ("/%40+x", ["@+x"]),
        ("/%E2%82%AC", ["€"]),
        ("//a", ["", "a"]),
    ],
)
def test_a_path_is_split_before_it_is_decoded(raw: str, segments: list[str]) -> None:
    """An encoded slash stays inside its segment and a plus is a plus."""
    assert split(raw) == segments


@pytest.mark.parametrize("raw", ["/%", "/%zz", "/%ff", "/a%00b"])
def test_bad_percent_encoding_is_refused(raw: str) -> None:
    """What is no percent-encoded UTF-8 text is no path."""
    with pytest.raises(BadUrl):
        split(raw)


def test_a_literal_wins_over_a_parameter() -> None:
    """`/x/badge` is not the thing with the id `badge`, whatever the order of declaration."""
    router = Router([api("x", "/x/{id}", "/x/badge")])
    assert found(router, "/x/badge")[1] == "/x/badge"


def test_an_encoded_literal_is_the_literal() -> None:
    """`/x/b%61dge` names the same path as `/x/badge`."""
    router = Router([api("x", "/x/badge")])
    assert found(router, "/x/b%61dge")[1] == "/x/badge"


def test_a_parameter_is_never_empty() -> None:
    """`/x/` is not `/x/{id}` with an empty id."""
    assert isinstance(Router([api("x", "/x/{id}")]).match("GET", "/x/"), Miss)


def test_the_longest_territory_wins() -> None:
    """A prefix inside another's belongs to the API with the longer one, also behind a wildcard."""
    outer = api("a", "/v1/{x}", territory=(Territory("/v1"), Territory("/auth")))
    inner = api("b", "/v1/mpower", territory=(Territory("/v1/mpower"), Territory("/auth/realms/*/mpower")))
    router = Router([outer, inner])
    owners = [router.owner_of(path) for path in ("/v1/mpower/q", "/v1/q", "/auth/realms/r/mpower/z", "/auth/realms/r")]
    assert [owner.name if owner else None for owner in owners] == ["b", "a", "b", "a"]


def test_an_exact_territory_holds_nothing_below_it() -> None:
    """The root path can belong to an API without everything else belonging to it."""
    router = Router([api("m", "/", territory=(Territory("/", exact=True),))])
    assert found(router, "/")[0] == "m"
    assert router.match("GET", "/other") == Miss(None)


def test_a_territory_may_ignore_case() -> None:
    """Paths below such a prefix match in any case, and parameters keep theirs."""
    router = Router([api("w", "/api/apps/{id}", territory=(Territory("/api", ignore_case=True),))])
    assert found(router, "/API/Apps/XyZ") == ("w", "/api/apps/{id}", {"id": "XyZ"})


def test_case_matters_elsewhere() -> None:
    """Without that rule another case is another path."""
    assert router_misses(Router([api("x", "/x/badge")]), "/x/Badge")


def router_misses(router: Router, path: str) -> bool:
    """Whether the path leads nowhere."""
    return isinstance(router.match("GET", path), Miss)


def test_a_wrong_method_names_the_right_ones() -> None:
    """A miss knows which methods the path has."""
    miss = Router([SAMPLE]).match("PUT", "/sample/a")
    assert isinstance(miss, Miss)
    assert miss.allowed == ("GET", "POST", "DELETE")


def test_head_takes_the_route_of_get() -> None:
    """Where HEAD has no route of its own."""
    assert found(Router([SAMPLE]), "/sample/a/file", "HEAD")[1] == "/sample/{room}/file"


@pytest.mark.parametrize(
    "apis",
    [
        [api("x", "/x/{a}", "/x/{b}")],
        [api("x", "/x/a", territory=(Territory("/x"),)), api("y", "/x/b", territory=(Territory("/x"),))],
        [api("x", "/y/a")],
        [api("x", "/x/a", "/x/a")],
    ],
    ids=["two parameters", "two owners", "foreign land", "twice"],
)
def test_a_contradiction_fails_the_start(apis: list[Api]) -> None:
    """Ties and routes outside of their API's territory are found at once."""
    with pytest.raises(RoutingError):
        Router(apis)


def eared(*paths: str) -> Api:
    """The sample with sockets at these paths."""
    return replace(SAMPLE, sockets=tuple(Socket(path=path, open=listen) for path in paths))


@pytest.mark.parametrize("template", ["/sample/{room}", "/sample/lobby"])
def test_a_route_and_a_socket_may_share_a_path(template: str) -> None:
    """A GET finds both, the route first; what has a method of its own finds no socket."""
    routes = (*api("sample", "/sample/lobby").routes, *SAMPLE.routes)
    router = Router([replace(eared(template), routes=routes)])
    path = template.replace("{room}", "a")
    got, posted = router.match("GET", path), router.match("POST", path)
    assert isinstance(got, Match)
    assert isinstance(posted, Match)
    assert (got.route.path, got.socket and got.socket.path, posted.socket) == (template, template, None)


@pytest.mark.parametrize("paths", [["/sample/{other}"], ["/sample/{room}", "/sample/{room}"], ["/sample/x"] * 2])
def test_a_socket_shares_with_one_route_of_the_same_parameters(paths: list[str]) -> None:
    """Two sockets are one too many, and other names of parameters would not be found."""
    with pytest.raises(RoutingError):
        Router([eared(*paths)])


def test_the_nearest_routes_are_named() -> None:
    """A mistyped path leads to the route that was meant."""
    assert Router([SAMPLE]).nearest("/sampel/{room}/file")[0] == "/sample/{room}/file"


def test_a_path_asked_again_leads_to_the_same_place() -> None:
    """Whatever was asked between, and though only so many answers are remembered."""
    router = Router([api("x", "/x/{id}", "/x/badge")])
    first = [found(router, f"/x/{number}") for number in range(5_000)]
    assert [found(router, f"/x/{number}") for number in range(5_000)] == first
    assert (found(router, "/x/badge")[1], router_misses(router, "/x/a/b")) == ("/x/badge", True)
