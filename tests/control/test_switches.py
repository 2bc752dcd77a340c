"""Quirks, settings and the environment of a world."""

from typing import Any

import pytest
from desk import Desk

from chatsim.core.simulator import Access

WORLD = "/_sim/worlds/default"
QUIRK = "keycloak.unknown-user"
SETTING = "keycloak.access_token_lifespan_s"


def test_quirks_show_what_they_are(desk: Desk) -> None:
    """Value, default, the values there are, and where the knowledge is from."""
    answer = desk.ask("GET", f"{WORLD}/quirks")
    assert answer.bug == ""
    assert answer.data["quirks"].keys() == desk.simulator.quirks.all.keys()
    shown = answer.data["quirks"][QUIRK]
    assert (shown["value"], shown["default"], shown["set"]) == ("401", "401", False)
    assert shown["values"].keys() == {"400", "401"}


def test_a_quirk_is_set_and_given_back(desk: Desk) -> None:
    """Null takes the hand-set value away."""
    shown = desk.ask("PATCH", f"{WORLD}/quirks", {QUIRK: "400"}).data["quirks"][QUIRK]
    assert (shown["value"], shown["default"], shown["set"]) == ("400", "401", True)
    assert desk.world.quirk(QUIRK) == "400"
    shown = desk.ask("PATCH", f"{WORLD}/quirks", {QUIRK: None}).data["quirks"][QUIRK]
    assert (shown["value"], shown["set"]) == ("401", False)


def test_the_default_follows_the_worlds_truth(desk: Desk) -> None:
    """A world that tells the service's truth shows the service's values."""
    desk.make_world("a", truth="service")
    quirks = desk.ask("GET", "/_sim/worlds/a/quirks").data["quirks"]
    assert {name: one["value"] for name, one in quirks.items()} == desk.simulator.quirks.defaults["service"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({QUIRK: "402"}, [f"/{QUIRK}"]),
        ({QUIRK: "400", "a.b": None, "c~/d": "x"}, ["/a.b", "/c~0~1d"]),
        ({QUIRK: 400}, [f"/{QUIRK}"]),
        ([], [""]),
    ],
)
def test_quirks_that_cannot_be(desk: Desk, body: Any, pointers: list[str]) -> None:
    """422, and none of them is set."""
    answer = desk.ask("PATCH", f"{WORLD}/quirks", body)
    assert answer.status == 422
    assert [one["pointer"] for one in answer.data["errors"]] == pointers
    assert desk.world.quirks == {}


def test_settings_show_where_their_value_is_from(desk: Desk) -> None:
    """The default, the server's, the world's own."""
    desk.simulator.settings.set("keycloak.refresh_token_lifespan_s", 9)
    shown = desk.ask("PATCH", f"{WORLD}/settings", {SETTING: 60}).data["settings"]
    assert (shown[SETTING]["value"], shown[SETTING]["source"]) == (60, "world")
    assert shown["keycloak.refresh_token_lifespan_s"]["source"] == "server"
    assert shown["callbacks.attempts"]["source"] == "default"
    assert desk.world.setting(SETTING) == 60


def test_a_setting_is_given_back(desk: Desk) -> None:
    """Null makes the server's value count again."""
    desk.ask("PATCH", f"{WORLD}/settings", {SETTING: 60})
    shown = desk.ask("PATCH", f"{WORLD}/settings", {SETTING: None}).data["settings"][SETTING]
    assert (shown["value"], shown["source"]) == (300, "default")


def test_a_setting_per_service_is_listed_once_set(desk: Desk) -> None:
    """Of `kobil.services.*.callback_url` those are shown that have a value."""
    name = "kobil.services.a.callback_url"
    shown = desk.ask("PATCH", f"{WORLD}/settings", {name: "http://127.0.0.1:1/cb"}).data["settings"]
    assert shown[name]["value"] == "http://127.0.0.1:1/cb"
    assert "kobil.services.*.callback_url" in shown


@pytest.mark.parametrize("body", [{"a.b": 1}, {SETTING: "x"}, {SETTING: 60, "nope": 1}, {SETTING: [1]}])
def test_settings_that_cannot_be(desk: Desk, body: Any) -> None:
    """422, and none of them is set."""
    answer = desk.ask("PATCH", f"{WORLD}/settings", body)
    assert answer.status == 422
    assert desk.world.settings == {}


def test_the_environment_points_clients_at_the_world(desk: Desk) -> None:
    """By the Host of the call."""
    desk.make_world("a")
    shown = desk.ask("GET", "/_sim/worlds/a/env", host="127.0.0.1:9").data
    assert shown["CHATSIM_URL"] == "http://127.0.0.1:9"
    assert shown["CHATSIM_WORLD"] == "a"
    assert "CHATSIM_CONTROL_TOKEN" not in shown


def test_the_environment_holds_what_each_api_adds(desk: Desk) -> None:
    """The control API names no variable of an API."""
    shown = desk.ask("GET", f"{WORLD}/env").data
    declared = {name for api in desk.simulator.apis.values() for name in api.environment}
    assert shown.keys() == {"CHATSIM_URL", "CHATSIM_WORLD"} | declared
    documented = {"KEYCLOAK_URL", "WOVEN_URL", "KOBIL_URL", "AIRY_URL", "AIRY_SYSTEM_TOKEN", "WEAVY_SERVER"}
    assert declared == documented | {"WEAVY_APIKEY", "M3O_API_ADDRESS", "M3O_API_TOKEN"}
    assert all(shown.values())


def test_the_environment_as_lines() -> None:
    """Quoted so that a shell and a dotenv reader take any value."""
    desk = Desk(access=Access(token="it's"))
    answer = desk.ask("GET", f"{WORLD}/env?format=dotenv", token="it's")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "CHATSIM_CONTROL_TOKEN='it'\\''s'\n" in answer.body.decode()
