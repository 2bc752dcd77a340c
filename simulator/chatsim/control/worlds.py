"""Rows about worlds: making, keeping, listing, resetting and deleting them."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chatsim.control.lists import piece, refused
from chatsim.control.rows import row, world_row
from chatsim.core.api import NOTHING, Call
from chatsim.core.clock import parse_rfc3339, rfc3339
from chatsim.core.dialect import escape
from chatsim.core.effects import Dispose, Elsewhere
from chatsim.core.errors import ApiError, Conflict
from chatsim.core.http import Reply
from chatsim.core.settings import SettingError
from chatsim.core.simulator import Simulator
from chatsim.core.world import DEFAULT, World, WorldOptions

GOING_AWAY: Final = 1001
SERVICE_RESTART: Final = 1012


def make_world(simulator: Simulator, call: Call) -> Reply:
    """Make a world; without a name it gets one that nobody has.

    Raises:
        Conflict: the name is taken. Unavailable: there are too many. Invalid: an option that cannot be.
    """
    ended = _expire(simulator)
    name = call.body.get("name") or _free_name(simulator)
    if name in simulator.worlds:
        raise Conflict(f"there is a world {name!r} already: PUT keeps it, DELETE /_sim/worlds/{name} ends it")
    world = _create(simulator, call, name, options_of(simulator, call.body))
    return Reply(status=201, body=show(world, call), headers={"Location": f"/_sim/worlds/{name}"}, effects=ended)


def put_world(simulator: Simulator, call: Call) -> Reply:
    """Make a world, or keep it where it has the same options; `?reset=true` resets the one that is kept.

    Raises:
        Conflict: it has other options.
    """
    name = call.params["w"]
    if call.body.get("name", name) != name:
        raise refused("/name", f"expected {name!r} as in the path, got {call.body['name']!r}")
    options = options_of(simulator, call.body)
    world = simulator.worlds.get(name)
    if world is None:
        return Reply(status=201, body=show(_create(simulator, call, name, options), call))
    if other := _differing(world.options, options, call.body):
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
    ended = _expire(simulator)
    taken, after = piece(call, _labelled(simulator, call), lambda world: world.name)
    return Reply(body={"worlds": [show(world, call) for world in taken], "next": after}, effects=ended)


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
    return Reply(body=show(call.world, call), effects=(Dispose(code=SERVICE_RESTART),))


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
    root = f"{call.request.scheme}://{call.request.host}"
    return root if world.name == DEFAULT else f"{root}/w/{world.name}"


def options_of(simulator: Simulator, body: Mapping[str, Any]) -> WorldOptions:
    """The options that a body asks for, defaults for the rest.

    Raises:
        Invalid: an unknown quirk, setting or API, or a value it cannot have; all of them at once.
    """
    wrong = [
        (f"/quirks/{escape(name)}", problem)
        for name, value in body.get("quirks", {}).items()
        if (problem := simulator.quirks.problem(name, value))
    ]
    for name, value in body.get("settings", {}).items():
        try:
            simulator.settings.check(name, value)
        except SettingError as error:
            wrong.append((f"/settings/{escape(name)}", str(error)))
    if isinstance(fixture := body.get("fixture"), dict):
        known = ", ".join(simulator.apis)
        wrong += [
            (f"/fixture/{escape(api)}", f"there is no API {api!r}; there are: {known}")
            for api in fixture
            if api not in simulator.apis
        ]
    try:
        if "at" in body.get("clock", {}):
            parse_rfc3339(body["clock"]["at"])
    except ValueError as error:
        wrong.append(("/clock/at", str(error)))
    if wrong:
        raise refused(*wrong[0], *wrong[1:])
    given = {name: value for name, value in body.items() if name != "name"}
    if "seed" in given:
        given["seed"] = str(given["seed"])
    return simulator.default_options(**given)


def _create(simulator: Simulator, call: Call, name: str, options: WorldOptions) -> World:
    world = simulator.create(name, options)
    world.base_url = base_url(world, call)
    call.world = world
    if not isinstance(options.fixture, str):
        _build(simulator, world, options.fixture)
    return world


def _build(simulator: Simulator, world: World, fixture: Mapping[str, Any]) -> None:
    """A fixture that was sent is looked at now, not at the first call of each API."""
    for api in fixture:
        try:
            world.state(api)
        except (ApiError, LookupError, ValueError, TypeError, AttributeError) as error:
            simulator.worlds.pop(world.name)
            reason = f"{api} cannot be built from it: {type(error).__name__}: {error}"
            raise refused(f"/fixture/{escape(api)}", reason) from error


def _differing(old: WorldOptions, new: WorldOptions, body: Mapping[str, Any]) -> list[str]:
    return [one for one in body if one != "name" and getattr(old, one) != getattr(new, one)]


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


def _expire(simulator: Simulator) -> tuple[Elsewhere, ...]:
    """End the worlds that nobody used for their `ttl_s`; looked at whenever worlds are made or listed."""
    now = simulator.wall()
    return _end(
        simulator,
        [
            world
            for world in simulator.worlds.values()
            if (ttl := world.options.ttl_s) is not None and now - world.last_used > ttl * 1e9
        ],
    )


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
    row("DELETE", "/worlds", delete_worlds, {204: NOTHING}, query="worlds-query"),
    row(
        "PUT",
        "/worlds/{w}",
        put_world,
        {200: "world", 201: "world"},
        body="world-options",
        query="world-put-query",
        authorize=know_name,
    ),
    world_row("GET", "", get_world, {200: "world"}),
    world_row("DELETE", "", delete_world, {204: NOTHING}),
    world_row("POST", "/reset", reset_world, {200: "world"}),
)
