"""Certificates of the HTTPS listener: what they name, how long they live, when they are kept and when renewed."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from chatsim.server import tls

NOW = datetime.now(UTC)  # OpenSSL reads the wall clock, so the handshakes below need the real moment


def leaf(folder: Path) -> x509.Certificate:
    """The kept leaf."""
    return x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())


def shake_hands(identity: tls.Identity, name: str) -> str | None:
    """The protocol agreed on, in memory, with a client that trusts only the authority and asks for `name`."""
    trust = ssl.create_default_context(cadata=identity.authority_pem.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trust.wrap_bio(to_client, to_server, server_hostname=name)
    server = identity.context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "api.chat.example", "a.wild.example", "192.0.2.7"])
def test_client_that_trusts_the_authority_is_served(tmp_path: Path, name: str) -> None:
    """Local names, given names, wildcards and addresses all verify."""
    identity = tls.identity(tmp_path, ["API.chat.example", "*.wild.example", "192.0.2.7"], NOW)
    assert shake_hands(identity, name) == "TLSv1.3"


def test_other_names_are_not_served(tmp_path: Path) -> None:
    """The certificate is good for what was asked, nothing else."""
    identity = tls.identity(tmp_path, [], NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match=r"other\.example"):
        shake_hands(identity, "other.example")


def test_leaf_lives_397_days_at_most(tmp_path: Path) -> None:
    """Browsers refuse longer ones."""
    tls.identity(tmp_path, [], NOW)
    certificate = leaf(tmp_path)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=397)


def test_authority_is_limited(tmp_path: Path) -> None:
    """Ten years, and it signs no further authorities."""
    identity = tls.identity(tmp_path, [], NOW)
    authority = x509.load_pem_x509_certificate(identity.authority_pem)
    assert authority.not_valid_after_utc - NOW <= timedelta(days=3650)
    assert authority.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_keys_are_for_this_user_only(tmp_path: Path) -> None:
    """Files with keys have mode 0600, also when something widened it since; the one to trust can be read by all."""
    tls.identity(tmp_path, [], NOW)
    (tmp_path / "authority.pem").chmod(0o644)
    tls.identity(tmp_path, [], NOW)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"authority.pem": 0o600, "server.pem": 0o600, "ca.crt": 0o644}


def test_next_start_keeps_everything(tmp_path: Path) -> None:
    """A client that trusted the authority yesterday need not do so again."""
    tls.identity(tmp_path, ["chat.example"], NOW)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    tls.identity(tmp_path, ["chat.example"], NOW + timedelta(days=200))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("hosts", "later_days"), [(["more.example"], 0), ([], 370)], ids=["names changed", "near its end"]
)
def test_leaf_is_renewed_by_the_same_authority(tmp_path: Path, hosts: list[str], later_days: int) -> None:
    """Other names or a near end make a new leaf, and no new authority."""
    first = tls.identity(tmp_path, [], NOW)
    old = leaf(tmp_path)
    second = tls.identity(tmp_path, hosts, NOW + timedelta(days=later_days))
    assert leaf(tmp_path) != old
    assert second.authority_pem == first.authority_pem


def test_authority_near_its_end_is_renewed(tmp_path: Path) -> None:
    """A leaf must not outlive the authority that signed it."""
    first = tls.identity(tmp_path, [], NOW)
    second = tls.identity(tmp_path, [], NOW + timedelta(days=3300))
    authority = x509.load_pem_x509_certificate(second.authority_pem)
    assert second.authority_pem != first.authority_pem
    leaf(tmp_path).verify_directly_issued_by(authority)


def test_damaged_leaf_is_issued_again(tmp_path: Path) -> None:
    """It holds nothing that could not be made anew."""
    identity = tls.identity(tmp_path, [], NOW)
    (tmp_path / "server.pem").write_text("torn")
    tls.identity(tmp_path, [], NOW)
    leaf(tmp_path).verify_directly_issued_by(x509.load_pem_x509_certificate(identity.authority_pem))


def test_damaged_authority_is_not_replaced_silently(tmp_path: Path) -> None:
    """Clients trust it, so its owner decides."""
    (tmp_path / "authority.pem").write_text("torn")
    with pytest.raises(tls.TlsError, match=r"authority\.pem is damaged .* delete it"):
        tls.identity(tmp_path, [], NOW)


def test_host_that_is_none_is_refused(tmp_path: Path) -> None:
    """The error names what came and what would do."""
    with pytest.raises(tls.TlsError, match=r"no host.*--tls-host takes names like"):
        tls.identity(tmp_path, ["no host"], NOW)


def test_folder_that_cannot_be_made_names_the_option(tmp_path: Path) -> None:
    """A file in the way of the folder is reported with the way out."""
    (tmp_path / "file").write_text("")
    with pytest.raises(tls.TlsError, match="--tls-dir"):
        tls.identity(tmp_path / "file" / "tls", [], NOW)


@pytest.mark.parametrize(
    ("environ", "windows", "expected"),
    [
        ({"XDG_STATE_HOME": "/state"}, False, Path("/state/chatsim/tls")),
        ({"XDG_STATE_HOME": "relative"}, False, Path.home() / ".local/state/chatsim/tls"),
        ({}, False, Path.home() / ".local/state/chatsim/tls"),
        ({"LOCALAPPDATA": "/local"}, True, Path("/local/chatsim/tls")),
    ],
)
def test_default_folder(environ: dict[str, str], windows: bool, expected: Path) -> None:
    """Per user, outside the package, where the platform keeps such things."""
    assert tls.default_folder(environ, windows=windows) == expected
