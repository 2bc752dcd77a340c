"""CORS values: what a page of another origin is told."""

from __future__ import annotations

from typing import Any

import pytest
from desk import Desk
from multidict import CIMultiDict
from sample import SAMPLE

from chatsim.core.cors import Cors
from chatsim.core.http import Reply, Request

WORLD = Desk(apis=[SAMPLE]).world


def request(method: str = "GET", **headers: str) -> Request:
    """A request with headers, underscores standing for dashes."""
    pairs = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Request(method=method, path="/", query="", headers=pairs)


def preflight(cors: Cors, origin: str = "http://page", asked: str = "x-a") -> dict[str, Any]:
    """The headers of the answer to a preflight."""
    asking = request(
        "OPTIONS", Origin=origin, Access_Control_Request_Method="POST", Access_Control_Request_Headers=asked
    )
    reply = cors.preflight(asking, WORLD)
    assert reply is not None
    return {"status": reply.status, **dict(reply.headers)}


def test_any_origin_is_welcome_by_default() -> None:
    """With a star, and what was asked for echoed."""
    told = preflight(Cors())
    assert (told["status"], told["Access-Control-Allow-Origin"]) == (204, "*")
    assert told["Access-Control-Allow-Headers"] == "x-a"


def test_credentials_need_the_origin_echoed() -> None:
    """Browsers refuse a star with credentials."""
    told = preflight(Cors(echo=True, credentials=True))
    assert told["Access-Control-Allow-Origin"] == "http://page"
    assert told["Access-Control-Allow-Credentials"] == "true"
    assert told["Vary"] == "Origin"


@pytest.mark.parametrize(("origin", "status"), [("http://good", 204), ("http://bad", 403)])
def test_origins_may_be_listed(origin: str, status: int) -> None:
    """Others get the refusal that the API has for them."""
    cors = Cors(echo=True, origins=lambda world: ["http://go*"], refused=Reply(status=403))
    assert preflight(cors, origin)["status"] == status


def test_a_plain_options_is_no_preflight() -> None:
    """Without an origin it is a request like any other, unless the API answers all of them."""
    assert Cors().preflight(request("OPTIONS"), WORLD) is None
    assert Cors(any_options=True).preflight(request("OPTIONS"), WORLD) is not None


def test_an_answer_without_an_origin_carries_nothing() -> None:
    """Clients that are no browsers see no CORS headers, unless the real service always sends them."""
    assert Cors().on_answer(request(), WORLD) == ()
    assert Cors(always=True).on_answer(request(), WORLD) == (("Access-Control-Allow-Origin", "*"),)


def test_each_origin_hears_of_itself() -> None:
    """One after the other by the same rules, and again."""
    rules = Cors(echo=True)
    heard = [
        dict(rules.on_answer(request(Origin=origin), WORLD))["Access-Control-Allow-Origin"]
        for origin in ("a", "b", "a")
    ]
    assert heard == ["a", "b", "a"]
