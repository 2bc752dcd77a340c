"""Rows about worlds: making, keeping, listing, resetting and deleting them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chatsim.control.lists import piece
from chatsim.control.options import differing, options_of
from chatsim.control.plugging import plugged
from chatsim.control.problems import render
from chatsim.control.rows import row, world_row
from chatsim.core.api import NOTHING, Call
from chatsim.core.clock import rfc3339
from chatsim.core.effects import Dispose, Elsewhere, Expire, OpenPort
from chatsim.core.errors import ApiError, Conflict, Unavailable
from chatsim.core.fixtures import unbuilt
from chatsim.core.http import Pending, Reply
from chatsim.core.schemas import refused
from chatsim.core.simulator import Simulator
from chatsim.core.world import DEFAULT, World, WorldOptions

OWN: Final = ("name", "labels", "ttl_s", "listen", "copy_of")
"""What a copy of a world does not have from the world it was copied from."""

PORT_PATIENCE_S: Final = 10.0
_PORT: Final = re.compile(r":[0-9]+$")
GOING_AWAY: Final = 1001
SERVICE_RESTART: Final = 1012


def make_world(simulator: Simulator, call: Call) -> Reply:
    """Make a world; without a name it gets one that nobody has.

    Raises:
        Conflict: the name is taken. Unavailable: there are too many. Invalid: an option that cannot be.
    """
    name = call.body.get("name") or _free_name(simulator)
    if name in simulator.worlds:
        raise Conflict(f"there is a world {name!r} already: PUT keeps it, DELETE /_sim/worlds/{name} ends it")
    world = _create(simulator, call, name, options_of(simulator, call.body))
    return _made(simulator, world, call)


def put_world(simulator: Simulator, call: Call) -> Reply:
    """Make a world, or keep it where it has the same options; `?reset=true` resets the one that is kept.

    Raises:
        Conflict: it has other options.
    """
    name = call.params["w"]
    if call.body.get("name", name) != name:
        raise refused("/name", f"expected {name!r} as in the path, got {call.body['name']!r}")
    options = options_of(simulator, call.body)
    if name not in simulator.worlds:
        return _made(simulator, _create(simulator, call, name, options), call)
    world = simulator.find(name)
    if other := differing(world.options, options, call.body):
        raise Conflict(
            f"world {name!r} has another {', '.join(other)}; DELETE it first, or leave that out",
            violations=refused(
                "", "", *((f"/{one}", f"it has {getattr(world.options, one)!r}") for one in other)
            ).violations[1:],
        )
    call.world = world
    if dict(call.query).get("reset") == "true":
        return reset_world(simulator, call)
    return Reply(body=show(world, call))


def list_worlds(simulator: Simulator, call: Call) -> Reply:
    """All worlds, or those with every label asked for."""
    taken, after = piece(call, _labelled(simulator, call), lambda world: world.name)
    return Reply(body={"worlds": [show(world, call) for world in taken], "next": after})


def get_world(simulator: Simulator, call: Call) -> Reply:
    """One world."""
    return Reply(body=show(call.world, call))


def delete_world(simulator: Simulator, call: Call) -> Reply:
    """End a world."""
    return Reply(status=204, effects=_end(simulator, [call.world]))


def delete_worlds(simulator: Simulator, call: Call) -> Reply:
    """End every world with the labels asked for.

    Raises:
        Invalid: no label was named; deleting everything by a slip is not offered.
    """
    if not any(name == "label" for name, _ in call.query):
        raise refused("/label", "say which worlds: DELETE /_sim/worlds?label=key:value")
    return Reply(status=204, effects=_end(simulator, _labelled(simulator, call)))


def reset_world(simulator: Simulator, call: Call) -> Reply:
    """Take a world back to its fixture."""
    call.world.reset()
    call.world.announce("reset")
    return plugged(call, Reply(body=show(call.world, call), effects=(Dispose(code=SERVICE_RESTART),)))


def show(world: World, call: Call) -> dict[str, Any]:
    """A world as lists and answers show it."""
    options = world.options
    return {
        "name": world.name,
        "base_url": base_url(world, call),
        "seed": options.seed,
        "labels": dict(options.labels),
        "fixture": options.fixture if isinstance(options.fixture, str) else "given",
        "accounts": options.accounts,
        "truth": options.truth,
        "strict": options.strict,
        "quirks": dict(world.quirks),
        "settings": dict(world.settings),
        "ttl_s": options.ttl_s,
        "listen": options.listen,
        "clock": show_clock(world),
        "entries": len(world.journal),
    }


def show_clock(world: World) -> dict[str, Any]:
    """A world's clock: whether it stands still, what it shows, and how far it is from real time."""
    clock = world.clock
    now = clock.now()
    return {
        "mode": "frozen" if clock.frozen else "real",
        "now": rfc3339(now, 6),
        "shift_s": round((now - clock.wall()) / 1e9, 6) if clock.frozen else clock.shift / 1e9,
        "timers": len(clock.agenda),
    }


