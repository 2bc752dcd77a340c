"""Worlds: made, kept, listed, reset, deleted and forgotten."""

from typing import Any

import pytest
from desk import NOON, Desk

from chatsim.core.effects import Dispose, Elsewhere, Expire

WORLDS = "/_sim/worlds"


def names(desk: Desk, query: str = "") -> list[str]:
    """The names that a list shows."""
    return [world["name"] for world in desk.ask("GET", WORLDS + query).data["worlds"]]


def test_a_world_is_made_with_what_a_client_needs(desk: Desk) -> None:
    """Name, seed and the address that clients are pointed at, following the Host of the call."""
    answer = desk.ask("POST", WORLDS, {"name": "a", "seed": 7}, host="box:9000")
    assert (answer.status, answer.bug) == (403, "")
    answer = desk.ask("POST", WORLDS, {"name": "a", "seed": 7}, host="127.0.0.1:9000")
    assert (answer.status, answer.bug) == (201, "")
    assert answer.headers["Location"] == "/_sim/worlds/a"
    assert answer.data["base_url"] == "http://127.0.0.1:9000/w/a"
    assert answer.data["seed"] == "7"


def test_the_default_world_is_at_the_root(desk: Desk) -> None:
    """Clients that cannot be given a path use it."""
    assert desk.ask("GET", f"{WORLDS}/default").data["base_url"] == "http://localhost:8080"


def test_a_world_without_a_name_gets_one(desk: Desk) -> None:
    """No body at all is a body without options; two worlds never share a name."""
    first, second = (desk.ask("POST", WORLDS).data["name"] for _ in range(2))
    assert first != second
    assert {first, second} <= set(names(desk))


def test_a_taken_name_is_a_conflict(desk: Desk) -> None:
    """POST makes; it does not keep."""
    assert desk.ask("POST", WORLDS, {"name": "default"}).status == 409


OPTIONS: dict[str, Any] = {
    "labels": {"suite": "x"},
    "fixture": "empty",
    "seed": "s",
    "accounts": "listed",
    "truth": "service",
    "strict": True,
    "settings": {"keycloak.access_token_lifespan_s": 60},
    "ttl_s": 5.5,
}


def test_options_are_kept_and_shown(desk: Desk) -> None:
    """Every option comes back as it was given."""
    shown = desk.ask("POST", WORLDS, {"name": "a", **OPTIONS}).data
    assert {name: shown[name] for name in OPTIONS} == OPTIONS
    assert desk.simulator.worlds["a"].setting("keycloak.access_token_lifespan_s") == 60


def test_a_world_can_begin_at_a_moment(desk: Desk) -> None:
    """Frozen from the start."""
    clock = {"mode": "frozen", "at": "2030-06-01T00:00:00+02:00"}
    shown = desk.ask("POST", WORLDS, {"name": "a", "clock": clock}).data["clock"]
    assert (shown["mode"], shown["now"]) == ("frozen", "2030-05-31T22:00:00.000000Z")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ([], [""]),
        ({"name": "Ä"}, ["/name"]),
        ({"name": "-a"}, ["/name"]),
        ({"name": "a" * 64}, ["/name"]),
        ({"naem": "a"}, ["/naem"]),
        ({"truth": "both", "strict": "yes"}, ["/strict", "/truth"]),
        ({"quirks": {"a/b": "c"}}, ["/quirks/a~1b"]),
        ({"quirks": {"keycloak.unknown-user": "402"}}, ["/quirks/keycloak.unknown-user"]),
        ({"settings": {"keycloak.x": 1, "y": 2}}, ["/settings/keycloak.x", "/settings/y"]),
        ({"settings": {"keycloak.access_token_lifespan_s": "60"}}, ["/settings/keycloak.access_token_lifespan_s"]),
        ({"fixture": {"nope": {}}}, ["/fixture/nope"]),
        ({"fixture": "other"}, ["/fixture"]),
        ({"clock": {"mode": "frozen", "at": "yesterday"}}, ["/clock/at"]),
        ({"clock": {"mode": "frozen", "at": "1990-12-31T23:58:60Z"}}, ["/clock/at"]),
        ({"ttl_s": 0}, ["/ttl_s"]),
        ({"labels": {"a": 1}}, ["/labels/a"]),
    ],
)
def test_options_that_cannot_be(desk: Desk, body: Any, pointers: list[str]) -> None:
    """422 with a JSON Pointer to each, and no world."""
    answer = desk.ask("POST", WORLDS, body)
    assert answer.status == 422
    assert [one["pointer"] for one in answer.data["errors"]] == pointers
    assert names(desk) == ["default"]


