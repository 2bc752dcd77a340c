"""The published keys: that the files belong together, and how generations walk through them."""

from __future__ import annotations

import json
from base64 import b64decode, urlsafe_b64encode
from hashlib import sha1, sha256

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_public_key

from chatsim.core.keys import encryption_jwk, kid, private_key, public_key, public_key_der, signing_jwk


def b64url(raw: bytes) -> str:
    """Encode as JSON Web Keys do."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_jwk_is_the_private_keys_public_half(generation: int) -> None:
    """The listed modulus is the one of the file."""
    listed = jwt.PyJWK(signing_jwk(generation)).key
    assert listed.public_numbers() == private_key(generation).public_key().public_numbers()


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_kid_is_the_thumbprint(generation: int) -> None:
    """RFC 7638: the hash of the required members, sorted, without spaces."""
    jwk = signing_jwk(generation)
    required = json.dumps({name: jwk[name] for name in ("e", "kty", "n")}, separators=(",", ":"))
    assert jwk["kid"] == kid(generation) == b64url(sha256(required.encode()).digest())


@pytest.mark.parametrize("generation", [0, 1, 2, 4])
def test_certificate_carries_the_key(generation: int) -> None:
    """`x5c` is a certificate of this key, signed by itself, and both thumbprints fit."""
    jwk = signing_jwk(generation)
    der = b64decode(jwk["x5c"][0])
    certificate = x509.load_der_x509_certificate(der)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.public_key() == public_key(generation)
    thumbprints = b64url(sha1(der, usedforsecurity=False).digest()), b64url(sha256(der).digest())
    assert (jwk["x5t"], jwk["x5t#S256"]) == thumbprints


def test_every_generation_has_its_own_kid() -> None:
    """Ids of 43 characters never come round, though the key pairs do."""
    ids = {kid(generation) for generation in range(9)}
    assert len(ids) == 9
    assert {len(one) for one in ids} == {43}
    assert private_key(3) is private_key(0)


def test_encryption_key_is_not_for_signatures() -> None:
    """It says so in both members that clients choose by."""
    assert (encryption_jwk()["use"], encryption_jwk()["alg"]) == ("enc", "RSA-OAEP")


def test_public_key_as_der() -> None:
    """It loads as what it is."""
    assert load_der_public_key(public_key_der(1)) == public_key(1)
