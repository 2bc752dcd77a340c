"""What is looked at before the message: the token, the content type, the bytes."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
from woven_calls import CHAT, MESSAGE, issue

if TYPE_CHECKING:
    from desk import Answer, Desk

NO_AUTHORIZATION = ("FST_JWT_NO_AUTHORIZATION_IN_HEADER", "No Authorization was found in request.headers")
FORMAT = ("FST_JWT_BAD_REQUEST", "Format is Authorization: Bearer [token]")
NO_BODY = {"statusCode": 400, "code": "FST_ERR_VALIDATION", "error": "Bad Request", "message": "body must be object"}
BROKEN = "Body is not valid JSON but content-type is set to 'application/json'"


def with_header(desk: Desk, authorization: str) -> Answer:
    """The answer to a good message under this header."""
    return desk.ask("POST", CHAT, MESSAGE, headers={"Authorization": authorization})


def segment(value: Any) -> str:
    """A part of a token that holds this value."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("header", "status", "expected"),
    [
        ("", 401, NO_AUTHORIZATION),
        ("Bearer", 401, NO_AUTHORIZATION),
        ("Basic YTpi", 401, NO_AUTHORIZATION),
        ("Basic a b c", 401, NO_AUTHORIZATION),
        ("BearerX token", 401, NO_AUTHORIZATION),
        ("Bearer  token", 400, FORMAT),
        ("Bearer a b", 400, FORMAT),
        ("Bearer\ttoken", 400, FORMAT),
    ],
)
def test_header(desk: Desk, header: str, status: int, expected: tuple[str, str]) -> None:
    """What is no bearer token in two words is refused as the real library does."""
    answer = with_header(desk, header)
    assert (answer.status, answer.bug) == (status, "")
    assert (answer.data["code"], answer.data["message"]) == expected


def test_without_a_header(desk: Desk) -> None:
    """No header at all: the members stand in Fastify's order."""
    answer = desk.ask("POST", CHAT, MESSAGE)
    assert answer.body == (
        b'{"statusCode":401,"code":"FST_JWT_NO_AUTHORIZATION_IN_HEADER","error":"Unauthorized",'
        b'"message":"No Authorization was found in request.headers"}'
    )


def test_the_word_bearer_in_any_case(desk: Desk) -> None:
    """Schemes are compared without regard to case."""
    assert with_header(desk, f"bEARER {issue(desk)}").status == 200


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("garbage", "The token is malformed."),
        ("a.b", "The token is malformed."),
        ("a.b.c", "The token header is not a valid base64url serialized JSON."),
        (segment({"alg": "RS256"}) + ".!!.x", "The token payload is not a valid base64url serialized JSON."),
        (segment({"alg": "RS256"}) + "." + segment({"a": 1}) + ".AAAA", "The token signature is invalid."),
    ],
)
def test_what_is_no_token(desk: Desk, token: str, reason: str) -> None:
    """The text says which part cannot be read."""
    answer = with_header(desk, f"Bearer {token}")
    assert (answer.status, answer.data["code"]) == (401, "FST_JWT_AUTHORIZATION_TOKEN_INVALID")
    assert answer.data["message"] == f"Authorization token is invalid: {reason}"


def test_an_unsigned_token(desk: Desk) -> None:
    """A token that ends in its dot has no signature."""
    answer = with_header(desk, f"Bearer {segment({'alg': 'none'})}.{segment({'sub': 'x'})}.")
    assert (answer.status, answer.data["code"]) == (401, "FAST_JWT_MISSING_SIGNATURE")


def test_an_expired_token(desk: Desk) -> None:
    """A token ends with its time, on the world's clock."""
    token = issue(desk, lifetime_s=60)
    desk.move(60)
    answer = with_header(desk, f"Bearer {token}")
    assert (answer.status, answer.data["message"]) == (401, "Authorization token expired")
    assert answer.data["code"] == "FST_JWT_AUTHORIZATION_TOKEN_EXPIRED"


def test_an_expired_token_by_order(desk: Desk) -> None:
    """So does one that a test declares expired."""
    token = issue(desk)
    desk.world.identity.expire(("access",))
    assert with_header(desk, f"Bearer {token}").data["code"] == "FST_JWT_AUTHORIZATION_TOKEN_EXPIRED"


@pytest.mark.parametrize("options", [{"realm": "kobil"}, {"world": "another"}, {"kind": "refresh"}])
def test_foreign_tokens(desk: Desk, options: dict[str, Any]) -> None:
    """Tokens of another realm or world, and refresh tokens, look signed by somebody else."""
    answer = with_header(desk, f"Bearer {issue(desk, **options)}")
    assert (answer.status, answer.data["code"]) == (401, "FST_JWT_AUTHORIZATION_TOKEN_INVALID")
    assert answer.data["message"] == "Authorization token is invalid: The token signature is invalid."


