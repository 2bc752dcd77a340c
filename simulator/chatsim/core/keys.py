"""The published signing keys: which one a generation signs with, and how each looks as a JSON Web Key.

A world starts at generation 0 and `rotate-keys` moves it on. There are three key pairs, since making an RSA key takes
up to a second; from the fourth generation on they come round again under another `kid`, as real key ids never repeat.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from chatsim.core import data
from chatsim.core.json import decode

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

KEY_PAIRS: Final = 3


@cache
def _published() -> tuple[dict[str, Any], ...]:
    """Return the published JSON Web Keys: the signing keys in order, then the encryption key."""
    return tuple(decode((data.fixtures() / "keycloak" / "jwks.json").read_bytes())["keys"])


def encryption_jwk() -> dict[str, Any]:
    """Return the `use: enc` key that a real server lists too, so that clients must choose by `kid`."""
    return dict(_published()[KEY_PAIRS])


def signing_jwk(generation: int) -> dict[str, Any]:
    """Return the public half of a generation's key as a member of `keys` in the JWKS."""
    return {**_published()[generation % KEY_PAIRS], "kid": kid(generation)}


@cache
def kid(generation: int) -> str:
    """Return the key id of a generation: 43 characters, the RFC 7638 thumbprint or, reused, one derived from it."""
    thumbprint: str = _published()[generation % KEY_PAIRS]["kid"]
    if generation < KEY_PAIRS:
        return thumbprint
    return urlsafe_b64encode(sha256(f"{thumbprint}.{generation}".encode()).digest()).rstrip(b"=").decode()


@cache
def _private_key(pair: int) -> RSAPrivateKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    file = data.fixtures() / "keycloak" / f"not-secret-signing-key-{pair}.pem"
    key = load_pem_private_key(file.read_bytes(), None)
    assert isinstance(key, RSAPrivateKey)
    return key


@cache
def _public_key(pair: int) -> RSAPublicKey:
    return _private_key(pair).public_key()


def private_key(generation: int) -> RSAPrivateKey:
    """Return the key that a generation signs with."""
    return _private_key(generation % KEY_PAIRS)


def public_key(generation: int) -> RSAPublicKey:
    """Return the key that a generation's signatures are checked with."""
    return _public_key(generation % KEY_PAIRS)


def public_key_der(generation: int) -> bytes:
    """Return the public key as DER, the way a realm tells it: SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return public_key(generation).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
