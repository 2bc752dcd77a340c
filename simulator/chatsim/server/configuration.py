"""How a start is put together from flags, environment and configuration file. Flag beats environment beats file.

For options the command line has done so already; here the settings follow, whose names only the APIs know.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from chatsim.core.settings import SettingError, Settings
from chatsim.core.simulator import Access, ServerOptions
from chatsim.server.binding import is_loopback
from chatsim.server.fixtures import read_fixture
from chatsim.server.usage import UsageError

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[^\s/?#:@\[\]]+)(:[0-9]{1,5})?")


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """How a process is started. `host` None is loopback, both its addresses; port 0 is any free one.

    `fixture_from` says where the fixture comes from, for what is wrong with it. `tables` are the settings of the
    configuration file, `pairs` those of `--set`, `NAME=VALUE`.
    """

    options: ServerOptions = ServerOptions()
    fixture_from: str = "the fixture"
    tables: Mapping[str, Any] = {}
    pairs: tuple[str, ...] = ()
    host: str | None = None
    port: int = 8080
    tls: bool = False
    tls_port: int = 8443
    tls_hosts: tuple[str, ...] = ()
    tls_dir: Path | None = None
    world_ports: Sequence[int] = ()
    world_domain: str | None = None
    trust_proxy: bool = False
    read_timeout: float = 30.0
    state: Path | None = None
    log_format: str = "text"
    verbose: bool = False


def start_from(given: Mapping[str, Any], environ: Mapping[str, str]) -> Start:
    """What `chatsim serve` was asked for; `given` holds its options by name, None where nothing was said.

    Raises:
        UsageError: a fixture that cannot be read, an address that is none, one port for two things.
        CannotListen: a host that is none of this machine's.
    """
    said = {name: value for name, value in given.items() if value is not None}
    access = Access(
        loopback=is_loopback(given["host"]),
        hosts=tuple(host.lower() for host in said.pop("allow_host")),
        origins=tuple(map(_origin, said.pop("allow_origin"))),
        token=_token(said.pop("control_token", None)),
        open=_control_is_open(environ),
    )
    said["fixture_from"] = f"--fixture {said['fixture']}"
    said["fixture"] = read_fixture(said["fixture"])
    if "public_url" in said:
        said["public_url"] = _address(said["public_url"])
    if "world_domain" in said:
        said["world_domain"] = _domain(said["world_domain"])
    if "world_ports" in said:
        said["world_ports"] = _ports(said["world_ports"])
    named = {"tables": said.pop("config"), "pairs": said.pop("set"), "tls_hosts": said.pop("tls_host")}
    core = {name: said.pop(name) for name in ServerOptions.__struct_fields__ if name in said}
    start = Start(options=ServerOptions(access=access, **core), **named, **said)
    own = {start.port, start.tls_port if start.tls else start.port}
    if start.world_ports and not set(start.world_ports) - own:
        raise UsageError(f"--world-ports leaves no port to worlds: {start.world_ports[0]} is the simulator's own")
    if start.tls and start.port == start.tls_port != 0:
        raise UsageError(f"--port and --tls-port both name port {start.port}: http and https need one each; 0 is any")
    return start


def configure(settings: Settings, start: Start, environ: Mapping[str, str]) -> None:
    """Give the settings their values: those of the file, over them the environment's, over them the flags'.

    Raises:
        SettingError: a setting that there is not, or that cannot have its value.
    """
    for name, value in _flat(settings, start.tables):
        settings.set(name, value)
    for variable, text in sorted(environ.items()):
        if variable.startswith("CHATSIM_") and "__" in variable:
            named = settings.environment_name(variable)
            if named is None:
                raise SettingError(f"{variable} names no setting; there are: {', '.join(sorted(settings.all))}")
            settings.set(named, settings.parse(named, text))
    for pair in start.pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise SettingError(f"--set wants NAME=VALUE, such as keycloak.access_token_lifespan_s=60, not {pair!r}")
        settings.set(name, settings.parse(name, text))


def _flat(settings: Settings, tables: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """`[a] b_c = 1` as `a.b_c`; a table that is itself the value of a setting stays one."""
    for key, value in tables.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and settings.find(name) is None:
            yield from _flat(settings, value, f"{name}.")
        else:
            yield name, value


def _address(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise UsageError(f"--public-url is an address such as https://chat.example, not {url!r}")
    return url.rstrip("/")


def _origin(text: str) -> str:
    """A page's origin as browsers send it (RFC 6454 section 7); `null` is that of a file."""
    if text != "null" and not _ORIGIN.fullmatch(text):
        raise UsageError(f"--allow-origin is what a browser sends, such as https://app.example:3000, not {text!r}")
    return text


def _token(text: str | None) -> str | None:
    """A token that a header can carry."""
    if text is not None and not (text.isprintable() and text.isascii() and text == text.strip()):
        raise UsageError(
            "the control token holds a line end, a blank around it or a letter beyond ASCII, which no header carries;"
            " does it come from a file with Windows line ends?"
        )
    return text


def _domain(name: str) -> str:
    """A name, in lower case."""
    if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", lower := name.lower()):
        raise UsageError(f"--world-domain is a host name such as sim.localhost, not {name!r}")
    return lower


def _ports(text: str) -> range:
    """Both ends belong to it."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last) < 65536):
        raise UsageError(f"--world-ports is a range such as 8100-8199, not {text!r}")
    return range(int(first), int(last) + 1)


def _control_is_open(environ: Mapping[str, str]) -> bool:
    value = environ.get("CHATSIM_CONTROL", "")
    if value not in ("", "open"):
        raise UsageError(f"CHATSIM_CONTROL is unset or 'open', not {value!r}")
    return value == "open"
