"""JSON Web Tokens: signing, checking and reading them with a given key at a given moment.

Knows neither issuers nor accounts. The signature library is loaded at the first token, and only its layer below the
claims is used: the one above would compare `exp` with the wall clock, and a world has a clock of its own.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

from chatsim.core.clock import SECOND
from chatsim.core.json import decode, encode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
    from jwt import PyJWS

Algorithm = Literal["RS256", "HS256", "HS512"]
Refusal = Literal["malformed", "signature", "expired", "foreign"]

REFUSALS: Final[dict[Refusal, str]] = {
    "malformed": "this is not a JSON Web Token",
    "signature": "no key of this issuer made the signature",
    "expired": "the token is not active at this time",
    "foreign": "the token was not issued here, for this realm, or was revoked",
}


class TokenRefused(Exception):
    """A token that is not accepted; `kind` says which of four reasons it is."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(REFUSALS[kind])
        self.kind: Final = kind


@cache
def _jws() -> PyJWS:
    from jwt import PyJWS
    from jwt.algorithms import HMACAlgorithm

    class ShortKeysToo(HMACAlgorithm):
        """HMAC without the warning about short keys: a user's `airy.jwt_secret` may be `secret`."""

        def check_key_length(self, key: bytes) -> None:
            return None

    jws = PyJWS(algorithms=["RS256"])
    jws.register_algorithm("HS256", ShortKeysToo(HMACAlgorithm.SHA256))
    jws.register_algorithm("HS512", ShortKeysToo(HMACAlgorithm.SHA512))
    return jws


def sign(
    claims: dict[str, Any],
    key: RSAPrivateKey | bytes,
    algorithm: Algorithm,
    kid: str | None = None,
    *,
    typ: str | None = "JWT",
) -> str:
    """Make the token of `claims`; equal input gives equal bytes. `key` is bytes for the two HMAC algorithms.

    Its head has `kid` and `typ` only where there are any.
    """
    return _jws().encode(encode(claims), key, algorithm, headers={"typ": typ, **({"kid": kid} if kid else {})})


def read(token: str, key: RSAPublicKey | bytes, algorithm: Algorithm) -> dict[str, Any]:
    """Return the claims of a token that `key` signed. The algorithm in the token's head is not trusted, but compared.

    Raises:
        TokenRefused: malformed or signature.
    """
    from jwt.exceptions import InvalidAlgorithmError, InvalidSignatureError, PyJWTError

    if not token.isascii():
        raise TokenRefused("malformed")
    try:
        claims = decode(_jws().decode(token, key, [algorithm]))
    except (InvalidSignatureError, InvalidAlgorithmError) as error:
        raise TokenRefused("signature") from error
    except (PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("malformed") from error
    if not isinstance(claims, dict):
        raise TokenRefused("malformed")
    return claims


def kid_of(token: str) -> str | None:
    """Return the key id that a token's head names, unchecked.

    Raises:
        TokenRefused: malformed.
    """
    from jwt.exceptions import PyJWTError

    if not token.isascii():
        raise TokenRefused("malformed")
    try:
        kid = _jws().get_unverified_header(token).get("kid")
    except (PyJWTError, ValueError, RecursionError) as error:
        raise TokenRefused("malformed") from error
    return kid if isinstance(kid, str) else None


def check_time(claims: dict[str, Any], now: int) -> None:
    """Hold `exp` and `nbf` (seconds, where there) against `now` (nanoseconds). RFC 7519: refused on or after `exp`.

    Raises:
        TokenRefused: expired, or malformed where one is not a number.
    """
    begin, end = claims.get("nbf"), claims.get("exp")
    for moment in (begin, end):
        if moment is not None and (isinstance(moment, bool) or not isinstance(moment, int | float)):
            raise TokenRefused("malformed")
    if (begin is not None and now < begin * SECOND) or (end is not None and now >= end * SECOND):
        raise TokenRefused("expired")
