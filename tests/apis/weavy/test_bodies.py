"""Request bodies as the service reads them, and what a strict world refuses of it."""

import pytest
from weavy_desk import KEY, WeavyDesk

from chatsim.apis.weavy.tolerances import TOLERANCES

LOOSE = [
    ("json-single-quotes", "{ 'name': 'My chat room', 'members': [1, 4, 14] }"),
    ("json-unquoted-name", "{members: [4]}"),
    ("json-trailing-comma", '{"members": [4],}'),
    ("json-comment", '{"members": [4]} // dora'),
    ("json-number-form", '{"members": [0x4]}'),
    ("json-undefined", '{"name": undefined, "members": [4]}'),
    ("json-raw-control-character", '{"name": "two\nlines", "members": [4]}'),
    ("json-white-space", '\ufeff{"members": [4]}'),
    ("json-name-case", '{"Members": [4]}'),
    ("json-quoted-number", '{"members": ["4"]}'),
]


def post(weavy: WeavyDesk, body: str | bytes, kind: str = "application/json", **options: str) -> tuple[int, list[str]]:
    """Create a conversation with this body: status, and codes of the journal's notes."""
    raw = body if isinstance(body, bytes) else body.encode()
    answer = weavy.do("alice", "POST", "/api/conversations", raw, headers={"Content-Type": kind}, **options)
    return answer.status, answer.notes


@pytest.mark.parametrize(("code", "body"), LOOSE)
def test_a_leniency_is_noted(weavy: WeavyDesk, code: str, body: str) -> None:
    """Each one passes, under its code."""
    assert post(weavy, body) == (201, [code])


@pytest.mark.parametrize(("code", "body"), LOOSE)
def test_a_strict_world_refuses_it(code: str, body: str) -> None:
    """Each one is a 400 with its code in the journal."""
    status, notes = post(WeavyDesk(strict=True), body)
    assert (status, set(notes)) == (400, {code})


def test_every_leniency_is_listed() -> None:
    """The table above has them all."""
    assert [code for code, _ in LOOSE] == list(TOLERANCES)


def test_apostrophes_and_quotes_survive(weavy: WeavyDesk) -> None:
    """Loose reading does not touch what strings hold."""
    body = r"""{ 'name': 'Ann\'s "best" {plan}', 'members': [1, 4] }"""
    number = weavy.do("alice", "POST", "/api/conversations", body.encode(), headers={"Content-Type": "text/json"})
    assert number.data["name"] == 'Ann\'s "best" {plan}'


@pytest.mark.parametrize("body", ["{ 'members': [4", "{'members': [4]}}", "members=4", b"\xff", b"{'a': '\xff'}"])
def test_what_is_not_even_loosely_json_is_refused(weavy: WeavyDesk, body: str | bytes) -> None:
    """A truncated body is a 400, whatever is tolerated."""
    assert post(weavy, body)[0] == 400


KINDS = [
    ("application/json", 201),
    ("Application/JSON; charset=utf-8", 201),
    ("text/json", 201),
    ("application/json-patch+json", 201),
    ("application/problem+json", 201),
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("", 415),
]


@pytest.mark.parametrize(("kind", "status"), KINDS)
def test_a_media_type(weavy: WeavyDesk, kind: str, status: int) -> None:
    """JSON under each of its names; curl's own default is not JSON."""
    assert post(weavy, '{"members": [4]}', kind)[0] == status


def test_an_empty_body_with_a_type_is_normal(weavy: WeavyDesk) -> None:
    """As a real client sends it with PUT and DELETE."""
    for method in ("PUT", "DELETE"):
        headers = {"Content-Type": "application/json"}
        assert weavy.do("alice", method, "/api/conversations/1/pin", b"", headers=headers).status == 200


def test_unknown_members_are_ignored_also_in_a_strict_world() -> None:
    """The service ignores what it does not know."""
    weavy = WeavyDesk(strict=True)
    assert post(weavy, '{"members": [4], "colour": "blue"}') == (201, [])


def test_a_body_without_a_reader_is_not_looked_at(weavy: WeavyDesk) -> None:
    """The Messenger sends an empty object where none is asked for."""
    assert weavy.do("alice", "PUT", "/api/apps/1/messages/typing", b"[broken").status == 204


def test_a_body_may_be_optional(weavy: WeavyDesk) -> None:
    """Tokens are minted with or without a body, but not with a wrong one."""
    answers = [weavy.ask("POST", "/api/users/alice/tokens", body, token=KEY) for body in (b"", {}, {"expires_in": 0})]
    assert [answer.status for answer in answers] == [200, 200, 400]
