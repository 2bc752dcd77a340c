"""The verbs of the control API, blocking. Made from `awaited.py` by `make client`; change it there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast
from urllib.parse import quote

from chatsim.client.answers import ChatsimError, Entry, Later, NotSeen
from chatsim.client.transport import BlockingTransport, Target, decoded, target_of

WAIT_S = 5.0


class Client:
    """A simulator. Without a `url` it is the one that `CHATSIM_URL` names, else `http://localhost:8080`."""

    def __init__(self, url: str | None = None, *, token: str | None = None, ca_file: str | None = None) -> None:
        target = Target(url, token, ca_file)
        self.url = target.url
        self._transport = BlockingTransport(target)

    def call(self, method: str, path: str, body: Any = None, *, patience_s: float = 0.0, **query: Any) -> Any:
        """Make one control call; `path` begins behind `/_sim`.

        Raises:
            ChatsimError: it was refused. OSError: nobody answers there.
        """
        status, raw = self._transport.ask(method, target_of(f"/_sim{path}", query), body, patience_s=patience_s)
        return decoded(status, raw, refused=True)

    def ask(self, path: str, body: Any, patience_s: float) -> tuple[bool, dict[str, Any]]:
        """Ask something whose answer may be no (409), and say which it was."""
        status, raw = self._transport.ask("POST", f"/_sim{path}", body, patience_s=patience_s)
        data = cast("dict[str, Any]", decoded(status, raw, refused=status != 409))
        if status == 409 and "ok" not in data and "pending" not in data and "sockets" not in data:
            raise ChatsimError(status, data)
        return status != 409, data

    def version(self) -> str:
        """The version that answers there."""
        return str((self.call("GET", "/livez"))["version"])

    def apis(self) -> list[dict[str, Any]]:
        """What it emulates, with routes, triggers, collections, settings and quirks."""
        return cast("list[dict[str, Any]]", (self.call("GET", "/apis"))["apis"])

    def world(self, name: str | None = None, **options: Any) -> World:
        """Make a world; its options are those of `POST /_sim/worlds`. Use it in a `with` to have it deleted after."""
        body = options if name is None else {"name": name, **options}
        return World(self, self.call("POST", "/worlds", body))

    def keep_world(self, name: str, *, reset: bool = False, **options: Any) -> World:
        """Make a world, or take the one of that name where it has the same options."""
        shown = self.call("PUT", f"/worlds/{_part(name)}", options, reset="true" if reset else None)
        return World(self, shown)

    def get_world(self, name: str = "default") -> World:
        """The world of that name."""
        return World(self, self.call("GET", f"/worlds/{_part(name)}"))

    def worlds(self, label: str | None = None) -> list[dict[str, Any]]:
        """All worlds, or those with a label `key:value`."""
        return cast("list[dict[str, Any]]", (self.call("GET", "/worlds", label=label))["worlds"])

    def delete_worlds(self, label: str) -> None:
        """Delete the worlds with a label `key:value`."""
        self.call("DELETE", "/worlds", label=label)

    def events(self, world: str | None = None, *, last: int | None = None) -> Iterator[dict[str, Any]]:
        """What happens from now on, or since the event with the id `last`: `{"id", "event", "data"}`."""
        query = {"world": world, "last_event_id": last}
        event: dict[str, Any] = {}
        for raw in self._transport.lines(target_of("/_sim/events", query)):
            text = raw.decode().rstrip("\r\n")
            name, _, value = text.partition(":")
            if not text and "data" in event:
                yield {**event, "data": json.loads(event["data"])}
                event = {}
            elif name in ("id", "event", "data"):
                event[name] = value.removeprefix(" ")


class World:
    """One world of a simulator. `base_url` is what the code under test is pointed at.

    Each API is an attribute: `world.kobil.open_chat(user="ann")` is its trigger `open-chat`.
    """

    def __init__(self, client: Client, shown: Mapping[str, Any]) -> None:
        self.client = client
        self.name = str(shown["name"])
        self.base_url = str(shown["base_url"])
        self.journal = Journal(self)
        self.faults = Faults(self)
        self.clock = Clock(self)
        self.callbacks = Callbacks(self)
        self.sockets = Sockets(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.delete()

    def __getattr__(self, api: str) -> Party:
        if api.startswith("_"):
            raise AttributeError(api)
        return Party(self, api)

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Make a control call about this world; `path` begins behind its name."""
        return self.client.call(method, f"/worlds/{_part(self.name)}{path}", body, **query)

    def ask(self, path: str, body: Any, patience_s: float) -> tuple[bool, dict[str, Any]]:
        """Ask something about this world whose answer may be no."""
        return self.client.ask(f"/worlds/{_part(self.name)}{path}", body, patience_s)

    def show(self) -> dict[str, Any]:
        """The world as the simulator lists it."""
        return cast("dict[str, Any]", self.call("GET", ""))

    def reset(self) -> None:
        """Back to its fixture: state, tokens, ids, clock, quirks, settings, faults and journal."""
        self.call("POST", "/reset")

    def delete(self) -> None:
        """End it."""
        self.call("DELETE", "")

    def fork(self, name: str | None = None, **options: Any) -> World:
        """Make another world that goes on from where this one is, with its ids and tokens."""
        return self.client.world(name, copy_of=self.name, **options)

    def snapshot(self) -> dict[str, Any]:
        """The whole state as one document."""
        return cast("dict[str, Any]", self.call("GET", "/snapshot"))

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go back to a snapshot; fires no callbacks."""
        self.call("PUT", "/snapshot", dict(snapshot))

    def bundle(self, *, redact: bool = True) -> dict[str, Any]:
        """Everything that a colleague needs to see what happened; secrets are masked unless told otherwise."""
        return cast("dict[str, Any]", self.call("GET", "/bundle", redact=None if redact else "false"))

    def env(self) -> dict[str, str]:
        """The environment variables that point client code at this world."""
        return cast("dict[str, str]", self.call("GET", "/env"))

    def set_quirks(self, **quirks: str) -> dict[str, Any]:
        """Switch quirks; a name's dots and dashes are written as in `{"woven.members": "silent"}` by `**`."""
        return cast("dict[str, Any]", self.call("PATCH", "/quirks", quirks))

    def set_settings(self, **settings: Any) -> dict[str, Any]:
        """Change settings of this world, as in `**{"kobil.auto_reply": "echo"}`."""
        return cast("dict[str, Any]", self.call("PATCH", "/settings", settings))