def base_url(world: World, call: Call) -> str:
    """What a client of the world is to be pointed at, following the Host of this call."""
    if world.options.listen and world.base_url:
        return world.base_url
    root = f"{call.request.scheme}://{call.request.host}"
    return root if world.name == DEFAULT else f"{root}/w/{world.name}"


def _create(simulator: Simulator, call: Call, name: str, options: WorldOptions) -> World:
    copied = _copied(simulator, call.body)
    world = simulator.create(name, options)
    world.base_url = base_url(world, call)
    call.world = world
    if copied is not None:
        from chatsim.core import snapshot

        snapshot.copy(copied, world)
    elif not isinstance(options.fixture, str) and (problem := unbuilt(world, options.fixture)) is not None:
        simulator.withdraw(world)
        pointer, reason = problem
        if "fixture" not in call.body:
            raise refused("", f"the fixture that the simulator was started with does not suit this world: {reason}")
        raise refused(f"/fixture{pointer}", reason)
    return world


def _copied(simulator: Simulator, body: Mapping[str, Any]) -> World | None:
    """The world to copy.

    Raises:
        Invalid: there is none of that name, or an option is given that comes with the copy.
    """
    if (name := body.get("copy_of")) is None:
        return None
    if clash := [one for one in body if one not in OWN]:
        raise refused(f"/{clash[0]}", f"a copy has it from {name!r}: beside copy_of stand only {', '.join(OWN)}")
    try:
        return simulator.find(name)
    except ApiError as error:
        raise refused("/copy_of", error.message) from error


def _made(simulator: Simulator, world: World, call: Call) -> Reply:
    """The answer of a call that made a world; where it is to have a port of its own, once that is open."""
    headers = {"Location": f"/_sim/worlds/{world.name}"}
    expire = () if world.options.ttl_s is None else (Expire(),)
    if not world.options.listen:
        world.announce("made")
        return Reply(status=201, body=show(world, call), headers=headers, effects=expire)
    opened: list[int | None] = []

    def done(port: int | None) -> None:
        opened.append(port)
        if port is not None:
            world.base_url = f"http://{_PORT.sub('', call.request.host)}:{port}"
            world.announce("made")

    def answer() -> Reply | None:
        if not opened:
            return None
        if opened[0] is not None:
            return Reply(status=201, body=show(world, call), headers=headers)
        simulator.withdraw(world)
        return late()

    def late() -> Reply:
        return render(Unavailable("no port is free for the world; --world-ports A-B says which may be used"), call)

    pending = Pending(check=answer, timeout_s=PORT_PATIENCE_S, expired=late)
    return Reply(body=pending, effects=(OpenPort(done=done), *expire))


def _labelled(simulator: Simulator, call: Call) -> list[World]:
    wanted = []
    for name, value in call.query:
        if name == "label":
            key, colon, text = value.partition(":")
            if not colon:
                raise refused("/label", f"expected key:value, got {value!r}")
            wanted.append((key, text))
    return [
        world
        for world in simulator.worlds.values()
        if all(world.options.labels.get(key) == text for key, text in wanted)
    ]


def _free_name(simulator: Simulator) -> str:
    while True:
        name = f"w-{simulator.desk.ids.next_bytes('world', 5).hex()}"
        if name not in simulator.worlds and name not in simulator.deleted:
            return name


def _end(simulator: Simulator, worlds: Iterable[World]) -> tuple[Elsewhere, ...]:
    gone = Dispose(code=GOING_AWAY, listener=True)
    return tuple(Elsewhere(world=simulator.drop(world.name), effects=(gone,)) for world in worlds)


def know_name(simulator: Simulator, call: Call) -> None:
    """Refuse a path that names what no world can be named, before its body is looked at.

    Raises:
        NotFound: it is no name.
    """
    simulator.check_name(call.params["w"])


ROUTES: Final = (
    row("POST", "/worlds", make_world, {201: "world"}, body="world-options"),
    row("GET", "/worlds", list_worlds, {200: "worlds"}, query="worlds-query"),
    row("DELETE", "/worlds", delete_worlds, {204: NOTHING}, query="worlds-end-query"),
    row(
        "PUT",
        "/worlds/{w}",
        put_world,
        {200: "world", 201: "world"},
        body="world-options",
        query="world-put-query",
        first=know_name,
    ),
    world_row("GET", "", get_world, {200: "world"}),
    world_row("DELETE", "", delete_world, {204: NOTHING}),
    world_row("POST", "/reset", reset_world, {200: "world"}),
)