def test_broken_json_is_400(desk: Desk) -> None:
    """What cannot be read is no world with an error in it."""
    answer = desk.ask("POST", WORLDS, b'{"name":')
    assert answer.status == 400
    assert "at byte 8" in answer.data["detail"]


def test_too_many_worlds() -> None:
    """Then 503, naming the option."""
    desk = Desk(max_worlds=2)
    assert desk.ask("POST", WORLDS).status == 201
    answer = desk.ask("POST", WORLDS)
    assert answer.status == 503
    assert "--max-worlds" in answer.data["detail"]


# PUT


def test_put_makes_and_then_keeps(desk: Desk) -> None:
    """201, then 200 with what was there."""
    assert desk.ask("PUT", f"{WORLDS}/a", {"seed": "s"}).status == 201
    world = desk.simulator.worlds["a"]
    assert desk.ask("PUT", f"{WORLDS}/a", {"seed": "s"}).status == 200
    assert desk.ask("PUT", f"{WORLDS}/a").status == 200
    assert desk.simulator.worlds["a"] is world


def test_put_with_other_options_is_a_conflict(desk: Desk) -> None:
    """It says which differ."""
    desk.ask("PUT", f"{WORLDS}/a", {"seed": "s", "strict": True})
    answer = desk.ask("PUT", f"{WORLDS}/a", {"seed": "t", "strict": False})
    assert answer.status == 409
    assert [one["pointer"] for one in answer.data["errors"]] == ["/seed", "/strict"]


def test_put_resets_on_demand(desk: Desk) -> None:
    """Kept, but as it was at the start."""
    desk.ask("PUT", f"{WORLDS}/a")
    desk.ask("GET", "/nowhere", world="a")
    answer = desk.ask("PUT", f"{WORLDS}/a?reset=true")
    assert (answer.status, answer.data["entries"]) == (200, 0)


def test_put_refuses_another_name(desk: Desk) -> None:
    """Path and body must agree; what no world can be named is not found."""
    assert desk.ask("PUT", f"{WORLDS}/a", {"name": "b"}).status == 422
    assert desk.ask("PUT", f"{WORLDS}/B").status == 404


# Lists


def test_lists_can_be_cut_by_label(desk: Desk) -> None:
    """All labels asked for have to be there."""
    desk.ask("POST", WORLDS, {"name": "a", "labels": {"k": "v", "url": "x:y"}})
    desk.ask("POST", WORLDS, {"name": "b", "labels": {"k": "v"}})
    assert names(desk, "?label=k:v") == ["a", "b"]
    assert names(desk, "?label=k:v&label=url:x%3Ay") == ["a"]
    assert desk.ask("GET", f"{WORLDS}?label=k").status == 422


def test_lists_come_in_pieces(desk: Desk) -> None:
    """`next` of one piece is `after` of the next one."""
    for name in "abc":
        desk.ask("POST", WORLDS, {"name": name})
    first = desk.ask("GET", f"{WORLDS}?limit=2").data
    assert [world["name"] for world in first["worlds"]] == ["default", "a"]
    second = desk.ask("GET", f"{WORLDS}?limit=2&after={first['next']}").data
    assert ([world["name"] for world in second["worlds"]], second["next"]) == (["b", "c"], None)


@pytest.mark.parametrize("query", ["?limit=0", "?limit=x", "?limit=-1", "?limit=²", "?after=nope", "?unknown=1"])
def test_queries_that_cannot_be(desk: Desk, query: str) -> None:
    """422, not ignored."""
    assert desk.ask("GET", WORLDS + query).status == 422


# The end


