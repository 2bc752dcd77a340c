"""Signing, checking and reading tokens; the JWT library, used the ordinary way, is the witness."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsim.core.keys import private_key, public_key
from chatsim.core.tokens import TokenRefused, check_time, kid_of, read, sign

SECOND = 1_000_000_000
CLAIMS = {"sub": "1", "exp": 1300, "iat": 1000}


def refusal(token: str, key: Any = b"secret", algorithm: Any = "HS256") -> str:
    """Read a token that is refused, and say why."""
    with pytest.raises(TokenRefused) as caught:
        read(token, key, algorithm)
    return caught.value.kind


def part(value: Any) -> str:
    """Encode one part of a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_rs256_round_trip() -> None:
    """What the private key signed, the public key reads."""
    assert read(sign(CLAIMS, private_key(0), "RS256"), public_key(0), "RS256") == CLAIMS


@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_hmac_round_trip(algorithm: Any) -> None:
    """A short secret signs without a warning."""
    assert read(sign(CLAIMS, b"secret", algorithm), b"secret", algorithm) == CLAIMS


def test_a_stock_library_accepts_the_token() -> None:
    """PyJWT reads the token and its head."""
    token = sign(CLAIMS, private_key(0), "RS256", "key-1")
    options: Any = {"verify_exp": False}
    assert jwt.decode(token, public_key(0), algorithms=["RS256"], options=options) == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}


def test_the_type_may_be_left_out() -> None:
    """Then the head names the algorithm, and the key where there is one."""
    heads = [jwt.get_unverified_header(sign(CLAIMS, b"k", "HS256", kid, typ=None)) for kid in (None, "key-1")]
    assert heads == [{"alg": "HS256"}, {"alg": "HS256", "kid": "key-1"}]


def test_signing_is_repeatable() -> None:
    """The same claims and key give the same bytes."""
    assert sign(CLAIMS, private_key(0), "RS256", "k") == sign(CLAIMS, private_key(0), "RS256", "k")


def test_another_key_is_a_bad_signature() -> None:
    """A token of key 1 is refused by key 0."""
    assert refusal(sign(CLAIMS, private_key(1), "RS256"), public_key(0), "RS256") == "signature"


def test_changed_claims_are_a_bad_signature() -> None:
    """Claims put under an old signature are refused."""
    head, _, tail = sign(CLAIMS, b"secret", "HS256").split(".")
    assert refusal(f"{head}.{part({'sub': '2'})}.{tail}") == "signature"


def test_the_head_does_not_choose_the_algorithm() -> None:
    """A token signed with the public key's text as an HMAC secret, or not at all, is refused."""
    assert refusal(sign(CLAIMS, b"secret", "HS512")) == "signature"
    assert refusal(f"{part({'alg': 'none'})}.{part(CLAIMS)}.") == "signature"


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c", "....", "é.é.é", "\udcff.a.b", f"{part([])}.{part({})}."],
)
def test_rubbish_is_malformed(token: str) -> None:
    """What is not three parts of base64url JSON is malformed."""
    assert refusal(token) == "malformed"


def test_claims_that_are_no_object_are_malformed() -> None:
    """A well signed list is no set of claims."""
    assert refusal(sign([1], b"secret", "HS256")) == "malformed"  # type: ignore[arg-type] # the point of the test


def test_a_deeply_nested_head_is_malformed() -> None:
    """A head of 40,000 brackets ends neither in a crash nor in a recursion error."""
    deep = urlsafe_b64encode(b"[" * 40_000).rstrip(b"=").decode()
    assert refusal(f"{deep}.e30.e30") == "malformed"


@given(st.text(max_size=60))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    """Whatever the token is, the answer is a refusal."""
    assert refusal(text) in ("malformed", "signature")


def test_kid_is_read_from_the_head() -> None:
    """The key id comes back, and None where there is none."""
    assert kid_of(sign(CLAIMS, b"secret", "HS256", "k")) == "k"
    assert kid_of(sign(CLAIMS, b"secret", "HS256")) is None


@pytest.mark.parametrize("token", ["", "x", "é", "W10.e30.x"])
def test_kid_of_rubbish(token: str) -> None:
    """A head that cannot be read is malformed."""
    with pytest.raises(TokenRefused, match="not a JSON Web Token"):
        kid_of(token)


@pytest.mark.parametrize(
    ("claims", "now", "kind"),
    [
        ({"exp": 10}, 10 * SECOND, "expired"),
        ({"exp": 10, "nbf": 8}, 8 * SECOND - 1, "expired"),
        ({"exp": "10"}, 0, "malformed"),
        ({"exp": True}, 0, "malformed"),
        ({"nbf": "now"}, 0, "malformed"),
        ({"nbf": False}, 0, "malformed"),
    ],
)
def test_time_out_of_bounds(claims: dict[str, Any], now: int, kind: str) -> None:
    """The moment of `exp` itself is too late, the one before `nbf` too early."""
    with pytest.raises(TokenRefused) as caught:
        check_time(claims, now)
    assert caught.value.kind == kind


@pytest.mark.parametrize("claims", [{"exp": 10, "nbf": 8}, {"exp": 9.5}, {"nbf": None, "exp": None}, {}])
def test_time_in_bounds(claims: dict[str, Any]) -> None:
    """One nanosecond before `exp` is in time; a token without `exp` always is."""
    assert check_time(claims, 9 * SECOND + SECOND // 2 - 1) is None  # type: ignore[func-returns-value] # it does not raise
