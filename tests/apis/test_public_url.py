"""`--public-url`: what a world names by it leads into that world, whatever way its client chose it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import jwt
import pytest
from desk import Desk

from chatsim.core.http import Part
from chatsim.core.media import Blob

PUBLIC: Final = "http://chatsim:8080"
KEY: Final = "wys_simulator"


def minted(desk: Desk, world: str) -> str:
    """The issuer of a token that a control call made."""
    body = {"realm": "woven", "client_id": "app"}
    token = desk.ask("POST", f"/_sim/worlds/{world}/keycloak/mint", body).data["token"]
    return issuer(token)


def issued(desk: Desk, world: str) -> str:
    """The issuer of a token that a client got, which discovery names too."""
    form = b"grant_type=client_credentials&client_id=app&client_secret=s"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    path = "/auth/realms/woven"
    said = desk.ask("POST", f"{path}/protocol/openid-connect/token", form, headers=headers, world=world).data
    found = desk.ask("GET", f"{path}/.well-known/openid-configuration", world=world).data
    assert found["issuer"] == issuer(said["access_token"])
    return issuer(said["access_token"])


def issuer(token: str) -> str:
    """What it says of itself."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return str(claims["iss"])


def uploaded(desk: Desk, world: str) -> str:
    """Where Airy keeps a file."""
    part = Part(name="file", filename="a.png", content_type="image/png", blob=Blob.of(b"png"))
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = desk.ask("POST", "/media.upload", b"", headers=headers, parts=(part,), world=world)
    return str(answer.data["media_url"])


def drawn(desk: Desk, world: str) -> str:
    """Where Weavy has a user's picture."""
    return str(desk.ask("GET", "/api/users/alice", token=KEY, world=world).data["avatar_url"])


def set_up(desk: Desk, world: str) -> str:
    """The same in the answer of a control call."""
    return str(desk.ask("GET", f"/_sim/worlds/{world}/weavy/users/alice").data["avatar_url"])


@pytest.fixture
def desk() -> Desk:
    """The default world, and one each of the kinds that are made."""
    one = Desk(public_url=PUBLIC)
    one.make_world("a")
    one.make_world("own-port", listen=True)
    return one


@pytest.mark.parametrize(("world", "below"), [("default", ""), ("a", "/w/a"), ("own-port", "/w/own-port")])
@pytest.mark.parametrize("named", [minted, issued, uploaded, drawn, set_up])
def test_an_address_leads_into_its_world(desk: Desk, named: Callable[[Desk, str], str], world: str, below: str) -> None:
    """By the prefix, which every world has; the default world needs none."""
    path = named(desk, world).removeprefix(PUBLIC)
    assert path.startswith((f"{below}/auth/", f"{below}/media.upload/", f"{below}/api/"))