class Party:
    """One API in a world: its triggers as methods, its collections by path."""

    def __init__(self, world: World, api: str) -> None:
        self._world = world
        self._api = api

    def __getattr__(self, trigger: str) -> Trigger:
        if trigger.startswith("_"):
            raise AttributeError(trigger)
        return Trigger(self._world, f"/{self._api}/{trigger.replace('_', '-')}")

    def put(self, path: str, **body: Any) -> Any:
        """Set something up: `world.woven.put("residents/…", fail_reason="left")`."""
        return self._world.call("PUT", f"/{self._api}/{path}", body)

    def get(self, path: str, **filters: Any) -> Any:
        """Look at one thing, or at a list, narrowed by `filters`."""
        return self._world.call("GET", f"/{self._api}/{path}", **filters)

    def delete(self, path: str) -> None:
        """Remove something."""
        self._world.call("DELETE", f"/{self._api}/{path}")


class Trigger:
    """An action of the other party."""

    def __init__(self, world: World, path: str) -> None:
        self._world = world
        self._path = path

    def __call__(self, **body: Any) -> dict[str, Any]:
        """Do it; a `File` among the values is sent as one. With `wait_s` it returns after the outcome."""
        patience_s = float(body.get("wait_s") or 0)
        answer = self._world.call("POST", self._path, body, patience_s=patience_s)
        return cast("dict[str, Any]", answer)


class Journal:
    """What happened in a world. Matches are written as keywords: `path="/a/*"`, `status=200`, `body={…}`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def entries(self, **filters: Any) -> list[Entry]:
        """The entries, oldest first; filters are those of `GET …/journal`."""
        return cast("list[Entry]", (self._world.call("GET", "/journal", **filters))["entries"])

    def last_seq(self) -> int:
        """The number of the newest entry, 0 where there is none."""
        return int((self._world.call("GET", "/journal", limit=0))["last"])

    def clear(self) -> None:
        """Forget the entries."""
        self._world.call("DELETE", "/journal")

    def verify(self, **question: Any) -> list[Entry]:
        """Hold the journal to something that must be true now; see `wait` for what can be asked.

        Raises:
            NotSeen: it is not true.
        """
        body = _question(question)
        _, answer = self._world.ask("/journal/verify", body, 0)
        if not answer["ok"]:
            raise NotSeen(body, answer)
        return cast("list[Entry]", answer["entries"])

    def wait(self, *, timeout_s: float = WAIT_S, for_s: float | None = None, **question: Any) -> list[Entry]:
        """Wait until something is true, entries already there included, and give the entries that make it so.

        `count`, `min` and `max` say how many (none: at least one), `since` which later ones, `sequence` is a list of
        matches in order; all other keywords are the match. `for_s`: it must stay true so long.

        Raises:
            NotSeen: it did not happen in `timeout_s` seconds.
        """
        body = {**_question(question), "timeout_s": timeout_s}
        if for_s is not None:
            body["for_s"] = for_s
        ok, answer = self._world.ask("/journal/wait", body, timeout_s)
        if not ok:
            raise NotSeen(body, answer)
        return cast("list[Entry]", answer["entries"])

    def one(self, *, timeout_s: float = WAIT_S, **question: Any) -> Entry:
        """Wait for exactly one entry.

        Raises:
            NotSeen: there is none, or there are several.
        """
        entries = self.wait(timeout_s=timeout_s, **question)
        if len(entries) != 1:
            raise NotSeen({**_question(question), "count": 1}, {"entries": entries})
        return entries[0]

    @contextmanager
    def expect(self, *, timeout_s: float = WAIT_S, **match: Any) -> Iterator[Later]:
        """Wait at the end of the block for one entry that came after its beginning.

        Raises:
            NotSeen: there is none, or there are several.
        """
        since = self.last_seq()
        later = Later()
        yield later
        later.arrive(self.one(timeout_s=timeout_s, since=since, **match))

    def har(self) -> dict[str, Any]:
        """HTTP Archive 1.2, for a browser's tools."""
        return cast("dict[str, Any]", self._world.call("GET", "/journal.har"))


