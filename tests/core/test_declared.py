"""Declarations are shared by simulators; what happens in one stays there."""

from __future__ import annotations

from desk import Desk

from chatsim.core.simulator import Access


def test_simulators_of_the_same_apis_share_what_is_declared() -> None:
    """Schemas are read and compiled once per process."""
    one, other = Desk().simulator, Desk(truth="service").simulator
    assert one.router is other.router
    assert one.schemas is other.schemas


def test_simulators_share_nothing_that_changes() -> None:
    """Neither worlds nor settings nor events."""
    one, other = Desk(), Desk()
    one.make_world("extra")
    one.simulator.settings.set("keycloak.refresh_token_lifespan_s", 9)
    assert "extra" not in other.simulator.worlds
    assert other.simulator.settings.values["keycloak.refresh_token_lifespan_s"] == 1800
    assert one.simulator.events is not other.simulator.events


def test_pages_that_one_trusts_are_not_trusted_by_another() -> None:
    """The control API is declared for the access that a simulator was started with."""
    headers = {"Origin": "https://tests.example"}
    trusting = Desk(access=Access(origins=("https://tests.example",)))
    assert trusting.ask("GET", "/_sim/worlds", headers=headers).status == 200
    assert Desk().ask("GET", "/_sim/worlds", headers=headers).status == 403