def test_a_deleted_name_is_gone_until_made_again(desk: Desk) -> None:
    """410 for the control API and for the API calls of clients left over."""
    desk.ask("PUT", f"{WORLDS}/a")
    answer = desk.ask("DELETE", f"{WORLDS}/a")
    assert (answer.status, answer.body) == (204, b"")
    assert desk.ask("GET", f"{WORLDS}/a").status == 410
    assert desk.ask("DELETE", f"{WORLDS}/a").status == 410
    assert desk.ask("PUT", f"{WORLDS}/a").status == 201
    assert desk.ask("GET", f"{WORLDS}/a").status == 200


def test_deleting_closes_what_the_world_held(desk: Desk) -> None:
    """Its sockets and deliveries end with it, in that world and no other."""
    world = desk.make_world("a")
    world.clock.plan(NOON, "keycloak", "never", {}, None)
    (effect,) = desk.ask("DELETE", f"{WORLDS}/a").effects
    assert effect == Elsewhere(world=world, effects=(Dispose(code=1001, listener=True),))
    assert world.clock.next_due() is None


def test_deleting_by_label(desk: Desk) -> None:
    """A suite cleans up after itself with one call; without a label nothing is deleted."""
    for name in "ab":
        desk.ask("POST", WORLDS, {"name": name, "labels": {"suite": "x"}})
    assert desk.ask("DELETE", WORLDS).status == 422
    assert desk.ask("DELETE", f"{WORLDS}?label=suite:x").status == 204
    assert names(desk) == ["default"]


def test_only_a_world_with_an_end_is_watched(desk: Desk) -> None:
    """The server is told to end it, once it was not used for so long."""
    assert desk.ask("POST", WORLDS, {"name": "a", "ttl_s": 10}).effects == (Expire(),)
    assert desk.ask("PUT", f"{WORLDS}/b", {"ttl_s": 10}).effects == (Expire(),)
    assert desk.ask("POST", WORLDS, {"copy_of": "a"}).effects == ()


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/nowhere"), ("GET", f"{WORLDS}/a/journal"), ("PUT", f"{WORLDS}/a"), ("POST", f"{WORLDS}/a/reset")],
)
def test_a_use_puts_the_end_off(desk: Desk, method: str, target: str) -> None:
    """Calls of the APIs and of the control API count alike."""
    desk.ask("POST", WORLDS, {"name": "a", "ttl_s": 10})
    assert desk.simulator.worlds["a"].ends_at == NOON + 10_000_000_000
    desk.time += 9_000_000_000
    desk.ask(method, target, world="a")
    assert desk.simulator.worlds["a"].ends_at == NOON + 19_000_000_000


def test_looking_at_the_list_is_no_use(desk: Desk) -> None:
    """Else a console would keep every world."""
    desk.ask("POST", WORLDS, {"name": "a", "ttl_s": 10})
    desk.time += 9_000_000_000
    assert "a" in names(desk)
    assert desk.simulator.worlds["a"].ends_at == NOON + 10_000_000_000


def test_reset_goes_back_to_the_start(desk: Desk) -> None:
    """State, ids, clock, switches, faults and journal; sockets are closed 1012."""
    world = f"{WORLDS}/default"
    desk.ask("PUT", f"{world}/keycloak/realms/woven/clients/bot", {"secret": "s"})
    desk.ask("POST", f"{world}/clock", {"mode": "frozen", "at": "2030-01-01T00:00:00Z"})
    desk.ask("PATCH", f"{world}/settings", {"keycloak.access_token_lifespan_s": 1})
    desk.ask("POST", f"{world}/faults", {"act": {"status": 503}})
    answer = desk.ask("POST", f"{world}/reset")
    assert answer.effects == (Dispose(code=1012),)
    assert answer.data == desk.ask("GET", world).data
    assert (answer.data["settings"], answer.data["clock"]["mode"]) == ({}, "real")
    assert desk.ask("GET", f"{world}/keycloak/realms/woven/clients/bot").status == 404
    assert desk.ask("GET", f"{world}/faults").data["faults"] == []


def test_looking_never_makes_a_world(desk: Desk) -> None:
    """The control API answers 404 where an API call would have made one."""
    assert desk.ask("GET", f"{WORLDS}/a/journal").status == 404
    assert names(desk) == ["default"]
