"""What a person, or a program with `--log-format json`, reads while the simulator runs. Knows no socket."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any, Final, TextIO

from chatsim import __version__
from chatsim.core.clock import rfc3339
from chatsim.core.journal import Entry
from chatsim.core.routing import CONTROL
from chatsim.core.simulator import Simulator
from chatsim.core.world import DEFAULT, World

LONGEST: Final = 300
GREETED: Final = "Refused requests are listed here, with -v all. Ctrl-C stops."
GOODBYE: Final = "stopped"
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))}


class Terminal:
    """One line per refused request and failed callback, for a person; with `verbose` one per entry."""

    def __init__(self, out: TextIO | None = None, *, verbose: bool = False) -> None:
        self._out = out or sys.stdout
        self._verbose = verbose

    def started(self, simulator: Simulator, urls: Iterable[str]) -> None:
        """Where each API answers, and calls that work."""
        first, *others = urls
        self._say(f"chatsim {__version__} on {first}" + "".join(f" and {url}" for url in others))
        self._say("")
        for api in simulator.apis.values():
            places = ", ".join(dict.fromkeys(t.prefix for t in api.territory if not t.prefix.startswith("//")))
            self._say(f"  {api.title:<28} {places}")
        self._say(f"  {'Worlds, journal, clock …':<28} {CONTROL}")
        samples = [api.sample.replace("{base_url}", first) for api in simulator.apis.values() if api.sample]
        if samples:
            self._say("\nTry:\n")
            for sample in samples:
                self._say("  " + sample.strip().replace("\n", "\n  ") + "\n")
        self._say(GREETED)

    def free_port(self, url: str) -> None:
        """The first line with `--port 0`: for the program that started this one."""
        self._say(f"CHATSIM_URL={url}")

    def heard(self, world: World, entry: Entry) -> None:
        """An entry was listed in a journal."""
        if entry.status < 400 and not entry.bug and entry.kind != "callback" and not self._verbose:
            return  # which is what nearly all are
        if self._verbose or failed(entry):
            self._line(world, entry)

    def warn(self, text: str) -> None:
        """Something a person should know at the start."""
        self._say(f"warning: {text}")

    def stopped(self, undelivered: Iterable[str]) -> None:
        """The end; callbacks that did not leave are named."""
        for one in undelivered:
            self._say(f"not delivered: {_plain(one)}")
        self._say(GOODBYE)

    def _line(self, world: World, entry: Entry) -> None:
        at = rfc3339(entry.at, 3)[11:23]
        where = "" if world.name == DEFAULT else f" [{world.name}]"
        what = entry.url or f"{entry.method} {entry.path}".strip() or entry.command or entry.operation
        kind = "" if entry.kind == "request" else f"{entry.kind} "
        line = f"{at} #{entry.seq}{where} {kind}{_plain(what)} {entry.status or '-'} {_plain(reason(entry))}"
        self._say(line.rstrip())
        if entry.bug:
            self._say(f"  a bug of the simulator:\n{entry.bug}")

    def _say(self, text: str) -> None:
        """A reader who went away (`| head`) must not break an answer."""
        try:
            self._out.write(text + "\n")
            self._out.flush()
        except (OSError, ValueError):
            self._verbose = False


class JsonLines(Terminal):
    """The same as one JSON object per line."""

    def started(self, simulator: Simulator, urls: Iterable[str]) -> None:
        """One object: version, addresses, APIs."""
        self._event("started", version=__version__, urls=list(urls), apis=list(simulator.apis))

    def free_port(self, url: str) -> None:
        """Nothing: `started` says it."""

    def warn(self, text: str) -> None:
        """One object."""
        self._event("warning", text=text)

    def stopped(self, undelivered: Iterable[str]) -> None:
        """One object."""
        self._event("stopped", undelivered=list(undelivered))

    def _line(self, world: World, entry: Entry) -> None:
        names = ("kind", "api", "operation", "method", "path", "url", "command", "status", "fault", "bug")
        values: dict[str, Any] = {name: value for name in names if (value := getattr(entry, name))}
        values["duration_ms"] = round(entry.duration_ns / 1e6, 3)
        self._event("entry", world=world.name, entry=entry.seq, at=rfc3339(entry.at, 6), **values, reason=reason(entry))

    def _event(self, event: str, **members: Any) -> None:
        self._say(json.dumps({"event": event, **members}))


def failed(entry: Entry) -> bool:
    """Whether a request was refused, a callback did not arrive, or we made a mistake."""
    if entry.bug or entry.status >= 400:
        return True
    return entry.kind == "callback" and not (200 <= entry.status <= 300)


def reason(entry: Entry) -> str:
    """The first thing that was wrong: a violation with its place, else a remark."""
    if entry.violations:
        first = entry.violations[0]
        return f"{first.pointer}: {first.message}" if first.pointer else first.message
    return entry.notes[-1].text if entry.notes and failed(entry) else ""


def proxy_warning(environ: Mapping[str, str]) -> str:
    """What to say where clients started from the same shell would send their requests to a proxy; else empty."""
    variables = {name.upper(): name for name, value in environ.items() if value}
    proxies = [variables[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY") if name in variables]
    spared = environ.get(variables.get("NO_PROXY", ""), "")
    hosts = {host.strip() for host in spared.split(",")}
    if not proxies or hosts & {"*", "localhost"}:
        return ""
    return (
        f"{' and '.join(proxies)} {'is' if len(proxies) == 1 else 'are'} set and NO_PROXY does not list localhost:"
        " clients may send requests meant for this simulator to the proxy. Set NO_PROXY=localhost,127.0.0.1,::1"
    )


def _plain(text: str) -> str:
    """One line that cannot steer a terminal."""
    shown = text.translate(_CONTROLS)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…"
