"""Certificates of the HTTPS listener: an authority of this user's own, kept outside the package, and a leaf that it
signs for the simulator's names. Knows no listener and no API.
"""

import os
import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:  # imported at run time only by a start with --tls
    from cryptography.x509 import Certificate
    from trustme import CA

LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")

AUTHORITY_LIFE: Final = timedelta(days=3650)
LEAF_LIFE: Final = timedelta(days=397)  # browsers refuse leaves that live 398 days or longer
RENEW_BEFORE: Final = timedelta(days=30)
BACKDATED: Final = timedelta(days=1)  # for clients whose clock is behind


class TlsError(Exception):
    """The certificates cannot be made or read; the text says what to do."""


class Identity(msgspec.Struct, frozen=True):
    """What an HTTPS listener needs, and the authority (PEM) that a client is to trust."""

    context: ssl.SSLContext
    authority_pem: bytes


def default_folder(environ: Mapping[str, str], *, windows: bool = os.name == "nt") -> Path:
    """Where this user's certificates are kept when nothing else is said: the state folder of the XDG specification."""
    if windows and (local := environ.get("LOCALAPPDATA")):
        return Path(local) / "chatsim" / "tls"
    # "All paths set in these environment variables must be absolute. If […] relative […] ignore it."
    state = Path(environ.get("XDG_STATE_HOME", ""))
    return (state if state.is_absolute() else Path.home() / ".local" / "state") / "chatsim" / "tls"


def identity(folder: Path, hosts: Iterable[str], now: datetime) -> Identity:
    """The kept certificates of `folder`, made or renewed where they are missing, near their end or for other names.

    `hosts` are names, wildcards or addresses, besides the local ones; `now` is aware. The folder gets `authority.pem`
    and `server.pem` (with their keys, readable by this user only) and `ca.crt`, which clients are to trust.

    Raises:
        TlsError: the folder cannot be written, a file in it is damaged, or a host is not one.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        authority = _kept_authority(folder / "authority.pem", now) or _new_authority(folder / "authority.pem", now)
        authority_pem = authority.cert_pem.bytes()
        _write(folder / "ca.crt", authority_pem, mode=0o644)
        leaf = folder / "server.pem"
        names = sorted({_normal(host) for host in (*LOCAL_HOSTS, *hosts)})
        if not _serves(leaf, _certificate(authority_pem), names, now):
            _issue(leaf, authority, names, now)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(leaf)
        context.set_alpn_protocols(["http/1.1"])
    except OSError as error:
        raise TlsError(
            f"certificates cannot be kept in {folder} ({error}): name another folder with --tls-dir"
        ) from error
    return Identity(context, authority_pem)


def _kept_authority(path: Path, now: datetime) -> "CA | None":
    """The authority kept at `path`; None without one, or when it ends before a leaf of today would."""
    import trustme

    if not path.exists():
        return None
    pem = path.read_bytes()
    try:
        certificate = _certificate(pem)
        authority = trustme.CA.from_pem(pem, pem)
    except ValueError as error:
        raise TlsError(
            f"{path} is damaged ({error}): delete it, and a new authority is made at the next start"
        ) from error
    if certificate.not_valid_after_utc < now + LEAF_LIFE + RENEW_BEFORE:
        return None
    path.chmod(0o600)
    return authority


def _new_authority(path: Path, now: datetime) -> "CA":
    """Made here rather than by trustme, whose authorities live for a thousand years and may sign further ones."""
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "chatsim"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, "chatsim local authority, for tests only"),
        ]
    )
    usage = dict.fromkeys(
        (
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = key_pem + certificate.public_bytes(serialization.Encoding.PEM)
    _write(path, pem, mode=0o600)
    return trustme.CA.from_pem(pem, pem)


def _serves(path: Path, authority: "Certificate", names: list[str], now: datetime) -> bool:
    """Whether the leaf kept at `path` is the authority's, for exactly these names, and good for a while yet."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    if not path.exists():
        return False
    try:
        leaf = _certificate(path.read_bytes())
        leaf.verify_directly_issued_by(authority)
        alternatives = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, InvalidSignature, x509.ExtensionNotFound):
        return False
    kept = {str(name.value) for name in alternatives}
    return kept == set(names) and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEW_BEFORE


def _issue(path: Path, authority: "CA", names: list[str], now: datetime) -> None:
    begin = now - BACKDATED
    try:
        leaf = authority.issue_cert(*names, organization_name="chatsim", not_before=begin, not_after=begin + LEAF_LIFE)
    except ValueError as error:  # idna's errors are ValueErrors too
        raise TlsError(
            f"no certificate can name {', '.join(names)} ({error}): --tls-host takes names like "
            "chat.example, *.chat.example or 192.0.2.7"
        ) from error
    _write(path, leaf.private_key_and_cert_chain_pem.bytes(), mode=0o600)


def _certificate(pem: bytes) -> "Certificate":
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(pem)


def _normal(host: str) -> str:
    """Addresses and names in the one spelling that a certificate gives back."""
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        return host.lower().rstrip(".")


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Replaces the file in one step: another start reads the old or the new one, and no one more than `mode` says."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.replace(path)