def test_a_log_in_client_is_refused(desk: Desk) -> None:
    """The portal's second client has no secret; its tokens do not reach this API."""
    answer = desk.ask("POST", CHAT, b"{", token=issue(desk, public=True))
    assert (answer.status, answer.data["error"], answer.bug) == (403, "Forbidden", "")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data; boundary=a",
        "application/vnd.api+json",
        "application/jsonx",
        "application/json, text/plain",
        "junk",
        "",
    ],
)
@pytest.mark.parametrize("body", [b"", b"{}"])
def test_other_content_types(desk: Desk, content_type: str, body: bytes) -> None:
    """Nothing but JSON and text is read, whether there is a body or not."""
    answer = desk.ask("POST", CHAT, body, headers={"Content-Type": content_type}, token=issue(desk))
    assert answer.body == (
        b'{"statusCode":415,"code":"FST_ERR_CTP_INVALID_MEDIA_TYPE","error":"Unsupported Media Type",'
        b'"message":"Unsupported Media Type"}'
    )


@pytest.mark.parametrize("header", [{"Content-Length": "2"}, {"Transfer-Encoding": "chunked"}])
def test_a_body_without_content_type(desk: Desk, header: dict[str, str]) -> None:
    """It is refused like an unknown one."""
    assert desk.ask("POST", CHAT, b"{}", headers=header, token=issue(desk)).status == 415


@pytest.mark.parametrize("header", [{}, {"Content-Length": "0"}, {"Content-Type": "text/plain"}])
def test_no_body(desk: Desk, header: dict[str, str]) -> None:
    """Neither a body nor a content type, or an empty text: no object."""
    assert desk.ask("POST", CHAT, b"", headers=header, token=issue(desk)).data == NO_BODY


def test_text(desk: Desk) -> None:
    """A text is a string, whatever is in it."""
    body = json.dumps(MESSAGE).encode()
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    assert desk.ask("POST", CHAT, body, headers=headers, token=issue(desk)).data == NO_BODY


@pytest.mark.parametrize("content_type", ["Application/JSON", "application/json; charset=latin1", "application/json;"])
def test_json_by_other_spellings(desk: Desk, content_type: str) -> None:
    """Parameters and the case of letters do not matter."""
    body = json.dumps(MESSAGE).encode()
    assert desk.ask("POST", CHAT, body, headers={"Content-Type": content_type}, token=issue(desk)).status == 200


def test_an_empty_json_body(desk: Desk) -> None:
    """JSON is announced and nothing comes."""
    answer = desk.ask("POST", CHAT, b"", headers={"Content-Type": "application/json"}, token=issue(desk))
    assert answer.data["code"] == "FST_ERR_CTP_EMPTY_JSON_BODY"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"  ",
        b'{"message":NaN}',
        b'{"__proto__":1}',
        b'{"a":[{"__proto__":1}]}',
        b'{"\\u005f_proto__":1}',
        b'{"constructor":{"prototype":1}}',
        b"[" * 300 + b"]" * 300,
        b'\xef\xbb\xbf{"message":""}',
        b'{"message":"\xff"}',
    ],
)
def test_broken_json(desk: Desk, body: bytes) -> None:
    """What the parser refuses has one code and one text."""
    answer = desk.ask("POST", CHAT, body, headers={"Content-Type": "application/json"}, token=issue(desk))
    assert (answer.status, answer.data["code"]) == (400, "FST_ERR_CTP_INVALID_JSON_BODY")
    assert (answer.data["message"], answer.notes[0]) == (BROKEN, "bad-json")


def test_a_harmless_constructor(desk: Desk) -> None:
    """Only with a prototype inside does the parser refuse it; then the schema does."""
    answer = desk.ask("POST", CHAT, {**MESSAGE, "constructor": 1}, token=issue(desk))
    assert answer.data["message"] == "body must NOT have additional properties"


def test_bytes_as_node_reads_them(desk: Desk) -> None:
    """Under truth service a byte order mark is skipped and broken UTF-8 replaced."""
    world = desk.make_world("real", truth="service")
    body = b"\xef\xbb\xbf" + json.dumps(MESSAGE).encode().replace(b"Hello", b"\xffHello")
    headers = {"Content-Type": "application/json"}
    answer = desk.ask("POST", CHAT, body, headers=headers, token=issue(desk, world="real"), world="real")
    assert answer.status == 200
    assert [one["message"] for one in world.state("woven").notifications()] == ["\ufffdHello"]