class Faults:
    """Planned misbehaviour."""

    def __init__(self, world: World) -> None:
        self._world = world

    def add(self, act: Mapping[str, Any], **plan: Any) -> dict[str, Any]:
        """Plan a fault: `add({"status": 503}, match={"path": "/chat/*"}, times=2)`; without `times` it hits once."""
        return cast("dict[str, Any]", self._world.call("POST", "/faults", {**plan, "act": dict(act)}))

    def all(self) -> list[dict[str, Any]]:
        """The faults, with their hits."""
        return cast("list[dict[str, Any]]", (self._world.call("GET", "/faults"))["faults"])

    def clear(self) -> None:
        """Plan nothing any more."""
        self._world.call("DELETE", "/faults")

    def remove(self, fault_id: str) -> None:
        """Take one back."""
        self._world.call("DELETE", f"/faults/{_part(fault_id)}")


class Clock:
    """A world's time."""

    def __init__(self, world: World) -> None:
        self._world = world

    def show(self) -> dict[str, Any]:
        """Mode, time and how many timers wait."""
        return cast("dict[str, Any]", self._world.call("GET", "/clock"))

    def freeze(self, at: str | None = None) -> dict[str, Any]:
        """Stand still, at an RFC 3339 time or now."""
        body = {"mode": "frozen"} if at is None else {"mode": "frozen", "at": at}
        return cast("dict[str, Any]", self._world.call("POST", "/clock", body))

    def run(self) -> dict[str, Any]:
        """Follow real time, without any shift."""
        return cast("dict[str, Any]", self._world.call("POST", "/clock", {"mode": "real"}))

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move on, run what falls due on the way, wait for its deliveries; lists what ran."""
        body = {"advance_s": seconds}
        return cast("dict[str, Any]", self._world.call("POST", "/clock", body, patience_s=60.0))


class Callbacks:
    """Deliveries to the server of the code under test."""

    def __init__(self, world: World) -> None:
        self._world = world

    def all(self) -> list[dict[str, Any]]:
        """All deliveries with their attempts."""
        return cast("list[dict[str, Any]]", (self._world.call("GET", "/callbacks"))["callbacks"])

    def wait(self, timeout_s: float = WAIT_S) -> list[dict[str, Any]]:
        """Wait until none is pending, and list them.

        Raises:
            NotSeen: some still are.
        """
        body = {"timeout_s": timeout_s}
        ok, answer = self._world.ask("/callbacks/wait", body, timeout_s)
        if not ok:
            raise NotSeen({"callbacks": "none pending", **body}, answer)
        return self.all()

    def hold(self) -> None:
        """Stop sending."""
        self._world.call("POST", "/callbacks/hold")

    def release(self, ids: Sequence[str] | None = None) -> Any:
        """Let held ones go, in the order given; all of them without `ids`."""
        return self._world.call("POST", "/callbacks/release", {} if ids is None else {"ids": list(ids)})

    def resend(self, delivery: str) -> Any:
        """Send the identical body again."""
        return self._world.call("POST", f"/callbacks/{_part(delivery)}/resend")


class Sockets:
    """Open WebSocket connections."""

    def __init__(self, world: World) -> None:
        self._world = world

    def all(self) -> list[dict[str, Any]]:
        """The open ones."""
        return cast("list[dict[str, Any]]", (self._world.call("GET", "/sockets"))["sockets"])

    def wait(self, count: int = 1, *, timeout_s: float = WAIT_S, **wanted: Any) -> list[dict[str, Any]]:
        """Wait until so many are open, narrowed by `subscribed` and `principal`.

        Raises:
            NotSeen: there are not.
        """
        body = {"count": count, "timeout_s": timeout_s, **wanted}
        ok, answer = self._world.ask("/sockets/wait", body, timeout_s)
        if not ok:
            raise NotSeen(body, answer)
        return cast("list[dict[str, Any]]", answer["sockets"])

    def close(self, socket: str, *, code: int = 1000, abort: bool = False) -> None:
        """Close one with a code, or break its connection."""
        body: dict[str, Any] = {"abort": True} if abort else {"code": code}
        self._world.call("POST", f"/sockets/{_part(socket)}/close", body)

    def send(self, socket: str, *, text: str | None = None, base64: str | None = None) -> None:
        """Write a raw message to it."""
        body = {"text": text} if text is not None else {"base64": base64}
        self._world.call("POST", f"/sockets/{_part(socket)}/send", body)


def _part(name: str) -> str:
    return quote(name, safe="")


def _question(given: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: given[name] for name in ("count", "min", "max", "since", "sequence") if given.get(name) is not None}
    match = {name: value for name, value in given.items() if name not in ("count", "min", "max", "since", "sequence")}
    return named if "sequence" in named else {"match": match, **named}
